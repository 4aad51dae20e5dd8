"""What is reported upward, and what was called for: a call names who owes a return and until when.

A request for instruction (请示) needs an answer, a report (报告) does not: they are two kinds of statements.
"""

from typing import Annotated

from pydantic import Field

from ledger.cases.forms import ReportStream
from ledger.certificates.forms import Evidence, Region
from ledger.facts import CalendarDay, Code, Dated, EventType, Identifier, LongText, Text, correction, event_types
from ledger.parties import AUTHORITIES, BODY

FAMILY = "report"
Parties = Annotated[list[Identifier], Field(max_length=500)]


class Called(Dated):
    """A return is called for: what, of whom, until which day (that day included), to which division."""

    kind: Code = Field(examples=["self_check", "county_inspection", "city_inspection"])
    title: Text
    owed_by: Annotated[list[Identifier], Field(min_length=1, max_length=500)]
    due: CalendarDay
    division: Text | None = None
    written: bool = False
    basis: Text


class Submitted(Dated):
    """One party's return; it names the calls whose returns it was built from, and who is missing in them."""

    content: LongText
    document: Evidence | None = None
    division: Text | None = None
    built_from: Annotated[list[ReportStream], Field(max_length=200)] | None = None
    not_received: Parties | None = None


class AccidentReported(Dated):
    """A major accident is reported one level up (S1-96)."""

    region: Region
    to: Identifier
    text: LongText


class InstructionRequested(Dated):
    """An instruction is asked for, one level up (S0-60)."""

    to: Identifier
    text: LongText


class InstructionGiven(Dated):
    """The instruction that was asked for."""

    text: LongText


def _type(name: str, model: type[Dated], zh: str, en: str, source: str, actors: frozenset[str]) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, actors, zh, en, source)


EVENTS = event_types(
    _type("called", Called, "布置报送", "Return called for", "S1-94; S2-48; S2-60; S2-61", AUTHORITIES),
    _type("submitted", Submitted, "报送", "Return submitted", "S2-48; S2-60; S2-61", AUTHORITIES | {BODY}),
    _type("accident_reported", AccidentReported, "重大事故报告", "Major accident reported", "S1-96", AUTHORITIES),
    _type("instruction_requested", InstructionRequested, "请示", "Instruction requested", "S0-60", AUTHORITIES),
    _type("instruction_given", InstructionGiven, "批复", "Instruction given", "S0-60", AUTHORITIES),
    correction(FAMILY, AUTHORITIES | {BODY}, "报送"),
)
