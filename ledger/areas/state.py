"""An area is listed or it is not; it may be listed again."""

from dataclasses import dataclass, replace

from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class AreaState:
    """Since when the area is listed, by which document; empty where it is not."""

    listed: str = ""
    document_number: str = ""


class AreaMachine:
    """Steps along one area's effective timeline."""

    def start(self) -> AreaState:
        """Return the state of an area of which nothing was said."""
        return AreaState()

    def step(self, state: AreaState, fact: Fact) -> AreaState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        if fact.type == "area.listed":
            if state.listed:
                return Illegal("area_already_listed")
            return replace(state, listed=fact.effective, document_number=fact.data["document_number"])
        return (
            replace(state, listed="", document_number="") if state.listed else Illegal("area_not_listed", may_wait=True)
        )


MACHINE = AreaMachine()
