"""What may be said about a double-random draw (S3-87, S4-103): announced, listed, committed, drawn, published."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from ledger.certificates.forms import Region, Sha256
from ledger.facts import Data, Dated, EventType, Identifier, Text, event_types
from ledger.inspections.codes import ModeCode, Population
from ledger.parties import AUTHORITIES, BODY, ORGANISATION

FAMILY = "draw"
Algorithm = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Pool = Literal["inspectees", "inspectors"]
MOST_INSPECTED = 1_000
Count = Annotated[int, Field(ge=0, le=100_000)]


class Announced(Dated):
    """A draw is announced: from which population, for which inspections, how many of each."""

    title: Text
    population: Population
    mode: ModeCode
    region: Region
    take: Annotated[int, Field(ge=1, le=20_000)]
    inspectors_each: Annotated[int, Field(ge=0, le=10)] = Field(
        description="Inspectors for each inspectee; 0 for a sample survey"
    )
    algorithm: Algorithm = Field(examples=["certledger-draw-1"])

    @model_validator(mode="after")
    def fits_one_statement(self) -> "Announced":
        """What is to be inspected is published result by result in one event; only a survey takes more."""
        if self.inspectors_each and self.take > MOST_INSPECTED:
            raise ValueError("draw_too_many")
        return self


class PoolListed(Dated):
    """Members of a pool by identifier, in as many statements as it takes; people by number, never by name."""

    pool: Pool
    identifiers: Annotated[list[Identifier], Field(min_length=1, max_length=2_000)]


class PoolDigest(Data):
    """The number of a pool's members and the digest over them."""

    count: Count
    sha256: Sha256


class Conflict(Data):
    """An inspector who may not inspect this inspectee."""

    inspector: Identifier
    inspectee: Identifier
    ground: Literal["ownership", "employment", "consulting", "kinship", "earlier_inspection", "declared"]


class Committed(Dated):
    """Pools, conflicts and the seed's digest are fixed; from now on nobody changes them, the organiser included."""

    inspectees: PoolDigest
    inspectors: PoolDigest
    conflicts: Annotated[list[Conflict], Field(max_length=1_000)] | None = None
    seed_commitment: Sha256


class Contributed(Dated):
    """Another party's random value, given after the commitment: so nobody alone decides who is drawn."""

    value: Sha256 = Field(description="32 random bytes, in hexadecimal digits")


class Selected(Data):
    """One inspectee that was drawn, and its inspectors."""

    inspectee: Identifier
    inspectors: Annotated[list[Identifier], Field(max_length=10)]


class Made(Dated):
    """The draw: the seed is revealed to the authorities, and the selection is what follows from it."""

    seed: Sha256
    selection: Sha256 = Field(description="Digest over all that was drawn, in order")
    selected: Annotated[list[Selected], Field(min_length=1, max_length=MOST_INSPECTED)] | None = None


class Result(Data):
    """What the inspection of one inspectee came to."""

    inspectee: Identifier
    inspection: Identifier | None = Field(default=None, description="Its stream")
    outcome: Literal["conforming", "nonconforming", "not_concluded", "not_found", "surveyed"]


class Published(Dated):
    """Draw and results are open to everybody (一公开): the seed with them, so that everybody can recompute."""

    seed: Sha256
    selection: Sha256 = Field(description="Digest over all that was drawn, in order")
    selected: Annotated[list[Selected], Field(min_length=1, max_length=MOST_INSPECTED)] | None = None
    results: Annotated[list[Result], Field(min_length=1, max_length=MOST_INSPECTED)] | None = Field(
        default=None, description="One for each that was drawn; a survey alone may have none"
    )


class Abandoned(Dated):
    """The draw will not be made; that it was begun stays to be seen."""

    reason: Text


def _type(name: str, model: type[Dated], zh: str, en: str, actors: frozenset[str] = AUTHORITIES) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, actors, zh, en, "S3-87; S4-103; I-14")


EVENTS = event_types(
    _type("announced", Announced, "公告抽取", "Draw announced"),
    _type("pool_listed", PoolListed, "公布名录", "Pool listed"),
    _type("committed", Committed, "封定名录与种子", "Pools and seed committed"),
    _type("contributed", Contributed, "提供第二随机数", "Random value contributed", AUTHORITIES | {BODY, ORGANISATION}),
    _type("made", Made, "抽取", "Draw made"),
    _type("published", Published, "公布抽取与结果", "Draw and results published"),
    _type("abandoned", Abandoned, "中止抽取", "Draw abandoned"),
)
