"""The family of passed deadlines: the ledger's clock says once that a thing due was not done in time. S0-21."""

from ledger.deadlines.events import EVENTS
from ledger.deadlines.state import MACHINE, PassedState

__all__ = ["EVENTS", "MACHINE", "PassedState"]
