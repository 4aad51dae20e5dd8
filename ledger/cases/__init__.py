"""The family of cases: opening, penalty, closure. A penalty changes no certificate's status."""

from ledger.cases.events import EVENTS
from ledger.cases.state import MACHINE, CaseState

__all__ = ["EVENTS", "MACHINE", "CaseState"]
