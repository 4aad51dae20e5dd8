"""The classes of one subject by one party, each purpose by itself; the last on the effective timeline holds."""

from dataclasses import dataclass, replace

from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class ClassificationState:
    """Class by purpose, and stated factors by name."""

    classes: tuple[tuple[str, str], ...] = ()
    factors: tuple[tuple[str, str], ...] = ()


class ClassificationMachine:
    """Steps along one classification's effective timeline."""

    def start(self) -> ClassificationState:
        """Return the state of a subject that nobody classified."""
        return ClassificationState()

    def step(self, state: ClassificationState, fact: Fact) -> ClassificationState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        data = fact.data
        if fact.type == "classification.factor_stated":
            return replace(state, factors=_put(state.factors, data["factor"], data["value"]))
        if fact.type == "classification.assigned":
            if (fact.source, fact.id) in {(each["source"], each["id"]) for each in data["inputs"]}:
                return Illegal("class_rests_on_itself", pointer="/inputs")
            return replace(state, classes=_put(state.classes, data["purpose"], data["class_code"]))
        return state


def _put(pairs: tuple[tuple[str, str], ...], name: str, value: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({**dict(pairs), name: value}.items()))


MACHINE = ClassificationMachine()
