"""The store's own log as a feed: every event in order of position, in all lanes at once."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Protocol, cast

from ledger.envelope import open_recorded
from ledger.log import EventLog, Row
from projections.feed import LANES, Batch, Bookmarks, Delivered, lane_of
from projections.pausing import collector_paused

BATCH = 1_000
WAIT_SECONDS = 1.0


class StoreFeed:
    """Implements :class:`projections.feed.Feed` over an event log; what a lane has seen is passed over."""

    def __init__(self, log: EventLog, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._log = log
        self._wait_seconds = wait_seconds

    def batches(self, bookmarks: Callable[[], Bookmarks]) -> Iterator[Sequence[Delivered]]:
        """Yield batches for ever; a batch that holds nothing new still says how far all lanes have been seen."""
        seen = dict(bookmarks())
        after = min((seen.get(lane, 0) for lane in range(LANES)), default=0)
        while True:
            rows = self._log.read(after, BATCH)
            if not rows:
                break
            after = rows[-1].position
            yield _batch(rows, seen, after)
        with closing(cast("_Closable", self._log.follow(after, wait_seconds=self._wait_seconds))) as following:
            for rows in cast("Iterator[Sequence[Row]]", following):
                after = rows[-1].position if rows else after
                yield _batch(rows, seen, after) if rows else Batch((), {})

    def close(self) -> None:
        """Hold nothing: closing the iterator of :meth:`batches` lets go of the log."""


class _Closable(Protocol):
    def close(self) -> None: ...


def _batch(rows: Sequence[Row], seen: Bookmarks, after: int) -> Batch:
    with collector_paused():
        fresh = [
            Delivered(lane, open_recorded(row.position, row.raw), row.traceparent)
            for row in rows
            if row.position > seen.get(lane := lane_of(row.stream), 0)
        ]
    return Batch(fresh, dict.fromkeys(range(LANES), after))
