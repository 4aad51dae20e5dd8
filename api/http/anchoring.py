"""From time to time the ledger is told how long the record of readings is, and its head: nothing of it is undone since.

Any number of processes may do it: the same head is the same statement, recorded once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager

import psycopg
import structlog
from psycopg_pool import PoolTimeout

from api.http.appender import Overloaded
from infra.read_record import SOURCE, anchor_of
from infra.readers import Connection
from ledger.log import LogUnavailable
from ledger.outcomes import Outcome
from ledger.principals import OPERATOR, Principal
from ledger.service import Incoming

EVERY_SECONDS = 60.0
_HEAD = "SELECT number, at, digest FROM ledger_reads ORDER BY number DESC LIMIT 1"
_ANCHOR = Principal("", OPERATOR, "anchor")


class Anchoring:
    """Anchors the record of readings, by ``submit``; ``reader`` lends connections."""

    def __init__(
        self,
        reader: Callable[[Principal], AbstractAsyncContextManager[Connection]],
        submit: Callable[[Sequence[Incoming]], Awaitable[list[Outcome]]],
    ) -> None:
        self._reader = reader
        self._submit = submit
        self._anchored = 0

    async def run(self, seconds: float = EVERY_SECONDS) -> None:
        """Anchor what is new every so often, until cancelled; an outage is sat out."""
        log = structlog.get_logger("certledger.reads")
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.anchor()
            except (psycopg.Error, PoolTimeout, LogUnavailable, Overloaded) as error:
                log.warning("reads.not_anchored", error=type(error).__name__)

    async def anchor(self) -> int:
        """Anchor the record as it is now; return how many rows the ledger vouches for."""
        async with self._reader(_ANCHOR) as connection:
            row = await (await connection.execute(_HEAD)).fetchone()
        if row is not None and row[0] > self._anchored:
            await self._submit([Incoming(anchor_of(row[0], row[1], bytes(row[2])), SOURCE)])
            self._anchored = int(row[0])
        return self._anchored
