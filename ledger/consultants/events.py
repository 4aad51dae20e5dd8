"""What may be said of a consulting body: its admission by days, refusals, withdrawal, and violations.

A consulting body is named in any event by its stream, ``consultant:`` and the nine characters of its organisation code.
"""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from ledger.cases.forms import CaseStream
from ledger.certificates.forms import Evidence, Region
from ledger.facts import CalendarDay, Dated, EventType, LongText, Text, correction, event_types
from ledger.parties import AUTHORITIES

FAMILY = "consultant"
Consultant = Annotated[str, StringConstraints(pattern=r"^consultant:[0-9A-Z]{9}$")]


class Admitted(Dated):
    """The body is admitted to consulting from the day on, through ``until`` where the admission has an end."""

    name_zh: Text
    name_en: Text | None = None
    region: Region
    approval_number: Text
    until: CalendarDay | None = None

    @model_validator(mode="after")
    def dates_follow(self) -> "Admitted":
        """An admission ends no earlier than it begins."""
        if self.until is not None and self.until < self.effective:
            raise ValueError("dates_out_of_order")
        return self


class AdmissionRefused(Dated):
    """An application for admission was refused."""

    name_zh: Text
    region: Region
    reason: Text


class AdmissionWithdrawn(Dated):
    """The admission was withdrawn, and holds no more from the day on."""

    reason: Text


class ViolationRecorded(Dated):
    """The body broke the rules of its trade, whether it was admitted or not."""

    region: Region = Field(description="Where it happened")
    text: LongText
    case: CaseStream | None = None
    document: Evidence | None = None


def _type(name: str, model: type[Dated], zh: str, en: str) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, AUTHORITIES, zh, en, "S0-42")


EVENTS = event_types(
    _type("admitted", Admitted, "准予认证咨询机构准入", "Consulting body admitted"),
    _type("admission_refused", AdmissionRefused, "不予准入", "Admission refused"),
    _type("admission_withdrawn", AdmissionWithdrawn, "撤销准入", "Admission withdrawn"),
    _type("violation_recorded", ViolationRecorded, "记录违法违规", "Violation recorded"),
    correction(FAMILY, AUTHORITIES, "认证咨询机构"),
)
