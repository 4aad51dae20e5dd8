"""The rule sets that ship: dated rows, every one of them marked as a sample until somebody puts it into force."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ledger.codes.dated import Moment, day_of, holds, packaged_json


@lru_cache(maxsize=1)
def shipped_rule_sets() -> tuple[Mapping[str, Any], ...]:
    """Return every version that ships: ``name``, ``valid_from``, ``valid_to``, ``confirmed``, ``source``, ``rules``."""
    return tuple(packaged_json("classification.json")["rule_sets"])


def shipped_rules(name: str, on: Moment) -> Mapping[str, Any] | None:
    """Return the rules of that name in force on a day, as an event ``ruleset.published`` would say them."""
    day = day_of(on)
    rows = (row for row in shipped_rule_sets() if row["name"] == name)
    found = next((row for row in rows if holds(row["valid_from"], row["valid_to"], day)), None)
    return None if found is None else found["rules"]
