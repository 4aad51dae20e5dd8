"""What may be said about an inspection, by whoever performed it; a finding changes no status."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ledger.certificates.forms import Evidence, OrganisationCode, Personal, Product, Region
from ledger.consultants.events import Consultant
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
from ledger.inspections import planning, recording
from ledger.inspections.codes import Level, ModeCode, Programme, Stage, Tag, Violation
from ledger.inspections.planning import CertificateStreams, Units
from ledger.inspections.responsible import Responsible
from ledger.parties import AUTHORITIES, BODY, CLOCK, LABORATORY, inspected_party

FAMILY = "inspection"
_INSPECTORS = AUTHORITIES | {BODY}


class Performed(Personal):
    """An inspection took place; ``effective`` is its last day."""

    mode: ModeCode
    organisation: OrganisationCode | None = Field(
        default=None, description="Credit code or nine-character code", examples=["91350100M000100Y43"]
    )
    target: Identifier | None = Field(
        default=None,
        description="Stream of a body, or name of a laboratory, that was inspected instead (S3-69)",
        examples=["LAB-101"],
    )
    region: Region
    began: CalendarDay | None = None
    certificates: CertificateStreams | None = None
    products: Annotated[list[Text], Field(max_length=200)] | None = None
    result: Literal["conforming", "nonconforming", "not_concluded"]
    inspectors: Annotated[list[Identifier], Field(max_length=20)] | None = None
    report: Evidence | None = None
    programme: Programme | None = Field(default=None, description="As planned, or as the mode has it, where not said")
    stage: Stage | None = None
    units: Units | None = Field(default=None, description="Who took part, in which role")
    consultant: Consultant | None = Field(
        default=None, description="The consulting body that prepared the inspected for certification (S0-42)"
    )

    @model_validator(mode="after")
    def visited_one(self) -> "Performed":
        """An inspection is of an organisation, or of a body or laboratory as such."""
        if (self.organisation is None) == (self.target is None):
            raise ValueError("inspection_one_subject")
        if self.target is not None and inspected_party(self.target) is None:
            raise ValueError("inspection_target_unknown")
        return self


class FindingRecorded(Dated):
    """One finding of the inspection."""

    finding: Code
    grade: Literal["major", "minor", "observation"]
    text: LongText
    clause: Text | None = None
    certificates: CertificateStreams | None = None
    due: CalendarDay | None = None
    violation: Violation | None = None
    standard: Text | None = Field(default=None, description="Mandatory standard that was not met (S3-65)")
    stage: Stage | None = None
    tags: Annotated[list[Tag], Field(max_length=10)] | None = None
    responsible: Responsible | None = Field(
        default=None, description="Required of every new finding; absent in those recorded before (S2-18)"
    )


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
    product: Product | None = None
    batch: Text | None = None
    level: Level | None = Field(default=None, description="Level of the authority whose check it was (S1-69)")
    report: Evidence | None = None


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


def _type(
    name: str,
    model: type[Dated],
    zh: str,
    en: str,
    actors: frozenset[str] = _INSPECTORS,
    source: str = "domain T21",
    version: int = 1,
) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, actors, zh, en, source, version=version)


EVENTS = event_types(
    _type("performed", Performed, "实施检查", "Inspection performed", version=5),
    _type("finding_recorded", FindingRecorded, "发现问题", "Finding recorded", version=3),
    _type("finding_closed", FindingClosed, "问题关闭", "Finding closed"),
    _type(
        "sample_result_recorded",
        SampleResultRecorded,
        "抽样结果",
        "Sample result recorded",
        _INSPECTORS | {LABORATORY},
        version=2,
    ),
    _type(
        "planned",
        planning.Planned,
        "计划检查",
        "Inspection planned",
        _INSPECTORS | {CLOCK},
        "S0-40; S1-25; S1-86",
        version=2,
    ),
    _type(
        "plan_cancelled",
        planning.PlanCancelled,
        "取消计划",
        "Plan cancelled",
        _INSPECTORS | {CLOCK},
        "S0-40",
    ),
    _type(
        "participation_answered",
        planning.ParticipationAnswered,
        "答复参加",
        "Participation answered",
        _INSPECTORS | {LABORATORY},
        "S0-35; S1-41",
    ),
    _type(
        "assistance_requested",
        planning.AssistanceRequested,
        "请求协助",
        "Assistance requested",
        AUTHORITIES,
        "S1-39; S4-142",
    ),
    _type(
        "assistance_answered",
        planning.AssistanceAnswered,
        "答复协助",
        "Assistance answered",
        AUTHORITIES,
        "S1-39; S4-142",
    ),
    _type("recognised", planning.Recognised, "认可检查结果", "Inspection recognised", AUTHORITIES, "S4-142"),
    _type("recorded", recording.Recorded, "检查记录", "Record made", _INSPECTORS, "S1-26; S1-27; S1-90", version=2),
    _type("filed", recording.Filed, "归档", "Record filed", _INSPECTORS, "S1-90; I-22"),
    _type("sampled", recording.Sampled, "抽取样品", "Sample taken", _INSPECTORS, "S3-38"),
    _type(
        "sample_tested",
        recording.SampleTested,
        "样品检验",
        "Sample tested",
        _INSPECTORS | {LABORATORY},
        "S3-38; S3-54",
        version=2,
    ),
    _type("published", Published, "公布检查结果", "Inspection result published", AUTHORITIES),
    correction(FAMILY, _INSPECTORS | {LABORATORY, CLOCK}, "检查"),
)
