"""What a bureau or a body may say about the class of a subject: ``classification:<who>:<subject>`` names both.

A class names the version of its rules and every event that went into it, so that anybody can work it out again.
"""

from typing import Annotated, Literal

from pydantic import Field

from ledger.certificates.forms import Evidence, Region, Sha256
from ledger.facts import CalendarDay, Code, Data, Dated, EventType, LongText, Reference, Text, correction, event_types
from ledger.parties import AUTHORITIES, BODY

FAMILY = "classification"
MAXIMUM_INPUTS = 500
Purpose = Literal["supervision", "credit", "risk", "procedure"]
Inputs = Annotated[list[Reference], Field(max_length=MAXIMUM_INPUTS)]
Points = Annotated[int, Field(ge=-1_000_000, le=1_000_000)]
_BOTH = AUTHORITIES | {BODY}


class RulesUsed(Data):
    """The rule set by name and version, and the SHA-256 of its canonical JSON."""

    name: Code
    version: Code
    sha256: Sha256


class FactorUsed(Data):
    """One factor as it was found, and the points that it gave."""

    factor: Code
    value: Text
    points: Points


class FactorStated(Dated):
    """A factor that no other event shows, such as the size of the enterprise. S1-24, S4-64."""

    factor: Code
    value: Code
    evidence: Annotated[list[Evidence], Field(max_length=20)] | None = None


class InformationReceived(Dated):
    """Another department told something about product quality. S1-70."""

    department: Text
    summary: LongText
    adverse: bool
    evidence: Annotated[list[Evidence], Field(max_length=20)] | None = None


class Assigned(Dated):
    """The subject is of this class from this day on."""

    purpose: Purpose = Field(description="A subject has one class for each purpose of each party")
    class_code: Code = Field(description="A class of the rule set; the sources name none", examples=["2"])
    score: Points
    rules: RulesUsed
    factors: Annotated[list[FactorUsed], Field(max_length=50)]
    inputs: Inputs = Field(description="Every event that the class rests on")
    region: Region | None = Field(
        default=None, description="Where the enterprise is: its bureaus read what a body assigns. S1-61"
    )


class MeasureAdopted(Dated):
    """A measure, with the events of the analysis that it rests on. S0-77."""

    measure: Text
    rationale: Annotated[list[Reference], Field(min_length=1, max_length=50)]
    until: CalendarDay | None = None


def _type(
    name: str, model: type[Dated], zh: str, en: str, source: str, actors: frozenset[str] = AUTHORITIES
) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, actors, zh, en, source)


EVENTS = event_types(
    _type("factor_stated", FactorStated, "分类因素", "Classification factor stated", "S1-24", _BOTH),
    _type("information_received", InformationReceived, "外部质量信息", "External quality information", "S1-70"),
    _type("assigned", Assigned, "确定类别", "Class assigned", "S0-38; S1-61", _BOTH),
    _type("measure_adopted", MeasureAdopted, "采取监管措施", "Supervisory measure adopted", "S0-77"),
    correction(FAMILY, _BOTH, "分类"),
)
