"""A training activity is held once, in a form of its day; only a correction follows it."""

from dataclasses import dataclass

from ledger.codes.trainings import is_form
from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class TrainingState:
    """The form in which it was held, empty before."""

    form: str = ""


class TrainingMachine:
    """Steps along one training's effective timeline."""

    def start(self) -> TrainingState:
        """Return the state of a training of which nothing was said."""
        return TrainingState()

    def step(self, state: TrainingState, fact: Fact) -> TrainingState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        if state.form:
            return Illegal("training_already_held")
        after = TrainingState(fact.data["form"])
        if not is_form(after.form, fact.effective):
            named = (("form", after.form), ("day", fact.effective))
            return Illegal("training_form_not_in_force", pointer="/form", params=named, regardless=after)
        return after


MACHINE = TrainingMachine()
