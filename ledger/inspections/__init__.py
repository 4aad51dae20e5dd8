"""The family of inspections: what was inspected, what was found, what a sample showed. Domain T21."""

from ledger.inspections.events import EVENTS
from ledger.inspections.state import MACHINE, InspectionState

__all__ = ["EVENTS", "MACHINE", "InspectionState"]
