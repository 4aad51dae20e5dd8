"""The family of certification consulting bodies (认证咨询机构): admission to the market, and violations. S0-42."""

from ledger.consultants.events import EVENTS
from ledger.consultants.state import MACHINE, ConsultantState

__all__ = ["EVENTS", "MACHINE", "ConsultantState"]
