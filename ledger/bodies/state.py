"""The standing of a certification body: what it may certify on a day, and what it ever might."""

from dataclasses import dataclass, replace

from ledger.days import FOREVER, Day
from ledger.facts import Fact
from ledger.timeline import Illegal

_BESIDE = frozenset({"judgment_recorded", "discipline_recorded", "interest_declared"})
"""What others hold against a body changes nothing of what it may do."""


@dataclass(frozen=True, slots=True)
class BodyState:
    """Approval (by project code) and designation (by product class); ``until`` values are last days."""

    approved: bool = False
    suspended: bool = False
    until: Day = FOREVER
    schemes: frozenset[str] = frozenset()
    product_classes: frozenset[tuple[str, Day]] = frozenset()
    ever: frozenset[str] = frozenset()
    accreditation: str | None = None
    name_zh: str = ""
    name_en: str | None = None
    ccc_code: str | None = None
    ended_by: str | None = None
    merged_into: str | None = None

    def may_certify(self, scheme_class: str, code: str, day: Day) -> bool:
        """Tell whether the body may decide on this project code or product class on a day."""
        if not self.approved or self.suspended or day > self.until:
            return False
        if scheme_class == "ccc":
            return any(code == product_class and day <= last for product_class, last in self.product_classes)
        return code in self.schemes


class BodyMachine:
    """Steps along one body's effective timeline."""

    def start(self) -> BodyState:
        """Return the standing of a body that was never approved."""
        return BodyState()

    def step(self, state: BodyState, fact: Fact) -> BodyState | Illegal:
        """Return the standing after the fact, or why the fact may not stand here."""
        data, name = fact.data, fact.type.removeprefix("body.")
        until = data.get("until") or FOREVER
        if name == "approved":
            if state.approved and fact.effective <= state.until:
                return Illegal("body_already_approved", may_wait=True)
            return replace(
                state,
                approved=True,
                suspended=False,
                until=until,
                schemes=frozenset(data["schemes"]),
                ever=state.ever | frozenset(data["schemes"]),
                name_zh=data["name_zh"],
                name_en=data.get("name_en"),
                ccc_code=data.get("ccc_code"),
                ended_by=None,
            )
        if name == "accreditation_changed":
            return replace(state, accreditation=data["status"])
        if name in _BESIDE:
            return state
        if not state.approved:
            return Illegal("body_not_approved", may_wait=True, pointer="/effective")
        if name == "merged":
            return replace(state, merged_into=data["into"])
        if name == "converted":
            return replace(state, name_zh=data["name_zh"], name_en=data.get("name_en"))
        if name == "approval_changed":
            schemes = frozenset(data["schemes"])
            return replace(state, schemes=schemes, ever=state.ever | schemes, until=until)
        if name == "designated":
            added = frozenset((code, until) for code in data["product_classes"])
            kept = frozenset(p for p in state.product_classes if p[0] not in data["product_classes"])
            return replace(state, product_classes=kept | added, ever=state.ever | {p[0] for p in added})
        if name == "designation_removed":
            kept = frozenset(p for p in state.product_classes if p[0] not in data["product_classes"])
            return replace(state, product_classes=kept)
        if name == "approval_suspended":
            return Illegal("already_suspended", may_wait=True) if state.suspended else replace(state, suspended=True)
        if name == "approval_restored":
            return replace(state, suspended=False) if state.suspended else Illegal("not_suspended", may_wait=True)
        return replace(state, approved=False, suspended=False, product_classes=frozenset(), ended_by=name)


MACHINE = BodyMachine()
