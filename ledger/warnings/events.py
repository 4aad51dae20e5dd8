"""What may be said about a risk, and what an early warning holds: level, scope, and the facts that raised it.

Four stages of a risk signal or incident (S0-58): detected, assessed, responded, disposed. Four of risk information on
consumer products (S3-35): monitored, collected, reported up, disposed.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ledger.certificates.forms import Evidence, Region
from ledger.facts import CalendarDay, Dated, EventType, LongText, Reference, Stream, Text, correction, event_types
from ledger.parties import AUTHORITIES
from ledger.scope import Scope

RISK, WARNING = "risk", "warning"
Streams = Annotated[list[Stream], Field(max_length=100)]
Level = Literal["red", "orange", "yellow", "blue"]


class Detected(Dated):
    """A signal was noticed, or an incident happened."""

    kind: Literal["signal", "incident"]
    region: Region
    text: LongText
    about: Streams
    signs: Annotated[list[Reference], Field(max_length=50)] | None = Field(
        default=None, description="The recorded events in which the signal was seen"
    )


class Monitored(Dated):
    """Risk information on a consumer product was picked up by monitoring."""

    region: Region
    product: Text
    text: LongText
    about: Streams | None = None


class Collected(Dated):
    """The information was gathered: what is known of the product and its risk."""

    text: LongText
    evidence: Annotated[list[Evidence], Field(max_length=20)] | None = None


class ReportedUp(Dated):
    """The information was reported one level up."""

    text: LongText


class Assessed(Dated):
    """The risk was judged."""

    level: Level
    text: LongText


class Responded(Dated):
    """A response was ordered."""

    measures: LongText


class Disposed(Dated):
    """The risk was dealt with."""

    outcome: Literal["removed", "reduced", "unfounded", "handed_over"]
    text: LongText | None = None


class Issued(Dated):
    """An early warning: everybody in its scope is told once, and it ends by itself after ``until``."""

    level: Level
    title: Text
    text: LongText
    scope: Scope
    raised_by: Annotated[list[Reference], Field(min_length=1, max_length=50)] = Field(
        description="The recorded events that raised it"
    )
    risks: Streams | None = None
    until: CalendarDay

    @model_validator(mode="after")
    def dates_follow(self) -> "Issued":
        """A warning ends no earlier than it begins."""
        if self.until < self.effective:
            raise ValueError("dates_out_of_order")
        return self


class Lifted(Dated):
    """The warning ends before its last day."""

    reason: Text


def _type(family: str, name: str, model: type[Dated], zh: str, en: str, source: str) -> EventType:
    return EventType(f"{family}.{name}", family, model, AUTHORITIES, zh, en, source)


RISK_EVENTS = event_types(
    _type(RISK, "detected", Detected, "发现风险信号", "Risk detected", "S0-58"),
    _type(RISK, "monitored", Monitored, "监测风险信息", "Risk information monitored", "S3-35"),
    _type(RISK, "collected", Collected, "收集风险信息", "Risk information collected", "S3-35"),
    _type(RISK, "reported_up", ReportedUp, "上报风险信息", "Risk information reported up", "S3-35"),
    _type(RISK, "assessed", Assessed, "研判风险", "Risk assessed", "S0-58"),
    _type(RISK, "responded", Responded, "应对风险", "Response ordered", "S0-58"),
    _type(RISK, "disposed", Disposed, "处置风险", "Risk disposed", "S0-58; S3-35"),
    correction(RISK, AUTHORITIES, "风险"),
)
WARNING_EVENTS = event_types(
    _type(WARNING, "issued", Issued, "发布预警", "Early warning issued", "S0-80"),
    _type(WARNING, "lifted", Lifted, "解除预警", "Early warning lifted", "S0-80"),
    correction(WARNING, AUTHORITIES, "预警"),
)
