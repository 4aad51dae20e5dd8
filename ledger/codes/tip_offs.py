"""Why a tip-off of the public is not pursued: a code means what its row says on a day."""

from functools import lru_cache
from typing import Any

from ledger.codes.dated import holds, packaged_json
from ledger.codes.lists import Label
from ledger.days import Day


@lru_cache(maxsize=1)
def _rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = packaged_json("tip_offs.json")["not_pursued"]
    return found


def reasons(day: Day | None = None) -> dict[str, Label]:
    """Return the codes with what they say: those that hold on a day, or all that ever did."""
    return {
        row["code"]: Label(row["zh"], row["en"])
        for row in _rows()
        if day is None or holds(row["valid_from"], row["valid_to"], day)
    }
