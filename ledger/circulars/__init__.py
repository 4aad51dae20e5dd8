"""The family of circulars: bulletins, circulated criticism, public circulars and notices to many."""

from ledger.circulars.events import EVENTS
from ledger.circulars.state import MACHINE, CircularState

__all__ = ["EVENTS", "MACHINE", "CircularState"]
