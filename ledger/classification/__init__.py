"""The family of classifications: what a bureau and, apart from it, a body hold a subject to be, and by which rules."""

from ledger.classification.events import EVENTS
from ledger.classification.state import MACHINE, ClassificationState

__all__ = ["EVENTS", "MACHINE", "ClassificationState"]
