"""The family of signatories: registration, employment by one body at a time, bans."""

from ledger.people.events import EVENTS
from ledger.people.state import MACHINE, PersonState

__all__ = ["EVENTS", "MACHINE", "PersonState"]
