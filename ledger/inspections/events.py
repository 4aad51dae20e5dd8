"""What may be said about an inspection, by whoever performed it; a finding changes no status."""

from typing import Annotated, Literal

from pydantic import Field

from ledger.certificates.forms import Evidence, OrganisationCode, Personal, Region
from ledger.facts import (
    CalendarDay,
    Code,
    Data,
    Dated,
    EventType,
    Identifier,
    LongText,
    Text,
    correction,
    event_types,
)
from ledger.parties import AUTHORITIES, BODY, LABORATORY

FAMILY = "inspection"
_INSPECTORS = AUTHORITIES | {BODY}
CertificateStreams = Annotated[list[Identifier], Field(max_length=200)]


class Performed(Personal):
    """An inspection took place; ``effective`` is its last day."""

    mode: Literal[
        "routine_patrol",
        "unannounced",
        "special_spot_check",
        "national_spot_check",
        "surveillance",
        "joint",
        "other",
    ]
    organisation: OrganisationCode = Field(
        description="Credit code or nine-character code", examples=["91350100M000100Y43"]
    )
    region: Region
    began: CalendarDay | None = None
    certificates: CertificateStreams | None = None
    products: Annotated[list[Text], Field(max_length=200)] | None = None
    result: Literal["conforming", "nonconforming", "not_concluded"]
    inspectors: Annotated[list[Identifier], Field(max_length=20)] | None = None
    report: Evidence | None = None


class FindingRecorded(Dated):
    """One finding of the inspection."""

    finding: Code
    grade: Literal["major", "minor", "observation"]
    text: LongText
    clause: Text | None = None
    certificates: CertificateStreams | None = None
    due: CalendarDay | None = None


class FindingClosed(Dated):
    """The finding was verified as corrected."""

    finding: Code
    evidence: Annotated[list[Evidence], Field(max_length=20)] | None = None


class SampleResultRecorded(Dated):
    """A sample that the inspection took passed or failed its test."""

    sample: Code
    standard: Text
    passed: bool
    grave: bool = False
    certificates: CertificateStreams | None = None


class PublishedFinding(Data):
    """A finding by its number and grade; what was found is not published."""

    finding: Code
    grade: Literal["major", "minor", "observation"]


class Published(Dated):
    """The authority publishes the outcome: these members, which repeat what was recorded, are for everybody to read."""

    mode: Code = Field(description="As performed")
    organisation: OrganisationCode = Field(description="As performed")
    performed: CalendarDay = Field(description="The inspection's last day")
    result: Code = Field(description="As performed")
    findings: Annotated[list[PublishedFinding], Field(max_length=200)] | None = None


def _type(name: str, model: type[Dated], zh: str, en: str, actors: frozenset[str] = _INSPECTORS) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, actors, zh, en, "domain T21")


EVENTS = event_types(
    _type("performed", Performed, "实施检查", "Inspection performed"),
    _type("finding_recorded", FindingRecorded, "发现问题", "Finding recorded"),
    _type("finding_closed", FindingClosed, "问题关闭", "Finding closed"),
    _type(
        "sample_result_recorded",
        SampleResultRecorded,
        "抽样结果",
        "Sample result recorded",
        _INSPECTORS | {LABORATORY},
    ),
    _type("published", Published, "公布检查结果", "Inspection result published", AUTHORITIES),
    correction(FAMILY, _INSPECTORS | {LABORATORY}, "检查"),
)
