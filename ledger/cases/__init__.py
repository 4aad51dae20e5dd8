"""The family of cases, from lead to report. A penalty changes no certificate's status."""

from ledger.cases.events import EVENTS
from ledger.cases.record import CaseState
from ledger.cases.state import MACHINE

__all__ = ["EVENTS", "MACHINE", "CaseState"]
