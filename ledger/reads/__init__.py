"""The record of readings, as far as the ledger itself vouches for it: its length and its head, from time to time."""

from ledger.reads.events import EVENTS
from ledger.reads.state import MACHINE

__all__ = ["EVENTS", "MACHINE"]
