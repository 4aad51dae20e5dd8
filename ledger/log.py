"""The port of the event log: an ordered, append-only log with guards, permanent identities and gapless positions.

One contract suite runs over every implementation.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


class ConcurrentUpdate(Exception):  # noqa: N818 - it is an event of the race, not a defect
    """A stream or an identity that a decision relied on changed before the append; decide again."""


class LogUnavailable(Exception):  # noqa: N818 - a condition of the surroundings
    """The log cannot be reached, or an append's fate is unknown; submitting again is always safe."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the log: ``raw`` are the canonical bytes; trace context and receipt time stay beside them."""

    position: int
    stream: str
    version: int
    type: str
    raw: bytes
    recorded: datetime
    traceparent: str | None = None
    received: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is recorded under an identity: where, and the SHA-256 of the event's bytes."""

    row: Row
    digest: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """One decided event, not yet recorded: the log adds the position and the time of recording."""

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


@dataclass(frozen=True, slots=True)
class Appended:
    """Where one draft was recorded, when, and its bytes."""

    position: int
    recorded: str
    raw: bytes


class EventLog(Protocol):
    """An append-only log. Positions count from 1 without a gap; recorded times strictly increase with them."""

    def head(self) -> int:
        """Return the last committed position, 0 for an empty log."""
        ...

    def changed_since(self, position: int) -> set[str]:
        """Return the streams with an event after ``position``."""
        ...

    def streams(self, streams: Collection[str]) -> Mapping[str, Sequence[Row]]:
        """Return all rows of these streams, each in order of version."""
        ...

    def known(self, identities: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Known]:
        """Return what is recorded under these identities."""
        ...

    def append(self, drafts: Sequence[Draft], expect: Mapping[str, int], head: int) -> list[Appended]:
        """Record the drafts in order in one transaction, or raise :class:`ConcurrentUpdate` and record nothing.

        ``expect`` gives the version of each stream that the decisions read, written to or not; ``head`` is the
        position after which nothing had been recorded when they were read.
        """
        ...

    def read(self, after: int, limit: int) -> Sequence[Row]:
        """Return up to ``limit`` rows after a position, in order. No row is ever skipped."""
        ...

    def keep_equivocation(self, source: str, identity: str, event: bytes, first: int) -> None:
        """Keep other bytes that came under a recorded identity, as evidence beside the first."""
        ...

    def follow(self, after: int, *, wait_seconds: float) -> Iterator[Sequence[Row]]:
        """Yield batches for ever; yield an empty batch when nothing came for ``wait_seconds``."""
        ...
