"""A consulting body is admitted from an admission to its end or withdrawal, and on no other day."""

from dataclasses import dataclass, replace
from typing import Literal

from ledger.days import FOREVER, Day
from ledger.facts import Fact
from ledger.timeline import Illegal

Admission = Literal["", "admitted", "refused", "withdrawn"]


@dataclass(frozen=True, slots=True)
class ConsultantState:
    """What was decided last on its admission, through which day, and how often it broke the rules."""

    admission: Admission = ""
    until: Day = ""
    name_zh: str = ""
    region: str | None = None
    violations: int = 0

    def is_admitted(self, day: Day) -> bool:
        """Tell whether it is admitted on a day no earlier than the last decision."""
        return self.admission == "admitted" and day <= self.until


class ConsultantMachine:
    """Steps along one consulting body's effective timeline."""

    def start(self) -> ConsultantState:
        """Return the state of a consulting body of which nothing was said."""
        return ConsultantState()

    def step(self, state: ConsultantState, fact: Fact) -> ConsultantState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        name, data = fact.type.removeprefix("consultant."), fact.data
        if name == "violation_recorded":
            return replace(state, violations=state.violations + 1)
        if name == "admitted":
            until = data.get("until") or FOREVER
            return ConsultantState("admitted", until, data["name_zh"], data["region"], state.violations)
        if name == "admission_refused":
            if state.is_admitted(fact.effective):
                return Illegal("consultant_is_admitted", pointer="/effective")
            return ConsultantState("refused", "", data["name_zh"], data["region"], state.violations)
        if not state.is_admitted(fact.effective):
            return Illegal("consultant_not_admitted", may_wait=state.admission != "withdrawn", pointer="/effective")
        return replace(state, admission="withdrawn", until="")


MACHINE = ConsultantMachine()
