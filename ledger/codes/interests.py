"""The kinds of interest that conflict with a certification, and how long after their end: dated rows (S4-121)."""

from functools import lru_cache
from typing import Any

from ledger.codes.dated import holds, packaged_json
from ledger.codes.lists import Label
from ledger.days import Day


@lru_cache(maxsize=1)
def _rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = packaged_json("interests.json")["kinds"]
    return found


@lru_cache(maxsize=1)
def interest_kinds() -> dict[str, Label]:
    """Return the kinds of interest."""
    return {row["code"]: Label(row["zh"], row["en"]) for row in _rows()}


@lru_cache(maxsize=256)
def months_after(kind: str, day: Day) -> int:
    """Return for how many months after its end an interest conflicts, by the table of a day; 0 where it is in none."""
    rows = (row for row in _rows() if row["code"] == kind and holds(row["from"], row["to"], day))
    return next((int(row["months_after"]) for row in rows), 0)
