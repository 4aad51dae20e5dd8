"""An inspection and its findings: open until verified as corrected."""

from dataclasses import dataclass, replace

from ledger.facts import Fact
from ledger.parties import BODY, party_of
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class InspectionState:
    """What was performed, and which findings are open or closed."""

    performed: bool = False
    organisation: str = ""
    performed_by: str = ""
    open_findings: frozenset[str] = frozenset()
    closed_findings: frozenset[str] = frozenset()


class InspectionMachine:
    """Steps along one inspection's effective timeline."""

    def start(self) -> InspectionState:
        """Return the state of an inspection of which nothing was said."""
        return InspectionState()

    def step(self, state: InspectionState, fact: Fact) -> InspectionState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        name = fact.type.removeprefix("inspection.")
        if name == "performed":
            if state.performed:
                return Illegal("inspection_already_performed")
            return replace(state, performed=True, organisation=fact.data["organisation"], performed_by=fact.source)
        if not state.performed:
            return Illegal("inspection_not_performed", may_wait=True, pointer="/effective")
        speaker = party_of(fact.source)
        if speaker is not None and speaker.kind == BODY and fact.source != state.performed_by:
            return Illegal("not_own_inspection", pointer="/source", params=(("source", fact.source),))
        finding = str(fact.data.get("finding", ""))
        if name == "finding_recorded":
            if finding in state.open_findings | state.closed_findings:
                return Illegal("finding_already_recorded", pointer="/finding")
            return replace(state, open_findings=state.open_findings | {finding})
        if name == "finding_closed":
            if finding not in state.open_findings:
                return Illegal("finding_not_open", may_wait=True, pointer="/finding")
            return replace(
                state,
                open_findings=state.open_findings - {finding},
                closed_findings=state.closed_findings | {finding},
            )
        return state


MACHINE = InspectionMachine()
