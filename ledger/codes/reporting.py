"""The obligations to report: trigger, deadline, recipient and content, each a dated row with its source (S1-94).

Where a document that would say more is not held, the row says so, and nothing is presumed (S0-59).
"""

from dataclasses import dataclass
from functools import lru_cache

from ledger.codes.dated import holds, packaged_json
from ledger.days import Day, add_days

_COUNTS = frozenset({"calendar"})


@dataclass(frozen=True, slots=True)
class Obligation:
    """One row; ``days`` is ``None`` where no number is stated: then its age is measured and it is never late."""

    id: str
    trigger: str
    satisfied_by: str
    days: int | None
    count: str
    to: str
    content: str
    valid_from: Day
    valid_to: Day
    source: str
    status: str
    documents: tuple[str, ...]
    confirmed: bool
    zh: str
    en: str

    def due(self, day: Day) -> Day | None:
        """Return the last day in time after a trigger's day, which is not counted; ``None`` without a number."""
        return None if self.days is None else add_days(day, self.days)


@lru_cache(maxsize=1)
def obligations() -> tuple[Obligation, ...]:
    """Return all rows; raises ``ValueError`` for a way of counting days that is not known here."""
    found = []
    for row in packaged_json("reporting.json")["obligations"]:
        if row["count"] not in _COUNTS:
            raise ValueError(f"reporting.json, {row['id']}: days are counted as one of {sorted(_COUNTS)}")
        given = {key: row[key] for key in Obligation.__dataclass_fields__}
        found.append(Obligation(**{**given, "documents": tuple(row["documents"])}))
    return tuple(found)


@lru_cache(maxsize=1024)
def obligation(identity: str, day: Day) -> Obligation | None:
    """Return the row of an obligation that holds on a day."""
    rows = (row for row in obligations() if row.id == identity)
    return next((row for row in rows if holds(row.valid_from, row.valid_to, day)), None)


def obligations_after(event_type: str, day: Day) -> tuple[Obligation, ...]:
    """Return what is to be reported after an event of a type on a day."""
    return tuple(row for row in obligations() if row.trigger == event_type and holds(row.valid_from, row.valid_to, day))
