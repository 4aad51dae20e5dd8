"""A fact is one thing that was said, with the day on which it holds; an event type says what it may contain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ledger.days import Day
from ledger.values import quickly_made

Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=4000)]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z_.\-]{0,31}$")]
CalendarDay = Annotated[date, Field(ge=date(1949, 1, 1), le=date(2199, 12, 31))]
Stream = Annotated[str, StringConstraints(min_length=3, max_length=130, pattern=r"^\S+$")]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^[!-~]+$")]


class Data(BaseModel):
    """What an event says: a frozen model that admits no unknown member and converts nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=False)


class Dated(Data):
    """Data that holds from a day on (China time)."""

    effective: CalendarDay = Field(description="First day on which the fact holds, China time", examples=["2031-03-05"])


class Reference(Data):
    """Points at one recorded event by its permanent identity (CloudEvents 1.0, ``source`` + ``id``)."""

    source: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    id: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Corrected(Data):
    """Replaces what an earlier event said, or takes it back where ``replacement`` is null. Domain T15."""

    corrects: Reference
    reason: Text
    replacement: dict[str, Any] | None = Field(
        default=None, description="The whole data of the corrected event as it should have been"
    )


@dataclass(frozen=True, slots=True)
class EventType:
    """One kind of statement: its name, the stream family it belongs to, its form, and who may make it.

    ``version`` counts the forms that were released; a form that admits more than the last one is a new version.
    """

    name: str
    family: str
    model: type[Data]
    actors: frozenset[str]
    zh: str
    en: str
    source: str
    corrects: bool = False
    version: int = 1


@quickly_made
@dataclass(frozen=True, slots=True)
class Fact:
    """One recorded statement on its stream.

    ``version`` counts from 1 in the stream; ``data`` is the plain JSON that the event type's model admitted,
    or its latest correction; a fact that was taken back is ``void``.
    """

    version: int
    type: str
    effective: Day
    data: Mapping[str, Any]
    source: str
    id: str
    corrected_by: int | None = None
    void: bool = False


def event_types(*types: EventType) -> dict[str, EventType]:
    """Return the types by name; a family's ``EVENTS`` is made of it."""
    return {each.name: each for each in types}


def correction(family: str, actors: frozenset[str], subject_zh: str) -> EventType:
    """Return the family's correction type: facts are never edited, they are corrected by a new event."""
    return EventType(
        name=f"{family}.corrected",
        family=family,
        model=Corrected,
        actors=actors,
        zh=f"{subject_zh}记录更正",
        en=f"{family.capitalize()} record corrected",
        source="domain T15",
        corrects=True,
    )
