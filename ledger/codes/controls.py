"""The five sources of control over certification bodies, and which adverse event comes from which: dated rows (S4-92).

What an event is counted as follows from its type, who said it and one member; no row means that it is not adverse.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ledger.codes.dated import holds, packaged_json
from ledger.codes.lists import Label
from ledger.days import Day


@dataclass(frozen=True, slots=True)
class Adverse:
    """One row: where the body is named (``about``), and which member says what happened.

    ``about`` is ``subject`` (the stream itself), ``target`` (of the case) or ``responsible`` (of the finding). Where
    ``only`` names values, an event with another one is not adverse.
    """

    event: str
    speakers: tuple[str, ...]
    about: str
    member: str
    only: tuple[str, ...]
    control: str
    valid_from: Day
    valid_to: Day

    def says(self, data: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what happened, in codes or words; nothing where the event is not adverse."""
        said = data[self.member]
        values = tuple(said) if isinstance(said, list) else (str(said),)
        return values if not self.only or set(values) & set(self.only) else ()


@lru_cache(maxsize=1)
def _data() -> Any:
    return packaged_json("controls.json")


@lru_cache(maxsize=1)
def controls() -> dict[str, Label]:
    """Return the five sources of control in their order."""
    return {row["code"]: Label(row["zh"], row["en"]) for row in _data()["controls"]}


@lru_cache(maxsize=1)
def measures() -> dict[str, Label]:
    """Return the measures of industry self-discipline; the rows that ship are samples."""
    return {row["code"]: Label(row["zh"], row["en"]) for row in _data()["measures"]}


@lru_cache(maxsize=1)
def adverse_events() -> tuple[Adverse, ...]:
    """Return all rows, of whatever day."""
    return tuple(
        Adverse(
            row["event"], tuple(row["speakers"]), row["about"], row["member"], tuple(row["only"]), row["control"],
            row["from"], row["to"],
        )
        for row in _data()["adverse"]
    )  # fmt: skip


@lru_cache(maxsize=4096)
def adverse_on(event_type: str, speaker: str, day: Day) -> Adverse | None:
    """Return the row about an event type said by a kind of party on a day, ``None`` where none is."""
    return next(
        (
            row
            for row in adverse_events()
            if row.event == event_type and speaker in row.speakers and holds(row.valid_from, row.valid_to, day)
        ),
        None,
    )
