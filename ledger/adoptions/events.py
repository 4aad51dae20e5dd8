"""A party says that it relies on a certificate, in which field and what for; later, that it does so no more."""

from typing import Literal

from ledger.facts import Dated, EventType, LongText, Stream, Text, correction, event_types
from ledger.parties import AUTHORITIES, BODY, ORGANISATION

FAMILY = "adoption"
_ADOPTERS = AUTHORITIES | {ORGANISATION, BODY}


class Recorded(Dated):
    """The source relies on a certificate (采信): buyer, department, regulator, insurer or lender."""

    certificate: Stream
    field: Literal[
        "market_procurement", "sector_management", "administrative_supervision", "social_governance", "insurance",
        "credit",
    ]  # fmt: skip
    purpose: LongText


class Ended(Dated):
    """The source relies on it no more."""

    reason: Text | None = None


def _type(name: str, model: type[Dated], zh: str, en: str) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, _ADOPTERS, zh, en, "S4-56")


EVENTS = event_types(
    _type("recorded", Recorded, "采信认证结果", "Certificate adopted"),
    _type("ended", Ended, "终止采信", "Adoption ended"),
    correction(FAMILY, _ADOPTERS, "采信"),
)
