"""What others may do to a certificate beside its body's decisions: annulment, orders, holds and appeals.

They are admitted in end states too, and leave the status alone, save that annulment ends it from its beginning.
"""

from collections.abc import Sequence

from ledger.access.lifting import lifting_row, may_lift
from ledger.certificates.state import CertificateState, Step, replace
from ledger.codes.identifiers import organisation_key
from ledger.codes.statuses import Status
from ledger.facts import Fact
from ledger.timeline import Illegal


def _annulled(state: CertificateState, _: Fact) -> CertificateState | Illegal:
    if state.annulled or state.status is Status.REFUSED:
        ended = "annulled" if state.annulled else state.status.value
        return Illegal("certificate_has_ended", params=(("status", ended),))
    return replace(
        state,
        status=Status.WITHDRAWN,
        annulled=True,
        ended_by="annulment",
        reason_table=None,
        reason_code=None,
    )


def _order_issued(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    order = (fact.data["document_number"], fact.data["demands"], fact.data["due"])
    return replace(state, orders=(*state.orders, order))


def _hold_placed(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    return _held(state, (*zip(state.holds, state.held_by, strict=True), (fact.data["document_number"], fact.source)))


def _hold_lifted(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    number = fact.data["document_number"]
    holds = tuple(zip(state.holds, state.held_by, strict=True))
    if number not in state.holds:
        return Illegal("hold_not_placed", may_wait=True, pointer="/document_number")
    theirs = [placed_by for each, placed_by in holds if each == number]
    liftable = {placed_by for placed_by in theirs if may_lift(fact.source, placed_by, fact.effective)}
    if not liftable:
        row = lifting_row(fact.source, fact.effective)
        named = (("source", fact.source), ("placed_by", ", ".join(theirs)), ("row", row))
        lifted = _held(state, tuple(each for each in holds if each[0] != number))
        return Illegal("hold_of_another", pointer="/source", params=named, regardless=lifted)
    return _held(state, tuple(each for each in holds if each[0] != number or each[1] not in liftable))


def _held(state: CertificateState, holds: Sequence[tuple[str, str]]) -> CertificateState:
    return replace(state, holds=tuple(n for n, _ in holds), held_by=tuple(p for _, p in holds))


def _appeal_opened(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    holder = (state.details.get("holder") or {}).get("code")
    if holder is not None and organisation_key(holder) != organisation_key(fact.source.partition(":")[2]):
        # A stranger's appeal, held before the holder was known: it opens nothing, and forbids nothing either.
        return state
    return replace(state, appeals=(*state.appeals, fact.data["appeal_number"]))


def _appeal_decided(state: CertificateState, fact: Fact) -> CertificateState | Illegal:
    number = fact.data["appeal_number"]
    if number not in state.appeals:
        return Illegal("appeal_not_opened", may_wait=True, pointer="/appeal_number")
    return replace(state, appeals=tuple(a for a in state.appeals if a != number))


SIDE: dict[str, Step] = {
    "certificate.annulled": _annulled,
    "certificate.order_issued": _order_issued,
    "certificate.hold_placed": _hold_placed,
    "certificate.hold_lifted": _hold_lifted,
    "certificate.appeal_opened": _appeal_opened,
    "certificate.appeal_decided": _appeal_decided,
}
