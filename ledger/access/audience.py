"""Whom a stream is about, as its own facts say it now: what the rules of visibility are judged by.

A corrected statement counts as corrected: who was named by mistake reads no further.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.codes.identifiers import organisation_key
from ledger.facts import Fact
from ledger.parties import party_of

_ORGANISATION = "organisation:"
_OPENING = frozenset({"inspection.performed", "case.opened", "certificate.refused", "draw.announced"})
_PLANNED = "inspection.planned"


@dataclass(frozen=True, slots=True)
class Audience:
    """Parties by relation, and the place: ``places`` are organisations whose present region decides.

    ``region`` is the place that was stated; it counts beside the present one where ``region_stays`` (the place of a
    violation does not move), and otherwise only while no present one is known.
    """

    author: str
    subjects: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    region: str | None = None
    region_stays: bool = False
    participants: tuple[str, ...] = ()


def audience_of(facts: Iterable[Fact]) -> Audience | None:
    """Return the audience of a stream from its facts that took effect; ``None`` where all of it is public."""
    opening = planned = None
    named: dict[str, None] = {}
    units: dict[str, None] = {}
    for fact in facts:
        if fact.type in _OPENING and not fact.void:
            opening = fact
        if fact.type == _PLANNED and not fact.void:
            planned = fact
            if not any(each["role"] == "lead" for each in fact.data.get("units") or ()):
                units[f"SAMR-{fact.data['region']}"] = None
        if fact.type == "inspection.assistance_requested":
            units[fact.data["to"]] = None
        units.update(dict.fromkeys(each["unit"] for each in fact.data.get("units") or ()))
        if fact.type.startswith("inspection."):
            named.update(dict.fromkeys(fact.data.get("certificates") or ()))
    participants = tuple(units)
    if opening is None:
        return None if planned is None else _of_plan(planned, participants)
    data = opening.data
    if opening.type == "inspection.performed":
        organisation = _organisation(data["organisation"])
        return Audience(
            opening.source,
            (organisation,),
            _issuers(named),
            (organisation,),
            data["region"],
            region_stays=False,
            participants=participants if planned is None else (planned.source, *participants),
        )
    if opening.type == "draw.announced":
        return Audience(opening.source, region=data["region"], region_stays=True)
    if opening.type == "certificate.refused":
        code = data["details"]["holder"].get("code")
        return Audience(opening.source, (_organisation(code),) if code else ())
    return _of_case(opening.source, data)


def audience_of_authority(authority: str) -> Audience:
    """Return the audience of what is said about an authority: itself, and those of its region and above (S0-29)."""
    party = party_of(authority)
    return Audience("", (authority,), region=party.region if party else None, region_stays=True)


def party_key(party: str) -> str:
    """Return the one spelling of a party: an organisation goes by its nine characters."""
    if not party.startswith(_ORGANISATION):
        return party
    return _organisation(party.removeprefix(_ORGANISATION))


def _of_plan(planned: Fact, participants: tuple[str, ...]) -> Audience:
    """Whom a plan is to visit, and who issued its certificates, is nobody's business before it takes place (I-21)."""
    data = planned.data
    places = (_organisation(data["organisation"]),) if data.get("organisation") else ()
    return Audience(planned.source, (), (), places, data["region"], participants=participants)


def _of_case(author: str, data: Mapping[str, Any]) -> Audience:
    family, _, rest = data["target"].partition(":")
    subjects: tuple[str, ...] = ()
    if family == "organisation":
        subjects = (party_key(data["target"]),)
    elif family in {"body", "certificate"}:
        subjects = (rest.partition(":")[0],)
    places = subjects if family == "organisation" else ()
    return Audience(author, subjects, (), places, data["region"], region_stays=True)


def _organisation(code: str) -> str:
    try:
        return _ORGANISATION + organisation_key(code)
    except ValueError:
        return _ORGANISATION + code


def _issuers(certificates: Iterable[str]) -> tuple[str, ...]:
    bodies = (each.split(":", 2)[1] for each in certificates if each.startswith("certificate:"))
    return tuple(dict.fromkeys(body for body in bodies if party_of(body)))
