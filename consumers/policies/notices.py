"""Notices that follow from a fact by the table of routes: one for each fact and recipient, whatever is redelivered.

Who is told follows from the fact, its own stream, and other streams as they were known when the fact took effect: an
event that comes again says the same. A correction of the cause takes the notice back, or moves it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from consumers.policies.acting import acting, unit_of
from consumers.policies.recipients import recipients
from ledger.access.audience import party_key
from ledger.codes.notice_routes import Route, route_of, routed_types, routes_on
from ledger.days import china_day, parse_instant
from ledger.envelope import Recorded, make_event
from ledger.facts import Fact
from ledger.families import EVENT_TYPES, notice_stream
from ledger.parties import party_of
from ledger.timeline import Timeline

SPEAKER = "clock"
_MAXIMUM_STATEMENT = 4_000


class Streams(Protocol):
    """What was recorded, by stream."""

    def history(self, stream: str, through: int) -> Iterator[tuple[Recorded, Timeline[Any]]]:
        """Yield each event of a stream up to a version with the timeline after it."""
        ...

    def known_at(self, stream: str, position: int) -> Timeline[Any]:
        """Return a stream's timeline as it was known when the event at a position was recorded."""
        ...

    def designated_in(self, place: str, position: int) -> Iterable[str]:
        """Return the streams of authorities that may have been designated for a place up to a position."""
        ...

    def beginning(self, prefix: str) -> Iterator[str]:
        """Yield every stream whose identifier begins so."""
        ...


Key = tuple[str, str, str]  # the fact's source and id, and the row of the table


@dataclass(frozen=True, slots=True)
class _Routed:
    """Whom a fact's notices went to, and what of the fact decided it."""

    effective: str
    said: str
    to: frozenset[str]


def notices(recorded: Recorded, streams: Streams) -> Iterable[dict[str, Any]]:
    """Return the CloudEvents to submit after a recorded event: notices made and taken back by rule, and the inbox."""
    if recorded.event["type"] in {"notice.created", "notice.requested"} and recorded.applied:
        return [_sent(recorded, streams)]
    return list(_follow(recorded, streams)) if _may_matter(recorded) else []


def _may_matter(recorded: Recorded) -> bool:
    event_type = recorded.event["type"]
    routed = routed_types()
    if EVENT_TYPES[event_type].corrects or recorded.record.get("releases"):
        return any(name.partition(".")[0] == EVENT_TYPES[event_type].family for name in routed)
    return event_type in routed and recorded.applied


def _follow(recorded: Recorded, streams: Streams) -> Iterator[dict[str, Any]]:
    """Yield what the last event of a history adds to the notices that followed before it, and takes from them."""
    standing: dict[Key, _Routed] = {}
    made: list[dict[str, Any]] = []
    for event, timeline in streams.history(recorded.stream, recorded.version):
        if not _may_matter(event):
            continue
        made, found = [], {}
        for fact in timeline.applied:
            for route in routes_on(fact.type, fact.effective):
                key, before = (fact.source, fact.id, route.id), standing.get((fact.source, fact.id, route.id))
                if not _concerns(route, fact, timeline):
                    continue
                said = repr(sorted(fact.data.items()))
                if before is not None and (before.effective, before.said) == (fact.effective, said):
                    found[key] = before
                    continue
                to = _told(route, fact, timeline, event, streams)
                found[key] = _Routed(fact.effective, said, to)
                for recipient in sorted(to - (before.to if before else frozenset())):
                    made.append(_created(route, fact, event, recipient))
        for key, before in standing.items():
            kept = found[key].to if key in found else frozenset()
            made += [_withdrawn(key, event, recipient) for recipient in sorted(before.to - kept)]
        standing = found
    yield from made


def _told(route: Route, fact: Fact, timeline: Timeline[Any], event: Recorded, streams: Streams) -> frozenset[str]:
    """Return who is told: whoever acts, when it is told, for those to whom the fact's own day points.

    Nobody is told what they said themselves, but that a unit of theirs was handed something.
    """
    day = max(fact.effective, _day(event))
    to = recipients(route.to, fact, timeline, event, streams)
    acts = frozenset(acting(each, day, event.position, streams) for each in to)
    return acts if fact.data.get("to_unit") else acts - {party_key(fact.source)}


def _concerns(route: Route, fact: Fact, timeline: Timeline[Any]) -> bool:
    speaker = party_of(fact.source)
    if route.speakers and (speaker is None or speaker.kind not in route.speakers):
        return False
    if route.grades and fact.data.get("grade") not in route.grades:
        return False
    return not route.schemes or getattr(timeline.tip, "scheme_class", "") in route.schemes


def _created(route: Route, fact: Fact, event: Recorded, recipient: str) -> dict[str, Any]:
    zh, en = EVENT_TYPES[fact.type].zh, EVENT_TYPES[fact.type].en
    particulars = " · ".join(
        str(fact.data[name]) for name in ("title", "text", "reason_code", "finding", "about") if fact.data.get(name)
    )
    statement = f"{route.zh} {route.en} — {zh} {en} · {event.stream} · {fact.effective}"
    said: dict[str, Any] = {
        "effective": _day(event),
        "kind": route.kind,
        "sender": fact.source,
        "recipient": recipient,
        "basis": route.source,
        "statement": f"{statement} · {particulars}"[:_MAXIMUM_STATEMENT] if particulars else statement,
        "about": [event.stream],
        "rule": route.id,
        "cause": {"source": fact.source, "id": fact.id},
        "mandatory": route.mandatory,
        "answer": route.answer,
    }
    if fact.data.get("to_unit"):
        said["recipient_unit"] = fact.data["to_unit"]
    party = party_of(recipient)
    if party is not None and party.region is not None:
        said["region"] = party.region
    return _event("notice.created", (fact.source, fact.id, route.id), recipient, event, said)


def _withdrawn(key: Key, event: Recorded, recipient: str) -> dict[str, Any]:
    said = {"effective": _day(event), "reason": "所依据的事实已更正 Its cause was corrected"}
    return _event("notice.withdrawn", key, recipient, event, said)


def _sent(recorded: Recorded, streams: Streams) -> dict[str, Any]:
    """In the inbox a notice is as soon as it is recorded; the recipient need not be asked.

    It goes to the unit that it names, else to the unit that the route asks for or the focal one.
    """
    notice = recorded.event["data"]
    said = {"effective": notice["effective"], "channel": "inbox"}
    route = route_of(notice.get("kind", ""), notice["effective"])
    unit = notice.get("recipient_unit") or unit_of(
        notice["recipient"], route.unit if route else "", notice["effective"], recorded.position, streams
    )
    if unit is not None:
        said["unit"] = unit
    return make_event(
        type_="notice.sent",
        source=SPEAKER,
        identity=f"sent-inbox-{recorded.stream.partition(':')[2]}-{recorded.version}",
        subject=recorded.stream,
        time=recorded.recorded,
        data=said,
    )


def _event(type_: str, key: Key, recipient: str, event: Recorded, data: Mapping[str, Any]) -> dict[str, Any]:
    digest = sha256("\n".join((*key, recipient)).encode()).hexdigest()[:32]
    return make_event(
        type_=type_,
        source=SPEAKER,
        identity=f"{type_}-{digest}-{event.version}",
        subject=notice_stream(digest),
        time=event.recorded,
        data=data,
    )


def _day(event: Recorded) -> str:
    return china_day(parse_instant(event.recorded))
