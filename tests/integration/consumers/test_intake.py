import subprocess
from contextlib import closing
from dataclasses import replace
from threading import Thread
from typing import Any

import orjson
import pytest
from kafka import KafkaProducer

from consumers.intake import receipts_relay
from consumers.publisher import Publisher
from consumers.trust import trust_of
from infra.leadership import AdvisoryLeadership
from infra.receipts import ReceiptStore
from infra.relay_bookmarks import RelayBookmarks
from infra.services.topics import ensure_topics
from ledger.envelope import Submission
from ledger.log import LogUnavailable
from ledger.sealed import envelope_of
from ledger.service import Ledger
from projections.feed import LANES, lane_of
from tests.support.consumers import all_rows, count, history, kill, positions, running, spawn, topic_records
from tests.support.intakes import intake_of, stored_answers
from tests.support.services import Topics
from tests.support.signing import TERMS, ed25519_key, policy, registration, signed
from tests.support.statements import BODY, accept, approved, issued, statement
from tests.support.waiting import eventually

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def _receipts_relay(url: str, store: ReceiptStore, topics: Topics) -> Publisher:
    return receipts_relay(
        receipts=store,
        bootstrap=topics.bootstrap,
        topic=topics.receipts,
        leadership=AdvisoryLeadership(url, f"receipts {topics.receipts}"),
        bookmark=RelayBookmarks(url, topics.receipts),
        ensure_topics=lambda: ensure_topics(topics.bootstrap, {topics.receipts: LANES}),
    )


def _send(producer: KafkaProducer, topic: str, value: bytes | None, **headers: str) -> None:
    producer.send(topic, value, key=b"k", headers=[(name, text.encode()) for name, text in headers.items()])


def _submit(producer: KafkaProducer, topic: str, *submissions: Submission) -> None:
    for each in submissions:
        _send(producer, topic, each.raw, traceparent=TRACE)
    producer.flush()


def test_each_submission_is_answered_once_however_often_it_comes(
    ledger: Ledger, receipts: ReceiptStore, producer: KafkaProducer, database_url: str, kafka_topics: Topics
) -> None:
    said = history([f"P{number:04}" for number in range(20)], 5)
    with (
        closing(ReceiptStore(database_url)) as numbered,
        running(
            intake_of(ledger, receipts, kafka_topics).run, _receipts_relay(database_url, numbered, kafka_topics).run
        ),
    ):
        _submit(producer, kafka_topics.submissions, *said)
        eventually(lambda: len(stored_answers(database_url)) == 100)
        _submit(producer, kafka_topics.submissions, *said, *said[:50])
        _submit(producer, kafka_topics.submissions, *history(["Q0001"], 1))
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.receipts) == 101)
    answers = stored_answers(database_url)
    assert {answer["outcome"] for answer in answers} == {"recorded"}
    assert sorted(answer["id"] for answer in answers) == sorted(each.id for each in (*said, *history(["Q0001"], 1)))
    rows = all_rows(database_url)
    assert len(rows) == 101
    assert {row.traceparent for row in rows} == {TRACE}
    assert all(row.received for row in rows)
    assert {orjson.loads(row.raw)["record"]["submitter"] for row in rows} == {f"kafka:{kafka_topics.submissions}"}
    published = topic_records(kafka_topics.bootstrap, kafka_topics.receipts, "receipt")
    for lane, records in published.items():
        numbers = positions(records, "receipt")
        assert numbers == sorted(set(numbers))
        for each in records:
            answer = orjson.loads(each.value)
            assert each.key.decode() == f"{answer['source']}/{answer['id']}"
            assert lane_of(each.key.decode()) == lane
            assert answer == answers[positions([each], "receipt")[0] - 1]
            assert dict(each.headers)["traceparent"].decode() == TRACE
            assert dict(each.headers)["outcome"] == b"recorded"


def test_other_bytes_under_a_recorded_id_and_what_cannot_be_read_are_refused_once_each(
    ledger: Ledger, receipts: ReceiptStore, producer: KafkaProducer, database_url: str, kafka_topics: Topics
) -> None:
    first = statement(
        "person.registered",
        "person:CCAA:P0001",
        {"effective": "2020-01-01", "body": "CNCA-R-2031-101"},
        source="CCAA",
        identity="one",
    )
    other = statement(
        "person.registered",
        "person:CCAA:P0001",
        {"effective": "2020-01-02", "body": "CNCA-R-2031-101"},
        source="CCAA",
        identity="one",
    )
    unknown = first.raw.replace(b"person.registered", b"person.invented").replace(b'"one"', b'"two"')
    topic = kafka_topics.submissions
    with running(intake_of(ledger, receipts, kafka_topics).run):
        _submit(producer, topic, first)
        eventually(lambda: len(stored_answers(database_url)) == 1)
        for _ in range(3):
            _submit(producer, topic, other, first)
            _send(producer, topic, unknown)
        for value in (None, b"", b"\xff\xfe", b"{", b"[]", b"null", b'{"b":1,"a":2}', b"x" * 200_000, b"[" * 5_000):
            _send(producer, topic, value)
        _send(producer, topic, b"{}", ce_specversion="1.0")
        producer.flush()
        _submit(producer, topic, *history(["Q0001"], 1))
        eventually(lambda: len(stored_answers(database_url)) == 14)
    answers = stored_answers(database_url)
    assert [answer["outcome"] for answer in answers].count("recorded") == 2
    assert [answer["code"] for answer in answers if answer["id"] == "one" and "code" in answer] == ["identity_reused"]
    assert [answer["code"] for answer in answers if answer["id"] == "two"] == ["unknown_event_type"]
    placed = [answer for answer in answers if answer["id"].startswith(f"{topic}/")]
    assert len(placed) == 10
    assert {answer["code"] for answer in placed} == {"not_canonical", "not_a_cloudevent", "event_too_large"}
    assert all(answer["zh"]["action"] and answer["en"]["action"] for answer in placed)
    assert len(all_rows(database_url)) == 2


def test_a_binary_cloudevent_is_put_together_and_judged_like_any_other(
    ledger: Ledger, receipts: ReceiptStore, producer: KafkaProducer, database_url: str, kafka_topics: Topics
) -> None:
    attributes = {
        "ce_specversion": "1.0",
        "ce_type": "person.registered",
        "ce_source": "CCAA",
        "ce_id": "one",
        "ce_subject": "person:CCAA:P0001",
        "ce_time": "2020-01-01T00:00:00.000000Z",
        "ce_traceparent": TRACE,
        "content-type": "application/json",
    }
    data = b'{ "effective": "2020-01-01",  "body": "CNCA-R-2031-101" }'
    with running(intake_of(ledger, receipts, kafka_topics).run):
        _send(producer, kafka_topics.submissions, data, **attributes)
        _send(producer, kafka_topics.submissions, data, **{**attributes, "ce_id": "two", "ce_priority": "high"})
        _send(producer, kafka_topics.submissions, data, **{**attributes, "ce_id": "three", "ce_specversion": "0.3"})
        producer.flush()
        eventually(lambda: len(stored_answers(database_url)) == 3)
    answers = {answer["id"]: answer for answer in stored_answers(database_url)}
    assert answers["one"]["outcome"] == "recorded"
    assert answers["two"]["pointer"] == "/priority"
    assert answers["three"]["pointer"] == "/specversion"
    assert [row.traceparent for row in all_rows(database_url)] == [TRACE]


def test_a_crash_between_recording_and_answering_loses_and_doubles_nothing(
    ledger: Ledger, receipts: ReceiptStore, producer: KafkaProducer, database_url: str, kafka_topics: Topics
) -> None:
    class Failing:
        """Forgets to store the first three batches, as a process that dies there does."""

        failures = 3

        def known(self, keys: Any) -> Any:
            return receipts.known(keys)

        def store(self, answers: Any) -> None:
            if self.failures:
                self.failures -= 1
                raise LogUnavailable("the connection died after the append")
            receipts.store(answers)

    said = history([f"P{number:04}" for number in range(10)], 4)
    _submit(producer, kafka_topics.submissions, *said)
    with running(intake_of(ledger, Failing(), kafka_topics).run):
        eventually(lambda: len(stored_answers(database_url)) == 40)
    assert len(all_rows(database_url)) == 40
    assert {answer["outcome"] for answer in stored_answers(database_url)} == {"recorded"}


def test_one_submission_that_the_ledger_cannot_digest_does_not_stop_the_others(
    ledger: Ledger,
    receipts: ReceiptStore,
    producer: KafkaProducer,
    database_url: str,
    kafka_topics: Topics,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said = history([f"P{number:04}" for number in range(10)], 1)
    submit = ledger.submit

    def digest(incoming: Any, **keywords: Any) -> Any:
        if any(each.submission.id == said[4].id for each in incoming):
            raise KeyError("a defect")
        return submit(incoming, **keywords)

    monkeypatch.setattr(ledger, "submit", digest)
    with running(intake_of(ledger, receipts, kafka_topics).run):
        _submit(producer, kafka_topics.submissions, *said)
        eventually(lambda: len(stored_answers(database_url)) == 10)
    refused = [answer for answer in stored_answers(database_url) if answer["outcome"] == "refused"]
    assert [(answer["id"], answer["code"]) for answer in refused] == [(said[4].id, "not_processed")]


def test_killed_intakes_leave_one_event_and_one_answer_for_each_submission(
    producer: KafkaProducer, database_url: str, kafka_topics: Topics
) -> None:
    said = history([f"P{number:04}" for number in range(40)], 30)
    arguments = (database_url, kafka_topics.bootstrap, kafka_topics.submissions, f"intake {kafka_topics.submissions}")
    sending = Thread(target=_submit, args=(producer, kafka_topics.submissions, *said))
    sending.start()
    process: subprocess.Popen[bytes] = spawn("intake", *arguments)
    try:
        for wanted in (1, 300, 700):
            eventually(lambda wanted=wanted: len(stored_answers(database_url)) >= wanted, 60)
            kill(process)
            process = spawn("intake", *arguments)
        eventually(lambda: len(stored_answers(database_url)) == len(said), 60)
    finally:
        kill(process)
        sending.join()
    rows = all_rows(database_url)
    assert len({orjson.loads(row.raw)["event"]["id"] for row in rows}) == len(rows)
    answers = stored_answers(database_url)
    assert sorted(answer["id"] for answer in answers) == sorted(each.id for each in said)
    recorded = {orjson.loads(row.raw)["event"]["id"] for row in rows}
    assert {answer["id"] for answer in answers if answer["outcome"] == "recorded"} == recorded


def test_signed_envelopes_are_taken_verbatim_and_forged_ones_are_answered_with_a_refusal(
    ledger: Ledger, receipts: ReceiptStore, producer: KafkaProducer, database_url: str, kafka_topics: Topics
) -> None:
    ledger.terms = TERMS
    accept(ledger, *approved(), registration(ed25519_key(1)), policy("party"))
    good, other = (signed(issued(number), ed25519_key(1)) for number in ("A", "B"))
    forged = replace(other, signatures=good.signatures)
    with running(intake_of(ledger, receipts, kafka_topics).run):
        # An unsigned copy that comes first is refused, and is not the answer to the original.
        for value in (good.raw, envelope_of(good), envelope_of(forged), envelope_of(good), b'{"payloadType":1}'):
            _send(producer, kafka_topics.submissions, value)
            producer.flush()
        eventually(lambda: len(stored_answers(database_url)) == 4)
    answers = {
        (each["outcome"], each.get("code"), tuple(each.get("signed_by", ()))) for each in stored_answers(database_url)
    }
    assert answers == {
        ("refused", "signature_required", ()),
        ("recorded", None, (BODY,)),
        ("refused", "signature_invalid", ()),
        ("refused", "envelope_wrong", ()),
    }
    (row,) = [row for row in all_rows(database_url) if b'"signed_by"' in row.raw]
    assert row.raw.startswith(b'{"event":' + good.raw)


def test_on_a_shared_topic_the_sources_own_signature_vouches_and_nothing_else(
    ledger: Ledger, receipts: ReceiptStore, producer: KafkaProducer, database_url: str, kafka_topics: Topics
) -> None:
    ledger.terms = TERMS
    accept(ledger, *approved(), registration(ed25519_key(1)))
    good = signed(issued("A"), ed25519_key(1))
    forged = replace(signed(issued("B"), ed25519_key(1)), signatures=good.signatures)
    trust = trust_of("signature", kafka_topics.submissions)
    with running(intake_of(ledger, receipts, kafka_topics, trust).run):
        for value in (issued("C").raw, envelope_of(forged), envelope_of(good)):
            _send(producer, kafka_topics.submissions, value)
            producer.flush()
        eventually(lambda: len(stored_answers(database_url)) == 3)
    answers = {(each["outcome"], each.get("code")) for each in stored_answers(database_url)}
    assert answers == {("refused", "submission_untrusted"), ("refused", "signature_invalid"), ("recorded", None)}
