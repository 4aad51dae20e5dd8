"""Which bureau is whose: of a place, of its city, one level up; as the regions are on the day of the fact.

Bureaux go by their region, ``SAMR-<code>``. Who was designated in their stead, who follows them and which unit of
theirs is told is looked up in their own streams by the policy that makes the notice.
"""

from ledger.access.jurisdiction import governors, governs, level_of, superior_of
from ledger.codes.notice_routes import Relation
from ledger.codes.regions import region
from ledger.days import Day
from ledger.parties import AUTHORITIES, BODY, LOCAL_AUTHORITY, NATIONAL_AUTHORITY, party_of

NATIONAL = "CNCA"
_ANY_OF_KIND: dict[Relation, frozenset[str]] = {
    "national": frozenset({NATIONAL_AUTHORITY}),
    "authority": AUTHORITIES,
    "authority_or_body": AUTHORITIES | {BODY},
}


def territorial_bureau(place: str | None, day: Day) -> str:
    """Return the bureau of a place, the national authority where no bureau is known of it (nobody is not told)."""
    found = governors(place, day)[0] if place else None
    return f"SAMR-{found}" if level_of(found, day) else NATIONAL


def city_bureau(place: str | None, day: Day) -> str:
    """Return the bureau of the city in which a place lies (企业所在市局, S2-70).

    A municipality is its own city; a county that its province governs directly is too.
    """
    if not place:
        return NATIONAL
    for code in governors(place, day):
        level = level_of(code, day)
        found = region(code, day)
        if level == "prefecture" or (found is not None and level == "province" and found.name_zh.endswith("市")):
            return f"SAMR-{code}"
    return territorial_bureau(place, day)


def admits(relation: Relation, sender: str, recipient: str, day: Day) -> bool:
    """Tell whether a party that writes by hand may address a recipient, by the relation of the row."""
    there, here = party_of(recipient), party_of(sender)
    if there is None or here is None:
        return False
    if relation == "superior":
        superior = superior_of(sender, day, NATIONAL)
        return recipient == superior or (superior == NATIONAL and there.kind == NATIONAL_AUTHORITY)
    if relation == "above":
        is_national = there.kind == NATIONAL_AUTHORITY and here.kind == LOCAL_AUTHORITY
        return is_national or (there.region != here.region and governs(there.region, here.region, day))
    if relation == "subordinate":
        is_below = here.kind == NATIONAL_AUTHORITY or governs(here.region, there.region, day)
        return there.kind == LOCAL_AUTHORITY and there.region != here.region and is_below
    return there.kind in _ANY_OF_KIND.get(relation, frozenset())
