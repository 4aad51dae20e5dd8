"""The standing of a signatory: whether the person may sign for a body on a day."""

from dataclasses import dataclass, replace

from ledger.days import FOREVER, Day
from ledger.facts import Fact
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class PersonState:
    """Registration, employer and ban; ``until`` values are last days."""

    registered: bool = False
    until: Day = FOREVER
    suspended: bool = False
    body: str | None = None
    banned_until: Day | None = None

    def objection_to_sign(self, body: str, day: Day) -> str | None:
        """Return the refusal code that forbids this person to sign for a body on a day, if any."""
        if self.banned_until is not None and day <= self.banned_until:
            return "signatory_banned"
        if not self.registered or day > self.until:
            return "signatory_not_registered"
        if self.suspended:
            return "signatory_suspended"
        if self.body != body:
            return "signatory_of_another_body"
        return None


class PersonMachine:
    """Steps along one person's effective timeline."""

    def start(self) -> PersonState:
        """Return the standing of a person who was never registered."""
        return PersonState()

    def step(self, state: PersonState, fact: Fact) -> PersonState | Illegal:
        """Return the standing after the fact, or why the fact may not stand here."""
        data, name = fact.data, fact.type.removeprefix("person.")
        until = data.get("until") or FOREVER
        if name == "banned":
            return replace(state, banned_until=max(until, state.banned_until or until))
        if name == "ban_lifted":
            return replace(state, banned_until=None) if state.banned_until else Illegal("not_banned", may_wait=True)
        if name == "registered":
            if state.registered and fact.effective <= state.until:
                return Illegal("person_already_registered", may_wait=True)
            return replace(state, registered=True, until=until, suspended=False, body=data["body"])
        if name == "interest_declared":
            return state
        if not state.registered:
            return Illegal("person_not_registered", may_wait=True, pointer="/effective")
        if name == "employed":
            if state.body is not None:
                return Illegal("works_for_another_body", may_wait=True, params=(("body", state.body),))
            return replace(state, body=data["body"])
        if name == "left":
            if state.body != data["body"]:
                return Illegal("not_employed_there", may_wait=True, pointer="/body")
            return replace(state, body=None)
        if name == "registration_suspended":
            return Illegal("already_suspended", may_wait=True) if state.suspended else replace(state, suspended=True)
        if name == "registration_restored":
            return replace(state, suspended=False) if state.suspended else Illegal("not_suspended", may_wait=True)
        return replace(state, registered=False, suspended=False, body=None)


MACHINE = PersonMachine()
