"""Timelines of the streams at work, in memory and coherent by version; each view keeps the facts it has folded.

What is not in memory, or is not of the version just before the event, is read again from the view's own ``fact``
table. Facts are never rewritten there, so that a long life costs no more than a short one.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from ledger import timeline as timelines
from ledger.decide import evolve
from ledger.envelope import Recorded, open_recorded
from ledger.facts import Fact
from ledger.families import FAMILIES
from ledger.timeline import Timeline
from projections import copying
from projections.feed import Delivered
from projections.view import OutOfOrder

FACTS_KEPT = 30_000
_LOAD = "SELECT stream, position, raw FROM fact WHERE stream = ANY(%b) ORDER BY stream, version"
# What changes the past: a correction its target, an annulment everything since the issue.
_LOOK_BACK = frozenset({"certificate.corrected", "certificate.annulled"})
_latest: deque[tuple[Sequence[Delivered], Sequence["Step"]]] = deque(maxlen=1)
_EMPTY = {name: timelines.empty(family.machine) for name, family in FAMILIES.items()}


@dataclass(slots=True)
class Known:
    """One stream: its timeline, the position of its first event, and by version what its held facts wait for.

    A *short* timeline holds the tip and the last facts alone: enough for facts that come at its end.
    """

    timeline: Timeline[Any]
    first: int
    waits: Mapping[int, str]
    is_short: bool = False

    @property
    def weight(self) -> int:
        """The number of facts in memory."""
        return len(self.timeline.applied) + len(self.timeline.held)


Tips = Callable[[psycopg.Connection[Any], list[str]], Mapping[str, Known]]


def short(version: int, first: int, last: tuple[str, int], tip: Any) -> Known:
    """Return what is known of a stream without held facts; ``last`` is its last fact's effective day and version."""
    effective, number = last
    return Known(Timeline(version, (Fact(number, "", effective, {}, "", ""),), (), tip), first, {}, is_short=True)


@dataclass(slots=True)
class Step:
    """One event's effect on its stream's timeline."""

    delivered: Delivered
    before: Timeline[Any]
    known: Known
    _fact_line: bytes | None = None

    @property
    def after(self) -> Timeline[Any]:
        """The timeline with the event."""
        return self.known.timeline

    @property
    def fact_line(self) -> bytes:
        """The row of the ``fact`` table, as a COPY line: the event's own bytes."""
        if self._fact_line is None:
            recorded = self.delivered.recorded
            stream, raw = copying.text(recorded.stream), copying.verbatim(recorded.raw)
            self._fact_line = b"%b\t%d\t%d\t%b" % (stream, recorded.version, recorded.position, raw)
        return self._fact_line


def advance(known: Known | None, recorded: Recorded) -> Known:
    """Return what is known of a stream after its next event; raise :class:`OutOfOrder` for any other event."""
    version = recorded.version
    if known is None:
        known = Known(_EMPTY[recorded.stream.partition(":")[0]], recorded.position, {})
    if version != known.timeline.version + 1:
        raise OutOfOrder(f"{recorded.stream}: version {version} came after {known.timeline.version}")
    timeline = evolve(known.timeline, recorded)
    waits = known.waits
    if "waits" in recorded.record:
        waits = {**waits, version: str(recorded.record["waits"])}
    return Known(timeline, known.first, waits, known.is_short)


class Timelines:
    """The timelines at work, least recently used ones dropped first.

    Views of one process may share them: what one of them worked out of a batch, the next one finds.
    """

    def __init__(self, facts_kept: int = FACTS_KEPT) -> None:
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._facts_kept = facts_kept
        self._facts = 0
        self._steps: dict[int, Step] = {}

    def walk(
        self, connection: psycopg.Connection[Any], batch: Sequence[Delivered], tips: Tips | None = None
    ) -> Iterable[Step]:
        """Yield each event of a batch with the timelines before and after it.

        ``tips`` reads short timelines from the view's own rows: most facts come at the end, and the cost of such a
        fact does not grow with the life behind it.
        """
        done, self._steps = self._steps, {}
        anew = {d.recorded.stream for d in batch if not _is_of(done.get(d.position), d)}
        self._load(connection, [d.recorded for d in batch if d.recorded.stream in anew], tips)
        for delivered in batch:
            recorded = delivered.recorded
            stream = recorded.stream
            if stream in anew:
                before = self._known.get(stream)
                known = advance(before, recorded)
                self._keep(stream, known)
                step = Step(delivered, before.timeline if before else _EMPTY[stream.partition(":")[0]], known)
            else:
                step = done[recorded.position]
            self._steps[recorded.position] = step
            yield step
        while self._facts > self._facts_kept:
            self._facts -= self._known.popitem(last=False)[1].weight

    def forget(self) -> None:
        """Drop everything."""
        self._known.clear()
        self._steps.clear()
        self._facts = 0

    def _keep(self, stream: str, known: Known) -> None:
        before = self._known.get(stream)
        self._facts += known.weight - (before.weight if before else 0)
        self._known[stream] = known

    def _load(self, connection: psycopg.Connection[Any], events: Sequence[Recorded], tips: Tips | None) -> None:
        wanted: dict[str, list[Recorded]] = {}
        for recorded in events:
            wanted.setdefault(recorded.stream, []).append(recorded)
        missing = []
        for stream, following in wanted.items():
            known = self._known.get(stream)
            if known is not None:
                if _goes_on(known, following):
                    self._known.move_to_end(stream)
                    continue
                self._facts -= self._known.pop(stream).weight
            if following[0].version > 1:
                missing.append(stream)
        if missing and tips is not None:
            for stream, known in tips(connection, [s for s in missing if _is_plain(wanted[s])]).items():
                if _goes_on(known, wanted[stream]):
                    self._keep(stream, known)
            missing = [stream for stream in missing if stream not in self._known]
        if missing:
            for stream, position, raw in connection.execute(_LOAD, (missing,)).fetchall():
                self._keep(stream, advance(self._known.get(stream), open_recorded(position, raw.encode())))


def _goes_on(known: Known, following: Sequence[Recorded]) -> bool:
    """Tell whether these events can be told apart from all others with what is known."""
    if known.timeline.version != following[0].version - 1:
        return False
    if not known.is_short:
        return True
    last = known.timeline.applied[-1].effective
    return last <= following[0].event["data"].get("effective", "") and _is_plain(following)


def _is_plain(following: Sequence[Recorded]) -> bool:
    """Tell whether facts took effect at once, in order, and not in the future: they need no knowledge of older ones."""
    last = ""
    for recorded in following:
        effective = recorded.event["data"].get("effective", "")
        if effective < last or effective > recorded.recorded[:10] or not recorded.applied:
            return False
        if "releases" in recorded.record or recorded.event["type"] in _LOOK_BACK:
            return False
        last = effective
    return True


def _is_of(step: Step | None, delivered: Delivered) -> bool:
    """Tell whether a step is that of the very object delivered, and not of another log's event of that position."""
    return step is not None and step.delivered.recorded is delivered.recorded


def whole(events: Sequence[Delivered]) -> Sequence[Step]:
    """Return each event of one whole stream with the timelines before and after it.

    Views that are built together ask for the same events one after the other, and share the answer.
    """
    if _latest and _latest[-1][0] is events:
        return _latest[-1][1]
    known: Known | None = None
    steps = []
    for delivered in events:
        before = known
        known = advance(before, delivered.recorded)
        empty = _EMPTY[delivered.recorded.stream.partition(":")[0]]
        steps.append(Step(delivered, before.timeline if before else empty, known))
    _latest.append((events, steps))
    return steps
