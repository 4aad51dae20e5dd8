"""What may be said about a certificate: one frozen model and one explicit name for each transition."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ledger.certificates.forms import Changes, Decision, Details, Evidence, LegalBasis, Region
from ledger.facts import (
    CalendarDay,
    Code,
    Dated,
    EventType,
    Identifier,
    LongText,
    Text,
    correction,
    event_types,
)
from ledger.parties import AUTHORITIES, BODY, CLOCK, ORGANISATION

FAMILY = "certificate"
_BODY = frozenset({BODY})
_PLACE = Field(
    default=None,
    description="Region of the violation; a local authority names it where no party of the certificate is in its area",
    examples=["440604"],
)


class Issued(Decision):
    """T1. ``effective`` is the day of issue."""

    expires: CalendarDay
    first_issued: CalendarDay
    details: Details
    replaces: Text | None = Field(default=None, description="Number of the certificate that this one replaces")

    @model_validator(mode="after")
    def dates_follow(self) -> "Issued":
        """First issue, issue and expiry follow each other."""
        if not self.first_issued <= self.effective <= self.expires:
            raise ValueError("dates_out_of_order")
        return self


class Refused(Decision):
    """T2. The body refuses to certify."""

    reason: Text
    details: Details


class Maintained(Decision):
    """T3. Surveillance was passed and certification is maintained."""

    audit_start: CalendarDay | None = None
    audit_end: CalendarDay | None = None
    surveillance_count: Annotated[int, Field(ge=0, le=99)] | None = None


class Suspended(Decision):
    """T4. ``until`` is the last day of the suspension; ``effective`` its first."""

    reason_code: Code
    until: CalendarDay
    confirmed: CalendarDay | None = Field(default=None, description="Day on which the body confirmed the cause")
    requested_by_holder: bool | None = None

    @model_validator(mode="after")
    def dates_follow(self) -> "Suspended":
        """A suspension ends no earlier than it begins."""
        if self.until < self.effective:
            raise ValueError("dates_out_of_order")
        return self


class SuspensionExtended(Decision):
    """T5. The suspension lasts longer, where the scheme allows it."""

    reason_code: Code
    until: CalendarDay

    @model_validator(mode="after")
    def dates_follow(self) -> "SuspensionExtended":
        """An extension ends no earlier than it begins."""
        if self.until < self.effective:
            raise ValueError("dates_out_of_order")
        return self


class Restored(Decision):
    """T6. The suspension is lifted."""


class Withdrawn(Decision):
    """T7. 撤销: for cause, by the issuing body."""

    reason_code: Code


class Cancelled(Decision):
    """T8. 注销: without fault, at the holder's request or by fact."""

    reason_code: Code
    requested_by_holder: bool | None = None


class Expired(Dated):
    """T9. A marker: ``effective`` is the last day of validity; expiry itself follows from the clock."""


class Renewed(Decision):
    """T10. A new period of validity."""

    expires: CalendarDay
    audit_end: CalendarDay | None = None
    recertification_count: Annotated[int, Field(ge=0, le=99)] | None = None
    changes: Changes | None = None


class Replaced(Decision):
    """T11. The certificate ends because a new one replaces it; this is not a punishment."""

    replaced_by: Text
    replacement_reason: Code
    reason_code: Code | None = None


class ScopeChanged(Decision):
    """T12. The scope is stated anew, wider or narrower as the event's type says."""

    scope_zh: LongText
    scope_en: LongText | None = None
    change_code: Code | None = None


class Changed(Decision):
    """T13. What the certificate says has changed; ``change_code`` is of the scheme's change table."""

    change_code: Code
    changes: Changes | None = None


class TransferredOut(Decision):
    """T14. The certificate moves to another body and ends here."""

    to_body: Identifier
    to_number: Text


class TransferredIn(Issued):
    """T14. The certificate came from another body, where it was valid and not suspended."""

    from_body: Identifier
    from_number: Text


class RestoredAfterExpiry(Decision):
    """T16. An expired certificate is restored, only where the scheme's rule of the day allows it."""

    expires: CalendarDay

    @model_validator(mode="after")
    def dates_follow(self) -> "RestoredAfterExpiry":
        """The restored certificate is valid on the day of its restoration."""
        if self.expires < self.effective:
            raise ValueError("dates_out_of_order")
        return self


class Annulled(Dated):
    """T17. The certificate counts as never validly issued: fraud, or no legal ground from the beginning."""

    reason: Text
    legal_basis: Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]
    evidence: Annotated[list[Evidence], Field(max_length=20)] | None = None


class OrderIssued(Dated):
    """T19. An authority orders the issuing body to act; the order changes no status by itself."""

    document_number: Text
    demands: Literal["suspend", "withdraw", "cancel", "rectify"]
    due: CalendarDay
    legal_basis: Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]
    place: Region | None = _PLACE


class HoldPlaced(Dated):
    """T19. An authority places a regulatory hold beside the status."""

    document_number: Text
    reason: Text
    legal_basis: Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]
    place: Region | None = _PLACE


class HoldLifted(Dated):
    """T19. The hold of that document number is lifted."""

    document_number: Text


class AppealOpened(Dated):
    """T20. The holder appeals; the status stays until the appeal is decided."""

    appeal_number: Text
    against: Text


class AppealDecided(Dated):
    """T20. The issuing body decides the appeal; a change of status is an event of its own."""

    appeal_number: Text
    outcome: Literal["upheld", "rejected", "partly_upheld"]


def _type(
    name: str, model: type[Dated], zh: str, en: str, transition: str, actors: frozenset[str] = _BODY
) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, actors, zh, en, f"domain {transition}")


EVENTS = event_types(
    _type("issued", Issued, "颁发证书", "Certificate issued", "T1"),
    _type("refused", Refused, "不予发证", "Certification refused", "T2"),
    _type("maintained", Maintained, "保持认证", "Certification maintained", "T3"),
    _type("suspended", Suspended, "暂停证书", "Certificate suspended", "T4"),
    _type("suspension_extended", SuspensionExtended, "延长暂停", "Suspension extended", "T5"),
    _type("restored", Restored, "恢复证书", "Certificate restored", "T6"),
    _type("withdrawn", Withdrawn, "撤销证书", "Certificate withdrawn", "T7"),
    _type("cancelled", Cancelled, "注销证书", "Certificate cancelled", "T8"),
    _type("expired", Expired, "证书到期", "Certificate expired", "T9", frozenset({BODY, CLOCK})),
    _type("renewed", Renewed, "再认证换发", "Certificate renewed", "T10"),
    _type("replaced", Replaced, "换发新证(旧证失效)", "Certificate replaced", "T11"),
    _type("scope_extended", ScopeChanged, "扩大范围", "Scope extended", "T12"),
    _type("scope_reduced", ScopeChanged, "缩小范围", "Scope reduced", "T12"),
    _type("changed", Changed, "证书信息变更", "Certificate data changed", "T13"),
    _type("transferred_out", TransferredOut, "转出", "Certificate transferred out", "T14"),
    _type("transferred_in", TransferredIn, "转入", "Certificate transferred in", "T14"),
    correction(FAMILY, _BODY | AUTHORITIES | {CLOCK, ORGANISATION}, "证书"),
    _type("restored_after_expiry", RestoredAfterExpiry, "到期后恢复", "Restored after expiry", "T16"),
    _type("annulled", Annulled, "证书自始无效", "Certificate annulled", "T17"),
    _type("order_issued", OrderIssued, "监管责令", "Regulatory order issued", "T19", AUTHORITIES),
    _type("hold_placed", HoldPlaced, "监管冻结", "Regulatory hold placed", "T19", AUTHORITIES),
    _type("hold_lifted", HoldLifted, "解除监管冻结", "Regulatory hold lifted", "T19", AUTHORITIES),
    _type("appeal_opened", AppealOpened, "提出申诉", "Appeal opened", "T20", frozenset({ORGANISATION})),
    _type("appeal_decided", AppealDecided, "申诉决定", "Appeal decided", "T20"),
)
