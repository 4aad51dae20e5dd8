"""Group commit: one thread records what is waiting together, and answers each caller for itself.

A lone submission never waits for company. Where many callers come side by side, half of them are recorded while the
submissions of the other half are judged. Every accepted submission is answered, also at the end.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, field
from typing import Protocol

from ledger.log import ConcurrentUpdate, LogUnavailable
from ledger.outcomes import Outcome
from ledger.service import Incoming

BATCH = 500
# Fewer callers than this are recorded together: two small commits cost more than judging beside one saves.
MANY = 64
CAPACITY = 10_000
GATHER_SECONDS = 0.001

Outcomes = list[Outcome]
Observer = Callable[[Sequence[Incoming], Sequence[Outcome]], None]


class Overloaded(Exception):  # noqa: N818 - a condition of the moment, not a defect
    """So many submissions are waiting that another one would wait too long; the caller should come back."""


class Line(Protocol):
    """A pipeline into the ledger; :class:`ledger.pipeline.Pipeline` is one."""

    @property
    def is_recorded(self) -> bool:
        """Whether a batch is under way that only waits to be settled."""
        ...

    def put(self, incoming: Sequence[Incoming]) -> Outcomes | None:
        """Judge a batch and begin to record it; return the outcomes of the batch before it, if one was under way."""
        ...

    def settle(self) -> Outcomes | None:
        """Wait for the batch under way and return its outcomes, ``None`` where there is none."""
        ...

    def close(self) -> None:
        """End it."""
        ...


class Submits(Protocol):
    """The part of :class:`ledger.service.Ledger` that the appender needs."""

    def pipeline(self, on_recorded: Callable[[], object] | None = None) -> Line:
        """Return a pipeline; ``on_recorded`` is called when a batch has been recorded."""
        ...

    def submit(self, incoming: Sequence[Incoming], *, atomic: bool = False) -> Outcomes:
        """Return one outcome for each submission, in order."""
        ...


@dataclass(slots=True)
class _Unit:
    """What one caller handed over: its submissions are judged side by side and answered together."""

    incoming: Sequence[Incoming]
    atomic: bool
    answer: Future[Outcomes] = field(default_factory=Future)


def _ignore(_incoming: Sequence[Incoming], _outcomes: Sequence[Outcome]) -> None:
    return


class Appender:
    """The one writer of this process; ``put`` from any thread, wait for the future that it returns."""

    def __init__(self, ledger: Submits, *, capacity: int = CAPACITY, observe: Observer = _ignore) -> None:
        self._ledger = ledger
        self._capacity = capacity
        self._observe = observe
        self._waiting: deque[_Unit] = deque()
        self._size = 0
        self._changed = threading.Condition()
        self._closing = False
        self._unanswered = 0
        self._company = 1
        self._under_way: list[_Unit] = []
        self._line = ledger.pipeline(self._wake)
        self._thread = threading.Thread(target=self._run, name="appender", daemon=True)

    @property
    def waiting(self) -> int:
        """The number of submissions that no batch has taken yet."""
        return self._size

    def start(self) -> None:
        """Begin to record."""
        self._thread.start()

    def put(self, incoming: Sequence[Incoming], *, atomic: bool = False) -> Future[Outcomes]:
        """Hand over submissions; the future gives one outcome each, or raises ``LogUnavailable``.

        Raises :class:`Overloaded` where the queue is full, ``LogUnavailable`` where the appender is closing.
        Asking again with the same identities is always safe.
        """
        unit = _Unit(incoming, atomic)
        with self._changed:
            if self._closing:
                raise LogUnavailable("the ledger is shutting down")
            if self._waiting and self._size + len(incoming) > self._capacity:
                raise Overloaded
            self._waiting.append(unit)
            self._size += len(incoming)
            self._unanswered += 1
            # Waking the thread for each of those that it gathers would cost more than it records.
            if len(self._waiting) == 1 or self._enough_came():
                self._changed.notify()
        return unit.answer

    def close(self) -> None:
        """Record what was accepted, answer everybody, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify()

    def _run(self) -> None:
        with closing(self._line):
            while (units := self._take()) or self._under_way:
                if not units:
                    self._settle()
                for group in _groups(units):
                    self._record(group)

    def _take(self) -> list[_Unit]:
        """Wait for the next batch.

        An empty one means that the batch under way is to be settled, or that the appender closes and nothing is left.
        """
        with self._changed:
            if self._under_way:
                self._changed.wait_for(lambda: self._enough_came() or self._line.is_recorded)
                if not self._enough_came():
                    return []
            else:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                self._changed.wait_for(self._enough_came, GATHER_SECONDS)
            units: list[_Unit] = []
            taken, limit = 0, self._limit()
            while self._waiting and (
                not units or (taken + len(self._waiting[0].incoming) <= BATCH and len(units) < limit)
            ):
                unit = self._waiting.popleft()
                taken += len(unit.incoming)
                self._size -= len(unit.incoming)
                units.append(unit)
            return units

    def _enough_came(self) -> bool:
        return self._closing or len(self._waiting) >= self._limit() or self._size >= BATCH

    def _limit(self) -> int:
        """Callers that make a batch: of many the half, so that one half is judged while the other is recorded."""
        company = max(self._company, self._unanswered)
        return company // 2 if company >= MANY else company

    def _record(self, units: list[_Unit]) -> None:
        asked, units = units, [unit for unit in units if unit.answer.set_running_or_notify_cancel()]
        self._gone(len(asked) - len(units))
        if not units:
            return
        if units[0].atomic:
            self._settle()
            self._record_alone(units)
            return
        before, self._under_way = self._under_way, []
        try:
            outcomes = self._line.put([each for unit in units for each in unit.incoming])
        except Exception as error:  # noqa: BLE001 - a defect must reach its caller and spare the thread and neighbours
            self._under_way = before
            self._settle()
            self._failed(units, error)
            return
        self._under_way = units
        if before and outcomes is not None:
            self._answer(before, outcomes)

    def _settle(self) -> None:
        """Answer those whose batch is under way, if there is one."""
        before, self._under_way = self._under_way, []
        if not before:
            return
        try:
            outcomes = self._line.settle()
            if outcomes is None:
                raise LogUnavailable("whether it was recorded is not known")
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(before, error)
            return
        self._answer(before, outcomes)

    def _failed(self, units: list[_Unit], error: Exception) -> None:
        """Tell everybody that the log is out of reach; where there is a defect, find whom it concerns."""
        if isinstance(error, LogUnavailable | ConcurrentUpdate):
            for unit in units:
                self._answer_error(unit, LogUnavailable(str(error)))
        elif len(units) == 1:
            self._answer_error(units[0], error)
        else:
            for unit in units:
                self._record_alone([unit])

    def _record_alone(self, units: list[_Unit]) -> None:
        try:
            outcomes = self._ledger.submit(units[0].incoming, atomic=units[0].atomic)
        except Exception as error:  # noqa: BLE001 - as above: the one at fault learns it, nobody else
            self._failed(units, error)
            return
        self._answer(units, outcomes)

    def _answer(self, units: Sequence[_Unit], outcomes: Outcomes) -> None:
        self._observe([each for unit in units for each in unit.incoming], outcomes)
        # Whoever is waiting, under way or answered now may come again.
        self._company = self._unanswered
        self._gone(len(units))
        start = 0
        for unit in units:
            end = start + len(unit.incoming)
            unit.answer.set_result(outcomes[start:end])
            start = end

    def _answer_error(self, unit: _Unit, error: Exception) -> None:
        self._gone(1)
        unit.answer.set_exception(error)

    def _gone(self, units: int) -> None:
        with self._changed:
            self._unanswered -= units


def _groups(units: Sequence[_Unit]) -> list[list[_Unit]]:
    """Split a batch so that what must stand or fall together goes alone, in the order of arrival."""
    groups: list[list[_Unit]] = []
    for unit in units:
        if groups and not unit.atomic and not groups[-1][0].atomic:
            groups[-1].append(unit)
        else:
            groups.append([unit])
    return groups
