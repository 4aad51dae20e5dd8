"""Which bureau answers for a place on a day: the territorial one of a level, or whoever follows it.

Pure: the same place, day and authorities give the same answer for ever, so that what is routed again goes the same way.
"""

from collections.abc import Mapping

from ledger.access.audience import party_key
from ledger.access.jurisdiction import governors, level_of
from ledger.authorities.lists import COUNTY
from ledger.authorities.state import AuthorityState
from ledger.days import Day

LONGEST_SUCCESSION = 8
Authorities = Mapping[str, AuthorityState]
"""What each authority, by identifier, is on the day that is asked about; those that are missing are as they were."""


def bureau_of(region: str, day: Day, authorities: Authorities, level: str = COUNTY) -> str | None:
    """Return the authority that answers for a place on a day, ``None`` where the code names no place of that day.

    Of the governments over the place the lowest is taken that is not below ``level`` (``county``, ``prefecture``,
    ``province``): two-level supervision with the weight below (S0-19, S0-31, S3-44). A succeeded bureau's place is
    its successor's from that day (S3-03). Facts are routed by their own day; what is read now, by today.
    """
    over = [code for code in governors(region, day) if level_of(code, day) is not None]
    ranked = {"county": 0, "prefecture": 1, "province": 2}
    for code in over:
        if ranked[str(level_of(code, day))] >= ranked[level]:
            return successor_of(f"SAMR-{code}", authorities)
    return None


def successor_of(authority: str, authorities: Authorities) -> str:
    """Return who acts for an authority: itself, or the last of those that followed it."""
    for _ in range(LONGEST_SUCCESSION):
        known = authorities.get(authority)
        if known is None or known.successor is None:
            return authority
        authority = known.successor
    return authority


def designee_of(place: str, target: str, day: Day, authorities: Authorities) -> str | None:
    """Return which authority was designated for a party at a place on a day, ``None`` where none was (S0-31).

    A designation against the party itself goes before one for all of the place; of several alike, the first by name.
    """
    found = [
        (each.target == "", name)
        for name, known in authorities.items()
        for each in known.designations
        if each.region == place and day <= each.until and (not each.target or party_key(each.target) == target)
    ]
    return min(found)[1] if found else None


def focal_unit_of(authority: str, authorities: Authorities) -> str | None:
    """Return the focal unit to which what is sent to an authority is delivered, ``None`` where it has none (S0-25)."""
    known = authorities.get(authority)
    return known.focal if known is not None else None
