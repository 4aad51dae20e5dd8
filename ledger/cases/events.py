"""What may be said about a case, from its lead to its closure. Amounts are decimal CNY as text; documents by digest."""

from typing import Annotated, Literal

from pydantic import Field

from ledger.cases.forms import (
    Amount,
    CaseStream,
    KeyProducts,
    Lead,
    Paper,
    Penalty,
    StatisticsCode,
    Streams,
    SubjectKind,
    Unit,
    Violations,
)
from ledger.cases.oversight import OVERSIGHT
from ledger.cases.reporting import REPORTING
from ledger.certificates.forms import Evidence, LegalBasis, Region
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
from ledger.parties import AUTHORITIES, BODY, CLOCK

FAMILY = "case"


class LeadRegistered(Dated):
    """A lead came in; who gave it is in no event: only whether they gave a name, kept apart by the authority."""

    region: Region
    lead: Lead
    violation: Text
    violations: Violations | None = None
    target: Identifier | None = None
    target_kind: SubjectKind | None = None
    certificates: Streams | None = None
    inspections: Streams | None = None
    causes: Annotated[list[Reference], Field(max_length=50)] | None = None
    channel: Literal["telephone", "card", "letter", "online", "visit", "other"] | None = None
    informant: Literal["anonymous", "named", "none"] | None = Field(
        default=None, description="Never who it was: that stays with the authority (S1-80)"
    )


class LeadInvestigated(Dated):
    """What the investigation of the lead came to."""

    outcome: Literal["substantiated", "unsubstantiated", "unclear"]
    text: LongText
    informant_answered: bool | None = None


class LeadDismissed(Dated):
    """No case follows from the lead."""

    reason: Text


class Merged(Dated):
    """The lead or case goes on in another one; both keep their history (S0-33)."""

    into: CaseStream
    reason: Text


class Referred(Dated):
    """The matter was referred to another authority, which may open its own case on it, or to a unit of the own one."""

    to: Identifier
    reason: Text
    unit: Unit | None = None
    to_unit: Code | None = Field(default=None, description="The unit of the recipient that the matter is handed to")


class ReferralAccepted(Dated):
    """Who was referred the matter takes it on; within one authority the lead goes on from there."""

    unit: Unit | None = None


class ReferralReturned(Dated):
    """The authority to which the matter was referred gave it back."""

    reason: Text


class Opened(Dated):
    """A case was opened against a party; with a stated procedure, the whole course of it is required."""

    target: Identifier = Field(description="Stream of the party, such as body:CNCA-R-2031-101")
    region: Region
    lead: Lead
    violation: Text
    certificates: Streams | None = None
    inspections: Streams | None = None
    title: Text | None = None
    target_kind: SubjectKind | None = None
    violations: Violations | None = None
    procedure: Literal["summary", "ordinary"] | None = None
    severity: Literal["general", "serious", "major"] | None = None
    act_date: CalendarDay | None = Field(default=None, description="Day of the violation: the law of that day applies")
    value: Amount | None = Field(default=None, description="Value of the goods concerned, CNY")
    key_products: KeyProducts | None = None
    leads: Annotated[list[CaseStream], Field(max_length=200)] | None = Field(
        default=None, description="Leads that are handled in this case"
    )
    causes: Annotated[list[Reference], Field(max_length=50)] | None = None
    referred_from: CaseStream | None = None
    statistics_code: StatisticsCode | None = None
    domain: Literal["certification", "metrology", "standards", "product_quality"] | None = None


class EvidenceRequested(Dated):
    """A body, laboratory or organisation is asked for files, or to send staff (S2-79)."""

    request: Code
    of: Identifier
    what: Text
    due: CalendarDay | None = None


class EvidenceProvided(Dated):
    """What was asked for was provided."""

    request: Code
    evidence: Annotated[list[Evidence], Field(max_length=20)] | None = None


class StaffAssigned(Dated):
    """Staff were sent to assist in taking evidence; how many, never who."""

    request: Code
    persons: Annotated[int, Field(ge=1, le=100)]


class Investigated(Dated):
    """The facts are established."""

    facts: LongText
    unit: Unit


class PenaltyProposed(Dated):
    """The enforcement unit proposes a decision."""

    proposal: Code
    penalties: Annotated[list[Penalty], Field(min_length=1, max_length=9)]
    amount: Amount | None = None
    legal_basis: Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]
    unit: Unit


class LegallyReviewed(Dated):
    """The legal unit reviewed a proposal; never the unit that made it (S0-32, S0-34)."""

    proposal: Code
    outcome: Literal["approved", "returned"]
    opinion: Text | None = None
    unit: Unit


class PenaltyDecided(Dated):
    """A penalty was decided; a warning (警告) is one, an admonition (告诫) is not and is no event of this type."""

    document_number: Text
    penalties: Annotated[list[Penalty], Field(min_length=1, max_length=9)]
    amount: Amount | None = None
    description: LongText
    legal_basis: Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]
    document: Evidence | None = None
    proposal: Code | None = None
    confiscated: Amount | None = None
    act_date: CalendarDay | None = None
    paper: Paper | None = None
    statistics_code: StatisticsCode | None = None


class PenaltyExecuted(Dated):
    """A decision was carried out, in whole or in part."""

    document_number: Text
    paid: Amount | None = None
    complete: bool = True


class Closed(Dated):
    """The case was closed."""

    outcome: Literal["executed", "no_violation", "transferred", "discontinued"]


class FileReviewed(Dated):
    """The case file was reviewed (案卷评查), with what was found; S0-65."""

    findings: Annotated[list[Text], Field(max_length=50)]
    by: Unit


def _type(
    name: str,
    model: type[Dated],
    zh: str,
    en: str,
    source: str,
    actors: frozenset[str] = AUTHORITIES,
    version: int = 1,
) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, actors, zh, en, source, version=version)


_ASKED = AUTHORITIES | {BODY}
EVENTS = {
    **event_types(
        _type("opened", Opened, "立案", "Case opened", "S0-61"),
        _type("penalty_decided", PenaltyDecided, "处罚决定", "Penalty decided", "S1-100"),
        _type("closed", Closed, "结案", "Case closed", "S1-97"),
        correction(FAMILY, AUTHORITIES, "案件"),
        _type("lead_registered", LeadRegistered, "登记线索", "Lead registered", "S1-65", AUTHORITIES | {CLOCK}),
        _type("lead_investigated", LeadInvestigated, "线索核查", "Lead investigated", "S1-65"),
        _type("lead_dismissed", LeadDismissed, "线索不予立案", "Lead dismissed", "S1-65"),
        _type("merged", Merged, "并案", "Merged into another case", "S0-33"),
        _type("referred", Referred, "移送", "Referred to another authority or unit", "S0-31; S0-35", version=2),
        _type("referral_accepted", ReferralAccepted, "接收移送", "Referral accepted", "S0-35"),
        _type("referral_returned", ReferralReturned, "退回移送", "Referral returned", "S0-31"),
        _type("evidence_requested", EvidenceRequested, "要求协助取证", "Evidence requested", "S2-79"),
        _type("evidence_provided", EvidenceProvided, "提供资料", "Evidence provided", "S2-79", _ASKED),
        _type("staff_assigned", StaffAssigned, "派员配合", "Staff assigned", "S2-79", _ASKED),
        _type("investigated", Investigated, "调查终结", "Investigated", "S0-32"),
        _type("penalty_proposed", PenaltyProposed, "处罚建议", "Penalty proposed", "S0-32"),
        _type("legally_reviewed", LegallyReviewed, "法制审核", "Legally reviewed", "S0-32"),
        _type("penalty_executed", PenaltyExecuted, "处罚执行", "Penalty executed", "S1-97"),
        _type("file_reviewed", FileReviewed, "案卷评查", "Case file reviewed", "S0-65"),
    ),
    **OVERSIGHT,
    **REPORTING,
}
