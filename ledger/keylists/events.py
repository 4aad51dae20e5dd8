"""What a bureau may say about its key lists: ``keylist:<bureau>:<name>``; there are three kinds of entries."""

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ledger.codes.regions import may_be_filed
from ledger.days import FOREVER
from ledger.facts import CalendarDay, Code, Dated, EventType, Identifier, Text, correction, event_types
from ledger.parties import AUTHORITIES

FAMILY = "keylist"
KINDS = ("product", "enterprise", "area")
Kind = Literal["product", "enterprise", "area"]
_ENTRIES = {
    "product": re.compile(r"[0-9A-Za-z]{2,12}"),
    "enterprise": re.compile(r"organisation:[0-9A-Z]{9}"),
    "area": re.compile(r"[0-9]{6}"),
}


class _Entry(Dated):
    kind: Kind
    entry: Identifier = Field(
        description="A product class or project code, an enterprise (organisation: and nine characters), or a region",
        examples=["organisation:M000100Y4"],
    )

    @model_validator(mode="after")
    def entry_is_of_its_kind(self) -> "_Entry":
        """An entry is spelled as its kind asks."""
        is_known = self.kind != "area" or may_be_filed(self.entry, FOREVER)
        if not _ENTRIES[self.kind].fullmatch(self.entry) or not is_known:
            raise ValueError("key_entry_wrong")
        return self


class EntryAdded(_Entry):
    """From this day on the entry is listed; with an interval it is watched at least every so many months. S1-14.

    An entry is amended by its removal and a new addition on the same day.
    """

    interval_months: Annotated[int, Field(ge=1, le=120)] | None = Field(
        default=None, description="None: listed without being patrolled more often, as in a catalogue for certification"
    )
    basis: Text
    reason: Literal["priority", "listed_for_rectification"] = "priority"
    category: Code | None = Field(default=None, description="A category of key products, such as children. S3-46")
    review: CalendarDay | None = None
    risk_level: Code | None = Field(default=None, description="The product's risk, as the catalogue rates it (S4-62)")
    maturity: Code | None = Field(
        default=None, description="Maturity of its industry, as the catalogue rates it (S4-62)"
    )


class EntryRemoved(_Entry):
    """From this day on the entry is on the list no more."""

    basis: Text


class Issued(Dated):
    """The list as it stands on this day is issued under a version, for those below to plan by. S1-23."""

    version: Code
    document_number: Text


def _type(name: str, model: type[Dated], zh: str, en: str, source: str, version: int = 1) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, AUTHORITIES, zh, en, source, version=version)


EVENTS = event_types(
    _type("entry_added", EntryAdded, "列入重点", "Key list entry added", "S1-14; S3-49; S4-62", version=2),
    _type("entry_removed", EntryRemoved, "移出重点", "Key list entry removed", "S1-14"),
    _type("issued", Issued, "发布重点目录", "Key list issued", "S1-23"),
    correction(FAMILY, AUTHORITIES, "重点名单"),
)
