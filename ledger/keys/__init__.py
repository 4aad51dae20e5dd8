"""The family of signing keys: registration with proof of possession, revocation, compromise; one stream a key."""

from ledger.keys.events import EVENTS
from ledger.keys.state import MACHINE, KeyState

__all__ = ["EVENTS", "MACHINE", "KeyState"]
