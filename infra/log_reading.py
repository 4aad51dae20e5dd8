"""The log as one reader sees it: the statements name no rule, because the connection's role carries them.

What the reader may not see is not there: positions go on without it, and nothing else tells of it.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from ledger.log import Row

Connection = psycopg.AsyncConnection[Any]
# The public reads no trace context: it tells which submissions one party sent together.
_COLUMNS = "notification_id, originator_id, originator_version, topic, state, recorded_at, {}, received_at, access"
_AFTER = """
    SELECT {columns} FROM ledger_events WHERE notification_id > %s AND notification_id <= %s
    ORDER BY notification_id LIMIT %s
"""
_AT = "SELECT {columns} FROM ledger_events WHERE notification_id = %s"
_OF = "SELECT {columns} FROM ledger_events WHERE originator_id = %s ORDER BY originator_version"
_LAST = 2**63 - 1


async def rows_after(
    connection: Connection, after: int, limit: int, *, up_to: int | None = None, public: bool
) -> Sequence[Row]:
    """Return up to ``limit`` rows after a position and not beyond another, in order."""
    return await _rows(connection, _AFTER, (after, _LAST if up_to is None else up_to, limit), public=public)


async def row_at(connection: Connection, position: int, *, public: bool) -> Row | None:
    """Return the row at a position, ``None`` where there is none for this reader."""
    rows = await _rows(connection, _AT, (position,), public=public)
    return rows[0] if rows else None


async def rows_of(connection: Connection, stream: str, *, public: bool) -> Sequence[Row]:
    """Return all rows of a stream, in order of version."""
    return await _rows(connection, _OF, (stream,), public=public)


async def head_of(connection: Connection) -> int:
    """Return the last position of the log, whoever asks."""
    row = await (await connection.execute("SELECT ledger_head()")).fetchone()
    return int(row[0]) if row else 0


async def _rows(connection: Connection, statement: str, params: tuple[Any, ...], *, public: bool) -> list[Row]:
    text = statement.format(columns=_COLUMNS.format("NULL::text" if public else "traceparent"))
    async with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        await cursor.execute(text.encode(), params, prepare=True)
        return [Row(*values) for values in await cursor.fetchall()]
