"""The certificate's state machine: which fact may follow which, and why another may not stand there.

End states admit only side facts, annulment and, after expiry, restoration.
"""

from ledger.certificates.decisions import DECISIONS, OPENING, restored_after_expiry
from ledger.certificates.side_facts import SIDE
from ledger.certificates.state import START, CertificateState
from ledger.codes.statuses import Status
from ledger.facts import Fact
from ledger.timeline import Illegal

_ENDED = frozenset({Status.WITHDRAWN, Status.CANCELLED, Status.REFUSED})


class CertificateMachine:
    """Steps along one certificate's effective timeline."""

    def start(self) -> CertificateState:
        """Return the state of a number under which nothing was said."""
        return START

    def step(self, state: CertificateState, fact: Fact) -> CertificateState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        opening = OPENING.get(fact.type)
        if opening is not None:
            return opening(state, fact)
        if state.status is Status.NOT_ISSUED:
            return Illegal("certificate_not_issued", may_wait=True, pointer="/effective")
        side = SIDE.get(fact.type)
        if side is not None:
            return side(state, fact)
        if state.annulled:
            return Illegal("certificate_has_ended", params=(("status", "annulled"),))
        if state.status in _ENDED:
            return Illegal("certificate_has_ended", params=(("status", state.status.value),))
        gone = state.status is Status.EXPIRED or fact.effective > state.expires
        if fact.type == "certificate.restored_after_expiry":
            if not gone:
                return Illegal("certificate_not_expired", may_wait=True, pointer="/effective")
            return restored_after_expiry(state, fact)
        if gone:
            return Illegal("after_expiry", may_wait=True, pointer="/effective", params=(("day", state.expires),))
        admitted, step = DECISIONS[fact.type]
        if state.status not in admitted:
            return Illegal("not_in_this_status", may_wait=True, params=(("status", state.status.value),))
        return step(state, fact)


MACHINE = CertificateMachine()
