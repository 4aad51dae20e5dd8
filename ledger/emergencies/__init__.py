"""The family of emergency plans (应急预案): their versions by days, and each activation of the one in force. S0-57."""

from ledger.emergencies.events import EVENTS
from ledger.emergencies.state import MACHINE, EmergencyState

__all__ = ["EVENTS", "MACHINE", "EmergencyState"]
