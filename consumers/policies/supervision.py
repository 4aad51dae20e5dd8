"""What follows in supervision by rule: a failed rectification demands a decision, what cannot be right is a lead.

What to submit is a function of the event and of what was recorded before it, so that every delivery says the same. The
ledger demands and points out; the body and the authority decide.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from consumers.policies.holder_bars import SPEAKER, Streams
from ledger.days import Day
from ledger.envelope import Recorded, make_event
from ledger.facts import Fact
from ledger.families import FAMILIES, organisation_stream
from ledger.parties import LOCAL_AUTHORITY, party_of
from ledger.rectification.checks import FORGERY

_VERIFIED = "rectification.verified"
_LOST = frozenset({"body.approval_suspended", "body.approval_withdrawn", "body.approval_cancelled"})
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
                "target": inspected.get("target") or organisation_stream(inspected["organisation"]),
                "violation": "现场出示的证书在账本中无记录 A certificate shown on site is unknown to the ledger",
                "violations": [FORGERY],
            },
        )
        for certificate in dict.fromkeys(data.get("certificates") or ())
        if FAMILIES["certificate"].subject.fullmatch(certificate) and _is_unknown(certificate, recorded, streams)
    ]


def unapproved_issues(recorded: Recorded, streams: Streams) -> Iterable[dict[str, Any]]:
    """Return the leads that follow where a body turns out to have had no approval when it certified (S4-105).

    What a body says without approval is refused; but a loss may be recorded after certificates that it reaches back to.
    From then on the ledger takes none of such a day, so that a later delivery finds the same ones.
    """
    event = recorded.event
    if event["type"] not in _LOST or not recorded.applied:
        return []
    body, since = recorded.stream.partition(":")[2], event["data"]["effective"]
    return [
        make_event(
            type_="case.lead_registered",
            source=SPEAKER,
            identity=_identity("lead", recorded, f"{issue.source}/{issue.id}"),
            subject=f"case:SAMR-{region}:{_identity('lead', recorded, f'{issue.source}/{issue.id}')}",
            time=recorded.recorded,
            data={
                "causes": [{"id": issue.id, "source": issue.source}, {"id": event["id"], "source": event["source"]}],
                "effective": issue.effective,
                "lead": "ledger_check",
                "region": region,
                "target": recorded.stream,
                "target_kind": "body",
                "violation": "认证机构当日无批准而发证 Certified on a day on which the body had no approval",
                "violations": ["illegal_activity"],
            },
        )
        for region, issue in _issued_since(streams, body, since)
    ]


def _issued_since(streams: Streams, body: str, since: Day) -> Iterator[tuple[str, Fact]]:
    """Yield each issue of a body from a day on, with the holder's region."""
    for timeline in streams.certificates_of(body):
        for fact in timeline.applied:
            region = ((fact.data.get("details") or {}).get("holder") or {}).get("region")
            if fact.type == "certificate.issued" and fact.effective >= since and region:
                yield region, fact


def _inspected(recorded: Recorded, streams: Streams) -> dict[str, Any] | None:
    for each, _ in streams.history(recorded.stream, recorded.version):
        if each.event["type"] == "inspection.performed":
            found: dict[str, Any] = each.event["data"]
            return found
    return None


def _is_unknown(certificate: str, recorded: Recorded, streams: Streams) -> bool:
    first = next(iter(streams.history(certificate, 1)), None)
    return first is None or first[0].position > recorded.position


def _identity(kind: str, recorded: Recorded, about: str) -> str:
    named = f"{recorded.event['source']}\n{recorded.event['id']}\n{about}"
    return f"{kind}-{sha256(named.encode()).hexdigest()[:32]}"
