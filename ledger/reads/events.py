"""What may be said about the record of readings: how long it is and the digest of its last row, by the clock alone."""

from typing import Annotated

from pydantic import Field

from ledger.certificates.forms import Sha256
from ledger.facts import Dated, EventType, event_types
from ledger.parties import CLOCK

FAMILY = "reads"


class Anchored(Dated):
    """The record of readings has this many rows, the last of them with this digest.

    What was recorded up to here cannot be edited or dropped unseen: the event is in the ledger like every other one.
    """

    size: Annotated[int, Field(ge=1, le=2**53 - 1)]
    head: Sha256


EVENTS = event_types(
    EventType(
        f"{FAMILY}.anchored",
        FAMILY,
        Anchored,
        frozenset({CLOCK}),
        "查阅记录存证",
        "Record of readings anchored",
        "S1-21",
    )
)
