"""What may be said about a certification body: approval, designation, accreditation (four different gates)."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from ledger.certificates.forms import Evidence, LegalBasis
from ledger.codes.controls import measures
from ledger.facts import CalendarDay, Code, Dated, EventType, Text, correction, event_types
from ledger.interests import InterestDeclared
from ledger.parties import ACCREDITATION_BODY, BODY, NATIONAL_AUTHORITY, REGISTRAR

FAMILY = "body"
_NATIONAL = frozenset({NATIONAL_AUTHORITY})
_ACCREDITOR = frozenset({ACCREDITATION_BODY})
_ASSOCIATION = frozenset({REGISTRAR})
_DECLARING = frozenset({NATIONAL_AUTHORITY, ACCREDITATION_BODY, BODY})
Schemes = Annotated[list[Code], Field(min_length=1, max_length=500)]
ProductClasses = Annotated[
    list[Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]], Field(min_length=1, max_length=500)
]


class Approved(Dated):
    """The body may certify to these project codes (Regulation on C&A, article 9)."""

    name_zh: Text
    name_en: Text | None = None
    ccc_code: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] | None = None
    schemes: Schemes
    until: CalendarDay | None = None


class ApprovalChanged(Dated):
    """The approved project codes are stated anew."""

    schemes: Schemes
    until: CalendarDay | None = None


class ApprovalSuspended(Dated):
    """The approval is suspended."""

    reason: Text
    legal_basis: Annotated[list[LegalBasis], Field(max_length=10)] | None = None


class ApprovalRestored(Dated):
    """The suspension of the approval is lifted."""


class ApprovalEnded(Dated):
    """The approval is withdrawn (撤销) or cancelled (注销), as the event's type says."""

    reason: Text
    legal_basis: Annotated[list[LegalBasis], Field(max_length=10)] | None = None


class Designated(Dated):
    """The body may certify these compulsory product classes (Regulation on C&A, article 32)."""

    product_classes: ProductClasses
    until: CalendarDay | None = None


class DesignationRemoved(Dated):
    """The designation ends for these product classes."""

    product_classes: ProductClasses
    reason: Text


class AccreditationChanged(Dated):
    """The accreditation body grants or changes the accreditation."""

    status: Literal["granted", "suspended", "restored", "withdrawn"]
    number: Text
    scopes: Annotated[list[Code], Field(max_length=500)] | None = None


class Merged(Dated):
    """The body was merged into another one, which from this day decides on and answers for its certificates."""

    into: Annotated[str, StringConstraints(pattern=r"^CNCA-RF?-(19|20)[0-9]{2}-[0-9]{2,4}$")]
    document_number: Text | None = None


class Converted(Dated):
    """The body changed its legal form, such as by its conversion to an enterprise; its certificates stay its own."""

    name_zh: Text
    name_en: Text | None = None
    legal_form: Text
    decoupled_from: Text | None = Field(default=None, description="The department from which it was decoupled")


def _known_measure(code: str) -> str:
    if code not in measures():
        raise ValueError("code_not_listed")
    return code


class DisciplineRecorded(Dated):
    """The association of the industry took a measure of self-discipline against the body (S4-92)."""

    measure: Annotated[Code, AfterValidator(_known_measure), Field(examples=["industry_criticism"])]
    reason: Text
    document_number: Text
    document: Evidence | None = None


class JudgmentRecorded(Dated):
    """A court's final judgment against the body; the national authority records it, as no court speaks here (S4-92)."""

    court: Text
    case_number: Text
    matter: Literal["civil", "administrative", "criminal"]
    outcome: Literal["liable", "guilty", "claim_dismissed"]
    legal_basis: Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]
    document: Evidence | None = None


def _type(
    name: str, model: type[Dated], zh: str, en: str, actors: frozenset[str] = _NATIONAL, source: str = "domain T18"
) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, actors, zh, en, source)


EVENTS = event_types(
    _type("approved", Approved, "批准认证机构", "Certification body approved"),
    _type("approval_changed", ApprovalChanged, "变更批准范围", "Approval changed"),
    _type("approval_suspended", ApprovalSuspended, "暂停批准", "Approval suspended"),
    _type("approval_restored", ApprovalRestored, "恢复批准", "Approval restored"),
    _type("approval_withdrawn", ApprovalEnded, "撤销批准", "Approval withdrawn"),
    _type("approval_cancelled", ApprovalEnded, "注销批准", "Approval cancelled"),
    _type("designated", Designated, "指定认证机构", "Body designated"),
    _type("designation_removed", DesignationRemoved, "取消指定", "Designation removed"),
    _type("accreditation_changed", AccreditationChanged, "认可变更", "Accreditation changed", _ACCREDITOR),
    _type("merged", Merged, "机构合并", "Body merged into another", source="S4-120"),
    _type("converted", Converted, "机构转企改制", "Body converted", source="S4-120"),
    _type("judgment_recorded", JudgmentRecorded, "法院裁判", "Court judgment recorded", source="S4-92"),
    _type(
        "discipline_recorded",
        DisciplineRecorded,
        "行业自律措施",
        "Self-discipline measure recorded",
        _ASSOCIATION,
        "S4-92",
    ),
    _type(
        "interest_declared",
        InterestDeclared,
        "申明机构利害关系",
        "Interest of the body declared",
        _DECLARING,
        "S4-121",
    ),
    correction(FAMILY, _DECLARING | _ASSOCIATION, "认证机构"),
)
