"""The table of competence: which kind of party may say what, where, since when; a refusal names the row it rests on.

What no row allows is refused. Standing (approval, exclusion, employment) is judged apart, from the ledger's own facts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import orjson

from ledger.access.jurisdiction import level_of
from ledger.codes.dated import holds
from ledger.days import Day
from ledger.parties import KINDS, LOCAL_AUTHORITY, Party

Where = Literal[
    "anywhere", "own", "own_certificates", "area", "own_area", "certificates_in_area", "holds_placed_below", "below"
]


@dataclass(frozen=True, slots=True)
class Competence:
    """One row; ``where`` bounds whom the statement may be about.

    ``anywhere`` bounds nothing, ``own`` the speaker's own subject (its certificate, its case, itself),
    ``own_certificates`` certificates that the speaker issued, ``area`` places that a local authority supervises,
    ``own_area`` both, ``certificates_in_area`` certificates with a party, or a stated place, in its area,
    ``holds_placed_below`` holds of its own, of an authority below it, or of one that it succeeded, and ``below`` the
    authorities of its area other than itself. ``levels`` are those of a local authority; the row is law from its first
    day on, until its last.
    """

    id: str
    events: tuple[str, ...]
    kinds: tuple[str, ...]
    levels: tuple[str, ...]
    where: Where
    valid_from: Day
    valid_to: Day
    source: str
    zh: str
    en: str

    @property
    def is_own(self) -> bool:
        """Whether the subject must be the speaker's own."""
        return self.where in {"own", "own_area"}

    @property
    def is_in_area(self) -> bool:
        """Whether the place must lie in the speaker's area."""
        return self.where in {"area", "own_area"}


@lru_cache(maxsize=1)
def table() -> tuple[Competence, ...]:
    """Return all rows, in order."""
    found = orjson.loads(files("ledger.access").joinpath("data", "competence.json").read_bytes())
    return tuple(
        Competence(
            row["id"], tuple(row["events"]), tuple(row["kinds"]), tuple(row["levels"]), row["where"],
            row["from"], row["to"], row["source"], row["zh"], row["en"],
        )
        for row in found
    )  # fmt: skip


@lru_cache(maxsize=1)
def _by_event() -> Mapping[str, tuple[Competence, ...]]:
    found: dict[str, list[Competence]] = defaultdict(list)
    for row in table():
        for name in row.events:
            found[name].append(row)
    return {name: tuple(rows) for name, rows in found.items()}


def rows_of(event_type: str) -> tuple[Competence, ...]:
    """Return the rows about one event type, of whatever day."""
    return _by_event().get(event_type, ())


def actors_of(event_type: str) -> frozenset[str]:
    """Return the kinds of parties that may ever make this kind of statement."""
    return frozenset(kind for row in rows_of(event_type) for kind in row.kinds)


def competence(event_type: str, party: Party, day: Day) -> Competence | None:
    """Return the row that allows a party this kind of statement on a day, wherever; ``None`` where none does.

    An authority whose region is in force no more has no level, and so no competence (S3-78, S3-86).
    """
    for row in rows_of(event_type):
        is_of_level = party.kind != LOCAL_AUTHORITY or level_of(party.region, day) in row.levels
        if is_of_level and party.kind in row.kinds and holds(row.valid_from, row.valid_to, day):
            return row
    return None


def powers_of(kind: str, level: str | None, day: Day) -> tuple[Competence, ...]:
    """Return the rows in force on a day for a kind of party, of a level where it is a local authority (S3-78)."""
    return tuple(
        row
        for row in table()
        if kind in row.kinds
        and (kind != LOCAL_AUTHORITY or level in row.levels)
        and holds(row.valid_from, row.valid_to, day)
    )


def require_complete(types: Iterable[tuple[str, frozenset[str]]]) -> None:
    """Raise ``LookupError`` unless table and event types agree on who may ever say what.

    A kind of statement without a row could be made by nobody, and one that grants more would go unnoticed.
    """
    expected = dict(types)
    for name in expected.keys() | _by_event().keys():
        if actors_of(name) != expected.get(name):
            raise LookupError(f"ledger/access/data/competence.json and the event type {name} name different speakers")
    unknown = {kind for row in table() for kind in row.kinds} - KINDS.keys()
    if unknown or len({row.id for row in table()}) != len(table()):
        raise LookupError(f"competence.json: unknown kinds {sorted(unknown)}, or one id twice")
