"""The family of the log itself: the roots of its status map, so that they stand in its own Merkle tree."""

from ledger.maproots.events import EVENTS
from ledger.maproots.state import MACHINE, MapRootState

__all__ = ["EVENTS", "MACHINE", "MapRootState"]
