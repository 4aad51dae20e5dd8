"""What a certificate's status and validity are on a day: the state of the timeline, read against the calendar.

Status and validity are two answers: a suspended CCC certificate is invalid, a suspended IATF one is valid.
The ledger flags what is overdue; it never decides for the issuing body.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ledger.certificates.machine import MACHINE
from ledger.certificates.state import CertificateState, rules_for
from ledger.codes.statuses import Status, Validity
from ledger.days import Day, add_months
from ledger.facts import Fact
from ledger.timeline import Timeline, states


@dataclass(frozen=True, slots=True)
class Period:
    """The state from one day on, until the next period begins; ``version`` is the fact that began it."""

    begins: Day
    version: int
    state: CertificateState


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and validity on a day, with the flags that hold then (keys of the message catalogue)."""

    status: Status
    validity: Validity
    flags: tuple[str, ...]


def periods(timeline: Timeline[CertificateState]) -> list[Period]:
    """Return the certificate's periods by day; facts of one day make one period, the last of them wins.

    Annulment works from the day of issue: then the one period says so, as far as is known now.
    """
    if timeline.tip.annulled:
        begins = timeline.tip.issued or timeline.tip.since
        return [Period(begins, _annulment(timeline.applied), replace(timeline.tip, since=begins))]
    found: list[Period] = []
    for fact, state in states(MACHINE, timeline.applied):
        period = Period(fact.effective, fact.version, state)
        if found and found[-1].begins == fact.effective:
            found[-1] = period
        else:
            found.append(period)
    return found


def answer(state: CertificateState, day: Day) -> Answer:
    """Return status, validity and flags of a state on a day (China time)."""
    status = state.status
    flags: list[str] = []
    if status in {Status.VALID, Status.SUSPENDED, Status.EXPIRED}:
        if day > state.expires:
            if state.suspended_until is not None:
                flags.append("was_suspended_at_expiry")
            status = Status.EXPIRED
        elif status is Status.EXPIRED:
            status = Status.VALID if state.suspended_until is None else Status.SUSPENDED
    validity = Validity.INVALID
    if status is Status.VALID:
        validity = Validity.VALID
        gap = rules_for(state, day).surveillance_gap_months
        if gap is not None and day > add_months(state.last_surveillance, gap):
            flags.append("surveillance_overdue")
    elif status is Status.SUSPENDED:
        if rules_for(state, day).suspended_is_valid:
            validity = Validity.VALID
        if day > (state.suspended_until or day):
            flags.append("suspension_overdue")
        if state.suspended_late:
            flags.append("suspended_late")
    if state.ended_by in {"replacement", "transfer", "annulment"} and status is not Status.EXPIRED:
        flags.append({"replacement": "replaced", "transfer": "transferred", "annulment": "annulled"}[state.ended_by])
    if state.status not in {Status.NOT_ISSUED, Status.REFUSED} and not state.head_signed:
        flags.append("head_signature_missing")
    return Answer(status, validity, (*flags, *_side_flags(state, day)))


def _side_flags(state: CertificateState, day: Day) -> list[str]:
    """Return what authorities and appeals add: it stands beside the status and changes none."""
    flags = []
    if state.holds:
        flags.append("regulatory_hold")
    if state.appeals:
        flags.append("appeal_open")
    if any(day > due for _, _, due in state.orders):
        flags.append("order_overdue")
    elif state.orders:
        flags.append("order_open")
    return flags


def _annulment(applied: Iterable[Fact]) -> int:
    return next(fact.version for fact in applied if fact.type == "certificate.annulled")
