"""Spot check results go only to the body that certified the organisation, and only on its request (S2-76)."""

import re
from collections.abc import Callable
from typing import Any

from ledger.access.audience import party_key
from ledger.certificates.machine import MACHINE
from ledger.certificates.state import CertificateState
from ledger.codes.statuses import Status
from ledger.days import Day
from ledger.timeline import Illegal, Timeline, states

GRANTED = "notice.request_granted"
_CLIENT = frozenset({Status.VALID, Status.SUSPENDED})


def is_client(
    certificate: str | None, timeline: Timeline[CertificateState], body: str, organisation: str, day: Day
) -> bool:
    """Tell whether a certificate makes an organisation the body's client on a day."""
    if certificate is None or not certificate.startswith(f"certificate:{body}:"):
        return False
    state = CertificateState()
    for fact, after in states(MACHINE, timeline.applied):
        if fact.effective <= day:
            state = after
    holder = (state.details.get("holder") or {}).get("code")
    is_holder = bool(holder) and party_key(f"organisation:{holder}") == party_key(organisation)
    return is_holder and state.status in _CLIENT and not state.annulled and day <= state.expires


def grant_objection(
    type_name: str, data: Any, own: Timeline[Any], standing: Callable[[str], Timeline[Any]]
) -> Illegal | None:
    """Return why a grant may not be made: who asked is not the body of a certificate in force of that organisation."""
    if type_name != GRANTED or not own.tip.opened:
        return None
    state, certificate = own.tip, data["certificate"]
    named = (("body", state.sender), ("organisation", state.organisation))
    if not re.fullmatch(rf"certificate:{re.escape(state.sender)}:\S{{1,60}}", certificate):
        return Illegal("not_a_client", pointer="/data/certificate", params=named)
    if is_client(certificate, standing(certificate), state.sender, state.organisation, str(data["effective"])):
        return None
    return Illegal("not_a_client", pointer="/data/certificate", params=named)
