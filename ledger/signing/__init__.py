"""The family of signing policies: whose statements must be signed, and by whom; one stream a party."""

from ledger.signing.events import EVENTS
from ledger.signing.state import MACHINE, SigningState

__all__ = ["EVENTS", "MACHINE", "SigningState"]
