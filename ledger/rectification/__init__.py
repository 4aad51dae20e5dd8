"""The family of rectifications: what becomes of one finding, from its cause to its disposition."""

from ledger.rectification.events import EVENTS
from ledger.rectification.state import MACHINE, RectificationState

__all__ = ["EVENTS", "MACHINE", "RectificationState"]
