"""The family of trainings (业务培训、法规宣贯、案卷评查、法制讲座): held once, in one of the listed forms. S0-65."""

from ledger.trainings.events import EVENTS
from ledger.trainings.state import MACHINE, TrainingState

__all__ = ["EVENTS", "MACHINE", "TrainingState"]
