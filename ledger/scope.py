"""To whom a circular or a warning goes: the bureaux of regions, the bodies with certificates there, named parties."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ledger.access.jurisdiction import governs, level_of
from ledger.certificates.forms import Region
from ledger.codes.regions import children
from ledger.days import Day
from ledger.facts import Data, Fact, Identifier
from ledger.parties import LOCAL_AUTHORITY, party_of
from ledger.timeline import Illegal

Parties = Annotated[list[Identifier], Field(max_length=200)]


class Scope(Data):
    """``regions`` with all below them; ``levels`` narrows the bureaux, none of them means every level."""

    regions: Annotated[list[Region], Field(max_length=100)] | None = None
    levels: Annotated[list[Literal["province", "prefecture", "county"]], Field(max_length=3)] | None = None
    bodies: bool | None = Field(default=None, description="Also the bodies that certified organisations of the regions")
    parties: Parties | None = None


def bureaux(scope: dict[str, Any], day: Day) -> tuple[str, ...]:
    """Return the bureaux in a scope on a day, in order of their region's code."""
    levels = frozenset(scope.get("levels") or ("province", "prefecture", "county"))
    found: set[str] = set()
    waiting = list(scope.get("regions") or ())
    while waiting:
        code = waiting.pop()
        if level_of(code, day) in levels:
            found.add(f"SAMR-{code}")
        waiting += [each.code for each in children(code, day)]
    return tuple(sorted(found))


def scope_objection(fact: Fact, scope: dict[str, Any]) -> Illegal | None:
    """Return why a local authority may not address a scope: its circulars reach its own area and no further (S0-80)."""
    speaker = party_of(fact.source)
    if speaker is None or speaker.kind != LOCAL_AUTHORITY:
        return None
    for code in scope.get("regions") or ():
        if not governs(speaker.region, code, fact.effective):
            named = (("source", fact.source), ("place", code))
            return Illegal("scope_outside_jurisdiction", pointer="/scope/regions", params=named)
    return None
