"""An authority along its days: one focal unit at most, one officer for each scope, one successor at last.

A designation of a focal unit ends the one before, so that on no day there are two (S0-25).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ledger.codes.identifiers import organisation_key
from ledger.days import FOREVER, Day
from ledger.facts import Fact
from ledger.timeline import Illegal

ROLES = frozenset({"supervision", "enforcement", "legal"})


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and its parts in the division of work."""

    code: str
    kind: str
    name_zh: str
    name_en: str | None
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Item:
    """An item in force on the power or the responsibility list."""

    list_name: str
    code: str
    text: str
    events: tuple[str, ...]
    legal_basis: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Duty:
    """Who answers for an enterprise (``organisation:…``) or a region (its code)."""

    scope: str
    unit: str
    officer: str


@dataclass(frozen=True, slots=True)
class Designation:
    """A place outside its area, or one party there, for which the authority was designated."""

    region: str
    target: str
    until: Day
    by: str


@dataclass(frozen=True, slots=True)
class Group:
    """A leading group."""

    code: str
    name_zh: str
    head: str
    deputies: tuple[str, ...]
    members: tuple[str, ...]
    office_unit: str


@dataclass(frozen=True, slots=True)
class PlanningRegion:
    """Cities that a province plans for together."""

    code: str
    name_zh: str
    name_en: str | None
    cities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to contact: the event by which it was stated finds in the vault what the digests stand for."""

    code: str
    unit: str | None
    published: tuple[str, ...]
    digests: tuple[str, ...]
    source: str
    event_id: str


@dataclass(frozen=True, slots=True)
class AuthorityState:
    """What an authority is on a day; ``ever_listed`` are the statements for which it ever listed a power."""

    registered: bool = False
    kind: str = ""
    level: str = ""
    region: str | None = None
    name_zh: str = ""
    name_en: str | None = None
    successor: str | None = None
    predecessors: tuple[str, ...] = ()
    units: tuple[Unit, ...] = ()
    focal: str | None = None
    division: bool = False
    items: tuple[Item, ...] = ()
    ever_listed: frozenset[str] = frozenset()
    duties: tuple[Duty, ...] = ()
    designations: tuple[Designation, ...] = ()
    groups: tuple[Group, ...] = ()
    planning_regions: tuple[PlanningRegion, ...] = ()
    campaign_leaders: tuple[tuple[str, str], ...] = ()
    contacts: tuple[Contact, ...] = ()

    def plans_for(self, code: str) -> bool:
        """Tell whether it has a planning region of this code (S0-27)."""
        return any(each.code == code for each in self.planning_regions)

    def unit(self, code: str) -> Unit | None:
        """Return the unit of a code, ``None`` where there is none."""
        return next((each for each in self.units if each.code == code), None)

    def lists_power_for(self, event_type: str) -> bool:
        """Tell whether its power list, as far as it has one for such statements, allows them (S3-86)."""
        if event_type not in self.ever_listed:
            return True
        return any(each.list_name == "power" and event_type in each.events for each in self.items)

    def is_designated(self, region: str, target: str, day: Day) -> bool:
        """Tell whether an authority above designated it for this place, or this party there, on a day (S0-31)."""
        return any(
            each.region == region and each.target in {"", target} and day <= each.until for each in self.designations
        )


class AuthorityMachine:
    """Steps along one authority's effective timeline."""

    def start(self) -> AuthorityState:
        """Return the state of an authority of which nothing was said."""
        return AuthorityState()

    def step(self, state: AuthorityState, fact: Fact) -> AuthorityState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        name, data = fact.type.removeprefix("authority."), fact.data
        if name == "registered":
            return _registered(state, data)
        if not state.registered:
            return Illegal("authority_not_registered", may_wait=True, pointer="/effective")
        if name in {"guidance_issued", "supervision_opinion_issued", "assessed"}:
            return state
        if name == "succeeded":
            return replace(state, successor=data["successor"])
        if name == "renamed":
            return replace(state, name_zh=data["name_zh"], name_en=data.get("name_en"))
        if state.successor is not None:
            return Illegal("authority_succeeded", pointer="/effective", params=(("successor", state.successor),))
        if name == "took_over":
            return replace(state, predecessors=(*state.predecessors, data["predecessor"]))
        if name == "jurisdiction_designated":
            designation = Designation(data["region"], data.get("target", ""), data.get("until", FOREVER), fact.source)
            return replace(state, designations=(*state.designations, designation))
        if name in {"item_listed", "item_removed"}:
            return _listed(state, name, data)
        if name == "unit_established":
            return _established(state, data)
        if name in _BESIDE_UNITS:
            return _BESIDE_UNITS[name](state, fact)
        if name == "responsibility_ended":
            return _ended(state, scope_of(data))
        if name == "division_adopted":
            missing = ROLES - {role for unit in state.units for role in unit.roles}
            if missing:
                roles = (("roles", ", ".join(sorted(missing))),)
                return Illegal("division_incomplete", may_wait=True, pointer="/effective", params=roles)
            return replace(state, division=True)
        return _of_unit(state, name, data)


def scope_of(data: Mapping[str, Any]) -> str:
    """Return what an assignment is about: ``organisation:`` and nine characters, or the region's code."""
    code = data.get("organisation")
    return f"organisation:{organisation_key(code)}" if code else str(data["region"])


def _registered(state: AuthorityState, data: Mapping[str, Any]) -> AuthorityState | Illegal:
    if state.registered:
        return Illegal("authority_already_registered")
    return replace(
        state,
        registered=True,
        kind=data["kind"],
        level=data["level"],
        region=data.get("region"),
        name_zh=data["name_zh"],
        name_en=data.get("name_en"),
    )


def _established(state: AuthorityState, data: Mapping[str, Any]) -> AuthorityState | Illegal:
    if state.unit(data["unit"]) is not None:
        return Illegal("unit_already_established", pointer="/unit")
    roles = frozenset(data.get("roles") or ())
    if {"enforcement", "legal"} <= roles:
        return Illegal("unit_roles_conflict", pointer="/roles")
    unit = Unit(data["unit"], data["kind"], data["name_zh"], data.get("name_en"), roles)
    return replace(state, units=(*state.units, unit))


def _listed(state: AuthorityState, name: str, data: Mapping[str, Any]) -> AuthorityState | Illegal:
    kept = tuple(each for each in state.items if (each.list_name, each.code) != (data["list"], data["item"]))
    if name == "item_removed":
        if len(kept) == len(state.items):
            return Illegal("item_not_listed", may_wait=True, pointer="/item", params=(("item", data["item"]),))
        return replace(state, items=kept)
    events = tuple(data.get("events") or ())
    basis = tuple((each["rule"], each["article"]) for each in data["legal_basis"])
    item = Item(data["list"], data["item"], data["text"], events, basis)
    listed = state.ever_listed | set(events) if data["list"] == "power" else state.ever_listed
    return replace(state, items=(*kept, item), ever_listed=listed)


def _ended(state: AuthorityState, scope: str) -> AuthorityState | Illegal:
    kept = tuple(each for each in state.duties if each.scope != scope)
    if len(kept) == len(state.duties):
        return Illegal("responsibility_not_assigned", may_wait=True, pointer="/effective")
    return replace(state, duties=kept)


def _region_defined(state: AuthorityState, fact: Fact) -> AuthorityState | Illegal:
    data = fact.data
    kept = tuple(each for each in state.planning_regions if each.code != data["planning_region"])
    added = PlanningRegion(data["planning_region"], data["name_zh"], data.get("name_en"), tuple(data["cities"]))
    return replace(state, planning_regions=(*kept, added))


def _region_dissolved(state: AuthorityState, fact: Fact) -> AuthorityState | Illegal:
    code = fact.data["planning_region"]
    if not state.plans_for(code):
        named = (("planning_region", code),)
        return Illegal("planning_region_unknown", may_wait=True, pointer="/planning_region", params=named)
    kept = tuple(each for each in state.planning_regions if each.code != code)
    return replace(state, planning_regions=kept)


def _leader_designated(state: AuthorityState, fact: Fact) -> AuthorityState | Illegal:
    """A second leader stands beside the first, so that the report can show that there are two (S2-73)."""
    campaign, leader, former = fact.data["campaign"], fact.data["leader"], fact.data.get("instead_of")
    if (campaign, leader) in state.campaign_leaders:
        return Illegal("campaign_leader_designated_already", pointer="/leader", params=(("leader", leader),))
    if former is not None and (campaign, former) not in state.campaign_leaders:
        named = (("leader", former),)
        return Illegal("campaign_leader_unknown", may_wait=True, pointer="/instead_of", params=named)
    kept = tuple(each for each in state.campaign_leaders if each != (campaign, former))
    return replace(state, campaign_leaders=(*kept, (campaign, leader)))


def _contact_stated(state: AuthorityState, fact: Fact) -> AuthorityState | Illegal:
    data = fact.data
    unit = data.get("unit")
    if unit is not None and state.unit(unit) is None:
        return Illegal("authority_unit_unknown", may_wait=True, pointer="/unit", params=(("unit", unit),))
    kept = tuple(each for each in state.contacts if each.code != data["contact"])
    digests = tuple(data.get("_sd") or ())
    added = Contact(data["contact"], unit, tuple(data.get("published") or ()), digests, fact.source, fact.id)
    return replace(state, contacts=(*kept, added))


def _contact_removed(state: AuthorityState, fact: Fact) -> AuthorityState | Illegal:
    kept = tuple(each for each in state.contacts if each.code != fact.data["contact"])
    if len(kept) == len(state.contacts):
        named = (("contact", fact.data["contact"]),)
        return Illegal("contact_unknown", may_wait=True, pointer="/contact", params=named)
    return replace(state, contacts=kept)


_BESIDE_UNITS: Mapping[str, Callable[[AuthorityState, Fact], AuthorityState | Illegal]] = {
    "planning_region_defined": _region_defined,
    "planning_region_dissolved": _region_dissolved,
    "campaign_leader_designated": _leader_designated,
    "contact_stated": _contact_stated,
    "contact_removed": _contact_removed,
}


def _of_unit(state: AuthorityState, name: str, data: Mapping[str, Any]) -> AuthorityState | Illegal:
    """Step over what needs a unit that is there on the day."""
    pointer = "/office_unit" if name == "leading_group_formed" else "/unit"
    code = data[pointer[1:]]
    if state.unit(code) is None:
        return Illegal("authority_unit_unknown", may_wait=True, pointer=pointer, params=(("unit", code),))
    if name == "focal_unit_designated":
        return replace(state, focal=code)
    if name == "unit_closed":
        kept = tuple(each for each in state.units if each.code != code)
        # What a closed unit answered for has nobody now, and shows as a gap.
        duties = tuple(each for each in state.duties if each.unit != code)
        return replace(state, units=kept, duties=duties, focal=None if state.focal == code else state.focal)
    if name == "responsibility_assigned":
        duty = Duty(scope_of(data), code, data["officer"])
        others = tuple(each for each in state.duties if each.scope != duty.scope)
        return replace(state, duties=(*others, duty))
    people = tuple(data.get("deputies") or ()), tuple(data.get("members") or ())
    group = Group(data["group"], data["name_zh"], data["head"], *people, code)
    return replace(state, groups=(*(each for each in state.groups if each.code != group.code), group))


MACHINE = AuthorityMachine()
