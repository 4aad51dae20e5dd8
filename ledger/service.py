"""The ledger's one way in: submissions are judged in order, recorded together, and each is answered.

Facts about one certificate may share a batch; what is refused answers for itself and sinks no neighbour.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock
from typing import Any, cast

import orjson
from eventsourcing.application import Application
from eventsourcing.utils import EnvType

from ledger import timeline as timelines
from ledger.days import instant_text
from ledger.decide import Decision, Timelines, decide, evolve, signed_or_refused, streams_read
from ledger.envelope import Recorded, Submission, open_recorded, said_alike
from ledger.evidence.sm3 import sm3
from ledger.families import FAMILIES
from ledger.log import Appended, ConcurrentUpdate, Draft, EventLog, Known, LogUnavailable, Row
from ledger.outcomes import Outcome, Receipt
from ledger.pipeline import Pipeline
from ledger.places import streams_of_places
from ledger.privacy.refusing import personal_data_in
from ledger.refusals import Refusal
from ledger.sealed import signatures_json
from ledger.terms import Circumstances, Terms
from ledger.timeline import Timeline
from ledger.values import quickly_made
from ledger.verifying import verify_ahead

CACHED_STREAMS = 4_000
ATTEMPTS = 20
UNSURE = -1


@quickly_made
@dataclass(frozen=True, slots=True)
class Incoming:
    """A submission with what is known of its way in; none of it enters the hashed bytes but the submitter.

    ``needs_signature``: its way in vouches for nobody, so only the source's own valid signature makes it acceptable.
    ``is_looked_through``: its way in, a part of this program, found no personal number in this very submission.
    """

    submission: Submission | Refusal
    submitter: str
    traceparent: str | None = None
    received: datetime | None = None
    needs_signature: bool = False
    is_looked_through: bool = False


class Ledger(Application[str]):
    """The application: decides on submissions and appends them to the event log that its recorder implements."""

    name = "ledger"

    def __init__(self, env: EnvType | None = None, terms: Terms | None = None) -> None:
        super().__init__(env)
        self.terms = terms or Terms()
        self.event_log = cast("EventLog", self.recorder)
        self.lock = Lock()
        self._cache: OrderedDict[str, Timeline[Any]] = OrderedDict()
        self._cache_head = 0

    def submit(self, incoming: Sequence[Incoming], *, atomic: bool = False) -> list[Outcome]:
        """Return one outcome for each submission, in order. ``atomic``: all are recorded, or none is."""
        with self.lock:
            return self.attempt(incoming, atomic=atomic)

    def timeline(self, stream: str) -> Timeline[Any]:
        """Return what is known about one stream now, read from the log."""
        timeline = timelines.empty(FAMILIES[stream.partition(":")[0]].machine)
        for recorded in cast("Iterator[Recorded]", self.events.get(stream)):
            timeline = evolve(timeline, recorded)
        return timeline

    def submit_all(self, batches: Iterable[Sequence[Incoming]]) -> Iterator[list[Outcome]]:
        """Yield the outcomes of each batch, in order; while one batch is being recorded, the next one is judged."""
        with closing(self.pipeline()) as line:
            for incoming in batches:
                outcomes = line.put(incoming)
                if outcomes is not None:
                    yield outcomes
            outcomes = line.settle()
            if outcomes is not None:
                yield outcomes

    def pipeline(self, on_recorded: Callable[[], object] | None = None) -> "Pipeline":
        """Return a pipeline for one thread; ``on_recorded`` is called, by another, when a batch has been recorded."""
        return Pipeline(self, on_recorded or (lambda: None))

    def attempt(self, incoming: Sequence[Incoming], *, atomic: bool = False) -> list[Outcome]:
        """Judge a batch and record it, anew where another writer came between; the caller holds the lock."""
        for attempt in range(ATTEMPTS):
            try:
                judged = self.judge(incoming)
                if atomic and any(isinstance(outcome, Refusal) for outcome in judged.outcomes):
                    judged = replace(judged, outcomes=[_sunk(outcome) for outcome in judged.outcomes])
                    return self._settled(judged, ())
                appended = self.record(judged, self.head_for(judged))
                self.remember(judged)
                return self.settled(judged, appended)
            except ConcurrentUpdate:
                continue
            except LogUnavailable:
                # A dead pooled connection looks like a dead database: once more tells them apart.
                if attempt:
                    raise
        raise ConcurrentUpdate(f"gave up after {ATTEMPTS} attempts")

    def judge(self, incoming: Sequence[Incoming], ours: frozenset[str] = frozenset()) -> "Judged":
        """Judge a batch on what is recorded; ``ours`` are the streams that a batch under way writes to."""
        batch = _Batch(self, [i.submission for i in incoming if isinstance(i.submission, Submission)], ours)
        return Judged(incoming, batch, [batch.judge(each) for each in incoming])

    def head_for(self, judged: "Judged") -> int:
        """Return the position after which nothing may have been recorded, or the append checks what was relied on.

        What this process itself recorded since is no surprise to a batch that was judged on it.
        """
        return UNSURE if judged.batch.is_unsure else self._cache_head

    def record(self, judged: "Judged", head: int) -> list[Appended]:
        """Append what was decided. Raises ``ConcurrentUpdate`` and ``LogUnavailable``."""
        batch = judged.batch
        return self.event_log.append(batch.drafts, batch.expect, head, batch.deadline) if batch.drafts else []

    def remember(self, judged: "Judged") -> None:
        """Keep the timelines as a batch leaves them, recorded or under way."""
        cache, outdated = self._cache, judged.batch.outdated
        for stream, timeline in judged.batch.timelines.items():
            if stream not in outdated:
                cache[stream] = timeline
                cache.move_to_end(stream)
        while len(cache) > CACHED_STREAMS:
            cache.popitem(last=False)

    def forget(self) -> None:
        """Remember nothing: a batch under way did not come as it was judged."""
        self._cache.clear()

    def settled(self, judged: "Judged", appended: Sequence[Appended]) -> list[Outcome]:
        """Return the outcomes of a batch that was recorded; what it read is as new as the batch itself."""
        if appended and appended[0].position == self._cache_head + 1:
            self._cache_head = appended[-1].position
        return self._settled(judged, appended)

    def _settled(self, judged: "Judged", appended: Sequence[Appended]) -> list[Outcome]:
        for said, first in judged.batch.equivocations:
            if first > 0 or appended:
                position = first if first > 0 else appended[-first].position
                self.event_log.keep_equivocation(*said.identity, said.raw, position, signatures_json(said.signatures))
        return [_placed(outcome, appended) for outcome in judged.outcomes]

    def read(self, streams: Collection[str], identities: Collection[tuple[str, str]], ours: frozenset[str]) -> "Read":
        """Return what is known under the identities, the streams' timelines, and whether they must be checked again.

        What no other writer moved is remembered. ``ours`` are the streams that a batch under way writes to: they are
        remembered as it will leave them, and checked at the append where that cannot be told from another's writing.
        """
        missing = [stream for stream in streams if stream not in self._cache]
        loaded = self.event_log.load(self._cache_head, missing, identities)
        changed = loaded.changed - ours
        for stream in changed:
            self._cache.pop(stream, None)
        self._cache_head = loaded.head
        moved = [stream for stream in streams if stream in changed and stream not in missing]
        rows = dict(loaded.rows)
        if moved:
            rows.update(self.event_log.load(loaded.head, moved, ()).rows)
        found = {
            stream: self._cache[stream] if stream in self._cache else rebuild(stream, rows.get(stream, ()))
            for stream in streams
        }
        return Read(loaded.known, found, len(changed) < len(loaded.changed), loaded.now, changed)


@dataclass(frozen=True, slots=True)
class Read:
    """What a batch of decisions rests on; ``now`` is the instant by the log's clock, at which it was read.

    ``changed`` are the streams that others wrote to since the reading before.
    """

    known: Mapping[tuple[str, str], Known]
    timelines: Timelines
    is_unsure: bool
    now: datetime
    changed: frozenset[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """A batch whose outcomes are known but for the positions of what is still to be recorded."""

    incoming: Sequence[Incoming]
    batch: "_Batch"
    outcomes: list[Outcome]


class _Batch:
    """The working memory of one attempt: what was read, what was decided, what is expected at the append."""

    def __init__(self, ledger: Ledger, submissions: Sequence[Submission], ours: frozenset[str]) -> None:
        self._ledger, self._ours = ledger, ours
        self._reads = {(each.digest, each.signatures): streams_read(each) for each in submissions}
        wanted = dict.fromkeys(stream for streams in self._reads.values() for stream in streams)
        read = ledger.read(wanted, {each.identity for each in submissions}, ours)
        self._known, self.is_unsure = read.known, read.is_unsure
        self.timelines = dict(read.timelines)
        verdicts = verify_ahead(submissions, self.timelines)
        self._circumstances = Circumstances(ledger.terms, instant_text(read.now), verdicts)
        self.outdated: set[str] = set()
        self.expect: dict[str, int] = {}
        self.deadline: str | None = None
        self.drafts: list[Draft] = []
        self.equivocations: list[tuple[Submission, int]] = []
        self._drafted: dict[tuple[str, str], int] = {}

    @property
    def identities(self) -> Collection[tuple[str, str]]:
        """The identities of what will be recorded."""
        return self._drafted.keys()

    def judge(self, incoming: Incoming) -> Outcome:
        """Return the outcome of one submission; a new event's position is filled in after the append."""
        submission = incoming.submission
        if isinstance(submission, Refusal):
            return submission
        identity = submission.identity
        known = self._known.get(identity)
        if known is not None:
            return self._again(incoming, submission, known)
        if identity in self._drafted:
            return self._again_in_batch(incoming, submission)
        personal = None if incoming.is_looked_through else personal_data_in(submission)
        if personal is not None:
            return personal
        read = self._with_places(submission, self._reads[submission.digest, submission.signatures])
        verdict = decide(
            submission, read, self.timelines, self._circumstances, needs_signature=incoming.needs_signature
        )
        if isinstance(verdict, Refusal):
            return verdict
        return self._draft(incoming, submission, verdict)

    def _with_places(self, submission: Submission, read: tuple[str, ...]) -> tuple[str, ...]:
        """Return the streams with those that only the subject's own stream names; they are read when they are known."""
        further = streams_of_places(submission, self.timelines[read[0]]) if read else ()
        if not further:
            return read
        missing = [stream for stream in further if stream not in self.timelines]
        if missing:
            late = self._ledger.read(missing, (), self._ours)
            # The batch is read at two moments: the append checks what it rests on, and nobody remembers the rest.
            self.is_unsure = True
            self.outdated |= late.changed & self.timelines.keys()
            self.timelines.update(late.timelines)
        return (*read, *further)

    def _draft(self, incoming: Incoming, submission: Submission, verdict: Decision) -> Receipt:
        for stream in verdict.read:
            self.expect.setdefault(stream, self.timelines[stream].version)
        if verdict.signed.until is not None:
            self.deadline = min(verdict.signed.until, self.deadline or verdict.signed.until)
        stream = verdict.stream
        record: dict[str, Any] = {
            "decision": "applied" if verdict.applied else "held",
            "schema": submission.type.version,
            "sm3": sm3(submission.raw).hex(),
            "stream": stream,
            "submitter": incoming.submitter,
            "version": verdict.version,
        }
        if verdict.releases:
            record["releases"] = list(verdict.releases)
        if verdict.waits:
            record["waits"] = verdict.waits
        if verdict.rules:
            record["rules"] = verdict.rules
        if verdict.signed.by:
            record["signed_by"] = list(verdict.signed.by)
        self._drafted[submission.identity] = len(self.drafts)
        self.drafts.append(
            Draft(
                stream,
                verdict.version,
                submission.type.name,
                submission.source,
                submission.id,
                submission.digest,
                submission.raw,
                record,
                incoming.traceparent,
                incoming.received,
                verdict.access,
                signatures_json(submission.signatures) if submission.signatures else b"[]",
            )
        )
        self.timelines[stream] = verdict.after
        return Receipt(
            submission.source,
            submission.id,
            stream,
            verdict.version,
            -len(self.drafts),
            "",
            str(record["decision"]),
            verdict.waits,
            verdict.releases,
            signed_by=verdict.signed.by,
        )

    def _again(self, incoming: Incoming, submission: Submission, known: Known) -> Outcome:
        if known.digest != submission.digest:
            said = open_recorded(known.row.position, known.row.raw).event
            if not said_alike(said, submission.raw):
                return self._other(incoming, submission, known.row.position, str(known.row.position))
        return receipt_of(known.row, duplicate=True)

    def _other(self, incoming: Incoming, submission: Submission, first: int, position: str) -> Refusal:
        """Refuse other bytes under a used identity; keep them as evidence unless forged, or not to be kept at all."""
        personal = personal_data_in(submission)
        if personal is not None:
            return personal
        signed = signed_or_refused(
            submission, self.timelines, self._circumstances, needs_signature=incoming.needs_signature
        )
        if isinstance(signed, Refusal) and (submission.signatures or incoming.needs_signature):
            return signed
        self.equivocations.append((submission, first))
        return Refusal("identity_reused", "/id", (("position", position),), *submission.identity)

    def _again_in_batch(self, incoming: Incoming, submission: Submission) -> Outcome:
        index = self._drafted[submission.identity]
        draft = self.drafts[index]
        if draft.digest != submission.digest and not said_alike(orjson.loads(draft.event), submission.raw):
            return self._other(incoming, submission, -index, "-")
        return Receipt(
            draft.source,
            draft.id,
            draft.stream,
            draft.version,
            -(index + 1),
            "",
            draft.record["decision"],
            draft.record.get("waits"),
            tuple(draft.record.get("releases", ())),
            duplicate=True,
            signed_by=tuple(draft.record.get("signed_by", ())),
        )


def rebuild(stream: str, rows: Sequence[Row]) -> Timeline[Any]:
    """Return the timeline that a stream's rows add up to."""
    timeline = timelines.empty(FAMILIES[stream.partition(":")[0]].machine)
    for row in rows:
        timeline = evolve(timeline, open_recorded(row.position, row.raw))
    return timeline


def receipt_of(row: Row, *, duplicate: bool) -> Receipt:
    """Return the receipt of a recorded row."""
    recorded = open_recorded(row.position, row.raw)
    return Receipt(
        recorded.event["source"],
        recorded.event["id"],
        recorded.stream,
        recorded.version,
        row.position,
        recorded.recorded,
        str(recorded.record["decision"]),
        recorded.record.get("waits"),
        tuple(recorded.record.get("releases", ())),
        duplicate,
        recorded.signed_by,
    )


def _placed(outcome: Outcome, appended: Sequence[Appended]) -> Outcome:
    if isinstance(outcome, Refusal) or outcome.position > 0:
        return outcome
    where = appended[-outcome.position - 1]
    return Receipt(
        outcome.source,
        outcome.id,
        outcome.stream,
        outcome.version,
        where.position,
        where.recorded,
        outcome.decision,
        outcome.waits,
        outcome.releases,
        outcome.duplicate,
        outcome.signed_by,
    )


def _sunk(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Refusal) or (isinstance(outcome, Receipt) and outcome.position > 0):
        return outcome
    return Refusal("batch_refused", source=outcome.source, id=outcome.id)
