"""What the ledger's clock says about the log: the root of the status map over its first entries."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ledger.facts import Dated, EventType, event_types
from ledger.parties import CLOCK

FAMILY = "log"
_ROOT = r"^[A-Za-z0-9+/]{43}=$"


class MapRoot(Dated):
    """The status map over the first ``size`` entries of the log has this root; ``effective`` is the last one's day.

    ``previous`` is the size of the root before, which names the stream: each root has one successor.
    """

    format: Literal["certledger-status-map/1"]
    previous: Annotated[int, Field(ge=0, le=2**53 - 1, description="Entries covered by the root before, 0 for none")]
    size: Annotated[int, Field(ge=1, le=2**53 - 1, description="Entries covered")]
    root: Annotated[str, StringConstraints(pattern=_ROOT)] = Field(description="SHA-256, Base 64")


EVENTS = event_types(
    EventType(
        f"{FAMILY}.map_root",
        FAMILY,
        MapRoot,
        frozenset({CLOCK}),
        "状态图根存证",
        "Root of the status map recorded",
        "ledger evidence: status map",
    ),
)
