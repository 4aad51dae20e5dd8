"""Takes submissions from Kafka to the ledger: one receipt or refusal for each, however often it is delivered.

An offset is committed only when the answer is stored; whatever fails before that is delivered again. The answer is
final for these bytes: to try again after a refusal, submit under a new id.

Who speaks is for :mod:`consumers.trust` to say, never for the record. What nobody is known to have sent, and what
cannot be read, is answered under its place in the topic and laid aside as a dead letter; the intake goes on.

Personal fields are in their store before the event is recorded. Once they are answered, the records that brought them
are deleted from the topic, and only then is the offset committed: a copy that nobody can erase is not left behind.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Event
from typing import Protocol

import structlog

from consumers.cluster import Bootstrap, cluster_of
from consumers.dead_letters import DeadLetter, dead_letter_of
from consumers.numbered import Numbered, NumberedSource
from consumers.patience import TROUBLE, Patience
from consumers.ports import Leadership, Observer, RelayBookmark, Unobserved
from consumers.publisher import Message, Publisher
from consumers.submission_reader import SubmissionReader
from consumers.submissions import Arrived, Key
from consumers.topic_reader import Topic
from consumers.trust import BY_SIGNATURE, Trust, party_of_topic, party_topic_trust
from ledger import canonical
from ledger.access.audience import party_key
from ledger.outcomes import Outcome, Receipt
from ledger.parties import party_of
from ledger.principals import Principal, speaks_for
from ledger.privacy.keeping import FieldStore, FieldsUnavailable, Keeping
from ledger.refusals import Refusal
from ledger.service import Incoming, Ledger
from projections.feed import lane_of

GROUP = "certledger.intake"
BATCH = 500

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome as it is stored and published; ``body`` is canonical JSON.

    ``party`` is whose answer it is: the party of the topic that the submission came by, else its source.
    """

    key: Key
    outcome: str
    body: bytes
    traceparent: str | None
    party: str | None
    dead: DeadLetter | None = None


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
    def party(self) -> str | None: ...  # noqa: D102 - as in Answer
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


class Intake:
    """One member of the intake's consumer group."""

    def __init__(  # noqa: PLR0913 - what it is built from, all by name
        self,
        *,
        ledger: Ledger,
        receipts: Receipts,
        bootstrap: Bootstrap,
        topic: str,
        ensure_topics: Callable[[], object],
        trust: Trust | None = None,
        group: str = GROUP,
        observer: Observer | None = None,
        fields: FieldStore | None = None,
    ) -> None:
        """``topic`` is the shared one, beside which parties have their own; without ``trust`` these alone count.

        Without ``fields`` a record that brings some waits until there is a store for them.
        """
        self.name = "intake"
        self._ledger = ledger
        self._receipts = receipts
        self._fields = fields
        self._topic = topic
        self._trust = trust or party_topic_trust(topic)
        self._reader = SubmissionReader(cluster_of(bootstrap), topic, group, batch=BATCH)
        self._ensure_topics = ensure_topics
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
        try:
            while not stop.is_set():
                arrived = self._reader.poll()
                self.answer(arrived)
                self._patience.restore()
                if arrived:
                    self._reader.commit()
                    self._taken += len(arrived)
                    age = datetime.now(UTC).timestamp() - self._reader.newest
                    self._observer.progress(self.name, self._taken, max(age, 0.0))
        finally:
            self._reader.close()

    def answer(self, arrived: Sequence[Arrived]) -> None:
        """Submit what has no answer yet and store the answers. Raises ``LogUnavailable`` with nothing lost."""
        judged = [self._judged(each) for each in arrived]
        answered = self._receipts.known({each.key for each in judged})
        fresh = [each for each in judged if each.key not in answered]
        if not fresh:
            return
        received = datetime.now(UTC)
        incoming = [
            Incoming(
                each.submission,
                f"kafka:{each.origin.topic}",
                each.traceparent,
                received,
                needs_signature=each.needs_signature,
            )
            for each in fresh
        ]
        keeping = self._keeping(fresh)
        if keeping is not None:
            keeping.before()
        outcomes = self._submit(incoming)
        if keeping is not None:
            keeping.after(outcomes)
        answered_now = zip(fresh, outcomes, strict=True)
        self._receipts.store([_answer(each, outcome, self._party_of(each)) for each, outcome in answered_now])

    def _party_of(self, arrived: Arrived) -> str | None:
        """Return whose answer it is; what nobody is known to have sent is nobody's, but on a party's own topic."""
        party = party_of_topic(self._topic, arrived.origin.topic) or arrived.key[0]
        return party_key(party) if party_of(party) else None

    def _keeping(self, fresh: Sequence[Arrived]) -> Keeping | None:
        if not any(each.disclosed for each in fresh):
            return None
        if self._fields is None:
            raise FieldsUnavailable("this intake has no store of fields")
        return Keeping(self._fields, [e.disclosed or e.submission for e in fresh], [e.submission for e in fresh])

    def _judged(self, arrived: Arrived) -> Arrived:
        """Return the record as it is to be taken: as it stands, or refused because its sender may not say it."""
        said = arrived.submission
        if not said.source:
            return arrived
        speaker = self._trust(arrived)
        if isinstance(speaker, Principal) and speaks_for(speaker, said.source):
            return replace(arrived, needs_signature=speaker.account == BY_SIGNATURE)
        if isinstance(said, Refusal):
            return arrived.disowned(said)
        if isinstance(speaker, Refusal):
            return arrived.disowned(speaker)
        named = (("source", said.source), ("party", speaker.party))
        return arrived.disowned(Refusal("source_not_yours", "/source", named))

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


def _not_processed(incoming: Incoming) -> Refusal:
    said = incoming.submission
    return Refusal("not_processed", source=said.source, id=said.id)


def _answer(arrived: Arrived, outcome: Outcome, party: str | None) -> Answer:
    source, identity, digest = arrived.key
    name = "recorded" if isinstance(outcome, Receipt) else "refused"
    plain = {"source": source, "id": identity, **outcome.as_dict(), "outcome": name, "digest": digest.hex()}
    letter = dead_letter_of(arrived)
    return Answer(arrived.key, name, canonical.dumps(plain), arrived.traceparent, party, letter)


def message_of(answer: StoredAnswer) -> Message:
    """Return the message that carries one answer; its key is ``source/id``."""
    key = f"{answer.source}/{answer.id}"
    headers = [("content-type", b"application/json"), ("outcome", answer.outcome.encode())]
    if answer.traceparent:
        headers.append(("traceparent", answer.traceparent.encode()))
    return Message(answer.position, lane_of(key), key.encode(), answer.body, tuple(headers), answer.stored)


def receipts_relay(
    *,
    receipts: Numbered[StoredAnswer],
    bootstrap: Bootstrap,
    topic: str,
    leadership: Leadership,
    bookmark: RelayBookmark,
    ensure_topics: Callable[[], object],
    observer: Observer | None = None,
) -> Publisher:
    """Return the publisher that fills ``topic`` with the answers, in order; ``run(stop)`` it."""
    return Publisher(
        name="receipts_relay",
        source=NumberedSource(receipts, message_of),
        topic=Topic(bootstrap, topic, "receipt"),
        leadership=leadership,
        bookmark=bookmark,
        ensure_topics=ensure_topics,
        observer=observer,
    )
