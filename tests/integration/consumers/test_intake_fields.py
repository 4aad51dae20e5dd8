"""Personal fields that come by Kafka are in the vault before the answer, and nowhere else after it."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from threading import Thread
from typing import Any

import psycopg
import pytest
from kafka import KafkaProducer

from consumers.dead_letters import dead_letter_of
from consumers.intake import Intake
from consumers.submissions import Arrived, Origin, read_record
from consumers.trust import source_trust, trust_of
from infra.open_ledger import open_ledger
from infra.receipts import ReceiptStore
from infra.vault.keys import FileKeys
from infra.vault.store import Vault
from ledger.evidence.disclosures import disclose
from ledger.log import LogUnavailable
from ledger.privacy.keeping import FieldsUnavailable
from ledger.refusals import Refusal
from ledger.service import Ledger
from tests.support.consumers import all_rows, count, kill, running, spawn
from tests.support.fields import disclosing, holding
from tests.support.intakes import intake_of, stored_answers
from tests.support.services import Topics
from tests.support.statements import accept, approved, issued
from tests.support.waiting import eventually

NAME, MAIL = disclose("contact/name", "张伟"), disclose("contact/email", "zhang@example.cn")


@pytest.fixture
def vault(database_url: str) -> Vault:
    return Vault(database_url, lambda: FileKeys([b"k" * 32]))


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with closing(open_ledger(database_url)) as ledger:
        accept(ledger, *approved())
        yield ledger


def send(producer: KafkaProducer, topic: str, values: Sequence[bytes], key: bytes | None = b"k") -> None:
    for value in values:
        producer.send(topic, value, key=key)
    producer.flush()


def test_fields_are_kept_the_answered_records_deleted_and_of_the_refused_nothing_stays(
    ledger: Ledger,
    receipts: ReceiptStore,
    producer: KafkaProducer,
    vault: Vault,
    database_url: str,
    kafka_topics: Topics,
) -> None:
    said = holding("N1", NAME, MAIL)
    with running(intake_of(ledger, receipts, kafka_topics, fields=vault).run):
        send(
            producer,
            kafka_topics.submissions,
            [
                disclosing(said, NAME),
                disclosing(holding("N2", NAME), MAIL),
                disclosing(said, NAME, MAIL, persons='{"contact":"p-1"}'),
                disclosing(said, NAME),
                b'{"disclosures":["' + MAIL.text.encode() + b'"],"event":{},"other":1}',
            ],
        )
        eventually(lambda: len(stored_answers(database_url)) == 4)
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.submissions) == 0)
        send(producer, kafka_topics.submissions, [issued("N3").raw])
        eventually(lambda: len(stored_answers(database_url)) == 5)
    assert [each.get("code", each["outcome"]) for each in stored_answers(database_url)] == [
        "recorded", "disclosure_mismatch", "recorded", "request_envelope_wrong", "recorded",
    ]  # fmt: skip
    # What came later under the same event was taken, and what brought nothing stays in the topic.
    assert vault.open(*said.identity) == {NAME.digest: NAME.text, MAIL.digest: MAIL.text}
    assert len(vault.everything()) == 2
    assert count(kafka_topics.bootstrap, kafka_topics.submissions) == 1
    with psycopg.connect(database_url) as connection:
        letters = connection.execute("SELECT value, size FROM intake_dead_letters").fetchall()
    assert letters
    assert all(bytes(value) == b"" and size > 0 for value, size in letters)
    assert NAME.text.encode() not in b"".join(row.raw for row in all_rows(database_url))


def test_nobody_places_fields_in_another_partys_name_and_no_letter_repeats_them(kafka_topics: Topics) -> None:
    raw = disclosing(holding("N1", NAME), NAME)
    record: Any = type("Record", (), {
        "value": raw, "headers": [], "topic": "submissions", "partition": 0, "offset": 3
    })  # fmt: skip
    arrived = read_record(record)
    assert arrived.disclosed is not None
    untrusted = arrived.disowned(Refusal("submission_untrusted"))
    assert untrusted.disclosed is None
    letter = dead_letter_of(untrusted)
    assert letter is not None
    assert (letter.value, letter.size) == (b"", len(raw))
    assert kafka_topics


class Dying:
    """A store of answers that forgets its first batches, as a process that dies there does."""

    def __init__(self, receipts: ReceiptStore, failures: int) -> None:
        self._receipts = receipts
        self.failures = failures

    def known(self, keys: Any) -> Any:
        return self._receipts.known(keys)

    def store(self, given: Any) -> None:
        if self.failures:
            self.failures -= 1
            raise LogUnavailable("the connection died after the append")
        self._receipts.store(given)


def test_what_is_not_answered_is_not_deleted_and_comes_again(
    ledger: Ledger,
    receipts: ReceiptStore,
    producer: KafkaProducer,
    vault: Vault,
    database_url: str,
    kafka_topics: Topics,
) -> None:
    said = [holding(f"N{number}", NAME) for number in range(10)]
    send(producer, kafka_topics.submissions, [disclosing(each, NAME) for each in said])
    with running(intake_of(ledger, Dying(receipts, 2), kafka_topics, fields=vault).run):
        eventually(lambda: len(stored_answers(database_url)) == 10)
    assert {each["outcome"] for each in stored_answers(database_url)} == {"recorded"}
    assert len(vault.everything()) == 10


def test_without_a_store_of_fields_a_record_that_brings_some_waits(ledger: Ledger, receipts: ReceiptStore) -> None:
    waiting = Intake(
        ledger=ledger, receipts=receipts, bootstrap="", topic="s", ensure_topics=lambda: None, trust=source_trust
    )
    record: Any = type("Record", (), {
        "value": disclosing(holding("N1", NAME), NAME), "headers": [], "topic": "s", "partition": 0, "offset": 0
    })  # fmt: skip
    with pytest.raises(FieldsUnavailable):
        waiting.answer([read_record(record)])
    plain = issued("N2")
    waiting.answer([Arrived(plain, (*plain.identity, plain.digest), None, Origin("s", 0, 1))])
    assert trust_of("signature", "s")


def test_killed_intakes_leave_every_field_of_every_recorded_event(
    ledger: Ledger, producer: KafkaProducer, vault: Vault, database_url: str, kafka_topics: Topics
) -> None:
    said = [holding(f"N{number:04}", NAME, MAIL) for number in range(600)]
    values = [disclosing(each, NAME, MAIL) for each in said]
    arguments = (database_url, kafka_topics.bootstrap, kafka_topics.submissions, f"intake {kafka_topics.submissions}")
    sending = Thread(target=send, args=(producer, kafka_topics.submissions, values, None))
    sending.start()
    process = spawn("intake", *arguments)
    try:
        for wanted in (1, 200, 400):
            eventually(lambda wanted=wanted: len(stored_answers(database_url)) >= wanted, 90)
            kill(process)
            process = spawn("intake", *arguments)
        eventually(lambda: len(stored_answers(database_url)) == len(said), 120)
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.submissions) == 0, 60)
    finally:
        kill(process)
        sending.join()
    assert {each["outcome"] for each in stored_answers(database_url)} == {"recorded"}
    assert len(all_rows(database_url)) == len(said) + len(approved())
    kept = vault.open_all([each.identity for each in said])
    assert all(found == {NAME.digest: NAME.text, MAIL.digest: MAIL.text} for found in kept.values())
