"""A body that asks for the spot check results of an organisation it does not certify is refused by rule (S2-76)."""

from collections.abc import Iterable
from typing import Any, Protocol

from ledger.access.audience import party_key
from ledger.certificates.machine import MACHINE
from ledger.days import china_day, parse_instant
from ledger.envelope import Recorded, make_event
from ledger.families import FAMILIES
from ledger.notices.disclosure import is_client
from ledger.timeline import Timeline, empty

_REASON = "请求方不是该组织有效证书的发证机构 The body has no certificate of the organisation in force"


class Streams(Protocol):
    """What was recorded, by stream."""

    def known_at(self, stream: str, position: int) -> Timeline[Any]:
        """Return a stream's timeline as it was known when the event at a position was recorded."""
        ...


def requests(recorded: Recorded, streams: Streams) -> Iterable[dict[str, Any]]:
    """Return the refusal of a request about an organisation that is no client; whether to grant is the bureau's."""
    if recorded.event["type"] != "notice.requested" or not recorded.applied:
        return []
    event = recorded.event
    data, certificate = event["data"], event["data"].get("certificate")
    timeline: Timeline[Any] = empty(MACHINE)
    if certificate and FAMILIES["certificate"].subject.fullmatch(certificate):
        timeline = streams.known_at(certificate, recorded.position)
    organisation = party_key(f"organisation:{data['organisation']}")
    if is_client(certificate, timeline, event["source"], organisation, data["effective"]):
        return []
    day = max(data["effective"], china_day(parse_instant(recorded.recorded)))
    return [
        make_event(
            type_="notice.request_refused",
            source="clock",
            identity=f"not-a-client-{recorded.stream.partition(':')[2]}-{recorded.version}",
            subject=recorded.stream,
            time=recorded.recorded,
            data={"effective": day, "reason_code": "not_a_client", "reason": _REASON},
        )
    ]
