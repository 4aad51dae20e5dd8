"""The stages of a risk follow each other, none is passed over; a warning is issued once and may be lifted."""

from dataclasses import dataclass, field, replace

from ledger.days import Day
from ledger.facts import Fact
from ledger.scope import scope_objection
from ledger.timeline import Illegal

# From which stage each one follows; the first of either way follows nothing.
FOLLOWS: dict[str, frozenset[str]] = {
    "detected": frozenset({""}),
    "assessed": frozenset({"detected"}),
    "responded": frozenset({"assessed"}),
    "monitored": frozenset({""}),
    "collected": frozenset({"monitored"}),
    "reported_up": frozenset({"collected"}),
    "disposed": frozenset({"responded", "reported_up"}),
}


@dataclass(frozen=True, slots=True)
class RiskState:
    """The stage reached, ``""`` before the first, and the days of all."""

    stage: str = ""
    days: tuple[tuple[str, Day], ...] = ()
    region: str | None = None
    level: str | None = None
    about: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WarningState:
    """Whether it was issued, its last day, and the day on which it was lifted."""

    issued: bool = False
    until: Day = ""
    lifted: Day | None = None
    risks: tuple[str, ...] = field(default=())


class RiskMachine:
    """Steps along one risk's effective timeline."""

    def start(self) -> RiskState:
        """Return the state of a risk of which nothing was said."""
        return RiskState()

    def step(self, state: RiskState, fact: Fact) -> RiskState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        name = fact.type.removeprefix("risk.")
        if state.stage not in FOLLOWS[name]:
            done = name in dict(state.days) or state.stage == "disposed" or not FOLLOWS[name] - {""}
            named = (("stage", name), ("reached", state.stage or "—"))
            return Illegal("risk_stage_out_of_order", may_wait=not done, pointer="/effective", params=named)
        days = (*state.days, (name, fact.effective))
        if state.stage == "":
            about = tuple(fact.data.get("about") or ())
            return RiskState(name, days, fact.data["region"], None, about)
        return replace(state, stage=name, days=days, level=fact.data.get("level", state.level))


class WarningMachine:
    """Steps along one warning's effective timeline."""

    def start(self) -> WarningState:
        """Return the state of a warning of which nothing was said."""
        return WarningState()

    def step(self, state: WarningState, fact: Fact) -> WarningState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        if fact.type == "warning.issued":
            if state.issued:
                return Illegal("warning_already_issued")
            until, risks = fact.data["until"], tuple(fact.data.get("risks") or ())
            return scope_objection(fact, fact.data["scope"]) or WarningState(True, until, None, risks)
        if not state.issued:
            return Illegal("warning_not_issued", may_wait=True, pointer="/effective")
        if state.lifted or fact.effective > state.until:
            return Illegal("warning_ended")
        return replace(state, lifted=fact.effective)


RISK_MACHINE = RiskMachine()
WARNING_MACHINE = WarningMachine()
