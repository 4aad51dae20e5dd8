"""The report of a closed case to the national register: six fields, the decision's text, what the register said."""

from typing import Annotated, Any

from pydantic import Field

from ledger.cases.forms import Amount, Lead, Penalty, Streams
from ledger.certificates.forms import Evidence, LegalBasis
from ledger.facts import CalendarDay, Code, Data, Dated, EventType, LongText, Text, event_types
from ledger.parties import AUTHORITIES, NATIONAL_AUTHORITY


class CaseInformation(Data):
    """The second field: number, title, parties, product, certificates, dates; its structure is in no source."""

    case_number: Text
    title: Text
    parties: Annotated[list[Text], Field(min_length=1, max_length=50)]
    product: Text | None = None
    certificates: Streams | None = None
    opened: CalendarDay
    closed: CalendarDay


class Further(Data):
    """A further field: the list of six ends with "etc." (等)."""

    name: Code
    text: Text


class ReportSubmitted(Dated):
    """The report: all six fields are required; without the decision's text it is incomplete (S1-100, S1-101)."""

    case_source: Lead
    case_information: CaseInformation
    penalty_basis: Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]
    penalty_type: Annotated[list[Penalty], Field(min_length=1, max_length=9)]
    penalty_amount: Amount
    case_description: LongText
    extension: Annotated[list[Further], Field(max_length=30)] | None = None
    document: Evidence | None = Field(default=None, description="The penalty decision's electronic text, by digest")


class ReportAcknowledged(Dated):
    """The national register took the report."""

    number: Text


class ReportReturned(Dated):
    """The national register gave the report back to be completed."""

    reason: Text
    fields: Annotated[list[Code], Field(max_length=10)] | None = None


def _type(name: str, model: type[Dated], zh: str, en: str, actors: frozenset[str]) -> EventType:
    return EventType(f"case.{name}", "case", model, actors, zh, en, "S1-97; S1-98")


_REGISTER = frozenset({NATIONAL_AUTHORITY})
REPORTING: dict[str, Any] = event_types(
    _type("report_submitted", ReportSubmitted, "报送案件信息", "Case report submitted", AUTHORITIES),
    _type("report_acknowledged", ReportAcknowledged, "案件信息已接收", "Case report acknowledged", _REGISTER),
    _type("report_returned", ReportReturned, "案件信息退回", "Case report returned", _REGISTER),
)
