"""What may be said of an authority's emergency plan: a version with its document, its end, and its activation."""

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from ledger.certificates.forms import Evidence, Region
from ledger.facts import CalendarDay, Code, Dated, EventType, LongText, Text, correction, event_types
from ledger.parties import AUTHORITIES

FAMILY = "emergency"
# Warnings are numbered as their issuers write them; a risk's number is plain.
Cause = Annotated[str, StringConstraints(pattern=r"^(risk|warning):\S{1,110}$")]


class PlanIssued(Dated):
    """A version of the plan is in force from the day on, through ``until`` or the day before the next version."""

    version: Code
    title: Text
    scope: LongText = Field(description="What emergencies the plan is for")
    region: Region | None = None
    document: Evidence
    until: CalendarDay | None = None

    @model_validator(mode="after")
    def dates_follow(self) -> "PlanIssued":
        """A version ends no earlier than it begins."""
        if self.until is not None and self.until < self.effective:
            raise ValueError("dates_out_of_order")
        return self


class PlanRepealed(Dated):
    """The version is in force no more from the day on."""

    version: Code
    reason: Text


class Activated(Dated):
    """The plan was activated; ``version`` is the one in force on the day."""

    activation: Code
    version: Code
    text: LongText
    about: Annotated[list[Cause], Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="The risks and early warnings for which it was activated"
    )


class Ended(Dated):
    """The activation ended."""

    activation: Code
    text: LongText


def _type(name: str, model: type[Dated], zh: str, en: str) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, AUTHORITIES, zh, en, "S0-57")


EVENTS = event_types(
    _type("plan_issued", PlanIssued, "发布应急预案", "Emergency plan issued"),
    _type("plan_repealed", PlanRepealed, "废止应急预案", "Emergency plan repealed"),
    _type("activated", Activated, "启动应急预案", "Emergency plan activated"),
    _type("ended", Ended, "应急响应终止", "Emergency response ended"),
    correction(FAMILY, AUTHORITIES, "应急预案"),
)
