"""What may be said about an organisation beside what its certificates say."""

from typing import Annotated, Literal

from pydantic import Field

from ledger.certificates.forms import Organisation, Personal, Region
from ledger.facts import CalendarDay, Code, Dated, EventType, Reference, Text, correction, event_types
from ledger.parties import AUTHORITIES, CLOCK

FAMILY = "organisation"
Bar = Literal["serious_dishonesty", "own_cause", "body_lost_approval"]
Projects = Annotated[list[Code], Field(min_length=1, max_length=50)]


class Registered(Personal):
    """The organisation as the company register has it."""

    organisation: Organisation


class Renamed(Dated):
    """The organisation has a new name."""

    name_zh: Text
    name_en: Text | None = None


class Moved(Dated):
    """The organisation has a new place of business; its credit code never changes with it."""

    region: Region
    address: Text


class Barred(Dated):
    """The organisation may not be certified, until a day or until the bar is lifted.

    What follows from a scheme's rules alone is said by the ledger's clock, and names its ``cause``.
    """

    kind: Bar
    reason: Text
    until: CalendarDay | None = None
    projects: Projects | None = Field(
        default=None, description="Project codes, or their beginnings, that the bar is about; absent: all"
    )
    cause: Reference | None = Field(default=None, description="The recorded event from which the bar follows")


class BarLifted(Dated):
    """The bars of this kind are lifted: those about just these projects, or all where none is named."""

    kind: Bar
    projects: Projects | None = None


_BY_RULE = AUTHORITIES | {CLOCK}


def _type(
    name: str, model: type[Dated], zh: str, en: str, source: str, actors: frozenset[str] = AUTHORITIES
) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, actors, zh, en, source)


EVENTS = event_types(
    _type("registered", Registered, "组织登记", "Organisation registered", "S0-36"),
    _type("renamed", Renamed, "组织更名", "Organisation renamed", "S0-36"),
    _type("moved", Moved, "组织迁址", "Organisation moved", "S0-36"),
    _type("barred", Barred, "限制认证", "Organisation barred", "CNCA-QMS-01:2025", _BY_RULE),
    _type("bar_lifted", BarLifted, "解除限制", "Bar lifted", "CNCA-QMS-01:2025"),
    correction(FAMILY, _BY_RULE, "组织"),
)
