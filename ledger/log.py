"""The port of the event log: an ordered, append-only log with guards, permanent identities and gapless positions.

One contract suite runs over every implementation.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from ledger.values import quickly_made


class ConcurrentUpdate(Exception):  # noqa: N818 - it is an event of the race, not a defect
    """A stream or an identity that a decision relied on changed before the append; decide again."""


class LogUnavailable(Exception):  # noqa: N818 - a condition of the surroundings
    """The log cannot be reached, or an append's fate is unknown; submitting again is always safe."""


@quickly_made
@dataclass(frozen=True, slots=True)
class Row:
    """One row of the log: ``raw`` are the canonical bytes; what else is known of the event stays beside them.

    ``access`` is its class in the table of visibility.
    """

    position: int
    stream: str
    version: int
    type: str
    raw: bytes
    recorded: datetime
    traceparent: str | None = None
    received: datetime | None = None
    access: str = "unknown"


@dataclass(frozen=True, slots=True)
class Known:
    """What is recorded under an identity: where, and the SHA-256 of the event's bytes."""

    row: Row
    digest: bytes


@quickly_made
@dataclass(frozen=True, slots=True)
class Draft:
    """One decided event, not yet recorded: the log adds the position and the time of recording.

    ``signatures`` is the canonical JSON list of those it came with.
    """

    stream: str
    version: int
    type: str
    source: str
    id: str
    digest: bytes
    event: bytes
    record: dict[str, Any]
    traceparent: str | None = None
    received: datetime | None = None
    access: str = "unknown"
    signatures: bytes = b"[]"


@quickly_made
@dataclass(frozen=True, slots=True)
class Appended:
    """Where one draft was recorded, and when."""

    position: int
    recorded: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a batch of decisions reads, at one moment.

    ``changed`` are the streams with an event after the position asked for; ``rows`` all rows of the streams asked
    for, in order of version; ``known`` what is recorded under the identities asked for; ``now`` is the instant of the
    clock that will give the times of recording.
    """

    head: int
    now: datetime
    changed: frozenset[str]
    rows: Mapping[str, Sequence[Row]]
    known: Mapping[tuple[str, str], Known]


class EventLog(Protocol):
    """An append-only log. Positions count from 1 without a gap; recorded times strictly increase with them."""

    def head(self) -> int:
        """Return the last committed position, 0 for an empty log."""
        ...

    def load(self, since: int, streams: Collection[str], identities: Collection[tuple[str, str]]) -> Loaded:
        """Return what decisions on these streams and identities rely on; ``since`` is what the caller has seen."""
        ...

    def append(
        self, drafts: Sequence[Draft], expect: Mapping[str, int], head: int, deadline: str | None = None
    ) -> list[Appended]:
        """Record the drafts in order in one transaction, or raise :class:`ConcurrentUpdate` and record nothing.

        ``expect`` gives the version of each stream that the decisions read, written to or not; ``head`` is the
        position after which nothing had been recorded when they were read; ``deadline`` is the instant from which
        the decisions no longer hold, as a key's validity ends.
        """
        ...

    def read(self, after: int, limit: int) -> Sequence[Row]:
        """Return up to ``limit`` rows after a position, in order. No row is ever skipped."""
        ...

    def streams(self, prefix: str, after: str, limit: int) -> Sequence[str]:
        """Return up to ``limit`` streams whose identifier begins so, in its order, from after one of them on."""
        ...

    def keep_equivocation(self, source: str, identity: str, event: bytes, first: int, signatures: bytes) -> None:
        """Keep other bytes that came under a recorded identity, with their signatures, as evidence beside the first."""
        ...

    def follow(self, after: int, *, wait_seconds: float) -> Iterator[Sequence[Row]]:
        """Yield batches for ever; yield an empty batch when nothing came for ``wait_seconds``."""
        ...
