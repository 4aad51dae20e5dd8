"""A case from opening to closure; nothing but a correction follows closure."""

from dataclasses import dataclass, replace

from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class CaseState:
    """Against whom the case is, what was decided, and whether it is closed."""

    opened: bool = False
    target: str = ""
    decisions: tuple[str, ...] = ()
    closed: bool = False


class CaseMachine:
    """Steps along one case's effective timeline."""

    def start(self) -> CaseState:
        """Return the state of a case of which nothing was said."""
        return CaseState()

    def step(self, state: CaseState, fact: Fact) -> CaseState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        if fact.type == "case.opened":
            if state.opened:
                return Illegal("case_already_opened")
            return replace(state, opened=True, target=fact.data["target"])
        if not state.opened:
            return Illegal("case_not_opened", may_wait=True, pointer="/effective")
        if state.closed:
            return Illegal("case_closed")
        if fact.type == "case.penalty_decided":
            if fact.data["document_number"] in state.decisions:
                return Illegal("decision_already_recorded", pointer="/document_number")
            return replace(state, decisions=(*state.decisions, fact.data["document_number"]))
        return replace(state, closed=True)


MACHINE = CaseMachine()
