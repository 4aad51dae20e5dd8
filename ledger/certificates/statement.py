"""The status of a certificate in one plain statement, derived from its events alone; a receipt's is derived again.

What rests on other streams is not in it: whether the issuing body is approved is not said here.
"""

from collections.abc import Sequence
from typing import Any

from ledger import timeline as timelines
from ledger.certificates.answer import answer, periods
from ledger.certificates.machine import MACHINE
from ledger.certificates.state import CertificateState, rules_for
from ledger.codes.statuses import Status
from ledger.days import Day, add_days
from ledger.decide import evolve
from ledger.envelope import open_recorded
from ledger.evidence.receipt import StatusReceipt
from ledger.evidence.receiptcheck import Checked
from ledger.timeline import Timeline

NEVER_REGISTERED: dict[str, Any] = {"registered": False}
# What a stranger's file makes the fold stumble over; none of it is a fault of ours.
_STUMBLES = (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError)


def timeline_from(entries: Sequence[bytes]) -> Timeline[CertificateState]:
    """Return the timeline that a certificate's recorded events add up to, in order of their versions."""
    timeline = timelines.empty(MACHINE)
    for entry in entries:
        timeline = evolve(timeline, open_recorded(0, entry))
    return timeline


def statement(timeline: Timeline[CertificateState], day: Day) -> dict[str, Any]:
    """Return what holds on a China day as plain JSON; ``held`` counts facts that wait for another one."""
    found = [period.state for period in periods(timeline) if period.begins <= day]
    state = found[-1] if found else CertificateState()
    answered = answer(state, day)
    return {
        "registered": True,
        "status": answered.status.value,
        "validity": answered.validity.value,
        "flags": list(answered.flags),
        "since": _since(state, answered.status),
        "issued": state.issued or None,
        "first_issued": state.first_issued or None,
        "expires": state.expires or None,
        "suspended_from": state.suspended_from,
        "suspended_until": state.suspended_until,
        "reason": {"table": state.reason_table, "code": state.reason_code} if state.reason_code else None,
        "ended_by": state.ended_by,
        "held": len(timeline.held),
        "rules": rules_for(state, day).version if state.scheme_class else None,
    }


def _since(state: CertificateState, status: Status) -> Day | None:
    """Return the first day of the status; the calendar's expiry begins on the day after the last day of validity."""
    if status is Status.EXPIRED and state.expires:
        return add_days(state.expires, 1)
    return state.since or None


def state_of(receipt: StatusReceipt) -> CertificateState | None:
    """Return the state on the receipt's day, ``None`` where its events do not tell."""
    entries = [each.entry for each in receipt.events if each.entry is not None]
    if not entries or len(entries) < len(receipt.events):
        return None
    found = [each.state for each in periods(timeline_from(entries)) if each.begins <= receipt.as_of]
    return found[-1] if found else CertificateState()


def derive(checked: Checked) -> None:
    """Derive the status from the receipt's events, and report where it is not what the receipt states."""
    receipt, report = checked.receipt, checked.report
    if receipt is None or not receipt.events:
        if receipt is not None and dict(receipt.statement) != NEVER_REGISTERED:
            report.add("STATUS_CONTRADICTED", stream=receipt.stream, detail="never registered")
        return
    entries = [each.entry for each in receipt.events if each.entry is not None]
    if len(entries) < len(receipt.events):
        report.add("STATUS_NOT_DERIVED", stream=receipt.stream)
        return
    try:
        derived = statement(timeline_from(entries), receipt.as_of)
    except _STUMBLES as error:
        report.add("STATUS_CONTRADICTED", stream=receipt.stream, detail=f"the events do not add up: {error!r}")
        return
    stated = dict(receipt.statement)
    if derived == stated:
        return
    if derived["rules"] != stated.get("rules"):
        detail = f"rules {derived['rules']}, the receipt used {stated.get('rules')!s:.80}"
        report.add("STATUS_NOT_DERIVED", stream=receipt.stream, detail=detail)
        return
    wrong = sorted(name for name in {*derived, *stated} if derived.get(name) != stated.get(name))
    report.add("STATUS_CONTRADICTED", stream=receipt.stream, detail=", ".join(wrong)[:200])
