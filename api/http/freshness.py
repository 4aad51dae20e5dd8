"""How far a view has seen the log: never claimed too far, and waited for where a reader asks for its own writes.

A lane's bookmark moves with the lane's own events, so that a view has reached a position when no event up to it lies
after the bookmark of its lane. What was found once is kept; each event is looked at once.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, Protocol

import psycopg
from psycopg import sql

from api.http.problems import problem
from ledger.log import EventLog
from projections.feed import LANES, lane_of
from projections.progress import visible_at

FRESH_SECONDS = 0.1
STALE_SECONDS = 1.0
_POLL_SECONDS = 0.01
_PAGE = 1_000


class Readers(Protocol):
    """Lends connections for reading."""

    def reader(self) -> AbstractAsyncContextManager[Any]:
        """Lend one."""
        ...


@dataclass(slots=True)
class Seen:
    """What a view has seen: all up to ``position``, and when the first event after it was recorded."""

    position: int = 0
    waiting_since: datetime | None = None


class Freshness:
    """Watches one view's bookmarks, and only while somebody asks."""

    def __init__(self, view: str, readers: Readers, log: EventLog) -> None:
        self.view = view
        self._readers = readers
        self._log = log
        self._statement = sql.SQL("SELECT lane, position FROM {}.bookmark").format(sql.Identifier(view))
        self._bookmarks: dict[int, int] = {}
        self._seen = Seen()
        self._at = float("-inf")
        self._asking = asyncio.Lock()
        self._looking: asyncio.Task[Seen] | None = None

    async def position(self) -> int:
        """Return a position that the view has reached for certain, at most a second old.

        What was true a moment ago still is, so that nobody waits for a newer look but the one who asks after long.
        """
        age = monotonic() - self._at
        if age > STALE_SECONDS:
            return (await self.look()).position
        if age > FRESH_SECONDS and self._looking is None:
            self._looking = asyncio.create_task(self.look())
            self._looking.add_done_callback(self._looked)
        return self._seen.position

    def _looked(self, task: asyncio.Task[Seen]) -> None:
        self._looking = None
        if not task.cancelled() and task.exception() is not None:
            # The next one who asks looks for itself, and meets the error where it can be answered.
            self._at = float("-inf")

    async def look(self) -> Seen:
        """Return what the view has seen, asked anew; those who ask at once share one answer."""
        asked = monotonic()
        async with self._asking:
            if self._at < asked:
                await self._look()
            return self._seen

    def has_seen(self, stream: str | None, position: int) -> bool:
        """Return whether all up to a position, or what of it concerns one stream, was seen when last looked at."""
        if self._seen.position >= position:
            return True
        return stream is not None and self._bookmarks.get(lane_of(stream), 0) >= position

    async def wait(self, position: int, seconds: float, *, stream: str | None = None) -> None:
        """Return when the view has reached a position, all of it or that of one stream; else raise the problem.

        A position that the log itself has not reached was never given out: whoever asks for it errs.
        """
        if self.has_seen(stream, position):
            return
        head = await asyncio.to_thread(self._log.head)
        if position > head:
            raise problem("min_position_ahead", "/header/Min-Position", position=str(position), head=str(head))
        deadline = monotonic() + seconds
        while not self.has_seen(stream, position):
            if monotonic() > deadline:
                reached = str(self._seen.position)
                raise problem("views_behind", "/header/Min-Position", position=str(position), reached=reached)
            await asyncio.sleep(_POLL_SECONDS)
            await self.look()

    async def visible_at(self, stream: str, position: int) -> datetime | None:
        """Return when an event of a stream became visible, ``None`` where it is not, or too long ago to be kept."""
        try:
            async with self._readers.reader() as connection:
                return await visible_at(connection, self.view, position, lane_of(stream))
        except psycopg.errors.UndefinedTable:
            return None

    async def _look(self) -> None:
        started = monotonic()
        async with self._readers.reader() as connection:
            rows = await (await connection.execute(self._statement)).fetchall()
        bookmarks = {int(lane): int(position) for lane, position in rows}
        lowest = min((bookmarks.get(lane, 0) for lane in range(LANES)), default=0)
        rebuilt = any(bookmarks.get(lane, 0) < position for lane, position in self._bookmarks.items())
        position = lowest if rebuilt else max(lowest, self._seen.position)
        unseen, waiting_since = False, None
        while not unseen:
            events = await asyncio.to_thread(self._log.read, position, _PAGE)
            for row in events:
                if row.position > bookmarks.get(lane_of(row.stream), 0):
                    unseen, waiting_since = True, row.recorded
                    break
                position = row.position
            if len(events) < _PAGE:
                break
        self._bookmarks, self._seen, self._at = bookmarks, Seen(position, waiting_since), started
