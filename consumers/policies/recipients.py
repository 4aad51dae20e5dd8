"""Who stands in a relation of the table of routes to a fact, as was known when the fact took effect."""

from collections.abc import Iterable, Iterator
from typing import Any, Protocol

from consumers.policies.acting import designated
from ledger.access.audience import party_key
from ledger.access.jurisdiction import governs, superior_of
from ledger.certificates.machine import MACHINE as CERTIFICATE_MACHINE
from ledger.codes.notice_routes import Relation
from ledger.codes.statuses import Status
from ledger.days import Day
from ledger.envelope import Recorded
from ledger.facts import Fact
from ledger.families import FAMILIES, organisation_stream
from ledger.notices.relations import NATIONAL, city_bureau, territorial_bureau
from ledger.organisations.state import MACHINE as ORGANISATION_MACHINE
from ledger.parties import party_of
from ledger.scope import bureaux
from ledger.timeline import Timeline, state_on

_CLIENT = frozenset({Status.VALID, Status.SUSPENDED})


class Streams(Protocol):
    """What was recorded, by stream."""

    def known_at(self, stream: str, position: int) -> Timeline[Any]:
        """Return a stream's timeline as it was known when the event at a position was recorded."""
        ...

    def designated_in(self, place: str, position: int) -> Iterable[str]:
        """Return the streams of authorities that may have been designated for a place up to a position."""
        ...

    def beginning(self, prefix: str) -> Iterator[str]:
        """Yield every stream whose identifier begins so."""
        ...


def recipients(
    relation: Relation, fact: Fact, timeline: Timeline[Any], event: Recorded, streams: Streams
) -> Iterable[str]:
    """Return the parties in a relation to a fact, each in its one spelling."""
    day, position = fact.effective, event.position
    if relation == "superior":
        return [superior_of(fact.source, day, NATIONAL) or NATIONAL]
    if relation == "referred_to":
        return [party_key(fact.data["to"])]
    if relation == "responsible":
        return [party_key(fact.data["responsible"])]
    if relation == "copies":
        return [party_key(each) for each in fact.data.get("copies") or ()]
    if relation == "scope":
        return _in_scope(fact.data["scope"], day, position, streams)
    if relation == "adopters":
        return _adopters(event.stream, day, position, streams)
    if relation == "issuing_bodies":
        return _issuing_bodies(fact, timeline)
    organisation, stated = _whereabouts(fact, timeline, event, streams)
    place = _place(organisation, stated, day, position, streams)
    if relation == "city":
        return [city_bureau(place, day)]
    if relation == "territory_elsewhere":
        speaker = party_of(fact.source)
        own = speaker.region if speaker else None
        if place is None or governs(own, place, day):
            return []
        return [_competent(place, organisation, day, position, streams)]
    return [_competent(place, organisation, day, position, streams)]


def _competent(place: str | None, organisation: str | None, day: Day, position: int, streams: Streams) -> str:
    """Return the bureau of a place, or whoever was designated in its stead."""
    instead = designated(place, organisation, day, position, streams) if place else None
    return instead or territorial_bureau(place, day)


def _whereabouts(
    fact: Fact, timeline: Timeline[Any], event: Recorded, streams: Streams
) -> tuple[str | None, str | None]:
    """Return the organisation that a fact is about, and the place stated for it where its own register has none."""
    if not event.stream.startswith("inspection:"):
        holder = state_on(CERTIFICATE_MACHINE, timeline, fact.effective).details.get("holder") or {}
        return holder.get("code"), holder.get("region")
    performed = next((each for each in timeline.applied if each.type == "inspection.performed"), None)
    if performed is None:
        return None, None
    organisation = performed.data.get("organisation")
    if organisation is None:
        return None, performed.data["region"]
    for named in performed.data.get("certificates") or ():
        if FAMILIES["certificate"].subject.fullmatch(named):
            known = state_on(CERTIFICATE_MACHINE, streams.known_at(named, event.position), fact.effective)
            holder = known.details.get("holder") or {}
            if (
                holder.get("region")
                and holder.get("code")
                and organisation_stream(holder["code"]) == organisation_stream(organisation)
            ):
                return organisation, holder["region"]
    return organisation, performed.data["region"]


def _place(organisation: str | None, stated: str | None, day: Day, position: int, streams: Streams) -> str | None:
    """Return where an organisation was on a day: as the register of organisations has it, else as stated."""
    if organisation is None:
        return stated
    known = streams.known_at(organisation_stream(organisation), position)
    return state_on(ORGANISATION_MACHINE, known, day).region or stated


def _issuing_bodies(fact: Fact, timeline: Timeline[Any]) -> list[str]:
    named = dict.fromkeys(fact.data.get("certificates") or filter(None, [fact.data.get("certificate")]))
    if not named:
        for each in timeline.applied:
            if each.type == "inspection.performed":
                named.update(dict.fromkeys(each.data.get("certificates") or ()))
    bodies = (each.split(":", 2)[1] for each in named if each.startswith("certificate:"))
    return [body for body in dict.fromkeys(bodies) if party_of(body)]


def _adopters(certificate: str, day: Day, position: int, streams: Streams) -> Iterator[str]:
    prefix = f"adoption:{certificate.removeprefix('certificate:')}:"
    for stream in streams.beginning(prefix):
        timeline = streams.known_at(stream, position)
        for fact in timeline.applied:
            if fact.type == "adoption.recorded" and fact.data["certificate"] == certificate and fact.effective <= day:
                ended = (each for each in timeline.applied if each.type == "adoption.ended")
                if all(each.effective > day for each in ended):
                    yield party_key(fact.source)


def _in_scope(scope: dict[str, Any], day: Day, position: int, streams: Streams) -> Iterator[str]:
    yield from bureaux(scope, day)
    yield from (party_key(each) for each in scope.get("parties") or ())
    if scope.get("bodies"):
        yield from _bodies_in(tuple(scope.get("regions") or ()), day, position, streams)


def _bodies_in(regions: tuple[str, ...], day: Day, position: int, streams: Streams) -> Iterator[str]:
    """Yield the bodies that have a certificate in force, on a day, of an organisation in one of the regions."""
    found: set[str] = set()
    for stream in streams.beginning("certificate:"):
        body = stream.split(":", 2)[1]
        if body in found:
            continue
        state = state_on(CERTIFICATE_MACHINE, streams.known_at(stream, position), day)
        holder = state.details.get("holder") or {}
        if state.status not in _CLIENT or state.annulled or day > state.expires:
            continue
        place = _place(holder.get("code"), holder.get("region"), day, position, streams)
        if any(governs(region, place, day) for region in regions):
            found.add(body)
            yield body
