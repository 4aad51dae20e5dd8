"""Which tasks follow from a failed sample: dated rows. No source gives a number of days, so each is a default."""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import orjson

from ledger.codes.dated import holds
from ledger.days import Day


@dataclass(frozen=True, slots=True)
class TaskRule:
    """A task of ``mode`` for whoever leads it: about the enterprise, or about each body that issued a certificate.

    ``lead`` is the issuing body itself, the authority of the place, or the national authority.
    """

    id: str
    mode: str
    whom: Literal["enterprise", "issuers"]
    lead: Literal["issuer", "place", "national"]
    stage: str
    days: int
    is_confirmed: bool
    valid_from: Day
    valid_to: Day
    source: str


@lru_cache(maxsize=1)
def _rules() -> tuple[TaskRule, ...]:
    rows = orjson.loads(files("ledger.inspections").joinpath("data", "tasks.json").read_bytes())
    return tuple(
        TaskRule(
            row["id"], row["mode"], row["whom"], row["lead"], row["stage"], row["days"], row["confirmed"], row["from"],
            row["to"], row["source"],
        )
        for row in rows
    )  # fmt: skip


def task_rules(day: Day) -> tuple[TaskRule, ...]:
    """Return the rules in force on a day."""
    return tuple(rule for rule in _rules() if holds(rule.valid_from, rule.valid_to, day))
