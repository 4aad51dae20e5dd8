"""The ledger's one way in: submissions are judged in order, recorded together, and each is answered.

Facts about one certificate may share a batch; what is refused answers for itself and sinks no neighbour.
"""

from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any, cast

from eventsourcing.application import Application
from eventsourcing.utils import EnvType

from ledger import timeline as timelines
from ledger.decide import Decision, Timelines, decide, evolve, streams_read
from ledger.envelope import Recorded, Submission, open_recorded
from ledger.families import FAMILIES
from ledger.log import Appended, ConcurrentUpdate, Draft, EventLog, Known, Loaded, LogUnavailable, Row
from ledger.outcomes import Outcome, Receipt
from ledger.refusals import Refusal
from ledger.timeline import Timeline

CACHED_STREAMS = 4_000
ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Incoming:
    """A submission with what is known of its way in; none of it enters the hashed bytes but the submitter."""

    submission: Submission | Refusal
    submitter: str
    traceparent: str | None = None
    received: datetime | None = None


class Ledger(Application[str]):
    """The application: decides on submissions and appends them to the event log that its recorder implements."""

    name = "ledger"

    def __init__(self, env: EnvType | None = None) -> None:
        super().__init__(env)
        self.event_log = cast("EventLog", self.recorder)
        self._lock = Lock()
        self._cache: OrderedDict[str, Timeline[Any]] = OrderedDict()
        self._cache_head = 0

    def submit(self, incoming: Sequence[Incoming], *, atomic: bool = False) -> list[Outcome]:
        """Return one outcome for each submission, in order. ``atomic``: all are recorded, or none is."""
        with self._lock:
            for attempt in range(ATTEMPTS):
                try:
                    return self._submit(incoming, atomic=atomic)
                except ConcurrentUpdate:
                    continue
                except LogUnavailable:
                    # A dead pooled connection looks like a dead database: once more tells them apart.
                    if attempt:
                        raise
        raise ConcurrentUpdate(f"gave up after {ATTEMPTS} attempts")

    def timeline(self, stream: str) -> Timeline[Any]:
        """Return what is known about one stream now, read from the log."""
        timeline = timelines.empty(FAMILIES[stream.partition(":")[0]].machine)
        for recorded in cast("Iterator[Recorded]", self.events.get(stream)):
            timeline = evolve(timeline, recorded)
        return timeline

    def _submit(self, incoming: Sequence[Incoming], *, atomic: bool) -> list[Outcome]:
        batch = _Batch(self, [i.submission for i in incoming if isinstance(i.submission, Submission)])
        outcomes = [batch.judge(each) for each in incoming]
        refused = [o for o in outcomes if isinstance(o, Refusal)]
        appended: Sequence[Appended] = ()
        if atomic and refused:
            outcomes = [_sunk(outcome) for outcome in outcomes]
        elif batch.drafts:
            appended = self.event_log.append(batch.drafts, batch.expect, batch.head)
            self._remember(batch, appended)
            outcomes = [_placed(outcome, appended) for outcome in outcomes]
        for source, identity, raw, first in batch.equivocations:
            if first > 0 or appended:
                position = first if first > 0 else appended[-first].position
                self.event_log.keep_equivocation(source, identity, raw, position)
        return outcomes

    def read(self, streams: Collection[str], identities: Collection[tuple[str, str]]) -> tuple[Loaded, Timelines]:
        """Return the log's state and the timelines of these streams; what no other writer moved is remembered."""
        missing = [stream for stream in streams if stream not in self._cache]
        loaded = self.event_log.load(self._cache_head, missing, identities)
        for stream in loaded.changed:
            self._cache.pop(stream, None)
        self._cache_head = loaded.head
        moved = [stream for stream in streams if stream in loaded.changed and stream not in missing]
        rows = dict(loaded.rows)
        if moved:
            rows.update(self.event_log.load(loaded.head, moved, ()).rows)
        return loaded, {
            stream: self._cache[stream] if stream in self._cache else rebuild(stream, rows.get(stream, ()))
            for stream in streams
        }

    def _remember(self, batch: "_Batch", appended: Sequence[Appended]) -> None:
        self._cache.update(batch.timelines)
        for stream in batch.timelines:
            self._cache.move_to_end(stream)
        while len(self._cache) > CACHED_STREAMS:
            self._cache.popitem(last=False)
        if appended[0].position == batch.head + 1:
            self._cache_head = appended[-1].position


class _Batch:
    """The working memory of one attempt: what was read, what was decided, what is expected at the append."""

    def __init__(self, ledger: Ledger, submissions: Sequence[Submission]) -> None:
        self._reads = {each.digest: streams_read(each) for each in submissions}
        wanted = dict.fromkeys(stream for streams in self._reads.values() for stream in streams)
        loaded, timelines_now = ledger.read(wanted, {each.identity for each in submissions})
        self.head = loaded.head
        self.timelines = dict(timelines_now)
        self.expect: dict[str, int] = {}
        self.drafts: list[Draft] = []
        self.equivocations: list[tuple[str, str, bytes, int]] = []
        self._known = loaded.known
        self._drafted: dict[tuple[str, str], int] = {}

    def judge(self, incoming: Incoming) -> Outcome:
        """Return the outcome of one submission; a new event's position is filled in after the append."""
        submission = incoming.submission
        if isinstance(submission, Refusal):
            return submission
        known = self._known.get(submission.identity)
        if known is not None:
            return self._again(submission, known)
        if submission.identity in self._drafted:
            return self._again_in_batch(submission)
        verdict = decide(submission, self._reads[submission.digest], self.timelines)
        if isinstance(verdict, Refusal):
            return verdict
        return self._draft(incoming, submission, verdict)

    def _draft(self, incoming: Incoming, submission: Submission, verdict: Decision) -> Receipt:
        for stream in verdict.read:
            self.expect.setdefault(stream, self.timelines[stream].version)
        stream = verdict.stream
        record: dict[str, Any] = {
            "decision": "applied" if verdict.applied else "held",
            "schema": 1,
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
        )

    def _again(self, submission: Submission, known: Known) -> Outcome:
        if known.digest != submission.digest:
            self.equivocations.append((*submission.identity, submission.raw, known.row.position))
            return Refusal("identity_reused", "/id", (("position", str(known.row.position)),), *submission.identity)
        return receipt_of(known.row, duplicate=True)

    def _again_in_batch(self, submission: Submission) -> Outcome:
        index = self._drafted[submission.identity]
        draft = self.drafts[index]
        if draft.digest != submission.digest:
            self.equivocations.append((*submission.identity, submission.raw, -index))
            return Refusal("identity_reused", "/id", (("position", "-"),), *submission.identity)
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
    )


def _sunk(outcome: Outcome) -> Outcome:
    if isinstance(outcome, Refusal) or (isinstance(outcome, Receipt) and outcome.position > 0):
        return outcome
    return Refusal("batch_refused", source=outcome.source, id=outcome.id)
