"""Group commit: one thread records what is waiting together, and answers each caller for itself.

A lone submission never waits for company. Where callers come side by side, a batch waits at most a millisecond for
those that were just answered to come again; while one batch commits, the next one gathers. Every accepted submission
is answered, also at the end.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Protocol

from ledger.log import ConcurrentUpdate, LogUnavailable
from ledger.outcomes import Outcome
from ledger.service import Incoming

BATCH = 500
CAPACITY = 10_000
GATHER_SECONDS = 0.001

Outcomes = list[Outcome]
Observer = Callable[[Sequence[Incoming], Sequence[Outcome]], None]


class Overloaded(Exception):  # noqa: N818 - a condition of the moment, not a defect
    """So many submissions are waiting that another one would wait too long; the caller should come back."""


class Submits(Protocol):
    """The part of :class:`ledger.service.Ledger` that the appender needs."""

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
        self._company = 1
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
            # Waking the thread for each of those that it gathers would cost more than it records.
            if len(self._waiting) == 1 or self._everybody_came():
                self._changed.notify()
        return unit.answer

    def close(self) -> None:
        """Record what was accepted, answer everybody, and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while units := self._take():
            for group in _groups(units):
                self._record(group)

    def _take(self) -> list[_Unit]:
        """Wait for the next batch; an empty one means that the appender closes and nothing is left."""
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            self._changed.wait_for(self._everybody_came, GATHER_SECONDS)
            units: list[_Unit] = []
            taken = 0
            while self._waiting and (not units or taken + len(self._waiting[0].incoming) <= BATCH):
                unit = self._waiting.popleft()
                taken += len(unit.incoming)
                self._size -= len(unit.incoming)
                units.append(unit)
            return units

    def _everybody_came(self) -> bool:
        return self._closing or len(self._waiting) >= self._company or self._size >= BATCH

    def _record(self, units: list[_Unit]) -> None:
        units = [unit for unit in units if unit.answer.set_running_or_notify_cancel()]
        if not units:
            return
        try:
            self._submit(units)
        except (LogUnavailable, ConcurrentUpdate) as error:
            for unit in units:
                unit.answer.set_exception(LogUnavailable(str(error)))
        except Exception as error:  # noqa: BLE001 - a defect must reach its caller and spare the thread and neighbours
            if len(units) == 1:
                units[0].answer.set_exception(error)
                return
            for unit in units:
                self._record_alone(unit)

    def _record_alone(self, unit: _Unit) -> None:
        try:
            self._submit([unit])
        except Exception as error:  # noqa: BLE001 - as above: the one at fault learns it, nobody else
            unit.answer.set_exception(error)

    def _submit(self, units: Sequence[_Unit]) -> None:
        incoming = [each for unit in units for each in unit.incoming]
        outcomes = self._ledger.submit(incoming, atomic=units[0].atomic)
        self._observe(incoming, outcomes)
        # Whoever is answered now, and whoever waits already, may come again together.
        self._company = len(units) + len(self._waiting)
        start = 0
        for unit in units:
            end = start + len(unit.incoming)
            unit.answer.set_result(outcomes[start:end])
            start = end


def _groups(units: Sequence[_Unit]) -> list[list[_Unit]]:
    """Split a batch so that what must stand or fall together goes alone, in the order of arrival."""
    groups: list[list[_Unit]] = []
    for unit in units:
        if groups and not unit.atomic and not groups[-1][0].atomic:
            groups[-1].append(unit)
        else:
            groups.append([unit])
    return groups
