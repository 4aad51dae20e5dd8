"""What is said over and beside a case: importance, supervision, transfer to the criminal authority, correction."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ledger.cases.forms import Amount, Penalty, Violations
from ledger.certificates.forms import Evidence, LegalBasis
from ledger.facts import CalendarDay, Code, Dated, EventType, Identifier, LongText, Reference, Text, event_types
from ledger.parties import AUTHORITIES


class FlaggedMajor(Dated):
    """The case is a major one (大案要案); it is to be reported one level up."""

    reason: Text


class MajorReported(Dated):
    """The major case was reported to the authority one level up (S0-60, S1-96)."""

    to: Identifier
    text: LongText


class Designated(Dated):
    """A superior designated the authority of this stream to handle the case, wherever the violation was (S0-31)."""

    document_number: Text
    legal_basis: Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]


class SupervisionOrdered(Dated):
    """A superior supervises the handling of the case (督办) until a deadline."""

    document_number: Text
    due: CalendarDay
    demands: Text


class SupervisionProgress(Dated):
    """How far the supervised case is."""

    text: LongText


class SupervisionLifted(Dated):
    """The superior's supervision of the case ended."""

    document_number: Text


class EnforcementReviewed(Dated):
    """A superior, or the legal unit, reviewed the enforcement; no earlier event is touched (S0-61)."""

    outcome: Literal["proper", "to_be_improved", "to_be_corrected"]
    opinion: LongText


class CorrectionOrdered(Dated):
    """A superior ordered that a wrong administrative act be corrected (行政纠错); the act itself stays on record."""

    order: Code
    wrong: Reference
    reason: Text
    due: CalendarDay | None = None
    legal_basis: Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]


class CorrectionMade(Dated):
    """The authority did as ordered; the correction itself is a ``case.corrected`` of the wrong statement."""

    order: Code
    correction: Reference


class Transferred(Dated):
    """The case was transferred to the criminal authority (两法衔接): its own course rests until it comes back."""

    to: Text
    document_number: Text
    legal_basis: Annotated[list[LegalBasis], Field(max_length=10)] | None = None


class TransferAccepted(Dated):
    """The criminal authority accepted the case."""

    document_number: Text | None = None


class TransferReturned(Dated):
    """The criminal authority gave the case back; the administrative case goes on."""

    reason: Text


class CriminalOutcome(Dated):
    """What the criminal proceedings came to."""

    outcome: Literal["convicted", "acquitted", "not_prosecuted", "withdrawn"]


class Published(Dated):
    """What of a decision everybody may read; nothing else of the case becomes public by it."""

    document_number: Text
    party: Text = Field(description="The organisation's or body's name as published; never a natural person's")
    violations: Violations | None = None
    violation: Text
    penalties: Annotated[list[Penalty], Field(min_length=1, max_length=9)]
    amount: Amount | None = None
    legal_basis: Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]
    decided: CalendarDay
    until: CalendarDay | None = None
    document: Evidence | None = None


class PublicationWithdrawn(Dated):
    """The publication ended."""

    document_number: Text
    reason: Text


def _type(name: str, model: type[Dated], zh: str, en: str, source: str) -> EventType:
    return EventType(f"case.{name}", "case", model, AUTHORITIES, zh, en, source)


OVERSIGHT: dict[str, Any] = event_types(
    _type("flagged_major", FlaggedMajor, "列为大案要案", "Flagged as a major case", "S1-96; S3-47"),
    _type("major_reported", MajorReported, "大案上报", "Major case reported", "S0-60; S1-96"),
    _type("designated", Designated, "指定管辖", "Jurisdiction designated", "S0-31"),
    _type("supervision_ordered", SupervisionOrdered, "挂牌督办", "Supervised handling ordered", "S3-49"),
    _type("supervision_progress", SupervisionProgress, "督办进展", "Progress under supervision", "S3-49"),
    _type("supervision_lifted", SupervisionLifted, "解除督办", "Supervised handling lifted", "S3-49"),
    _type("enforcement_reviewed", EnforcementReviewed, "执法监督", "Enforcement reviewed", "S0-61"),
    _type("correction_ordered", CorrectionOrdered, "责令纠错", "Administrative correction ordered", "S3-76"),
    _type("correction_made", CorrectionMade, "完成纠错", "Administrative correction made", "S3-76"),
    _type("transferred", Transferred, "移送司法", "Transferred to the criminal authority", "S3-50"),
    _type("transfer_accepted", TransferAccepted, "司法受理", "Transfer accepted", "S3-50"),
    _type("transfer_returned", TransferReturned, "司法退回", "Transfer returned", "S3-50"),
    _type("criminal_outcome", CriminalOutcome, "司法结果", "Outcome of the criminal proceedings", "S3-50"),
    _type("published", Published, "公示处罚", "Penalty published", "S3-51"),
    _type("publication_withdrawn", PublicationWithdrawn, "撤下公示", "Publication withdrawn", "S3-51"),
)
