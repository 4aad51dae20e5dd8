"""What may be said about an organisation beside what its certificates say."""

from typing import Literal

from ledger.certificates.forms import Organisation, Region
from ledger.facts import CalendarDay, Dated, EventType, Text, correction, event_types
from ledger.parties import AUTHORITIES

FAMILY = "organisation"


class Registered(Dated):
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
    """The organisation may not be certified, until a day or until the bar is lifted."""

    kind: Literal["serious_dishonesty", "own_cause", "body_lost_approval"]
    reason: Text
    until: CalendarDay | None = None


class BarLifted(Dated):
    """The bar of this kind is lifted."""

    kind: Literal["serious_dishonesty", "own_cause", "body_lost_approval"]


def _type(name: str, model: type[Dated], zh: str, en: str, source: str) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, AUTHORITIES, zh, en, source)


EVENTS = event_types(
    _type("registered", Registered, "组织登记", "Organisation registered", "S0-36"),
    _type("renamed", Renamed, "组织更名", "Organisation renamed", "S0-36"),
    _type("moved", Moved, "组织迁址", "Organisation moved", "S0-36"),
    _type("barred", Barred, "限制认证", "Organisation barred", "CNCA-QMS-01:2025"),
    _type("bar_lifted", BarLifted, "解除限制", "Bar lifted", "CNCA-QMS-01:2025"),
    correction(FAMILY, AUTHORITIES, "组织"),
)
