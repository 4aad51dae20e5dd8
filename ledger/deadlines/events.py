"""The one statement about deadlines that is not worked out when it is asked for: that one passed, said by the clock."""

from ledger.certificates.forms import Region
from ledger.facts import CalendarDay, Code, Dated, EventType, Identifier, Reference, Stream, Text, event_types
from ledger.parties import CLOCK

FAMILY = "deadline"


class Passed(Dated):
    """``effective`` is the first day after ``due``; what was known at that time, whatever is corrected later."""

    rule: Code
    basis: Text
    about: Stream
    cause: Reference
    due: CalendarDay
    responsible: Identifier
    region: Region | None = None


EVENTS = event_types(
    EventType(
        f"{FAMILY}.passed", FAMILY, Passed, frozenset({CLOCK}), "期限届满未办结", "Deadline passed", "S0-21; S1-97"
    )
)
