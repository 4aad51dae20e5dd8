"""The way of one finding: cause before plan, plan before verification, a disposition before closure.

What failed verification is closed by the issuing body's decision on each certificate or by a case, and by nothing less.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ledger.codes.cases import basis_in_force
from ledger.codes.identifiers import organisation_key
from ledger.facts import Fact
from ledger.parties import BODY, ORGANISATION, party_of
from ledger.timeline import Illegal


@dataclass(frozen=True, slots=True)
class RectificationState:
    """How far the follow-up of a finding is, and what disposed of it."""

    opened: bool = False
    organisation: str = ""
    opened_by: str = ""
    severity: str = ""
    certificates: tuple[str, ...] = ()
    cause: str = ""
    planned: bool = False
    due: str = ""
    verified: str = ""
    failed: bool = False
    demanded: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()
    services: int = 0
    admonitions: tuple[str, ...] = ()
    acknowledged: tuple[str, ...] = ()
    case: str = ""
    closed: bool = False
    disposition: str = ""

    @property
    def outstanding(self) -> tuple[str, ...]:
        """The certificates on which the issuing body has not decided yet, although the rectification failed."""
        if not self.failed:
            return ()
        due = dict.fromkeys((*self.certificates, *self.demanded))
        return tuple(each for each in due if each not in self.decided)

    @property
    def phase(self) -> str:
        """The phase of section 10's machine."""
        if self.closed:
            return "closed"
        if self.verified:
            return "verified" if self.verified == "passed" else "failed"
        if self.planned:
            return "planned"
        return "analysed" if self.cause else "opened" if self.opened else "unknown"


Outcome = RectificationState | Illegal


class RectificationMachine:
    """Steps along one finding's effective timeline."""

    def start(self) -> RectificationState:
        """Return the state of a finding of whose follow-up nothing was said."""
        return RectificationState()

    def step(self, state: RectificationState, fact: Fact) -> Outcome:
        """Return the state after the fact, or why the fact may not stand here."""
        name = fact.type.removeprefix("rectification.")
        if name == "opened":
            return _opened(state, fact)
        if not state.opened:
            return Illegal("rectification_not_opened", may_wait=True, pointer="/effective")
        if state.closed and name not in _AFTER_CLOSURE:
            return Illegal("rectification_closed")
        return _speaker_objection(state, fact) or _STEPS[name](state, fact)


def _speaker_objection(state: RectificationState, fact: Fact) -> Illegal | None:
    """An enterprise speaks about its own findings; a body about those that it found, and about its own decisions."""
    speaker = party_of(fact.source)
    if speaker is None:
        return None
    if speaker.kind == ORGANISATION:
        if organisation_key(speaker.id.partition(":")[2]) != organisation_key(state.organisation):
            return Illegal("not_the_inspected", pointer="/source", params=(("source", fact.source),))
    elif speaker.kind == BODY and fact.type not in _ANY_BODY and fact.source != state.opened_by:
        return Illegal("not_own_rectification", pointer="/source", params=(("source", fact.source),))
    return None


def _opened(state: RectificationState, fact: Fact) -> Outcome:
    if state.opened:
        return Illegal("rectification_already_opened")
    data = fact.data
    return replace(
        state,
        opened=True,
        organisation=data["organisation"],
        opened_by=fact.source,
        severity=data["severity"],
        certificates=tuple(data.get("certificates") or ()),
    )


def _same(state: RectificationState, _fact: Fact) -> Outcome:
    return state


def _cause_analysed(state: RectificationState, fact: Fact) -> Outcome:
    return replace(state, cause=fact.data["cause"])


def _plan_submitted(state: RectificationState, _fact: Fact) -> Outcome:
    if not state.cause:
        return Illegal("cause_not_analysed", may_wait=True)
    return replace(state, planned=True)


def _deadline_set(state: RectificationState, fact: Fact) -> Outcome:
    return _lawful(replace(state, due=fact.data["due"]), fact)


def _service_provided(state: RectificationState, _fact: Fact) -> Outcome:
    if state.severity != "general":
        return Illegal("serious_needs_more_than_service")
    return replace(state, services=state.services + 1)


def _admonition_issued(state: RectificationState, fact: Fact) -> Outcome:
    number = fact.data["document_number"]
    if number in state.admonitions:
        return Illegal("already_admonished", pointer="/document_number")
    return _lawful(replace(state, admonitions=(*state.admonitions, number)), fact)


def _admonished(state: RectificationState, fact: Fact) -> Outcome:
    number = fact.data["document_number"]
    if number not in state.admonitions:
        return Illegal("not_admonished", may_wait=True, pointer="/document_number")
    if fact.type == "rectification.admonition_acknowledged":
        return replace(state, acknowledged=(*state.acknowledged, number))
    return state


def _case_referred(state: RectificationState, fact: Fact) -> Outcome:
    return replace(state, case=fact.data["case"])


def _verified(state: RectificationState, fact: Fact) -> Outcome:
    if not state.planned:
        return Illegal("plan_not_submitted", may_wait=True)
    failed = fact.data["outcome"] == "failed"
    return replace(state, verified=fact.data["outcome"], failed=state.failed or failed)


def _decision_demanded(state: RectificationState, fact: Fact) -> Outcome:
    if fact.data["certificate"] in state.demanded:
        return state
    return replace(state, demanded=(*state.demanded, fact.data["certificate"]))


def _decision_recorded(state: RectificationState, fact: Fact) -> Outcome:
    certificate = fact.data["certificate"]
    if certificate.split(":")[1] != fact.source:
        return Illegal("decision_of_another_body", pointer="/certificate", params=(("certificate", certificate),))
    if certificate not in (*state.certificates, *state.demanded):
        return Illegal("certificate_not_concerned", may_wait=True, pointer="/certificate")
    if fact.data.get("decision") is None:
        # No action is an answer, and leaves what was demanded open: after a failure a decision is due (S2-47).
        return state if fact.data.get("reason") else Illegal("decision_or_reason", pointer="/decision")
    return replace(state, decided=(*state.decided, certificate))


def _closed(state: RectificationState, fact: Fact) -> Outcome:
    disposition = fact.data["disposition"]
    done = {
        "rectified": state.verified == "passed",
        "service": bool(state.services),
        "admonition": bool(state.admonitions),
        "case": bool(state.case),
        "decision": bool(state.decided),
    }
    if not done[disposition]:
        return Illegal("no_disposition", pointer="/disposition")
    if state.outstanding and disposition != "case":
        return Illegal("decision_outstanding", params=(("certificates", " ".join(state.outstanding)),))
    return replace(state, closed=True, disposition=disposition)


def _lawful(after: RectificationState, fact: Fact) -> Outcome:
    for index, basis in enumerate(fact.data["legal_basis"]):
        if not basis_in_force(basis["rule"], basis["version"], fact.effective):
            named = (("rule", basis["rule"]), ("version", basis["version"]), ("day", fact.effective))
            return Illegal("basis_not_in_force", pointer=f"/legal_basis/{index}", params=named, regardless=after)
    return after


# The body of a certificate answers a demand even where the case went on without it.
_AFTER_CLOSURE = frozenset({"decision_demanded", "decision_recorded", "admonition_followed_up"})
_ANY_BODY = frozenset({"rectification.decision_recorded", "rectification.assisted"})
_STEPS: dict[str, Callable[[RectificationState, Fact], Outcome]] = {
    "cause_analysed": _cause_analysed,
    "plan_submitted": _plan_submitted,
    "deadline_set": _deadline_set,
    "assisted": _same,
    "service_provided": _service_provided,
    "admonition_issued": _admonition_issued,
    "admonition_acknowledged": _admonished,
    "admonition_followed_up": _admonished,
    "interview_held": _same,
    "commitment_given": _same,
    "recommended": _same,
    "case_referred": _case_referred,
    "verified": _verified,
    "decision_demanded": _decision_demanded,
    "decision_recorded": _decision_recorded,
    "closed": _closed,
}
MACHINE = RectificationMachine()
