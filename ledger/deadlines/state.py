"""That a deadline passed is said once."""

from dataclasses import dataclass

from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class PassedState:
    """Whether it was said, and who is responsible."""

    passed: bool = False
    responsible: str = ""


class PassedMachine:
    """Steps along one deadline's timeline."""

    def start(self) -> PassedState:
        """Return the state of a deadline of which nothing was said."""
        return PassedState()

    def step(self, state: PassedState, fact: Fact) -> PassedState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        return Illegal("deadline_already_passed") if state.passed else PassedState(True, fact.data["responsible"])


MACHINE = PassedMachine()
