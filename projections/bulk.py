"""The fast way to a whole view: events are spooled, read back stream by stream, and every row is written once.

Memory stays flat, whatever the feed's order and length; indexes and constraints come after the rows.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Protocol, cast

import psycopg
from psycopg import sql

from projections.copying import Lines
from projections.feed import LANES, Batch, Bookmarks, Delivered, Feed
from projections.pausing import collector_paused
from projections.spool import Spool
from projections.view import View

Connection = psycopg.Connection[Any]
Progress = Callable[[str, int, int], None]
ROWS_AT_ONCE = 4_000
PATIENCE = 60
"""Empty batches, one after the other, after which a feed that owes events is given up."""

_MEMORY = "SET LOCAL maintenance_work_mem = '64MB'"
_BOOKMARK = """
    UPDATE bookmark SET position = bound.position, event_position = bound.position
    FROM unnest(%b::int[], %b::bigint[]) AS bound (lane, position) WHERE bookmark.lane = bound.lane
"""


class _Closable(Protocol):
    def close(self) -> None: ...


class RebuildIncomplete(Exception):  # noqa: N818 - says what happened
    """The feed ended before it had delivered what was asked for; the live view is untouched."""


def up_to(feed: Feed, bookmarks: Callable[[], Bookmarks], bound: Bookmarks | None) -> Iterator[list[Delivered]]:
    """Yield what a feed delivers up to a bound, the last event's position by lane; ``None`` is all there is now.

    Raises :class:`RebuildIncomplete` where nothing more came although the bound was not reached.
    """
    reached = dict.fromkeys(range(LANES), 0) | dict(bookmarks())
    idle = 0
    with closing(cast("_Closable", feed.batches(bookmarks))) as batches:
        while bound is None or any(reached[lane] < position for lane, position in bound.items()):
            batch = next(cast("Iterator[Sequence[Delivered]]", batches))
            taken = [d for d in batch if bound is None or d.position <= bound.get(d.lane, 0)]
            for delivered in batch:
                reached[delivered.lane] = max(reached[delivered.lane], delivered.position)
            if isinstance(batch, Batch):
                reached |= {lane: seen for lane, seen in batch.seen.items() if seen > reached[lane]}
            if taken:
                yield taken
            idle = 0 if batch else idle + 1
            if idle and bound is None:
                return
            if bound is not None and idle > PATIENCE:
                behind = {lane: position for lane, position in bound.items() if reached[lane] < position}
                raise RebuildIncomplete(f"数据源没有送达全部事件 / the feed did not deliver everything: {behind}")


def read(spool: Spool, batches: Iterator[list[Delivered]], total: int, progress: Progress) -> dict[int, int]:
    """Spool what a feed delivers; return the last position of each lane."""
    last = dict.fromkeys(range(LANES), 0)
    done = 0
    with collector_paused():
        for batch in batches:
            for delivered in batch:
                if delivered.position > last[delivered.lane]:
                    last[delivered.lane] = delivered.position
                    spool.add(delivered)
            done = max(done, batch[-1].position)
            progress("read", done, max(total, done))
    return last


@dataclass(slots=True)
class Loading:
    """One view on its way into empty tables: its connection, the rows not yet written, and how many there were."""

    view: View
    connection: Connection
    lines: Lines = field(default_factory=Lines)
    rows: int = 0
    writing: Future[None] | None = None

    def write(self, writers: Executor) -> None:
        """Begin to write the rows there are, once those before are written."""
        self.settle()
        taken, self.lines = self.lines, Lines()
        self.rows += taken.size()
        self.writing = writers.submit(taken.write, self.connection)

    def settle(self) -> None:
        """Wait until what was begun is written."""
        if self.writing is not None:
            self.writing.result()

    def finish(self, bookmarks: Bookmarks) -> None:
        """Add indexes and bookmarks to the rows, and commit."""
        connection = self.connection
        connection.execute(_MEMORY)
        connection.execute(self.view.indexes.encode())
        connection.execute(_BOOKMARK, (list(bookmarks), list(bookmarks.values())))
        connection.commit()
        for table in self.view.contents:
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
        connection.commit()


def load(spool: Spool, loadings: Sequence[Loading], bookmarks: Bookmarks, progress: Progress) -> None:
    """Write views from one spool, then their indexes and bookmarks, each view in one transaction of its own.

    The rows of each view are written while the next ones are folded.
    """
    done = 0
    with collector_paused(), ThreadPoolExecutor(len(loadings)) as writers:
        for stream, events in spool.streams():
            for loading in loadings:
                loading.view.whole(stream, events, loading.lines)
                if loading.lines.size() > ROWS_AT_ONCE:
                    loading.write(writers)
                    progress("fold", done, spool.events)
            done += len(events)
        for loading in loadings:
            loading.write(writers)
            loading.settle()
        progress("fold", done, spool.events)
        finishing = [writers.submit(loading.finish, bookmarks) for loading in loadings]
        for index, finished in enumerate(finishing):
            progress("index", index, len(loadings))
            finished.result()
    progress("index", len(loadings), len(loadings))
