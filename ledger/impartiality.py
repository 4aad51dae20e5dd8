"""The third-party attribute: whoever has an interest in a client neither audits nor certifies it (S4-121).

The streams of body, signatories and inspectors are read by the decision, and so are guards of the append.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ledger.days import Day
from ledger.families import FAMILIES, body_stream, person_stream
from ledger.interests import DECLARED, conflict_of
from ledger.parties import BODY, party_of
from ledger.people.state import MACHINE as PERSONS
from ledger.timeline import Illegal, Timeline, state_on

Standing = Callable[[str], Timeline[Any]]
_PERFORMED = "inspection.performed"


def inspectors_named(type_name: str, data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the registered persons who took part in an inspection; other identifiers say nothing here.

    The data of a correction are of a form that is not checked yet: whatever is no person's name is passed over.
    """
    named = data.get("inspectors") if type_name in {_PERFORMED, "inspection.corrected"} else None
    return tuple(dict.fromkeys(_persons(named))) if isinstance(named, list) else ()


def declaration_objection(
    type_name: str, source: str, subject: str, data: Mapping[str, Any], standing: Standing
) -> Illegal | None:
    """Return why a body may not declare this interest: it is neither its own nor that of a person who works for it."""
    party = party_of(source)
    if type_name not in DECLARED or party is None or party.kind != BODY:
        return None
    own = subject == body_stream(source)
    if subject.startswith("person:"):
        own = state_on(PERSONS, standing(subject), str(data["effective"])).body == source
    return None if own else Illegal("interest_of_another", pointer="/subject", params=(("source", source),))


def inspection_objection(type_name: str, source: str, data: Mapping[str, Any], standing: Standing) -> Illegal | None:
    """Return which inspector has an interest in the inspected organisation.

    A body audits with its own people alone (Regulation on C&A, article 14), which is asked first: otherwise it would
    learn by trying what interests the people of others have.
    """
    organisation, day = data.get("organisation"), str(data.get("effective", ""))
    if type_name != _PERFORMED or not organisation:
        return None
    party = party_of(source)
    for person in inspectors_named(type_name, data):
        employer = state_on(PERSONS, standing(person), day).body
        if party is not None and party.kind == BODY and employer not in {None, source}:
            named = (("party", person), ("body", source), ("day", day))
            return Illegal("inspector_of_another_body", pointer="/inspectors", params=named)
        kind = conflict_of(standing(person).applied, organisation, day)
        if kind is not None:
            return _conflict("inspector_conflicted", "/inspectors", person, organisation, kind, day)
    return None


def certification_objection(
    body: str, signers: list[dict[str, str]], organisation: str, day: Day, standing: Standing, *, opens: bool
) -> Illegal | None:
    """Return which signatory, or the body itself where the decision lets a certificate stand, has an interest.

    A body with an interest must still be able to suspend and to end what it issued.
    """
    for index, signer in enumerate(signers):
        stream = person_stream(signer.get("register", "CCAA"), signer["number"])
        kind = conflict_of(standing(stream).applied, organisation, day)
        if kind is not None:
            return _conflict("signatory_conflicted", f"/signers/{index}", stream, organisation, kind, day)
    kind = conflict_of(standing(body_stream(body)).applied, organisation, day) if opens else None
    if kind is not None:
        return _conflict("body_conflicted", "/source", body_stream(body), organisation, kind, day)
    return None


def _persons(named: list[Any]) -> Iterator[str]:
    return (each for each in named if isinstance(each, str) and FAMILIES["person"].subject.fullmatch(each))


def _conflict(code: str, pointer: str, party: str, organisation: str, kind: str, day: Day) -> Illegal:
    named = (("party", party), ("organisation", organisation), ("kind", kind), ("day", day))
    return Illegal(code, pointer=pointer, params=named)
