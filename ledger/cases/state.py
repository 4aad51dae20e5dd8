"""A case from its lead to its closure and report; nothing but reports, publication and oversight follows closure.

A case whose opening states its procedure takes the whole course: proposal, legal review by another unit, decision on
the law of the act's day. One that states none is an older record: what its authority reported stands by itself.
"""

from ledger.cases.record import CaseState
from ledger.cases.steps import STEPS, Outcome
from ledger.codes.cases import role_of
from ledger.facts import Fact
from ledger.timeline import Illegal

_BEFORE_ALL = frozenset({"lead_registered", "opened", "designated"})
_OF_LEADS = frozenset({"lead_investigated", "lead_dismissed", "referred", "referral_accepted", "referral_returned"})
_OF_BOTH = frozenset(
    {"merged", "evidence_requested", "evidence_provided", "staff_assigned", "flagged_major", "major_reported"}
)
_AFTER_CLOSURE = frozenset(
    {
        "report_submitted", "report_acknowledged", "report_returned", "published", "publication_withdrawn",
        "enforcement_reviewed", "correction_ordered", "correction_made", "file_reviewed", "major_reported",
        "criminal_outcome", "supervision_lifted",
    }
)  # fmt: skip
_UNTIL_RETURNED = frozenset({"penalty_proposed", "legally_reviewed", "penalty_decided", "penalty_executed"})


class CaseMachine:
    """Steps along one case's effective timeline."""

    def start(self) -> CaseState:
        """Return the state of a case of which nothing was said."""
        return CaseState()

    def step(self, state: CaseState, fact: Fact) -> Outcome:
        """Return the state after the fact, or why the fact may not stand here."""
        name = fact.type.removeprefix("case.")
        return _objection(state, name, fact) or STEPS[name](state, fact)


def _objection(state: CaseState, name: str, fact: Fact) -> Illegal | None:
    """Say what forbids a step before its own rule is looked at."""
    if name in _BEFORE_ALL:
        return Illegal("lead_ended") if state.ended else None
    if not state.opened and not (state.lead and (name in _OF_LEADS or name in _OF_BOTH)):
        return Illegal("lead_ended") if state.ended else Illegal("case_not_opened", may_wait=True, pointer="/effective")
    if state.ended:
        return Illegal("lead_ended")
    if state.opened and name in _OF_LEADS:
        return Illegal("case_already_opened")
    if state.closed and name not in _AFTER_CLOSURE:
        return Illegal("case_closed")
    if state.transferred in {"transferred", "accepted"} and name in _UNTIL_RETURNED:
        return Illegal("case_transferred", pointer="/effective")
    wanted = role_of(fact.type, fact.effective)
    unit = fact.data.get("unit")
    if wanted is not None and unit is not None and unit["role"] != wanted:
        return Illegal("unit_not_competent", pointer="/unit", params=(("role", wanted), ("unit", unit["role"])))
    return None


MACHINE = CaseMachine()
