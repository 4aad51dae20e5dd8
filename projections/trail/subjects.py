"""Whom and what an event is about follows from its own stream alone, so that arrival across streams plays no part.

A suspension belongs to the holder's trail although it names no holder: a stream's *roles* are carried along.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ledger.access.audience import party_key
from ledger.access.visibility import class_of, is_open
from ledger.envelope import Recorded
from ledger.families import EVENT_TYPES, body_stream, certificate_stream, organisation_stream, person_stream
from ledger.naming import about, named_in
from ledger.parties import BODY, ORGANISATION, party_of
from ledger.signatures import speaker

Roles = Mapping[str, tuple[str, ...]]
_PARTIES = ("holder", "producer", "factory")
_ORGANISATION = "organisation:"
_FLOWING = ("notice:", "circular:", "risk:", "warning:", "deadline:", "adoption:")
_INSPECTION_LINKS = ("under", "draw", "plan", "archive")
_APART = "apart"
"""Not a role: the events whose class is not their family's, because corrections of them share it."""
_SPELLED_OUT = frozenset(
    (
        *("certificate", "body", "person", "organisation", "inspection", "case", "key", "signing", "reads", "log"),
        *("privacy", *(prefix.removesuffix(":") for prefix in _FLOWING)),
    )
)
"""Families whose roles are told below; those of any other follow from what its streams and events name."""
_LISTS = frozenset({"keylist"})
"""Families whose events are about one entry each, which later ones are not about."""


def access_of(recorded: Recorded, before: Roles) -> str:
    """Return the class of an event in the table of visibility."""
    event = recorded.event
    target = event["data"].get("corrects") if EVENT_TYPES[event["type"]].corrects else None
    if target is None:
        return class_of(event["type"])
    name = _identity(target)
    apart = next((each for each in before.get(_APART, ()) if each.endswith(name)), None)
    return class_of(event["type"]) if apart is None else apart.removesuffix(name)


def roles_after(roles: Roles, recorded: Recorded) -> Roles:
    """Return the roles of a stream after an event: what it states anew takes the place of what was known."""
    data = recorded.event["data"]
    stated: dict[str, tuple[str, ...]] = {}
    event_type = EVENT_TYPES[recorded.event["type"]]
    if not event_type.corrects and class_of(event_type.name) != class_of(f"{event_type.family}.corrected"):
        stated[_APART] = (*roles.get(_APART, ()), class_of(event_type.name) + _identity(recorded.event))
    if not _is_opened(recorded, roles):
        for said in (data, data.get("replacement")):
            if said:
                stated |= _stated(recorded.stream, said)
                first = _first_named(recorded.stream, said)
                stated |= {role: named for role, named in first.items() if role not in roles}
    if all(roles.get(role) == subjects for role, subjects in stated.items()):
        return roles
    return {**roles, **stated}


def subjects(recorded: Recorded, before: Roles, after: Roles) -> dict[str, None]:
    """Return all subjects of an event, its own stream first.

    What is published out of a stream that is not public is about those alone whom it names: whom the rest of the
    stream is about would otherwise become public with it.
    """
    found = {recorded.stream: None}
    event = recorded.event
    if _is_opened(recorded, before):
        for said in (event["data"], event["data"].get("replacement") or {}):
            for named in _stated(recorded.stream, said).values():
                found.update(dict.fromkeys(named))
        return found
    family, _, rest = recorded.stream.partition(":")
    if family == "certificate":
        found[body_stream(rest.partition(":")[0])] = None
    for roles in (before, after) if before is not after else (after,):
        for named in (named for role, named in roles.items() if role != _APART):
            found.update(dict.fromkeys(named))
    if event["source"].startswith(_ORGANISATION):
        found[organisation_stream(event["source"].partition(":")[2])] = None
    data = event["data"]
    found.update(dict.fromkeys(_named(family, rest, data)))
    if data.get("replacement"):
        found.update(dict.fromkeys(_named(family, rest, data["replacement"])))
    return found


def _is_opened(recorded: Recorded, before: Roles) -> bool:
    """Tell whether everybody reads this event, though what else its family says is not public."""
    family = EVENT_TYPES[recorded.event["type"]].family
    correction = f"{family}.corrected"
    return correction in EVENT_TYPES and not is_open(class_of(correction)) and is_open(access_of(recorded, before))


def _identity(event: Mapping[str, Any]) -> str:
    """Return an event's permanent identity as a text that no class begins with."""
    return f" {event['source']} {event['id']}"


def _stated(stream: str, data: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    stated: dict[str, tuple[str, ...]] = {}
    if stream.startswith("certificate:"):
        said = data.get("details") or data.get("changes")
        if said:
            for role in _PARTIES:
                party = said.get(role)
                if party is not None:
                    code = party.get("code")
                    stated[role] = (organisation_stream(code),) if code else ()
    elif stream.startswith("inspection:") and data.get("organisation"):
        stated["inspected"] = (organisation_stream(data["organisation"]),)
        stated["certificates"] = tuple(data.get("certificates") or ())
    elif stream.startswith("inspection:") and data.get("target"):
        stated["inspected"] = (data["target"],)
        stated["certificates"] = tuple(data.get("certificates") or ())
    elif stream.startswith("case:") and "region" in data:
        stated["target"] = (data["target"],) if data.get("target") else ()
        stated["certificates"] = tuple(data.get("certificates") or ())
        stated["inspections"] = tuple(data.get("inspections") or ())
        stated["leads"] = tuple(data.get("leads") or ())
    elif stream.startswith("rectification:") and "organisation" in data:
        stated["inspected"] = (organisation_stream(data["organisation"]),)
        stated["inspections"] = (f"inspection:{stream.split(':')[1]}",)
        stated["certificates"] = tuple(data.get("certificates") or ())
    elif stream.startswith(_FLOWING):
        stated |= _of_flow(data)
    elif stream.startswith("key:") and "owner" in data:
        stated["owner"] = _party(data["owner"])
    elif stream.startswith("signing:"):
        stated["party"] = _party(stream.partition(":")[2])
    return stated


def _first_named(stream: str, data: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return what a stream is about from here on: its first naming of each kind but persons, and its own spelling."""
    family = stream.partition(":")[0]
    if family in _SPELLED_OUT or family in _LISTS:
        return {}
    named: dict[str, tuple[str, ...]] = {}
    for member, subject in named_in(data):
        if not subject.startswith("person:"):
            named[member] = (*named.get(member, ()), subject)
    whom = about(stream)
    return named | ({"about": (whom,)} if whom else {})


def _of_flow(data: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return what a notice, circular, risk, warning, deadline or adoption names: matters, and parties with a trail."""
    stated = {}
    matters = [*(data.get("about") or ()), *(data.get("risks") or ()), data.get("certificate"), data.get("target")]
    named = dict.fromkeys(party_key(each) for each in matters if each)
    if named:
        stated["matters"] = tuple(named)
    parties = [data.get("sender"), data.get("recipient"), data.get("responsible")]
    if "organisation" in data:
        parties.append(_ORGANISATION + data["organisation"])
    found = dict.fromkeys(subject for party in parties if party for subject in _party(party))
    if found:
        stated["parties"] = tuple(found)
    return stated


def _party(name: str) -> tuple[str, ...]:
    """Return the stream that is about a party or a signatory; an authority has none."""
    if name.startswith("person:"):
        return (name,)
    party = party_of(name)
    if party is None or party.kind not in {BODY, ORGANISATION}:
        return ()
    return (body_stream(name) if party.kind == BODY else speaker(name),)


def _named(family: str, rest: str, data: Mapping[str, Any]) -> Iterator[str]:
    """Yield what an event names for itself alone: signatories, certificates, bodies."""
    for signer in data.get("signers") or ():
        yield person_stream(signer.get("register", "CCAA"), signer["number"])
    if family == "certificate":
        body = rest.partition(":")[0]
        for there, number in (("from_body", "from_number"), ("to_body", "to_number")):
            if there in data:
                yield body_stream(data[there])
                yield certificate_stream(data[there], data[number])
        for other in ("replaces", "replaced_by"):
            if data.get(other):
                yield certificate_stream(body, data[other])
    elif family == "person" and "body" in data:
        yield body_stream(data["body"])
    elif family not in _SPELLED_OUT or family in {"inspection", "case"}:
        yield from (stream for _, stream in named_in(data))
    if family == "inspection":
        yield from data.get("certificates") or ()
        yield from (data[name] for name in _INSPECTION_LINKS if data.get(name))
        yield from (each for each in data.get("inspectors") or () if each.startswith("person:"))
    elif family in {"case", "rectification"}:
        yield from (data[name] for name in ("into", "case", "certificate", "referred_from") if data.get(name))
        if family == "case" and party_of(str(data.get("of"))):
            yield from _party(data["of"])
    elif family == "draw":
        yield from (each["inspectee"] for each in data.get("selected") or ())
