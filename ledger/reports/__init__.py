"""The family of reports upward: returns that were called for, requests for instruction, major accidents."""

from ledger.reports.events import EVENTS
from ledger.reports.state import MACHINE, ReportState

__all__ = ["EVENTS", "MACHINE", "ReportState"]
