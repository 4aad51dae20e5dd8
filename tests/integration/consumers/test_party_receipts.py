from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import orjson
import pytest
from kafka import KafkaAdminClient, KafkaProducer

from consumers.intake import Intake
from consumers.party_receipts import PartyReceipts
from consumers.topic_reader import TopicFamily, TopicReader
from consumers.trust import party_topic, trust_of
from infra.leadership import AdvisoryLeadership
from infra.receipts import ReceiptStore
from infra.relay_bookmarks import RelayBookmarks
from infra.services.topics import ensure_topics, topic_names
from ledger.envelope import Submission
from ledger.service import Ledger
from tests.support.consumers import history, positions, running
from tests.support.intakes import intake_of
from tests.support.services import Topics
from tests.support.statements import BODY, OTHER_BODY, statement
from tests.support.waiting import eventually

FIRM, FIRM_CODE = "organisation:M000100Y4", "organisation:91350100M000100Y43"
PARTIES = ("CCAA", BODY, FIRM)


@pytest.fixture
def own_topics(kafka_topics: Topics) -> Iterator[Topics]:
    """The topics of submissions and receipts of three parties, beside the shared ones."""
    named = [
        party_topic(shared, each) for shared in (kafka_topics.submissions, kafka_topics.receipts) for each in PARTIES
    ]
    ensure_topics(kafka_topics.bootstrap, dict.fromkeys(named, 1))
    yield kafka_topics
    with closing(KafkaAdminClient(bootstrap_servers=kafka_topics.bootstrap)) as admin:
        left = [
            name
            for name in admin.list_topics()
            if name.startswith((f"{kafka_topics.submissions}.", f"{kafka_topics.receipts}."))
        ]
        admin.delete_topics(left)


def _intake(ledger: Ledger, store: ReceiptStore, topics: Topics, trust: str = "topic") -> Intake:
    return intake_of(ledger, store, topics, trust_of(trust, topics.submissions))


def _relay(url: str, store: ReceiptStore, topics: Topics) -> PartyReceipts:
    return PartyReceipts(
        receipts=store,
        bootstrap=topics.bootstrap,
        topic=topics.receipts,
        topics=lambda: topic_names(topics.bootstrap),
        leadership=AdvisoryLeadership(url, f"{topics.receipts}.*"),
        bookmark=lambda name: RelayBookmarks(url, name),
        look_again_seconds=1,
    )


def _send(topics: Topics, party: str | None, *values: bytes) -> None:
    topic = topics.submissions if party is None else party_topic(topics.submissions, party)
    producer = KafkaProducer(bootstrap_servers=topics.bootstrap)
    for value in values:
        producer.send(topic, value, key=b"k")
    producer.flush()
    producer.close()


def _answers(topics: Topics, party: str) -> list[dict[str, Any]]:
    """What a party finds in its own topic; every record has its place, and none is missing between two."""
    name = party_topic(topics.receipts, party)
    with TopicReader(TopicFamily(topics.bootstrap, name, "receipt", (name,))) as reader:
        begin, end = reader.bounds()[0]
        records = list(reader.records({0: (begin, end)})) if begin < end else []
    found = positions(records, "receipt")
    assert [int(dict(each.headers)["receipt_previous"]) for each in records] == [0, *found][: len(found)]
    assert found == sorted(set(found))
    return [orjson.loads(each.value) for each in records]


def _ids(said: Sequence[Submission]) -> list[str]:
    return [each.id for each in said]


def test_each_party_finds_one_answer_to_each_of_its_submissions_and_nobody_elses(
    ledger: Ledger, database_url: str, own_topics: Topics
) -> None:
    said = history([f"P{number:04}" for number in range(6)], 5)
    stolen = history(["Q0001"], 1)[0]
    appeal = statement(
        "certificate.appeal_opened",
        f"certificate:{BODY}:N1",
        {"effective": "2031-03-05", "appeal_number": "A1", "against": "x"},
        source=FIRM_CODE,
    )
    with (
        closing(ReceiptStore(database_url)) as taking,
        closing(ReceiptStore(database_url)) as telling,
        running(_intake(ledger, taking, own_topics).run, _relay(database_url, telling, own_topics).run),
    ):
        _send(own_topics, "CCAA", *(each.raw for each in said), *(each.raw for each in said[:9]))
        _send(own_topics, BODY, stolen.raw, b"\xff junk")
        # The organisation's topic goes by its nine characters, its statement by its credit code.
        _send(own_topics, FIRM, appeal.raw)
        _send(own_topics, None, said[0].raw, b"junk of nobody's")
        eventually(lambda: len(_answers(own_topics, "CCAA")) >= len(said), 60)
        eventually(lambda: len(_answers(own_topics, BODY)) >= 2, 60)
        eventually(lambda: len(_answers(own_topics, FIRM)) >= 1, 60)
    assert [each["id"] for each in _answers(own_topics, "CCAA")] == _ids(said)
    assert {each["outcome"] for each in _answers(own_topics, "CCAA")} == {"recorded"}
    refused = _answers(own_topics, BODY)
    assert [each["code"] for each in refused] == ["source_not_yours", "not_canonical"]
    # It learns where its record lies, and nothing of whoever it named.
    assert {(each["source"], each["id"].rpartition("/")[0]) for each in refused} == {
        ("", f"{party_topic(own_topics.submissions, BODY)}/0")
    }
    assert [(each["source"], each["id"]) for each in _answers(own_topics, FIRM)] == [(FIRM_CODE, appeal.id)]


def test_what_a_party_submits_on_the_shared_topic_is_answered_in_its_own_too(
    ledger: Ledger, database_url: str, own_topics: Topics
) -> None:
    said = history(["P0001"], 3)
    with (
        closing(ReceiptStore(database_url)) as taking,
        closing(ReceiptStore(database_url)) as telling,
        running(_intake(ledger, taking, own_topics, "source").run, _relay(database_url, telling, own_topics).run),
    ):
        _send(own_topics, None, *(each.raw for each in said))
        eventually(lambda: len(_answers(own_topics, "CCAA")) >= 3, 60)
    assert sorted(each["id"] for each in _answers(own_topics, "CCAA")) == sorted(_ids(said))
    assert _answers(own_topics, BODY) == []


def test_a_topic_that_is_made_later_or_was_wiped_is_filled_from_the_first_answer_on_and_no_other_is_doubled(
    ledger: Ledger, database_url: str, own_topics: Topics
) -> None:
    said = history(["P0001"], 4)
    later = party_topic(own_topics.receipts, OTHER_BODY)
    with closing(ReceiptStore(database_url)) as taking:
        with (
            closing(ReceiptStore(database_url)) as telling,
            running(_intake(ledger, taking, own_topics).run, _relay(database_url, telling, own_topics).run),
        ):
            ensure_topics(own_topics.bootstrap, {party_topic(own_topics.submissions, OTHER_BODY): 1})
            _send(own_topics, "CCAA", *(each.raw for each in said))
            _send(own_topics, OTHER_BODY, b"{}")
            eventually(lambda: len(_answers(own_topics, "CCAA")) == 4, 60)
            ensure_topics(own_topics.bootstrap, {later: 1})
            eventually(lambda: len(_answers(own_topics, OTHER_BODY)) == 1, 60)
        with closing(KafkaAdminClient(bootstrap_servers=own_topics.bootstrap)) as admin:
            admin.delete_topics([later])
        eventually(lambda: later not in topic_names(own_topics.bootstrap))
        ensure_topics(own_topics.bootstrap, {later: 1})
        with closing(ReceiptStore(database_url)) as telling, running(_relay(database_url, telling, own_topics).run):
            eventually(lambda: len(_answers(own_topics, OTHER_BODY)) == 1, 60)
    assert [each["id"] for each in _answers(own_topics, "CCAA")] == _ids(said)


def test_a_partys_answers_are_published_once_however_often_the_publisher_stops(
    ledger: Ledger, database_url: str, own_topics: Topics
) -> None:
    said = history([f"P{number:04}" for number in range(20)], 10)
    with closing(ReceiptStore(database_url)) as taking, running(_intake(ledger, taking, own_topics).run):
        _send(own_topics, "CCAA", *(each.raw for each in said))
        for share in (1, 60, 130, len(said)):
            with closing(ReceiptStore(database_url)) as telling, running(_relay(database_url, telling, own_topics).run):
                eventually(lambda share=share: len(_answers(own_topics, "CCAA")) >= share, 60)
    assert [each["id"] for each in _answers(own_topics, "CCAA")] == _ids(said)
