"""What a bureau may say about its archive of an organisation; ``archive:<bureau>:organisation:…`` names both.

What the archive holds is nobody's statement: it is every event about the organisation, and follows from the log.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ledger.certificates.forms import Evidence, Region
from ledger.facts import Code, Dated, EventType, Text, correction, event_types
from ledger.parties import AUTHORITIES

FAMILY = "archive"
Officer = Annotated[
    str,
    StringConstraints(pattern=r"^person:[A-Z]{2,12}:[0-9A-Z][0-9A-Z\-]{2,31}$"),
    Field(description="An officer by register and number, never by name", examples=["person:SAMR:440604-017"]),
]
Duty = Literal["keeping", "maintenance", "updating"]
ProductKinds = Annotated[list[Code], Field(min_length=1, max_length=100)]


class Surveyed(Dated):
    """The baseline survey found a producer of catalogue products, certified or not. S1-20, S1-51."""

    region: Region
    name_zh: Text
    product_kinds: ProductKinds = Field(description="Product classes of the catalogue, such as 1801")
    certified: bool = Field(description="Whether the survey found a certificate; its absence bars no archive")
    evidence: Annotated[list[Evidence], Field(max_length=20)] | None = None


class Opened(Dated):
    """The archive is open, with or without a survey or a certificate."""

    region: Region
    product_kinds: ProductKinds | None = None


class CustodianAssigned(Dated):
    """From this day on, one officer answers for keeping, maintenance and updating of the archive. S1-21."""

    officer: Officer
    duties: Annotated[list[Duty], Field(min_length=1, max_length=3)]


class Closed(Dated):
    """The archive is no longer kept; it may be opened again."""

    reason: Text


def _type(name: str, model: type[Dated], zh: str, en: str, source: str) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, AUTHORITIES, zh, en, source)


EVENTS = event_types(
    _type("surveyed", Surveyed, "调查摸底", "Baseline survey recorded", "S1-20"),
    _type("opened", Opened, "建立监管档案", "Archive opened", "S1-16"),
    _type("custodian_assigned", CustodianAssigned, "指定档案专人", "Archive custodian assigned", "S1-21"),
    _type("closed", Closed, "停止保管档案", "Archive closed", "S1-19"),
    correction(FAMILY, AUTHORITIES, "档案"),
)
