"""A call for returns with who gave one and when, or a matter that was reported or asked upward."""

from dataclasses import dataclass, replace

from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class ReportState:
    """What was called for or brought up; ``returns`` holds for each party the day of its first return."""

    kind: str = ""
    owner: str = ""
    to: str = ""
    due: str = ""
    written: bool = False
    owed_by: tuple[str, ...] = ()
    returns: tuple[tuple[str, str], ...] = ()
    answered: str = ""

    def missing(self, day: str) -> tuple[str, ...]:
        """Return who owes a return and has given none by a day, the call's last day being in time (S2-48)."""
        given = {party for party, on in self.returns if on <= day}
        return tuple(party for party in self.owed_by if party not in given)

    def late(self) -> tuple[str, ...]:
        """Return who gave a return after the last day."""
        return tuple(party for party, on in self.returns if on > self.due)


class ReportMachine:
    """Steps along one report's effective timeline."""

    def start(self) -> ReportState:
        """Return the state of a report of which nothing was said."""
        return ReportState()

    def step(self, state: ReportState, fact: Fact) -> ReportState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        name, data = fact.type.removeprefix("report."), fact.data
        if name in {"called", "accident_reported", "instruction_requested"}:
            if state.kind:
                return Illegal("report_already_opened")
            return replace(
                state,
                kind=name,
                owner=fact.source,
                to=data.get("to", ""),
                due=data.get("due", ""),
                written=data.get("written", False),
                owed_by=tuple(dict.fromkeys(data.get("owed_by", ()))),
            )
        if not state.kind:
            return Illegal("report_not_opened", may_wait=True, pointer="/effective")
        if name == "instruction_given":
            return _instruction_given(state, fact)
        return _submitted(state, fact)


def _instruction_given(state: ReportState, fact: Fact) -> ReportState | Illegal:
    if state.kind != "instruction_requested":
        return Illegal("no_instruction_requested")
    if fact.source != state.to:
        return Illegal("not_asked", pointer="/source", params=(("asked", state.to),))
    return replace(state, answered=state.answered or fact.effective)


def _submitted(state: ReportState, fact: Fact) -> ReportState | Illegal:
    if fact.source not in state.owed_by:
        return Illegal("return_not_owed", pointer="/source", params=(("source", fact.source),))
    if state.written and fact.data.get("document") is None:
        return Illegal("return_in_writing", pointer="/document")
    if any(party == fact.source for party, _ in state.returns):
        return state
    return replace(state, returns=(*state.returns, (fact.source, fact.effective)))


MACHINE = ReportMachine()
