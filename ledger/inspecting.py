"""Who may add to an inspection, and what may be published of one: judged where the inspection is known, or not at all.

To those who may not add to it, an inspection that is there and one that is not are answered alike: the answer must
not tell whether an identifier is taken (S0-29).
"""

import re
from collections.abc import Mapping
from typing import Any

from ledger.access.competence import Competence
from ledger.access.jurisdiction import governs
from ledger.codes.identifiers import organisation_key
from ledger.days import Day
from ledger.facts import Fact
from ledger.parties import BODY, LOCAL_AUTHORITY, Party, party_of
from ledger.timeline import Illegal, Timeline

_PERFORMED, _FINDING, PUBLISHED = "inspection.performed", "inspection.finding_recorded", "inspection.published"
_HELPED = "inspection.assistance_answered"
_NAMED = re.compile(r"inspection:(?P<party>CNCA-RF?-[0-9]{4}-[0-9]{2,4}|SAMR-[0-9]{6}|LAB-[0-9A-Z]+)-.+")


def naming_objection(row: Competence, party: Party, subject: str) -> Illegal | None:
    """Return why a party may not say anything under an inspection's identifier: it begins with another's name."""
    if party.kind in {BODY, LOCAL_AUTHORITY} and _named_after(subject) not in {None, party.id}:
        return _not_own(row, party)
    return None


def adding_objection(
    row: Competence, party: Party, day: Day, subject: str, type_name: str, own: Timeline[Any]
) -> Illegal | None:
    """Return why a body or a local authority may not add to this inspection: it is another's, or unknown.

    What comes before the inspection is reported waits only under an identifier that begins with the speaker's name.
    """
    if party.kind not in {BODY, LOCAL_AUTHORITY}:
        return None
    places = [fact.data["region"] for fact in own.applied if "region" in fact.data]
    if party.id in {getattr(own.tip, "performed_by", ""), getattr(own.tip, "planned_by", "")}:
        return None
    if _takes_part(own.tip, party.id, type_name):
        return None
    if party.kind == LOCAL_AUTHORITY and any(governs(party.region, code, day) for code in places):
        return None
    if not places and type_name != PUBLISHED and _named_after(subject) == party.id:
        return None
    return _not_own(row, party)


def publication_objection(type_name: str, data: Mapping[str, Any], own: Timeline[Any]) -> Illegal | None:
    """Return where a publication says other than the inspection's own facts, which it may only repeat."""
    if type_name != PUBLISHED:
        return None
    performed = next((fact for fact in own.applied if fact.type == _PERFORMED), None)
    if performed is None:
        return Illegal("nothing_to_publish", pointer="/subject")
    for member, said in _public_members(performed).items():
        stated = organisation_key(data[member]) if member == "organisation" else data[member]
        if stated != said:
            return Illegal("publication_differs", pointer=f"/{member}", params=(("member", member),))
    known = {(fact.data["finding"], fact.data["grade"]) for fact in own.applied if fact.type == _FINDING}
    for index, finding in enumerate(data.get("findings") or ()):
        if (finding["finding"], finding["grade"]) not in known:
            return Illegal("publication_differs", pointer=f"/findings/{index}", params=(("member", "findings"),))
    return None


def _public_members(performed: Fact) -> dict[str, str]:
    data = performed.data
    return {
        "mode": data["mode"],
        # What is published names an organisation: an inspection of a body or laboratory as such is not published so.
        "organisation": organisation_key(data["organisation"]) if data.get("organisation") else "",
        "performed": performed.effective,
        "result": data["result"],
    }


def _takes_part(tip: Any, party: str, type_name: str) -> bool:
    """Tell whether a party was named to take part, or was asked for the help that it answers about."""
    if any(unit == party for unit, _ in getattr(tip, "units", ())):
        return True
    return type_name == _HELPED and any(to == party for _, to in getattr(tip, "asked", ()))


def _named_after(subject: str) -> str | None:
    """Return the party that an identifier begins with, if it names one."""
    match = _NAMED.fullmatch(subject)
    return match["party"] if match and party_of(match["party"]) else None


def _not_own(row: Competence, party: Party) -> Illegal:
    return Illegal("not_own_inspection", pointer="/subject", params=(("source", party.id), ("row", row.id)))
