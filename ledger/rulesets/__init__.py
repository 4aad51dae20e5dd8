"""The family of rule sets: how a class follows from factors, and which measures follow from a class, by version."""

from ledger.rulesets.events import EVENTS
from ledger.rulesets.state import MACHINE, RuleSetState

__all__ = ["EVENTS", "MACHINE", "RuleSetState"]
