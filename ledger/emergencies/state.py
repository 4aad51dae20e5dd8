"""At most one version of a plan is in force on a day, and a plan is activated by that version and no other."""

from dataclasses import dataclass, replace

from ledger.days import FOREVER, Day
from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class EmergencyState:
    """The version issued last with its last day, empty where it was repealed, and the activations that go on."""

    version: str = ""
    until: Day = ""
    versions: frozenset[str] = frozenset()
    active: frozenset[str] = frozenset()
    activations: frozenset[str] = frozenset()

    def in_force(self, day: Day) -> str:
        """Return the version in force on a day no earlier than the last fact; empty where there is none."""
        return self.version if day <= self.until else ""


class EmergencyMachine:
    """Steps along one plan's effective timeline."""

    def start(self) -> EmergencyState:
        """Return the state of a plan of which nothing was said."""
        return EmergencyState()

    def step(self, state: EmergencyState, fact: Fact) -> EmergencyState | Illegal:
        """Return the state after the fact, or why the fact may not stand here."""
        name, data = fact.type.removeprefix("emergency."), fact.data
        if name == "ended":
            return _ended(state, data["activation"])
        version = data["version"]
        in_force = state.in_force(fact.effective)
        if name == "plan_issued":
            if version in state.versions:
                return Illegal("plan_version_taken", pointer="/version", params=(("version", version),))
            until = data.get("until") or FOREVER
            return replace(state, version=version, until=until, versions=state.versions | {version})
        if version != in_force:
            named = (("version", version), ("in_force", in_force or "—"), ("day", fact.effective))
            waits = name == "plan_repealed" and version not in state.versions
            return Illegal("plan_version_not_in_force", waits, "/version", named)
        if name == "plan_repealed":
            return replace(state, version="", until="")
        if data["activation"] in state.activations:
            return Illegal("activation_taken", pointer="/activation", params=(("activation", data["activation"]),))
        return replace(
            state,
            active=state.active | {data["activation"]},
            activations=state.activations | {data["activation"]},
        )


def _ended(state: EmergencyState, activation: str) -> EmergencyState | Illegal:
    if activation not in state.active:
        waits = activation not in state.activations
        return Illegal("activation_not_active", waits, "/activation", (("activation", activation),))
    return replace(state, active=state.active - {activation})


MACHINE = EmergencyMachine()
