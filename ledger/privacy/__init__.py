"""The family of erasures, and what is personal: which fields there are, who must erase them, and on what ground."""

from ledger.privacy.events import EVENTS
from ledger.privacy.state import MACHINE

__all__ = ["EVENTS", "MACHINE"]
