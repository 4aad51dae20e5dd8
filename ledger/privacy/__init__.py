"""What is personal: fields that can be erased, the family of erasures, and numbers that must never be recorded."""

from ledger.privacy.events import EVENTS
from ledger.privacy.state import MACHINE

__all__ = ["EVENTS", "MACHINE"]
