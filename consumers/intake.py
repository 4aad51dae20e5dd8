"""Takes submissions from Kafka to the ledger: one receipt or refusal for each, however often it is delivered.

An offset is committed only when the answer is stored; whatever fails before that is delivered again. The answer is
final for these bytes: to try again after a refusal, submit under a new id.

Intake believes the ``source`` that a record names. So only producers that are trusted to speak for themselves and
for nobody else may be given the right to write to the submissions topic (bind the broker to loopback, or use its ACLs).
"""

from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from typing import Any, Protocol

import structlog
from kafka import KafkaConsumer
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import CommitFailedError

from consumers.patience import TROUBLE, Patience
from consumers.ports import Leadership, Observer, RelayBookmark, Unobserved
from consumers.publisher import Message, Publisher
from consumers.submissions import Arrived, Key, read_record
from consumers.topic_reader import Topic
from ledger import canonical
from ledger.outcomes import Outcome, Receipt
from ledger.refusals import Refusal
from ledger.service import Incoming, Ledger
from projections.feed import lane_of

GROUP = "certledger.intake"
BATCH = 500
_POLL_MILLISECONDS = 500

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome as it is stored and published; ``body`` is canonical JSON."""

    key: Key
    outcome: str
    body: bytes
    traceparent: str | None


class StoredAnswer(Protocol):
    """An answer with its number, as the store gives it back."""

    @property
    def position(self) -> int: ...  # noqa: D102 - as in Answer
    @property
    def source(self) -> str: ...  # noqa: D102 - as in Answer
    @property
    def id(self) -> str: ...  # noqa: D102 - as in Answer
    @property
    def outcome(self) -> str: ...  # noqa: D102 - as in Answer
    @property
    def body(self) -> bytes: ...  # noqa: D102 - as in Answer
    @property
    def traceparent(self) -> str | None: ...  # noqa: D102 - as in Answer
    @property
    def stored(self) -> datetime: ...  # noqa: D102 - as in Answer


class Receipts(Protocol):
    """Where answers are kept, one for each key, in order of commits. Every method may raise ``LogUnavailable``."""

    def known(self, keys: Collection[Key]) -> set[Key]:
        """Return the keys that have an answer."""
        ...

    def store(self, answers: Sequence[Answer]) -> None:
        """Store the answers in one transaction; a key that has one keeps it."""
        ...


class NumberedReceipts(Protocol):
    """The stored answers as a log."""

    def head(self) -> int:
        """Return the number of the last answer, 0 for none."""
        ...

    def follow(self, after: int, *, wait_seconds: float) -> Generator[Sequence[StoredAnswer]]:
        """Yield batches for ever; an empty one when nothing came in time."""
        ...


class Intake:
    """One member of the intake's consumer group."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        receipts: Receipts,
        bootstrap: str,
        topic: str,
        ensure_topics: Callable[[], object],
        group: str = GROUP,
        observer: Observer | None = None,
    ) -> None:
        self.name = "intake"
        self._ledger = ledger
        self._receipts = receipts
        self._bootstrap = bootstrap
        self._topic = topic
        self._ensure_topics = ensure_topics
        self._group = group
        self._observer = observer or Unobserved()
        self._taken = 0
        self._patience = Patience()

    def run(self, stop: Event) -> None:
        """Take in until ``stop`` is set; outages of broker and database are sat out."""
        while not stop.is_set():
            try:
                self._take_in(stop)
            except TROUBLE as error:
                self._observer.trouble(self.name, error)
                log.warning("intake.interrupted", error=repr(error))
                self._patience.wait(stop)

    def _take_in(self, stop: Event) -> None:
        self._ensure_topics()
        consumer = self._join()
        try:
            while not stop.is_set():
                polled = consumer.poll(timeout_ms=_POLL_MILLISECONDS, max_records=BATCH)
                records = [record for each in polled.values() for record in each]
                self.answer([read_record(record) for record in records])
                self._patience.restore()
                if records:
                    self._commit(consumer)
                    self._taken += len(records)
                    age = datetime.now(UTC).timestamp() - records[-1].timestamp / 1_000
                    self._observer.progress(self.name, self._taken, max(age, 0.0))
        finally:
            consumer.close(autocommit=False, timeout_ms=2_000)

    def answer(self, arrived: Sequence[Arrived]) -> None:
        """Submit what has no answer yet and store the answers. Raises ``LogUnavailable`` with nothing lost."""
        answered = self._receipts.known({each.key for each in arrived})
        fresh = [each for each in arrived if each.key not in answered]
        if not fresh:
            return
        received = datetime.now(UTC)
        submitter = f"kafka:{self._topic}"
        outcomes = self._submit([Incoming(each.submission, submitter, each.traceparent, received) for each in fresh])
        self._receipts.store([_answer(each, outcome) for each, outcome in zip(fresh, outcomes, strict=True)])

    def _submit(self, incoming: Sequence[Incoming]) -> Sequence[Outcome]:
        try:
            return self._ledger.submit(incoming)
        except TROUBLE:
            raise
        except Exception:
            log.exception("intake.batch_failed", submissions=len(incoming))
            if len(incoming) > 1:
                return [outcome for each in incoming for outcome in self._submit([each])]
            # One submission that the ledger cannot digest must not stop all that come after it.
            return [_not_processed(incoming[0])]

    def _commit(self, consumer: Any) -> None:
        try:
            consumer.commit(timeout_ms=5_000)
        except CommitFailedError as error:
            # The lanes went to another member, who will find the answers stored.
            log.info("intake.not_committed", error=repr(error))

    def _join(self) -> Any:
        return KafkaConsumer(
            self._topic,
            bootstrap_servers=self._bootstrap.split(","),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            partition_assignment_strategy=[CooperativeStickyAssignor],
            bootstrap_timeout_ms=5_000,
            reconnect_backoff_max_ms=1_000,
            metadata_max_age_ms=5_000,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            metrics_enabled=False,
        )


def _not_processed(incoming: Incoming) -> Refusal:
    said = incoming.submission
    return Refusal("not_processed", source=said.source, id=said.id)


def _answer(arrived: Arrived, outcome: Outcome) -> Answer:
    source, identity, digest = arrived.key
    name = "recorded" if isinstance(outcome, Receipt) else "refused"
    plain = {"source": source, "id": identity, **outcome.as_dict(), "outcome": name, "digest": digest.hex()}
    return Answer(arrived.key, name, canonical.dumps(plain), arrived.traceparent)


def message_of(answer: StoredAnswer) -> Message:
    """Return the message that carries one answer; its key is ``source/id``."""
    key = f"{answer.source}/{answer.id}"
    headers = [("content-type", b"application/json"), ("outcome", answer.outcome.encode())]
    if answer.traceparent:
        headers.append(("traceparent", answer.traceparent.encode()))
    return Message(answer.position, lane_of(key), key.encode(), answer.body, tuple(headers), answer.stored)


class ReceiptSource:
    """The stored answers as a source of messages."""

    def __init__(self, receipts: NumberedReceipts) -> None:
        self._receipts = receipts

    def head(self) -> int:
        """Return the number of the last answer."""
        return self._receipts.head()

    def follow(self, after: int, *, wait_seconds: float) -> Generator[Sequence[Message]]:
        """Yield the messages of all answers after a number, for ever."""
        with closing(self._receipts.follow(after, wait_seconds=wait_seconds)) as batches:
            for batch in batches:
                yield [message_of(answer) for answer in batch]


def receipts_relay(
    *,
    receipts: NumberedReceipts,
    bootstrap: str,
    topic: str,
    leadership: Leadership,
    bookmark: RelayBookmark,
    ensure_topics: Callable[[], object],
    observer: Observer | None = None,
) -> Publisher:
    """Return the publisher that fills ``topic`` with the answers, in order; ``run(stop)`` it."""
    return Publisher(
        name="receipts_relay",
        source=ReceiptSource(receipts),
        topic=Topic(bootstrap, topic, "receipt"),
        leadership=leadership,
        bookmark=bookmark,
        ensure_topics=ensure_topics,
        observer=observer,
    )
