"""The family of key lists: the products, enterprises and areas that a bureau watches most closely. S1-07, S1-14."""

from ledger.keylists.events import EVENTS
from ledger.keylists.state import MACHINE, KeyListState

__all__ = ["EVENTS", "MACHINE", "KeyListState"]
