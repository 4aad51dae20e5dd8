"""What may be said about an area under listed rectification; the list is public."""

from ledger.certificates.forms import Region
from ledger.facts import CalendarDay, Dated, EventType, LongText, Text, correction, event_types
from ledger.parties import AUTHORITIES

FAMILY = "area"


class Listed(Dated):
    """The area is listed for rectification (挂牌整治)."""

    region: Region
    document_number: Text
    problem: LongText
    due: CalendarDay | None = None


class Delisted(Dated):
    """The area's rectification was accepted, and it is taken from the list (摘牌)."""

    document_number: Text


def _type(name: str, model: type[Dated], zh: str, en: str) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, AUTHORITIES, zh, en, "S3-49")


EVENTS = event_types(
    _type("listed", Listed, "挂牌整治", "Area listed for rectification"),
    _type("delisted", Delisted, "摘牌", "Area delisted"),
    correction(FAMILY, AUTHORITIES, "重点地区"),
)
