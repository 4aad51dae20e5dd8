"""Chinese workdays: weekdays but for the State Council's holidays, and the weekend days that it makes up for them with.

A year whose arrangement is not in the table yet is counted by weekends alone, and what was counted so is provisional.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from ledger.codes.dated import Moment, day_of, packaged_json

_WEEKEND = 5


@dataclass(frozen=True, slots=True)
class Counted:
    """The day that was counted to; ``is_provisional`` where a year on the way has no arrangement in the table."""

    day: str
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class _Year:
    off: frozenset[date]
    on: frozenset[date]


@lru_cache(maxsize=1)
def _years() -> dict[int, _Year]:
    found = packaged_json("workdays.json")["years"]
    return {
        int(year): _Year(frozenset(_spread(row["off"])), frozenset(_spread(row["on"]))) for year, row in found.items()
    }


def _spread(spans: list[str]) -> list[date]:
    days = []
    for span in spans:
        first, _, last = span.partition("..")
        day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        while day <= end:
            days.append(day)
            day += timedelta(days=1)
    return days


def is_workday(on: Moment) -> Counted | None:
    """Return the day itself, marked provisional or not, where it is a workday; ``None`` where it is none."""
    day = date.fromisoformat(day_of(on))
    year = _years().get(day.year)
    works = day.weekday() < _WEEKEND
    if year is not None:
        works = day in year.on or (works and day not in year.off)
    return Counted(day.isoformat(), year is None) if works else None


def add_workdays(start: Moment, days: int) -> Counted:
    """Return the workday that lies ``days`` workdays after a day, which is not counted itself."""
    day, is_provisional = date.fromisoformat(day_of(start)), False
    while days:
        day += timedelta(days=1)
        is_provisional = is_provisional or day.year not in _years()
        days -= is_workday(day) is not None
    return Counted(day.isoformat(), is_provisional)
