"""When the next routine patrol is due: the interval of a class, and a shorter one after something serious was found.

No interval stands in the sources: the shipped row is a sample, marked as not confirmed, and classes are added as rows.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import orjson

from ledger.codes.dated import holds
from ledger.days import Day, add_months


@dataclass(frozen=True, slots=True)
class Frequency:
    """Months between routine patrols of a class (empty: any other), and after a serious finding or failed sample."""

    patrol_class: str
    months: int
    after_serious_months: int
    is_confirmed: bool
    valid_from: Day
    valid_to: Day
    source: str


@lru_cache(maxsize=1)
def frequencies() -> tuple[Frequency, ...]:
    """Return all rows."""
    rows = orjson.loads(files("ledger.inspections").joinpath("data", "frequency.json").read_bytes())
    return tuple(
        Frequency(
            row["class"], row["months"], row["after_serious_months"], row["confirmed"], row["from"], row["to"],
            row["source"],
        )
        for row in rows
    )  # fmt: skip


def frequency_of(patrol_class: str, day: Day) -> Frequency:
    """Return the row of a class on a day, or the one for any other class."""
    found = {each.patrol_class: each for each in frequencies() if holds(each.valid_from, each.valid_to, day)}
    return found.get(patrol_class) or found[""]


def next_patrol_due(since: Day, serious: Day | None, day: Day, *, patrol_class: str = "") -> Day:
    """Return the last day for the next routine patrol.

    ``since`` is the day of the last one, or of the first certificate where there was none; ``serious`` the day of the
    latest serious finding or failed sample of any inspection, routine or special. One that a later patrol has seen to
    no longer counts (S0-78, S1-45).
    """
    row = frequency_of(patrol_class, day)
    due = add_months(since, row.months)
    return due if serious is None or serious < since else min(due, add_months(serious, row.after_serious_months))
