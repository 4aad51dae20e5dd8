"""The port by which views are fed: recorded events in order of position within a lane, each at least once.

A lane is a twelfth of all streams (CRC-32 of the stream's identifier); the topic's partition of that number carries
it. A view's bookmark says, for each lane, the position up to which it has seen everything.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self
from zlib import crc32

from ledger.envelope import Recorded

LANES = 12
Bookmarks = Mapping[int, int]


def lane_of(stream: str) -> int:
    """Return the lane, and so the partition, that carries a stream."""
    return crc32(stream.encode()) % LANES


@dataclass(frozen=True, slots=True)
class Delivered:
    """One recorded event as a feed delivered it, with the trace context that travels beside it."""

    lane: int
    recorded: Recorded
    traceparent: str | None = None

    @property
    def position(self) -> int:
        """The event's position in the log."""
        return self.recorded.position


class Batch(tuple[Delivered, ...]):  # noqa: SLOT001 - a tuple of its own with an attribute cannot have slots
    """A batch of a feed that also knows how far each of its lanes has been seen, events or none."""

    seen: Bookmarks

    def __new__(cls, delivered: Iterable[Delivered], seen: Bookmarks) -> Self:
        """Return the batch; ``seen`` gives, by lane, the position up to which nothing is missing after it."""
        batch = super().__new__(cls, delivered)
        batch.seen = seen
        return batch


class Feed(Protocol):
    """A source of recorded events: Kafka in production, the store's own log for rebuilds or without a broker."""

    def batches(self, bookmarks: Callable[[], Bookmarks]) -> Iterator[Sequence[Delivered]]:
        """Yield batches for ever, from the bookmarks on; an empty batch when nothing came for a while.

        ``bookmarks`` is asked again whenever the feed is given other lanes. Within a lane positions increase; an
        event may be delivered more than once, and is never skipped. A feed that knows more yields :class:`Batch`.
        """
        ...

    def close(self) -> None:
        """Let go of connections and of the lanes held."""
        ...
