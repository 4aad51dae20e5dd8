"""The family of double-random draws: pools and seed are committed before, anyone recomputes the draw afterwards."""

from ledger.draws.events import EVENTS
from ledger.draws.state import MACHINE, DrawState

__all__ = ["EVENTS", "MACHINE", "DrawState"]
