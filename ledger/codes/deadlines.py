"""What is due after which fact, until when, met by what: dated rows with their source.

A period is in calendar days unless the row says workdays, and the day of the fact is not counted. 及时 and 定期 give no
number, and such a row ages without a limit.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ledger.codes.dated import Moment, day_of, holds, packaged_json
from ledger.codes.workdays import Counted, add_workdays
from ledger.days import add_days


@dataclass(frozen=True, slots=True)
class DeadlineRule:
    """One row: a fact of type ``on`` whose members are as ``when`` says makes a thing due.

    It is due on the day that the fact's member ``due`` names, or ``days`` after the fact in the row's calendar, or
    never (``ageing``). It is met by a fact of one of ``met_by`` on the same stream with the members of ``met_when``,
    equal to the first one in the member ``match``. A row ``across`` is also met by a fact on any other stream that is
    ``about`` this one; the kind in ``met_when`` is asked of those alone. A null in ``when`` asks for absence.
    """

    id: str
    kind: str
    on: str
    when: Mapping[str, Any]
    due: str
    days: int
    calendar: Literal["", "calendar", "workday", "ageing"]
    met_by: frozenset[str]
    met_when: Mapping[str, Any]
    match: str
    across: bool
    responsible: Literal["speaker", "recipient", "addressee", "body"]
    valid_from: str
    valid_to: str
    source: str
    confirmed: bool
    zh: str
    en: str

    def concerns(self, data: Mapping[str, Any]) -> bool:
        """Tell whether the data of a fact of the row's type makes the thing due."""
        return (not self.due or self.due in data) and all(data.get(name) == value for name, value in self.when.items())

    def due_day(self, data: Mapping[str, Any], day: str) -> Counted | None:
        """Return the last day on which the thing is in time, ``None`` where it only ages."""
        if self.calendar == "ageing":
            return None
        if self.due:
            return Counted(str(data[self.due]), is_provisional=False)
        return add_workdays(day, self.days) if self.calendar == "workday" else Counted(add_days(day, self.days), False)


@lru_cache(maxsize=1)
def deadline_rules() -> tuple[DeadlineRule, ...]:
    """Return every row, in order."""
    return tuple(DeadlineRule(**{**row, "met_by": frozenset(row["met_by"])}) for row in packaged_json("deadlines.json"))


def rules_after(event_type: str, on: Moment) -> tuple[DeadlineRule, ...]:
    """Return the rows that a fact of this type may start on a day."""
    day = day_of(on)
    return tuple(row for row in deadline_rules() if row.on == event_type and holds(row.valid_from, row.valid_to, day))


def rule_named(identity: str) -> DeadlineRule:
    """Return the row of an id; raise ``LookupError`` where there is none."""
    found = next((row for row in deadline_rules() if row.id == identity), None)
    if found is None:
        raise LookupError(f"no deadline has the id {identity}")
    return found
