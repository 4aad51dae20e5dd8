"""The family of organisations: register data and bars from certification."""

from ledger.organisations.events import EVENTS
from ledger.organisations.state import MACHINE, OrganisationState

__all__ = ["EVENTS", "MACHINE", "OrganisationState"]
