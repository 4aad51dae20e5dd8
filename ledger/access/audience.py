"""Whom a stream is about, as its own facts say it now: what the rules of visibility are judged by.

A corrected statement counts as corrected: who was named by mistake reads no further.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ledger.codes.identifiers import organisation_key
from ledger.facts import Fact
from ledger.parties import inspected_party, party_of

_ORGANISATION = "organisation:"
_OPENING = frozenset(
    {
        "inspection.performed", "case.opened", "certificate.refused", "rectification.opened", "report.called",
        "report.accident_reported", "report.instruction_requested", "draw.announced",
    }
)  # fmt: skip
_LEAD = "case.lead_registered"
_PLANNED = "inspection.planned"
_FLOWING = ("notice.", "circular.", "risk.", "warning.", "deadline.", "adoption.")


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
    facts = [fact for fact in facts if not fact.void]
    if facts and facts[0].type.startswith(_FLOWING):
        return _of_flow(facts[0])
    opening = planned = None
    named: dict[str, None] = {}
    units: dict[str, None] = {}
    asked: list[str] = []
    for fact in facts:
        if (fact.type in _OPENING or (fact.type == _LEAD and opening is None)) and not fact.void:
            opening = fact
        if fact.type.startswith(("inspection.", "rectification.")):
            named.update(dict.fromkeys(fact.data.get("certificates") or ()))
            named.update(dict.fromkeys([fact.data["certificate"]] if "certificate" in fact.data else ()))
        elif fact.type == "case.evidence_requested":
            asked.append(fact.data["of"])
        if fact.type == _PLANNED:
            planned = fact
        if fact.type.startswith("inspection."):
            units.update(dict.fromkeys(_units(fact)))
    participants = tuple(units)
    if opening is None:
        return None if planned is None else _of_plan(planned, participants)
    data = opening.data
    if opening.type in {"inspection.performed", "rectification.opened"}:
        inspected = _inspected(data)
        return Audience(
            opening.source,
            inspected,
            _issuers(named),
            inspected if data.get("organisation") else (),
            data["region"],
            region_stays=False,
            participants=participants if planned is None else (planned.source, *participants),
        )
    if opening.type == "draw.announced":
        return Audience(opening.source, region=data["region"], region_stays=True)
    if opening.type == "certificate.refused":
        code = data["details"]["holder"].get("code")
        return Audience(opening.source, (_organisation(code),) if code else ())
    if opening.type.startswith("report."):
        owing = [*data.get("owed_by", ()), *([data["to"]] if "to" in data else [])]
        party = party_of(opening.source)
        region = party.region if party else None
        return Audience(opening.source, tuple(map(party_key, owing)), (), (), region, region_stays=True)
    return _of_case(opening.source, data, tuple(dict.fromkeys(map(party_key, asked))))


def audience_of_authority(authority: str) -> Audience:
    """Return the audience of what is said about an authority: itself, and those of its region and above (S0-29)."""
    party = party_of(authority)
    return Audience("", (authority,), region=party.region if party else None, region_stays=True)


def audience_by_name(stream: str, facts: Iterable[Fact]) -> Audience | None:
    """Return the audience of a stream that is named by who keeps it and whom it is about, such as an archive.

    The place is where the organisation is now; while that is not known, the one last stated, or the author's own.
    """
    _, _, named = stream.partition(":")
    author, _, subject = named.partition(":")
    if not subject:
        return None
    party = party_of(author)
    region = party.region if party else None
    for fact in facts:
        region = fact.data.get("region", region)
    return Audience(author, (), (), (subject,) if subject.startswith(_ORGANISATION) else (), region)


def party_key(party: str) -> str:
    """Return the one spelling of a party: an organisation goes by its nine characters."""
    if not party.startswith(_ORGANISATION):
        return party
    return _organisation(party.removeprefix(_ORGANISATION))


def _units(fact: Fact) -> Iterator[str]:
    """Yield who was named to take part: where nobody leads, the bureau of the place does."""
    units = fact.data.get("units") or ()
    if fact.type == _PLANNED and not any(each["role"] == "lead" for each in units):
        yield f"SAMR-{fact.data['region']}"
    if fact.type == "inspection.assistance_requested":
        yield fact.data["to"]
    yield from (each["unit"] for each in units)


def _of_flow(opening: Fact) -> Audience:
    """Return who a notice, circular, risk, warning, deadline or adoption is between; its first fact says so."""
    data = opening.data
    named = [data.get("recipient"), data.get("responsible"), *(data.get("copies") or ())]
    named += (data.get("scope") or {}).get("parties") or ()
    subjects = tuple(dict.fromkeys(party_key(each) for each in named if each))
    author = party_key(data.get("sender") or opening.source)
    issuers = _issuers((data["certificate"],)) if opening.type.startswith("adoption.") else ()
    region = _region_of(data.get("recipient")) or _region_of(data.get("responsible")) or data.get("region")
    regions = (data.get("scope") or {}).get("regions") or ()
    return Audience(author, subjects, issuers, (), region or (regions[0] if regions else None), region_stays=True)


def _region_of(party: str | None) -> str | None:
    found = party_of(party) if party else None
    return found.region if found else None


def _of_plan(planned: Fact, participants: tuple[str, ...]) -> Audience:
    """Whom a plan is to visit, and who issued its certificates, is nobody's business before it takes place (I-21)."""
    data = planned.data
    places = (_organisation(data["organisation"]),) if data.get("organisation") else ()
    return Audience(planned.source, (), (), places, data["region"], participants=participants)


def _of_case(author: str, data: Mapping[str, Any], asked: tuple[str, ...]) -> Audience:
    """Return whom a case is about; bodies asked for evidence read that request alone, as the classes say."""
    family, _, rest = (data.get("target") or "").partition(":")
    subjects: tuple[str, ...] = ()
    if family == "organisation":
        subjects = (party_key(data["target"]),)
    elif family in {"body", "certificate"}:
        subjects = (rest.partition(":")[0],)
    elif party_of(data.get("target") or ""):
        subjects = (data["target"],)
    places = subjects if family == "organisation" else ()
    return Audience(author, subjects, asked, places, data["region"], region_stays=True)


def _inspected(data: Mapping[str, Any]) -> tuple[str, ...]:
    if data.get("organisation"):
        return (_organisation(data["organisation"]),)
    party = inspected_party(data["target"])
    return (party,) if party else ()


def _organisation(code: str) -> str:
    try:
        return _ORGANISATION + organisation_key(code)
    except ValueError:
        return _ORGANISATION + code


def _issuers(certificates: Iterable[str]) -> tuple[str, ...]:
    bodies = (each.split(":", 2)[1] for each in certificates if each.startswith("certificate:"))
    return tuple(dict.fromkeys(body for body in bodies if party_of(body)))
