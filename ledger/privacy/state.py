"""An erasure is said once: its stream holds one event, since what is gone cannot go again."""

from dataclasses import dataclass

from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class ErasureState:
    """Whether the erasure was recorded."""

    recorded: bool = False


class ErasureMachine:
    """Steps along one erasure."""

    def start(self) -> ErasureState:
        """Return the state before the erasure."""
        return ErasureState()

    def step(self, state: ErasureState, _fact: Fact) -> ErasureState | Illegal:
        """Return the state after the erasure, or that it was recorded before."""
        return Illegal("erasure_recorded") if state.recorded else ErasureState(recorded=True)


MACHINE = ErasureMachine()
