"""Each root of the status map has one successor: the clock cannot record two, nor one that covers less."""

from dataclasses import dataclass

from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class MapRootState:
    """The root that was recorded after another one."""

    size: int = 0
    root: str = ""


class MapRootMachine:
    """Steps along the timeline of the roots after one root: one fact and no other."""

    def start(self) -> MapRootState:
        """Return the state before the root was recorded."""
        return MapRootState()

    def step(self, state: MapRootState, fact: Fact) -> MapRootState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        if state.size:
            return Illegal("map_root_already_recorded")
        if fact.data["size"] <= fact.data["previous"]:
            return Illegal("map_root_covers_less", pointer="/size")
        return MapRootState(int(fact.data["size"]), str(fact.data["root"]))


MACHINE = MapRootMachine()
