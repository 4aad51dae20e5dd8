"""One follower of the log for all clients of the event stream: each gets every event that it may see once, in order.

What the public sees is read once for all of it. A client that falls behind, or that sees more than the public, reads
by itself, so a slow one holds nobody up and nothing is buffered for it.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from itertools import dropwhile, islice

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from ledger.log import EventLog, LogUnavailable, Row

KEPT = 4_000
KEPT_BYTES = 16 * 1024 * 1024
PAGE = 500
PAGE_BYTES = 1024 * 1024
_POLL_SECONDS = 1.0
_READ_AT_ONCE = 200

Read = Callable[[int, int], Awaitable[Sequence[Row]]]


class Tail:
    """Follows the log in a thread of its own; ``rows`` serves any number of clients.

    ``read`` returns, after a position, so many rows as the public sees them.
    """

    def __init__(self, log: EventLog, read: Read) -> None:
        self._log = log
        self._read = read
        self._head = 0
        self._through: int | None = None
        self._reading: asyncio.Task[None] | None = None
        self._recent: deque[Row] = deque()
        self._recent_bytes = 0
        self._grown = asyncio.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def head(self) -> int:
        """The last position that the follower has met."""
        return self._head

    def start(self) -> None:
        """Begin to follow, on the running loop; called when the first client comes."""
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._follow, name="tail", daemon=True)
            self._thread.start()

    async def stop(self) -> None:
        """End the thread and every client's stream."""
        self._stopping.set()
        self._wake()
        if self._reading is not None:
            self._reading.cancel()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    async def rows(
        self, after: int, *, keep_alive_seconds: float, read: Read | None = None
    ) -> AsyncIterator[Sequence[Row]]:
        """Yield batches of rows after a position for ever; an empty batch when nothing came for a while.

        ``read`` is how a client reads that sees more than the public.
        """
        self.start()
        while not self._stopping.is_set():
            grown = self._grown
            rows = await (self._after(after) if read is None else read(after, _READ_AT_ONCE))
            if rows:
                after = rows[-1].position
                yield rows
                continue
            try:
                await asyncio.wait_for(grown.wait(), keep_alive_seconds)
            except TimeoutError:
                yield ()

    async def _after(self, after: int) -> Sequence[Row]:
        if self._through is not None and after >= self._through:
            return ()
        if self._recent and self._recent[0].position <= after + 1:
            return _portion(dropwhile(lambda row: row.position <= after, self._recent))
        return _portion(await self._read(after, _READ_AT_ONCE))

    def _follow(self) -> None:
        assert self._loop is not None  # noqa: S101 - set by start() before the thread begins
        log = structlog.get_logger("certledger.tail")
        after: int | None = None
        while not self._stopping.is_set():
            try:
                if after is None:
                    after = self._log.head()
                    self._loop.call_soon_threadsafe(self._began_at, after)
                for rows in self._log.follow(after, wait_seconds=_POLL_SECONDS):
                    if rows:
                        after = rows[-1].position
                        self._loop.call_soon_threadsafe(self._grew, after)
                    if self._stopping.is_set():
                        return
            except LogUnavailable:
                log.warning("the log cannot be followed now")
                self._stopping.wait(_POLL_SECONDS)

    def _began_at(self, head: int) -> None:
        self._head = self._through = head
        self._wake()

    def _grew(self, head: int) -> None:
        self._head = head
        if self._reading is None or self._reading.done():
            self._reading = asyncio.get_running_loop().create_task(self._catch_up())

    async def _catch_up(self) -> None:
        """Read what the public sees of what came, once for all; a moment without the database loses nothing."""
        while self._through is not None and self._through < self._head and not self._stopping.is_set():
            until = self._head
            try:
                rows = [row for row in await self._read(self._through, _READ_AT_ONCE) if row.position <= until]
            except (psycopg.Error, PoolTimeout):
                await asyncio.sleep(_POLL_SECONDS)
                continue
            self._keep(rows)
            self._through = rows[-1].position if len(rows) == _READ_AT_ONCE else until
            self._wake()

    def _keep(self, rows: Sequence[Row]) -> None:
        self._recent.extend(rows)
        self._recent_bytes += sum(len(row.raw) for row in rows)
        while len(self._recent) > KEPT or self._recent_bytes > KEPT_BYTES:
            self._recent_bytes -= len(self._recent.popleft().raw)

    def _wake(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()


def _portion(rows: Iterable[Row]) -> list[Row]:
    """Return the first rows, as many as one client is sent at once: a page, or fewer that are large."""
    found: list[Row] = []
    size = 0
    for row in islice(rows, PAGE):
        size += len(row.raw)
        if found and size > PAGE_BYTES:
            break
        found.append(row)
    return found
