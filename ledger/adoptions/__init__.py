"""The family of adoptions: who relies on a certificate, and so is told when its status changes. S4-56."""

from ledger.adoptions.events import EVENTS
from ledger.adoptions.state import MACHINE, AdoptionState

__all__ = ["EVENTS", "MACHINE", "AdoptionState"]
