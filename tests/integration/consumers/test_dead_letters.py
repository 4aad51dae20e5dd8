from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from threading import Thread
from typing import Any

import orjson
import pytest
from kafka import KafkaAdminClient, KafkaProducer

from consumers.dead_letters import LARGEST_BYTES, dead_letters_relay
from consumers.publisher import Publisher
from consumers.trust import party_topic, party_topic_trust, source_trust
from infra.dead_letters import DeadLetters
from infra.leadership import AdvisoryLeadership
from infra.receipts import ReceiptStore
from infra.relay_bookmarks import RelayBookmarks
from infra.services.topics import ensure_topics
from ledger.service import Ledger
from projections.feed import LANES
from tests.support.consumers import all_rows, count, history, kill, running, spawn, topic_records
from tests.support.intakes import intake_of, stored_answers
from tests.support.services import Topics
from tests.support.statements import BODY
from tests.support.waiting import eventually


class Malformed(str):
    """A header's name that is not UTF-8 on the wire."""

    __slots__ = ()

    def encode(self, *_: Any) -> bytes:
        return b"\xff\xfe"


@pytest.fixture
def dead(kafka_topics: Topics) -> Iterator[str]:
    """The dead-letter topic of one test, and the own topics of two parties."""
    shared = kafka_topics.submissions
    own = {party_topic(shared, party): 1 for party in ("CCAA", BODY)}
    ensure_topics(kafka_topics.bootstrap, {f"{shared}.dead-letter": LANES, **own})
    yield f"{shared}.dead-letter"
    admin = KafkaAdminClient(bootstrap_servers=kafka_topics.bootstrap)
    try:
        admin.delete_topics([f"{shared}.dead-letter", *own])
    finally:
        admin.close()


def _burying(letters: DeadLetters, url: str, topics: Topics, dead: str) -> Publisher:
    return dead_letters_relay(
        letters=letters,
        bootstrap=topics.bootstrap,
        topic=dead,
        leadership=AdvisoryLeadership(url, dead),
        bookmark=RelayBookmarks(url, dead),
        ensure_topics=lambda: ensure_topics(topics.bootstrap, {dead: LANES}),
    )


def _letters(topics: Topics, dead: str) -> list[tuple[dict[str, bytes], bytes]]:
    records = topic_records(topics.bootstrap, dead, "dead_letter")
    return [(dict(each.headers), each.value) for lane in records.values() for each in lane]


@pytest.mark.requirement("S0-70")
def test_what_cannot_become_a_submission_is_laid_aside_once_with_its_reason_and_the_intake_goes_on(
    ledger: Ledger, producer: KafkaProducer, database_url: str, kafka_topics: Topics, dead: str
) -> None:
    topic = kafka_topics.submissions
    sent = history([f"P{number:04}" for number in range(5)], 1)
    unknown = sent[0].raw.replace(b"person.registered", b"person.invented")
    large, formless = b"x" * 900_000, sent[0].raw.replace(b'"effective":"', b'"effective":"x')
    junk = (None, b"", b"\xff\xfe\x00", b"[]", b"[" * 5_000, b'{"b":1,"a":2}', unknown, large, formless)
    with (
        closing(ReceiptStore(database_url)) as receipts,
        closing(DeadLetters(database_url)) as letters,
        running(
            intake_of(ledger, receipts, kafka_topics, source_trust).run,
            _burying(letters, database_url, kafka_topics, dead).run,
        ),
    ):
        for number, value in enumerate(junk):
            producer.send(topic, value, key=b"certificate:anybody", partition=number % LANES).get(20)
        for each in sent[:-1]:
            producer.send(topic, each.raw).get(20)
        eventually(lambda: len(stored_answers(database_url)) == len(junk) + len(sent) - 1)
        # The same bytes under the same identity are the same submission, and have their answer.
        producer.send(topic, unknown, partition=0).get(20)
        producer.send(topic, sent[-1].raw, partition=0).get(20)
        eventually(lambda: len(stored_answers(database_url)) == len(junk) + len(sent))
        eventually(lambda: count(kafka_topics.bootstrap, dead) == len(junk))
    assert len(all_rows(database_url)) == len(sent)
    found = _letters(kafka_topics, dead)
    assert {headers["reason"].decode() for headers, _ in found} == {
        "not_canonical", "not_a_cloudevent", "unknown_event_type", "event_too_large", "data_invalid",
    }  # fmt: skip
    for headers, value in found:
        whole = junk[int(headers["origin_partition"])] or b""
        assert headers["origin_topic"].decode() == topic
        assert headers["origin_offset"] == b"0"
        assert value == whole[:LARGEST_BYTES]
        assert headers["origin_size"] == b"%d" % len(whole)
        assert headers["origin_sha256"].decode() == sha256(whole).hexdigest()
        assert headers["reason_zh"].decode()
        assert headers["reason_en"].decode()
    assert len({headers["origin_partition"] for headers, _ in found}) == len(junk)


def test_a_batch_that_no_client_can_read_costs_its_producer_alone(
    ledger: Ledger, producer: KafkaProducer, database_url: str, kafka_topics: Topics, dead: str
) -> None:
    topic = kafka_topics.submissions
    sent = history([f"P{number:04}" for number in range(7)], 1)
    with closing(KafkaProducer(bootstrap_servers=kafka_topics.bootstrap, linger_ms=200)) as batching:
        batching.send(topic, sent[0].raw, partition=3)
        batching.send(topic, sent[1].raw, partition=3, headers=[(Malformed("name"), b"value")])
        batching.send(topic, sent[2].raw, partition=3)
        batching.flush()
    for each in sent[3:]:
        producer.send(topic, each.raw, partition=3).get(20)
    with (
        closing(ReceiptStore(database_url)) as receipts,
        closing(DeadLetters(database_url)) as letters,
        running(
            intake_of(ledger, receipts, kafka_topics, source_trust).run,
            _burying(letters, database_url, kafka_topics, dead).run,
        ),
    ):
        eventually(lambda: len(stored_answers(database_url)) == len(sent), 40)
        producer.send(topic, sent[2].raw, partition=3).get(20)
        eventually(lambda: len(all_rows(database_url)) == len(sent) - 1, 40)
        eventually(lambda: count(kafka_topics.bootstrap, dead) == 2, 40)
    refused = [each for each in stored_answers(database_url) if each["outcome"] == "refused"]
    assert {each["id"] for each in refused} == {f"{topic}/3/1", f"{topic}/3/2"}
    assert {each["code"] for each in refused} == {"record_unreadable"}
    assert {headers["origin_offset"] for headers, _ in _letters(kafka_topics, dead)} == {b"1", b"2"}


def test_a_party_is_believed_on_its_own_topic_and_nobody_on_the_shared_one(
    ledger: Ledger, producer: KafkaProducer, database_url: str, kafka_topics: Topics, dead: str
) -> None:
    shared = kafka_topics.submissions
    (said,) = history(["P0001"], 1)
    (other,) = history(["P0002"], 1)
    assert said.source == "CCAA"
    own, foreign = party_topic(shared, "CCAA"), party_topic(shared, BODY)
    with (
        closing(ReceiptStore(database_url)) as receipts,
        running(intake_of(ledger, receipts, kafka_topics, party_topic_trust(shared)).run),
    ):
        # The key names the party, the value too: neither proves anything.
        producer.send(shared, said.raw, key=b"CCAA").get(20)
        producer.send(foreign, said.raw, key=b"CCAA").get(20)
        eventually(lambda: len(stored_answers(database_url)) == 2)
        assert all_rows(database_url) == []
        producer.send(own, said.raw).get(20)
        producer.send(own, other.raw).get(20)
        eventually(lambda: len(stored_answers(database_url)) == 4)
    answers = {each["id"]: each for each in stored_answers(database_url)}
    assert answers[f"{shared}/{_partition(answers, shared)}/0"]["code"] == "submission_untrusted"
    assert answers[f"{foreign}/0/0"]["code"] == "source_not_yours"
    for each in (said, other):
        assert answers[each.id]["outcome"] == "recorded", "a stranger's copy must not stand in the way"
    records = [orjson.loads(row.raw)["record"] for row in all_rows(database_url)]
    assert {record["submitter"] for record in records} == {f"kafka:{own}"}


def _partition(answers: dict[str, Any], topic: str) -> str:
    (place,) = [name for name in answers if name.startswith(f"{topic}/")]
    return place.split("/")[1]


def test_killed_intakes_lay_each_record_aside_once(
    producer: KafkaProducer, database_url: str, kafka_topics: Topics, dead: str
) -> None:
    topic, total = kafka_topics.submissions, 1_500

    def send() -> None:
        for number in range(total):
            producer.send(topic, b"junk %d" % number)
        producer.flush()

    sending = Thread(target=send)
    sending.start()
    arguments = ("intake", database_url, kafka_topics.bootstrap, topic, f"intake {topic}")
    process = spawn(*arguments)
    try:
        for wanted in (1, 400, 900):
            eventually(lambda wanted=wanted: len(stored_answers(database_url)) >= wanted, 60)
            kill(process)
            process = spawn(*arguments)
        eventually(lambda: len(stored_answers(database_url)) == total, 60)
    finally:
        kill(process)
        sending.join()
    with closing(DeadLetters(database_url)) as letters:
        for wanted in (1, total):
            with running(_burying(letters, database_url, kafka_topics, dead).run):
                eventually(lambda wanted=wanted: count(kafka_topics.bootstrap, dead) >= wanted, 40)
    found = [value for _, value in _letters(kafka_topics, dead)]
    assert sorted(found) == sorted(b"junk %d" % number for number in range(total))
