"""Who is told what, by whom, because of which fact: dated rows with their source, and never a branch in a program."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ledger.codes.dated import Moment, day_of, holds, packaged_json

Relation = Literal[
    "city",
    "territory",
    "territory_elsewhere",
    "issuing_bodies",
    "adopters",
    "scope",
    "copies",
    "responsible",
    "superior",
    "above",
    "referred_to",
    "national",
    "subordinate",
    "authority",
    "authority_or_body",
]


@dataclass(frozen=True, slots=True)
class Route:
    """One row: facts of the types ``on`` make a notice by themselves, parties of the kinds ``by`` may write one.

    ``schemes``, ``speakers`` and ``grades`` narrow the facts where they name any; ``to`` is the recipient's relation
    to the fact or to the sender. ``mandatory`` is 应, not 可; ``answer`` says that the matter stays open until it is
    answered. ``unit`` is the kind of the recipient's unit that it is for, where not the focal one; a
    ``problem`` goes into the register of problems. The row is law in the half-open period of its days.
    """

    id: str
    kind: str
    on: tuple[str, ...]
    schemes: tuple[str, ...]
    speakers: tuple[str, ...]
    grades: tuple[str, ...]
    by: tuple[str, ...]
    to: Relation
    mandatory: bool
    answer: bool
    valid_from: str
    valid_to: str
    source: str
    confirmed: bool
    zh: str
    en: str
    unit: str = ""
    problem: bool = False


@lru_cache(maxsize=1)
def routes() -> tuple[Route, ...]:
    """Return every row, in order."""
    found: list[Route] = []
    for row in packaged_json("notice_routes.json"):
        fields: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in row.items()}
        found.append(Route(**fields))
    return tuple(found)


@lru_cache(maxsize=1)
def _by_event() -> Mapping[str, tuple[Route, ...]]:
    names = {name for row in routes() for name in row.on}
    return {name: tuple(row for row in routes() if name in row.on) for name in names}


def routed_types() -> frozenset[str]:
    """Return the event types from which a notice may follow."""
    return frozenset(_by_event())


def routes_on(event_type: str, on: Moment) -> tuple[Route, ...]:
    """Return the rows by which a fact of this type makes notices on a day."""
    day = day_of(on)
    return tuple(row for row in _by_event().get(event_type, ()) if holds(row.valid_from, row.valid_to, day))


def route_of(kind: str, on: Moment) -> Route | None:
    """Return the row of a kind of notice on a day, ``None`` where there is none."""
    day = day_of(on)
    return next((row for row in routes() if row.kind == kind and holds(row.valid_from, row.valid_to, day)), None)


def problem_kinds() -> tuple[str, ...]:
    """Return the kinds of notices that raise a problem (S3-71), in order of their rows."""
    return tuple(dict.fromkeys(row.kind for row in routes() if row.problem))


def label(kind: str) -> tuple[str, str]:
    """Return a kind of notice in Chinese and in English; the kind itself where no row names it."""
    found = next((row for row in routes() if row.kind == kind), None)
    return (found.zh, found.en) if found else (kind, kind)
