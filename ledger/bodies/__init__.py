"""The family of certification bodies: approval, designation and accreditation. Domain T18."""

from ledger.bodies.events import EVENTS
from ledger.bodies.state import MACHINE, BodyState

__all__ = ["EVENTS", "MACHINE", "BodyState"]
