"""Which decision bars its holder from a scheme, and for how long: dated rows with their source."""

from dataclasses import dataclass
from functools import lru_cache

from ledger.codes.dated import Moment, day_of, holds, packaged_json


@dataclass(frozen=True, slots=True)
class BarRule:
    """A bar of ``months`` from the day of an event of type ``on``, where its reason is among ``reasons``.

    Without reasons every event of the type bars. ``projects`` are the beginnings of the project codes concerned;
    ``confirmed`` is false where the figure stands in no public source of weight.
    """

    kind: str
    on: str
    reasons: frozenset[str]
    projects: tuple[str, ...]
    months: int
    valid_from: str
    valid_to: str
    source: str
    confirmed: bool


@lru_cache(maxsize=1)
def _rules() -> tuple[BarRule, ...]:
    rows = packaged_json("schemes.json")["bars"]
    return tuple(
        BarRule(**{**row, "reasons": frozenset(row["reasons"]), "projects": tuple(row["projects"])}) for row in rows
    )


@lru_cache(maxsize=1)
def barring_types() -> frozenset[str]:
    """Return the event types from which a bar may follow."""
    return frozenset(rule.on for rule in _rules())


def bar_rule(event_type: str, reason_code: str | None, project_code: str | None, on: Moment) -> BarRule | None:
    """Return the rule by which an event bars from a scheme; no project code asks for that of any scheme."""
    day = day_of(on)
    return next(
        (
            rule
            for rule in _rules()
            if rule.on == event_type
            and holds(rule.valid_from, rule.valid_to, day)
            and (not rule.reasons or reason_code in rule.reasons)
            and (project_code is None or project_code.startswith(rule.projects))
        ),
        None,
    )
