"""The versions of one rule set, in the order of their days."""

from dataclasses import dataclass

from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class RuleSetState:
    """The versions published."""

    versions: tuple[str, ...] = ()


class RuleSetMachine:
    """Steps along one rule set's effective timeline."""

    def start(self) -> RuleSetState:
        """Return the state of a rule set without a version."""
        return RuleSetState()

    def step(self, state: RuleSetState, fact: Fact) -> RuleSetState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        if fact.data["version"] in state.versions:
            return Illegal("rule_version_taken", pointer="/version")
        return RuleSetState((*state.versions, fact.data["version"]))


MACHINE = RuleSetMachine()
