"""An adoption stands from its record to its end, and only the party that adopted ends it.

Its stream begins with the certificate that it is about, so that the log itself lists who relies on a certificate.
"""

from dataclasses import dataclass, replace

from ledger.access.audience import party_key
from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class AdoptionState:
    """Who relies on which certificate, and whether still."""

    adopter: str = ""
    certificate: str = ""
    stands: bool = False


class AdoptionMachine:
    """Steps along one adoption's effective timeline."""

    def start(self) -> AdoptionState:
        """Return the state of an adoption of which nothing was said."""
        return AdoptionState()

    def step(self, state: AdoptionState, fact: Fact) -> AdoptionState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        if fact.type == "adoption.recorded":
            if state.adopter:
                return Illegal("adoption_already_recorded")
            return AdoptionState(party_key(fact.source), fact.data["certificate"], stands=True)
        if not state.adopter:
            return Illegal("adoption_not_recorded", may_wait=True, pointer="/effective")
        if party_key(fact.source) != state.adopter or not state.stands:
            return Illegal("adoption_not_yours" if state.stands else "adoption_ended")
        return replace(state, stands=False)


MACHINE = AdoptionMachine()
