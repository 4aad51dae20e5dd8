"""A circular is said once, within its issuer's area; only a correction follows it."""

from dataclasses import dataclass

from ledger.facts import Fact
from ledger.scope import scope_objection
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class CircularState:
    """Which kind of circular was issued, ``""`` for none."""

    kind: str = ""


class CircularMachine:
    """Steps along one circular's effective timeline."""

    def start(self) -> CircularState:
        """Return the state of a circular of which nothing was said."""
        return CircularState()

    def step(self, state: CircularState, fact: Fact) -> CircularState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        if state.kind:
            return Illegal("circular_already_issued")
        return scope_objection(fact, fact.data["scope"]) or CircularState(fact.type.removeprefix("circular."))


MACHINE = CircularMachine()
