"""The record of readings only grows: an anchor of fewer rows than the last one contradicts it."""

from dataclasses import dataclass

from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class ReadsState:
    """How long the record was when it was anchored last, and its head then."""

    size: int = 0
    head: str = ""


class ReadsMachine:
    """Steps along the anchors."""

    def start(self) -> ReadsState:
        """Return the state before the first anchor."""
        return ReadsState()

    def step(self, state: ReadsState, fact: Fact) -> ReadsState | Illegal:
        """Return the state after an anchor, or why it may not stand here."""
        if fact.data["size"] <= state.size:
            return Illegal("reads_not_growing", pointer="/size")
        return ReadsState(fact.data["size"], fact.data["head"])


MACHINE = ReadsMachine()
