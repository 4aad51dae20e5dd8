"""An authority's area: the region it is named after and all regions below it, never those above or beside it.

A retired code belongs to whoever governs its successor: jurisdiction is always that of the day asked about (S3-03).
"""

from functools import lru_cache
from typing import Literal

from ledger.codes.regions import ancestors, known_codes, last_known, region
from ledger.days import FOREVER
from ledger.parties import LOCAL_AUTHORITY, NATIONAL_AUTHORITY, party_of

Level = Literal["province", "prefecture", "county"]
_LONGEST_SUCCESSION = 8
_HIGHEST = "SAMR"


def level_of(code: str | None, day: str) -> Level | None:
    """Return the level of government of a region in force on a day, ``None`` where the code is none then."""
    found = region(code, day) if code else None
    return None if found is None or found.level == "grouping" else found.level


def present_code(code: str, day: str) -> str:
    """Return the code under which a region goes on a day: its own, or that of the last known successor."""
    for _ in range(_LONGEST_SUCCESSION):
        row = last_known(code, day)
        if row is None or not row.successor or region(code, day) is not None:
            return code
        code = row.successor
    return code


@lru_cache(maxsize=1 << 14)
def governors(code: str, day: str) -> tuple[str, ...]:
    """Return the regions whose authorities supervise a place on a day: its own, then those above it."""
    present = present_code(code, day)
    return (present, *ancestors(present, day))


def governs(authority: str | None, code: str | None, day: str) -> bool:
    """Tell whether the authority of a region supervises a place on a day (S0-29: its subtree, no sibling)."""
    return bool(authority and code and level_of(authority, day) and authority in governors(code, day))


def superior_of(authority: str, day: str, national: str = _HIGHEST) -> str | None:
    """Return the authority one level above another on a day, ``None`` where there is none: none is above SAMR.

    ``national`` is who stands above a province, and answers the caller's question: cases and requests go up to SAMR,
    whose bureaux these are; notices about certification go to CNCA, whose matter it is (S0-60, S3-35).
    """
    party = party_of(authority)
    if party is None or party.kind not in {LOCAL_AUTHORITY, NATIONAL_AUTHORITY}:
        return None
    if party.region is None:
        return None if authority == _HIGHEST else _HIGHEST
    if level_of(party.region, day) is None:
        return None
    above = governors(party.region, day)[1:]
    return f"SAMR-{above[0]}" if above else national


@lru_cache(maxsize=512)
def area(authority: str | None, day: str) -> tuple[str, ...]:
    """Return every code ever given out whose place an authority supervises on a day, in order."""
    if authority is None or level_of(authority, day) is None:
        return ()
    return tuple(code for code in _candidates(authority[:2]) if authority in governors(code, day))


@lru_cache(maxsize=64)
def _candidates(province: str) -> tuple[str, ...]:
    """Return the codes that may lie in a province on some day: its own, and those that another code followed."""
    return tuple(code for code in known_codes() if code[:2] == province or _is_followed(code))


def _is_followed(code: str) -> bool:
    row = last_known(code, FOREVER)
    return row is not None and bool(row.successor or (row.parent and row.parent[:2] != code[:2]))
