"""What a decision asks of authorities: whether the speaker still acts, for whom, by which power, through which unit.

The speaker's own stream is read by the decision, so that none of it changes under it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ledger.access.competence import Competence, competence
from ledger.access.jurisdiction import governors, governs, level_of
from ledger.authorities.lists import PREFECTURE, PROVINCE
from ledger.authorities.state import MACHINE, AuthorityState
from ledger.days import FOREVER, Day
from ledger.parties import AUTHORITIES, LOCAL_AUTHORITY, Party, party_of
from ledger.timeline import Illegal, Timeline, states

Standing = Callable[[str], Timeline[Any]]
PREFIX = "authority:"
_PLAN = "inspection.planned"
_SPEAKS_ALONE = frozenset({"key", "signing", "reads", "log", "privacy"})
"""Families about the speaker's own means, which ask for no power."""


def authority_stream(authority: str) -> str:
    """Return the stream of an authority."""
    return f"{PREFIX}{authority}"


def authority_streams(family: str, source: str) -> tuple[str, ...]:
    """Return the stream of the authority that a statement rests on, its speaker's; none where no authority speaks."""
    return (authority_stream(source),) if _is_authority(source) and family not in _SPEAKS_ALONE else ()


def state_on(timeline: Timeline[AuthorityState], day: Day) -> AuthorityState:
    """Return what an authority is at the end of a day, as far as is known."""
    if not timeline.applied or timeline.applied[-1].effective <= day:
        return timeline.tip
    state = MACHINE.start()
    for fact, after in states(MACHINE, timeline.applied):
        if fact.effective > day:
            break
        state = after
    return state


def took_over(standing: Standing, source: str, owner: str, day: Day) -> bool:
    """Tell whether a matter of ``owner`` is the speaker's on a day, because it took the owner's place (S3-03)."""
    return _is_authority(source) and owner in _known_on(standing, source, day).predecessors


def acting_as(standing: Standing, party: Party, day: Day) -> tuple[Party, ...]:
    """Return in whose place a party may act on a day: its own, then of each authority whose place it took (S3-03)."""
    if not _is_authority(party.id):
        return (party,)
    former = (party_of(each) for each in _known_on(standing, party.id, day).predecessors)
    return (party, *(each for each in former if each is not None))


def acts_there(standing: Standing, source: str, place: str, target: str, day: Day) -> bool:
    """Tell whether a local authority acts for a place outside its area: as successor, or as designated (S0-31)."""
    state = _known_on(standing, source, day)
    if state.is_designated(place, target, day):
        return True
    regions = (party.region for each in state.predecessors if (party := party_of(each)))
    return any(governs(region, place, day) for region in regions)


def speaker_objection(
    type_name: str, source: str, data: Mapping[str, Any], row: Competence, standing: Standing
) -> Illegal | None:
    """Return why an authority may not make this statement by its own state: succeeded, power not listed, wrong unit."""
    # What was said wrongly is put right by who said it, whatever became of the authority since.
    if "corrects" in data or not authority_streams(type_name.partition(".")[0], source):
        return None
    day = str(data.get("effective") or FOREVER)
    state = _known_on(standing, source, day)
    named = (("source", source), ("type", type_name), ("row", row.id), ("day", day))
    if state.successor is not None:
        return Illegal("authority_succeeded", pointer="/source", params=(*named, ("successor", state.successor)))
    if not state.lists_power_for(type_name):
        return Illegal("power_not_listed", pointer="/source", params=named)
    planned = data.get("planning_region") if type_name == _PLAN else None
    if planned is not None:
        objection = _plan_objection(state, source, str(planned), data)
        if objection is not None:
            return objection
    unit = data.get("unit")
    return _unit_objection(state, unit, named) if state.division and isinstance(unit, Mapping) else None


def subject_objection(type_name: str, subject: str, data: Mapping[str, Any], speaker: Party) -> Illegal | None:
    """Return why something may not be said of an authority by the code in its name, whatever was said of it before."""
    about = subject.removeprefix(PREFIX)
    own = party_of(about)
    day = str(data.get("effective") or FOREVER)
    if type_name == "authority.registered" and own is not None and own.kind == LOCAL_AUTHORITY:
        if data.get("region") != own.region:
            return Illegal("authority_region_wrong", pointer="/data/region", params=(("authority", about),))
        if data.get("level") != level_of(own.region, day):
            return Illegal("authority_region_wrong", pointer="/data/level", params=(("authority", about),))
    for member in ("successor", "predecessor"):
        if data.get(member) == about:
            return Illegal("authority_succeeds_itself", pointer=f"/data/{member}")
    if type_name == "authority.jurisdiction_designated" and speaker.kind == LOCAL_AUTHORITY:
        place = str(data.get("region"))
        if not governs(speaker.region, place, day):
            named = (("source", speaker.id), ("place", place), ("row", "C-83"))
            return Illegal("outside_jurisdiction", pointer="/data/region", params=named)
    if type_name == "authority.planning_region_defined" and own is not None:
        return _cities_objection(str(own.region), data, day)
    return _list_objection(about, own, data, day) if type_name == "authority.item_listed" else None


def is_below(speaker: Party, subject: str, day: Day) -> bool:
    """Tell whether the authority of a stream is one below the speaker on a day: in its area, and not itself (S0-29)."""
    about = party_of(subject.removeprefix(PREFIX))
    if about is None or about.kind != LOCAL_AUTHORITY or about.region == speaker.region:
        return False
    return level_of(speaker.region, day) in {PROVINCE, PREFECTURE} and governs(speaker.region, about.region, day)


def _list_objection(about: str, own: Party | None, data: Mapping[str, Any], day: Day) -> Illegal | None:
    """A list of powers adds none to the law's: each statement it names must be one that the table allows (I-12)."""
    if own is None or data.get("list") != "power":
        return None
    for index, name in enumerate(data.get("events") or ()):
        if competence(name, own, day) is None:
            named = (("authority", about), ("type", str(name)))
            return Illegal("power_exceeds_table", pointer=f"/data/events/{index}", params=named)
    return None


def _plan_objection(state: AuthorityState, source: str, code: str, data: Mapping[str, Any]) -> Illegal | None:
    """A plan for a planning region is its own province's, and for no wider place than the province (S0-27)."""
    party = party_of(source)
    if state.plans_for(code) and party is not None and data.get("region") == party.region:
        return None
    named = (("planning_region", code),)
    return Illegal("planning_region_unknown", pointer="/data/planning_region", params=named)


def _cities_objection(province: str, data: Mapping[str, Any], day: Day) -> Illegal | None:
    """Return why these are no cities of a province: each is a government directly below it on that day (S0-27)."""
    for index, code in enumerate(data.get("cities") or ()):
        if level_of(code, day) is None or governors(code, day)[1:] != (province,):
            named = (("city", str(code)), ("province", province))
            return Illegal("planning_region_city_wrong", pointer=f"/data/cities/{index}", params=named)
    return None


def _unit_objection(
    state: AuthorityState, said: Mapping[str, Any], named: tuple[tuple[str, str], ...]
) -> Illegal | None:
    """Where the division of work is in force, the unit that speaks is one of the register, in a role it has (S0-32)."""
    unit = state.unit(str(said.get("unit")))
    told = (*named, ("unit", str(said.get("unit"))), ("role", str(said.get("role"))))
    if unit is None:
        return Illegal("unit_not_registered", pointer="/data/unit", params=told)
    if said.get("role") not in unit.roles:
        return Illegal("unit_role_not_its_own", pointer="/data/unit/role", params=told)
    return None


def _known_on(standing: Standing, authority: str, day: Day) -> AuthorityState:
    return state_on(standing(authority_stream(authority)), day)


def _is_authority(source: str) -> bool:
    party = party_of(source)
    return party is not None and party.kind in AUTHORITIES
