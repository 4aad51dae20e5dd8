"""What an authority may say about a case. Amounts are decimal CNY as text; documents go by digest."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ledger.certificates.forms import Evidence, LegalBasis, Region
from ledger.facts import Dated, EventType, Identifier, LongText, Text, correction, event_types
from ledger.parties import AUTHORITIES

FAMILY = "case"
Amount = Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,14})(\.[0-9]{2})?$")]
Streams = Annotated[list[Identifier], Field(max_length=200)]


class Opened(Dated):
    """A case was opened against a party."""

    target: Identifier = Field(description="Stream of the party, such as body:CNCA-R-2031-101")
    region: Region
    lead: Literal[
        "patrol",
        "market_supervision",
        "complaint",
        "spot_check",
        "body_notice",
        "other_authority",
        "superior",
        "media",
    ]
    violation: Text
    certificates: Streams | None = None
    inspections: Streams | None = None


class PenaltyDecided(Dated):
    """A penalty was decided; a warning (警告) is one, an admonition (告诫) is not and is no event of this type."""

    document_number: Text
    penalties: Annotated[
        list[
            Literal[
                "warning",
                "fine",
                "confiscation",
                "order_to_correct",
                "stop_business",
                "withdraw_approval",
                "withdraw_designation",
                "bar",
                "strike_off",
            ]
        ],
        Field(min_length=1, max_length=9),
    ]
    amount: Amount | None = None
    description: LongText
    legal_basis: Annotated[list[LegalBasis], Field(min_length=1, max_length=10)]
    document: Evidence | None = None


class Closed(Dated):
    """The case was closed."""

    outcome: Literal["executed", "no_violation", "transferred", "discontinued"]


def _type(name: str, model: type[Dated], zh: str, en: str, source: str) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, AUTHORITIES, zh, en, source)


EVENTS = event_types(
    _type("opened", Opened, "立案", "Case opened", "S0-61"),
    _type("penalty_decided", PenaltyDecided, "处罚决定", "Penalty decided", "S1-100"),
    _type("closed", Closed, "结案", "Case closed", "S1-97"),
    correction(FAMILY, AUTHORITIES, "案件"),
)
