"""What follows in supervision by rule: a failed rectification demands a decision, an unknown certificate is a lead.

What to submit is a function of the event and of what was recorded before it, so that every delivery says the same. The
ledger demands and points out; the body and the authority decide.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from consumers.policies.holder_bars import SPEAKER, Streams
from ledger.envelope import Recorded, make_event
from ledger.families import FAMILIES, organisation_stream
from ledger.parties import LOCAL_AUTHORITY, party_of
from ledger.rectification.checks import FORGERY

_VERIFIED = "rectification.verified"
_FOUND = frozenset({"inspection.performed", "inspection.finding_recorded"})


def failed_rectifications(recorded: Recorded, streams: Streams) -> Iterable[dict[str, Any]]:
    """Return the demands that follow from a failed verification: one for each certificate concerned (S2-47)."""
    event = recorded.event
    if event["type"] != _VERIFIED or event["data"]["outcome"] != "failed" or not recorded.applied:
        return []
    timeline = next(t for r, t in streams.history(recorded.stream, recorded.version) if r.version == recorded.version)
    cause = {"id": event["id"], "source": event["source"]}
    return [
        make_event(
            type_="rectification.decision_demanded",
            source=SPEAKER,
            identity=_identity("demand", recorded, certificate),
            subject=recorded.stream,
            time=recorded.recorded,
            data={"cause": cause, "certificate": certificate, "effective": event["data"]["effective"]},
        )
        for certificate in dict.fromkeys(timeline.tip.certificates)
        if FAMILIES["certificate"].subject.fullmatch(certificate)
    ]


def unknown_certificates(recorded: Recorded, streams: Streams) -> Iterable[dict[str, Any]]:
    """Return the leads that follow where a local inspection saw a certificate that the ledger did not know (S4-106).

    What was recorded after the inspection plays no part: a certificate that is reported late takes the lead's ground
    away, and the authority dismisses it.
    """
    event, data = recorded.event, recorded.event["data"]
    party = party_of(event["source"])
    if event["type"] not in _FOUND or not recorded.applied or party is None or party.kind != LOCAL_AUTHORITY:
        return []
    inspected = _inspected(recorded, streams)
    if inspected is None:
        return []
    return [
        make_event(
            type_="case.lead_registered",
            source=SPEAKER,
            identity=_identity("lead", recorded, certificate),
            subject=f"case:{event['source']}:{_identity('lead', recorded, certificate)}",
            time=recorded.recorded,
            data={
                "causes": [{"id": event["id"], "source": event["source"]}],
                "certificates": [certificate],
                "effective": data["effective"],
                "inspections": [recorded.stream],
                "lead": "ledger_check",
                "region": inspected["region"],
                "target": organisation_stream(inspected["organisation"]),
                "violation": "现场出示的证书在账本中无记录 A certificate shown on site is unknown to the ledger",
                "violations": [FORGERY],
            },
        )
        for certificate in dict.fromkeys(data.get("certificates") or ())
        if FAMILIES["certificate"].subject.fullmatch(certificate) and _is_unknown(certificate, recorded, streams)
    ]


def _inspected(recorded: Recorded, streams: Streams) -> dict[str, Any] | None:
    for each, _ in streams.history(recorded.stream, recorded.version):
        if each.event["type"] == "inspection.performed":
            found: dict[str, Any] = each.event["data"]
            return found
    return None


def _is_unknown(certificate: str, recorded: Recorded, streams: Streams) -> bool:
    first = next(iter(streams.history(certificate, 1)), None)
    return first is None or first[0].position > recorded.position


def _identity(kind: str, recorded: Recorded, certificate: str) -> str:
    named = f"{recorded.event['source']}\n{recorded.event['id']}\n{certificate}"
    return f"{kind}-{sha256(named.encode()).hexdigest()[:32]}"
