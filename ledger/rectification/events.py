"""What may be said about the way of one finding: cause, plan, deadline, help, admonition, verification, decision.

The stream is ``rectification:<inspection>:<finding>``, so that a finding has one way. An admonition (告诫) is no
penalty and no warning (警告).
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ledger.cases.forms import CaseStream, Paper, Streams, Violations
from ledger.certificates.forms import Evidence, LegalBasis, OrganisationCode, Region
from ledger.codes.cases import is_known
from ledger.facts import (
    CalendarDay,
    Code,
    Dated,
    EventType,
    Identifier,
    LongText,
    Reference,
    Text,
    correction,
    event_types,
)
from ledger.parties import AUTHORITIES, BODY, CLOCK, ORGANISATION

FAMILY = "rectification"


def _known_cause(code: str) -> str:
    if not is_known("cause", code):
        raise ValueError("cause_unknown")
    return code


Basis = Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]


class Opened(Dated):
    """The finding is followed up; it names the enterprise that is responsible (S3-31)."""

    organisation: OrganisationCode
    region: Region
    severity: Literal["general", "serious"] = Field(description="一般性问题 / 严重问题 (S1-43, S2-59)")
    violations: Violations | None = None
    certificates: Streams | None = None


class CauseAnalysed(Dated):
    """Why it came to the finding."""

    cause: Annotated[Code, AfterValidator(_known_cause)]
    analysis: LongText


class PlanSubmitted(Dated):
    """What will be done about it, and until when."""

    measures: LongText
    until: CalendarDay | None = None


class DeadlineSet(Dated):
    """The rectification is ordered until a day (责令改正)."""

    due: CalendarDay
    document_number: Text
    legal_basis: Basis
    paper: Paper | None = None


class Assisted(Dated):
    """The enterprise was helped in its rectification (S2-32)."""

    text: LongText


class ServiceProvided(Dated):
    """A general problem was solved by service (寓监管于服务); never a serious one (S0-50, S1-43)."""

    service: LongText


class AdmonitionIssued(Dated):
    """An admonition (告诫): no penalty; it counts when the producer is classified (S1-57)."""

    document_number: Text
    reason: LongText
    legal_basis: Basis
    paper: Paper | None = None


class AdmonitionAcknowledged(Dated):
    """The enterprise received the admonition."""

    document_number: Text


class AdmonitionFollowedUp(Dated):
    """What the enterprise did after the admonition."""

    document_number: Text
    text: LongText


class InterviewHeld(Dated):
    """A regulatory talk was held (约谈)."""

    subject: LongText


class CommitmentGiven(Dated):
    """The enterprise gave a commitment (承诺)."""

    commitment: LongText
    until: CalendarDay | None = None


class SuperintendenceRecommended(Dated):
    """A superintendence recommendation was issued (督查建议)."""

    document_number: Text
    recommendation: LongText


class CaseReferred(Dated):
    """The finding is handled in a case."""

    case: CaseStream


class Verified(Dated):
    """Whether the rectification was effective; a failure demands the issuing body's decision (S2-47)."""

    outcome: Literal["passed", "failed"]
    text: LongText | None = None
    evidence: Annotated[list[Evidence], Field(max_length=20)] | None = None


class DecisionDemanded(Dated):
    """The issuing body is to suspend or withdraw the certificate; only the body decides (S2-47)."""

    certificate: Identifier
    cause: Reference


class DecisionRecorded(Dated):
    """The issuing body decided on the certificate, and names its decision; or says why it took none."""

    certificate: Identifier
    decision: Reference | None = None
    reason: Text | None = None


class Closed(Dated):
    """The finding is closed; what disposed of it was said before (S1-18)."""

    disposition: Literal["rectified", "service", "admonition", "case", "decision"]


def _type(
    name: str, model: type[Dated], zh: str, en: str, source: str, actors: frozenset[str] = AUTHORITIES
) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, actors, zh, en, source)


_INSPECTORS = AUTHORITIES | {BODY}
_ALL = _INSPECTORS | {ORGANISATION}
EVENTS = event_types(
    _type("opened", Opened, "启动整改", "Rectification opened", "S2-26", _INSPECTORS),
    _type("cause_analysed", CauseAnalysed, "分析原因", "Cause analysed", "S2-26; S2-46", _ALL),
    _type("plan_submitted", PlanSubmitted, "制定整改方案", "Rectification plan submitted", "S2-46", _ALL),
    _type("deadline_set", DeadlineSet, "责令限期改正", "Rectification ordered until a day", "S2-46"),
    _type("assisted", Assisted, "帮助整改", "Rectification assisted", "S2-32", _INSPECTORS),
    _type("service_provided", ServiceProvided, "以服务解决一般性问题", "Service provided", "S0-50; S1-43"),
    _type("admonition_issued", AdmonitionIssued, "告诫", "Admonition issued", "S1-57; S3-14"),
    _type("admonition_acknowledged", AdmonitionAcknowledged, "告诫签收", "Admonition acknowledged", "S1-57", _ALL),
    _type("admonition_followed_up", AdmonitionFollowedUp, "告诫跟进", "Admonition followed up", "S1-57"),
    _type("interview_held", InterviewHeld, "约谈", "Regulatory talk held", "S3-48"),
    _type("commitment_given", CommitmentGiven, "承诺", "Commitment given", "S3-48", _ALL),
    _type("recommended", SuperintendenceRecommended, "督查建议", "Superintendence recommendation", "S3-48"),
    _type("case_referred", CaseReferred, "转立案", "Handled in a case", "S0-55"),
    _type("verified", Verified, "整改验证", "Rectification verified", "S2-46; S2-47", _INSPECTORS),
    _type("decision_demanded", DecisionDemanded, "要求证书决定", "Certificate decision demanded", "S2-47",
          AUTHORITIES | {CLOCK}),
    _type("decision_recorded", DecisionRecorded, "证书决定", "Certificate decision recorded", "S2-47",
          frozenset({BODY})),
    _type("closed", Closed, "整改销号", "Finding disposed of", "S1-18", _INSPECTORS),
    correction(FAMILY, _ALL | {CLOCK}, "整改"),
)  # fmt: skip
