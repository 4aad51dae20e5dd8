"""The ledger's clock: what was due and was not done is said once, in its own stream, however often it is looked at.

The clock is injected. What it submits follows from the row alone, so that a kill at any moment doubles nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event
from typing import Any, Protocol

import structlog

from consumers.patience import TROUBLE, Patience
from ledger.codes.deadlines import rule_named
from ledger.days import Day, add_days, china_day, start_of_day
from ledger.deadlines.due import Overdue
from ledger.envelope import canonical_submission, make_event
from ledger.outcomes import Outcome
from ledger.refusals import Refusal
from ledger.service import Incoming, Ledger

SUBMITTER = "clock"
PAGE = 500

log = structlog.get_logger(__name__)


class OverdueStore(Protocol):
    """What is due, as the view of deadlines has it."""

    def overdue(self, day: Day, after: str, limit: int) -> Sequence[Overdue]:
        """Return what passed before a day and was not said yet, in order of ``mark`` from after one of them on.

        Raises ``LogUnavailable``.
        """
        ...

    def close(self) -> None:
        """Let go of the database until the next call."""
        ...


class Clock:
    """Looks for what passed, once in ``seconds``."""

    def __init__(
        self, ledger: Ledger, store: OverdueStore, now: Callable[[], datetime], *, seconds: float = 60.0
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._now = now
        self._seconds = seconds
        self._patience = Patience()

    def run(self, stop: Event) -> None:
        """Look until ``stop`` is set; an outage is sat out."""
        try:
            while not stop.is_set():
                try:
                    self.tick()
                    self._patience.restore()
                    stop.wait(self._seconds)
                except TROUBLE as error:
                    log.warning("clock.interrupted", error=repr(error))
                    self._patience.wait(stop)
        finally:
            self._store.close()

    def tick(self) -> int:
        """Say of everything that passed by now that it did; return how much that was. Raises ``LogUnavailable``."""
        day, after, said = china_day(self._now()), "", 0
        while rows := self._store.overdue(day, after, PAGE):
            submissions = [canonical_submission(passed(row)) for row in rows]
            outcomes: Sequence[Outcome] = self._ledger.submit([Incoming(each, SUBMITTER) for each in submissions])
            for outcome in outcomes:
                if isinstance(outcome, Refusal):
                    log.warning("clock.refused", id=outcome.id, code=outcome.code)
            said += len(rows)
            after = rows[-1].mark
        return said


def passed(row: Overdue) -> dict[str, Any]:
    """Return the statement that a deadline passed; the same row makes the same bytes."""
    first_late_day = add_days(row.due, 1)
    data = {
        "effective": first_late_day,
        "rule": row.rule,
        "basis": rule_named(row.rule).source,
        "about": row.stream,
        "cause": {"source": row.source, "id": row.id},
        "due": row.due,
        "responsible": row.responsible,
    }
    if row.region:
        data["region"] = row.region
    return make_event(
        type_="deadline.passed",
        source="clock",
        identity=f"passed-{row.mark.partition(':')[2]}",
        subject=row.mark,
        time=start_of_day(first_late_day),
        data=data,
    )
