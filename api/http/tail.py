"""One follower of the log for all clients of the event stream: each client gets every event once, in order.

A client that falls behind reads the log by itself, so a slow one holds nobody up and nothing is buffered for it.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Sequence
from itertools import dropwhile

import structlog

from ledger.log import EventLog, LogUnavailable, Row

KEPT = 4_000
PAGE = 500
_POLL_SECONDS = 1.0


class Tail:
    """Follows the log in a thread of its own; ``rows`` serves any number of clients."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._recent: deque[Row] = deque(maxlen=KEPT)
        self._grown = asyncio.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self) -> None:
        """Begin to follow, on the running loop; called when the first client comes."""
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._follow, name="tail", daemon=True)
            self._thread.start()

    async def stop(self) -> None:
        """End the thread and every client's stream."""
        self._stopping.set()
        self._wake(())
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    async def rows(self, after: int, *, keep_alive_seconds: float) -> AsyncIterator[Sequence[Row]]:
        """Yield batches of rows after a position for ever; an empty batch when nothing came for a while."""
        self.start()
        while not self._stopping.is_set():
            grown = self._grown
            rows = await self._after(after)
            if rows:
                after = rows[-1].position
                yield rows
                continue
            try:
                await asyncio.wait_for(grown.wait(), keep_alive_seconds)
            except TimeoutError:
                yield ()

    async def _after(self, after: int) -> Sequence[Row]:
        if self._recent and self._recent[0].position <= after + 1:
            if self._recent[-1].position <= after:
                return ()
            return list(dropwhile(lambda row: row.position <= after, self._recent))[:PAGE]
        return await asyncio.to_thread(self._log.read, after, PAGE)

    def _follow(self) -> None:
        assert self._loop is not None  # noqa: S101 - set by start() before the thread begins
        log = structlog.get_logger("certledger.tail")
        after: int | None = None
        while not self._stopping.is_set():
            try:
                if after is None:
                    after = self._log.head()
                    self._loop.call_soon_threadsafe(self._wake, ())
                for rows in self._log.follow(after, wait_seconds=_POLL_SECONDS):
                    if rows:
                        after = rows[-1].position
                        self._loop.call_soon_threadsafe(self._wake, rows)
                    if self._stopping.is_set():
                        return
            except LogUnavailable:
                log.warning("the log cannot be followed now")
                self._stopping.wait(_POLL_SECONDS)

    def _wake(self, rows: Sequence[Row]) -> None:
        self._recent.extend(rows)
        self._grown.set()
        self._grown = asyncio.Event()
