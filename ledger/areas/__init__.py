"""The family of areas: a place that a superior listed for rectification (挂牌整治), until it is delisted."""

from ledger.areas.events import EVENTS
from ledger.areas.state import MACHINE, AreaState

__all__ = ["EVENTS", "MACHINE", "AreaState"]
