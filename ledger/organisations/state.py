"""The standing of an organisation: its register data and whether it may be certified on a day."""

from dataclasses import dataclass, replace

from ledger.days import FOREVER, Day
from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar from certification through a last day; without ``projects`` it is about every scheme."""

    kind: str
    until: Day
    projects: tuple[str, ...] = ()

    def forbids(self, project_code: str, day: Day) -> bool:
        """Return whether it is about this project code on a day; an unknown scheme is under general bars alone."""
        concerned = not self.projects or (bool(project_code) and project_code.startswith(self.projects))
        return concerned and day <= self.until


@dataclass(frozen=True, slots=True)
class OrganisationState:
    """Register data, and the bars with their last days."""

    name_zh: str = ""
    name_en: str | None = None
    region: str | None = None
    address: str | None = None
    credit_code: str | None = None
    bars: tuple[Bar, ...] = ()

    def bar_on(self, day: Day, project_code: str, *, but: frozenset[str] = frozenset()) -> str | None:
        """Return the kind of the bar that forbids certification to a scheme on a day, if any, except these kinds."""
        return next((bar.kind for bar in self.bars if bar.kind not in but and bar.forbids(project_code, day)), None)


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
        projects = tuple(data.get("projects") or ())
        if name == "barred":
            bar = Bar(data["kind"], data.get("until") or FOREVER, projects)
            same = [each for each in state.bars if (each.kind, each.projects) == (bar.kind, bar.projects)]
            kept = tuple(each for each in state.bars if each not in same)
            return replace(state, bars=(*kept, max(bar, *same, key=lambda each: each.until) if same else bar))
        kept = tuple(bar for bar in state.bars if bar.kind != data["kind"] or (projects and bar.projects != projects))
        if len(kept) == len(state.bars):
            return Illegal("not_barred", may_wait=True, pointer="/kind")
        return replace(state, bars=kept)


MACHINE = OrganisationMachine()
