"""The standing of an organisation: its register data and whether it may be certified on a day."""

from dataclasses import dataclass, replace

from ledger.days import FOREVER, Day
from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class OrganisationState:
    """Register data, and the bars with their last days."""

    name_zh: str = ""
    name_en: str | None = None
    region: str | None = None
    address: str | None = None
    credit_code: str | None = None
    bars: tuple[tuple[str, Day], ...] = ()

    def bar_on(self, day: Day) -> str | None:
        """Return the kind of the bar that forbids certification on a day, if any."""
        return next((kind for kind, until in self.bars if day <= until), None)


class OrganisationMachine:
    """Steps along one organisation's effective timeline."""

    def start(self) -> OrganisationState:
        """Return the standing of an organisation about which nothing was said."""
        return OrganisationState()

    def step(self, state: OrganisationState, fact: Fact) -> OrganisationState | Illegal:
        """Return the standing after the fact, or why the fact may not stand here."""
        data, name = fact.data, fact.type.removeprefix("organisation.")
        if name == "registered":
            said = data["organisation"]
            return replace(
                state,
                name_zh=said["name_zh"],
                name_en=said.get("name_en"),
                region=said.get("region"),
                address=said.get("address"),
                credit_code=said.get("code"),
            )
        if name == "renamed":
            return replace(state, name_zh=data["name_zh"], name_en=data.get("name_en", state.name_en))
        if name == "moved":
            return replace(state, region=data["region"], address=data["address"])
        if name == "barred":
            until = data.get("until") or FOREVER
            longest = max(until, *(last for kind, last in state.bars if kind == data["kind"]), "")
            kept = tuple(bar for bar in state.bars if bar[0] != data["kind"])
            return replace(state, bars=(*kept, (data["kind"], longest)))
        if not any(kind == data["kind"] for kind, _ in state.bars):
            return Illegal("not_barred", may_wait=True, pointer="/kind")
        return replace(state, bars=tuple(bar for bar in state.bars if bar[0] != data["kind"]))


MACHINE = OrganisationMachine()
