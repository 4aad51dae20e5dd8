"""The one way to a connection for reading: it can read what its principal may, because the database says so.

The public's connections act as ``certledger_public`` from the start, so that its reads cost nothing more. Everybody
else reads in a transaction that acts as ``certledger_reader`` and says who asks; it ends with both.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg_pool import AsyncConnectionPool

from infra.limits import Limits
from ledger.access.audience import party_key
from ledger.access.jurisdiction import area
from ledger.days import china_day
from ledger.parties import LOCAL_AUTHORITY
from ledger.principals import PUBLIC, Principal
from projections.fence import PUBLIC_ROLE, READER_ROLE

Connection = psycopg.AsyncConnection[Any]
ENTER = """
    SELECT set_config('role', %s, true), set_config('certledger.role', %s, true),
        set_config('certledger.party', %s, true), set_config('certledger.area', %s, true),
        set_config('certledger.today', %s, true), set_config('certledger.account', %s, true)
"""


class Readers:
    """Two pools, of the public and of those entitled to more; ``clock`` says of which day jurisdiction is."""

    def __init__(self, database_url: str, *, size: int, clock: Callable[[], datetime], limits: Limits) -> None:
        self._clock = clock
        self._public = _pool(database_url, size, "readers", limits, role=PUBLIC_ROLE, at_least=2)
        self._entitled = _pool(database_url, size, "entitled readers", limits, role=None, at_least=0)

    async def open(self) -> None:
        """Open both pools."""
        await self._public.open()
        await self._entitled.open()

    async def close(self) -> None:
        """Close both pools."""
        await self._entitled.close()
        await self._public.close()

    def of(self, principal: Principal = PUBLIC) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection that reads what the principal may.

        The public's is in autocommit: one statement sees one snapshot. Anybody else's is in a transaction, which
        commits when all went well: what was noted of the reading stands only if the reading does.
        """
        return self._public.connection() if is_public(principal) else self._as(principal)

    @asynccontextmanager
    async def _as(self, principal: Principal) -> AsyncIterator[Connection]:
        async with self._entitled.connection() as connection, connection.transaction():
            await connection.execute(ENTER, context(principal, china_day(self._clock())))
            yield connection


def is_public(principal: Principal) -> bool:
    """Return whether a principal reads what everybody reads, and no more."""
    return principal.role == PUBLIC.role or not principal.role


def context(principal: Principal, day: str) -> tuple[str, str, str, str, str, str]:
    """Return what a transaction says of its reader: database role, role, party, area, day and account."""
    regions = ",".join(area(principal.region, day)) if principal.role == LOCAL_AUTHORITY else ""
    return (READER_ROLE, principal.role, party_key(principal.party), regions, day, principal.account)


def _pool(
    database_url: str, size: int, name: str, limits: Limits, *, role: str | None, at_least: int
) -> AsyncConnectionPool[Connection]:
    options = _bounded(limits.statement_seconds)
    return AsyncConnectionPool(
        database_url,
        min_size=at_least,
        max_size=size,
        timeout=limits.pool_wait_seconds,
        max_waiting=limits.pool_waiting,
        kwargs={"autocommit": True, "options": f"{options} -c role={role}" if role else options},
        open=False,
        name=name,
    )


def _bounded(seconds: float) -> str:
    """Return the connection options that end a statement, a wait for a lock, and a transaction left open."""
    milliseconds = round(seconds * 1000)
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    return " ".join(f"-c {name}={milliseconds}" for name in names)
