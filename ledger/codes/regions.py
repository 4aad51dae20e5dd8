"""County-level regions of GB/T 2260 with the periods in which each code was in force.

A code may be retired, renamed or given to another place: a region is named by (code, day), never by code
alone. Where only the month or year of a change is known, both hold in it: no true filing is refused.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from typing import Literal, cast

from ledger.codes.dated import Moment, day_of, holds, packaged_text

Level = Literal["province", "prefecture", "county", "grouping"]
RegionProblem = Literal["unknown", "retired", "not_yet"]


@dataclass(frozen=True, slots=True)
class Region:
    """One code in one period; ``parent`` is the next level of government, empty for a province.

    A ``grouping`` (市辖区, 省直辖县级行政区划) has a code but no government, and is nobody's parent.
    ``successor`` is the code that took over most of the area when this one was retired, if one did.
    """

    code: str
    level: Level
    parent: str
    name_zh: str
    valid_from: str
    valid_to: str
    successor: str
    source: str


@lru_cache(maxsize=1)
def _periods() -> dict[str, tuple[Region, ...]]:
    """Return the rows of each code, newest first."""
    periods: dict[str, tuple[Region, ...]] = {}
    for row in csv.DictReader(StringIO(packaged_text("regions.csv"))):
        level = cast("Level", row.pop("level"))
        region = Region(level=level, **row)
        periods[region.code] = (region, *periods.get(region.code, ()))
    return periods


def known_codes() -> tuple[str, ...]:
    """Return every code that was ever in force, in order of code."""
    return tuple(sorted(_periods()))


@lru_cache(maxsize=1 << 16)
def _region(code: str, day: str) -> Region | None:
    return next((row for row in _periods().get(code, ()) if holds(row.valid_from, row.valid_to, day)), None)


def region(code: str, on: Moment) -> Region | None:
    """Return the region that a six-digit code names on a day, or ``None`` if the code is not in force then.

    In a year of transition, in which two names of one code overlap, the newer one is returned.
    """
    return _region(code, day_of(on))


def region_problem(code: str, on: Moment) -> RegionProblem | None:
    """Return why a code is not in force on a day, or ``None`` if it is.

    ``retired`` codes were true once and stay on certificates until someone changes them there: only
    ``unknown`` and ``not_yet`` speak of a mistake in a filing.
    """
    day = day_of(on)
    if _region(code, day) is not None:
        return None
    rows = _periods().get(code)
    if rows is None:
        return "unknown"
    return "retired" if any(row.valid_from <= day for row in rows) else "not_yet"


def may_be_filed(code: str, on: Moment) -> bool:
    """Return whether a filing of that day may name the code: it is in force, or it was once."""
    return region_problem(code, on) in {None, "retired"}


def last_known(code: str, on: Moment) -> Region | None:
    """Return what a code names on a day or, once retired, last named; ``None`` if not yet in force."""
    day = day_of(on)
    rows = _periods().get(code, ())
    return _region(code, day) or next((row for row in rows if row.valid_from <= day), None)


def ancestors(code: str, on: Moment | None = None) -> tuple[str, ...]:
    """Return the codes of the governments above a region, nearest first; empty if there is none.

    Counties move between cities: with ``on``, the parent of that day is taken, and without it the newest one.
    """
    rows = _periods().get(code)
    if rows is None:
        return ()
    row = rows[0] if on is None else last_known(code, on) or rows[0]
    return (row.parent, *ancestors(row.parent, on)) if row.parent else ()


@lru_cache(maxsize=1)
def _by_parent() -> dict[str, tuple[Region, ...]]:
    children: dict[str, tuple[Region, ...]] = {}
    for rows in _periods().values():
        for row in reversed(rows):
            if row.level != "grouping":
                children[row.parent] = (*children.get(row.parent, ()), row)
    return children


def children(code: str, on: Moment) -> tuple[Region, ...]:
    """Return the regions governed directly by ``code`` on a day, by code; ``""`` gives the provinces.

    Groupings are left out: the counties under them belong to the province.
    """
    day = day_of(on)
    return tuple(row for row in _by_parent().get(code, ()) if _region(row.code, day) is row)
