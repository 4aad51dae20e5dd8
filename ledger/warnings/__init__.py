"""Two families: risk signals with their four stages, and early warnings (预警), which are no penalty (警告)."""

from ledger.warnings.events import RISK_EVENTS, WARNING_EVENTS
from ledger.warnings.state import RISK_MACHINE, WARNING_MACHINE, RiskState, WarningState

__all__ = ["RISK_EVENTS", "RISK_MACHINE", "WARNING_EVENTS", "WARNING_MACHINE", "RiskState", "WarningState"]
