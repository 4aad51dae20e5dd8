"""The family of authorities: bureaux, their units, powers and responsibilities, and who follows whom."""

from ledger.authorities.events import EVENTS
from ledger.authorities.state import MACHINE, AuthorityState

__all__ = ["EVENTS", "MACHINE", "AuthorityState"]
