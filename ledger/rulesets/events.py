"""A rule set is dated data that its authority or body publishes whole; a version once published never changes."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from ledger.classification.events import Points, Purpose
from ledger.facts import Code, Data, Dated, EventType, Text, correction, event_types
from ledger.parties import AUTHORITIES, BODY

FAMILY = "ruleset"
Months = Annotated[int, Field(ge=1, le=120)]
Count = Annotated[int, Field(ge=0, le=10_000)]


class Label(Data):
    """A name in both languages."""

    zh: Text
    en: Text


class Step(Data):
    """From this many matching events on, so many points."""

    at_least: Count
    points: Points


class Condition(Data):
    """A member of an event's data that must have one of these values; truth values are spelled true and false."""

    member: Code
    values: Annotated[list[Text], Field(min_length=1, max_length=20)]


class Factor(Data):
    """One input of the score; what is not known gives the points of ``otherwise``.

    ``stated``: the last value that was stated. ``counted``: matching events of the last months. ``class``: the same
    party's class for another purpose.
    """

    factor: Code
    label: Label
    source: Text
    kind: Literal["stated", "counted", "class"]
    points: Annotated[dict[str, Points], Field(max_length=50)] | None = None
    otherwise: Points = 0
    purpose: Purpose | None = None
    events: Annotated[list[Text], Field(min_length=1, max_length=20)] | None = None
    where: Annotated[list[Condition], Field(max_length=5)] | None = None
    months: Months | None = None
    steps: Annotated[list[Step], Field(min_length=1, max_length=20)] | None = None

    @model_validator(mode="after")
    def says_enough(self) -> "Factor":
        """Each kind says what it is worked out from."""
        needed = {
            "stated": (self.points,),
            "counted": (self.events, self.months, self.steps),
            "class": (self.points, self.purpose),
        }[self.kind]
        if any(each is None for each in needed):
            raise ValueError("factor_incomplete")
        return self


class Measures(Data):
    """What follows from a class: how often and how, for the enterprise and for its products. S1-38, S1-55, S4-64."""

    patrol_interval_months: Months | None = None
    product_interval_months: Months | None = None
    methods: Annotated[list[Code], Field(max_length=10)] | None = None
    procedure: Code | None = None
    reward_or_penalty: Text | None = None

    @model_validator(mode="after")
    def is_a_measure(self) -> "Measures":
        """A class without any measure would be no classified supervision."""
        if not any((self.patrol_interval_months, self.product_interval_months, self.methods, self.procedure)):
            raise ValueError("measures_missing")
        return self


class ClassRow(Data):
    """A class: from this score on, up to the next one."""

    class_code: Code
    from_score: Points
    label: Label
    measures: Measures


class Signal(Data):
    """A matching event of the last months shortens the interval between patrols. S0-78."""

    signal: Code
    label: Label
    source: Text
    events: Annotated[list[Text], Field(min_length=1, max_length=20)]
    where: Annotated[list[Condition], Field(max_length=5)] | None = None
    months: Months
    patrol_interval_months: Months


class Published(Dated):
    """One version of the rule set, in force from this day on."""

    version: Code
    purpose: Purpose
    title: Label
    is_sample: bool = Field(description="Whether it is a sample that nobody has put into force")
    factors: Annotated[list[Factor], Field(min_length=1, max_length=50)]
    classes: Annotated[list[ClassRow], Field(min_length=1, max_length=20)]
    signals: Annotated[list[Signal], Field(max_length=20)] | None = None

    @model_validator(mode="after")
    def classes_rise(self) -> "Published":
        """Classes begin at rising scores, each code once."""
        scores = [each.from_score for each in self.classes]
        codes = {each.class_code for each in self.classes}
        if scores != sorted(set(scores)) or len(codes) != len(self.classes):
            raise ValueError("classes_not_rising")
        return self


EVENTS = event_types(
    EventType(
        "ruleset.published",
        FAMILY,
        Published,
        AUTHORITIES | {BODY},
        "发布分类规则",
        "Rule set published",
        "S0-38; S1-38",
    ),
    correction(FAMILY, AUTHORITIES | {BODY}, "分类规则"),
)
