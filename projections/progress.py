"""How far each view has come, and when a position became visible in it."""

from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql

_LAG = """
    SELECT {name}, min(position), max(position), max(event_position), (SELECT max(at) FROM {schema}.visible),
        (SELECT min(position) FROM {schema}.quarantine)
    FROM {schema}.bookmark
"""
_VISIBLE = """
    WITH after AS (SELECT id, at FROM {schema}.visible WHERE up_to[%(lane)s] >= %(position)s ORDER BY id LIMIT 1)
    SELECT at FROM after
    WHERE id = 1 OR EXISTS (SELECT FROM {schema}.visible v WHERE v.id < after.id)
"""
_SEEN = "SELECT position FROM {schema}.bookmark WHERE lane = %s"


async def lag(connection: psycopg.AsyncConnection[Any], views: list[str]) -> dict[str, dict[str, Any]]:
    """Return for each view the bookmark furthest behind (``position``) and ahead (``latest``), and what holds it up.

    From Kafka a lane's bookmark moves with its events alone, so compare ``latest`` with the log's head; a feed of
    the store moves all lanes together. ``event_position`` is the last event seen, ``quarantined`` the position at
    which the view stands still, ``at`` the instant of its last batch.
    """
    statement = sql.SQL(" UNION ALL ").join(
        sql.SQL(_LAG).format(name=sql.Literal(view), schema=sql.Identifier(view)) for view in views
    )
    rows = await (await connection.execute(statement)).fetchall()
    keys = ("position", "latest", "event_position", "at", "quarantined")
    return {row[0]: dict(zip(keys, row[1:], strict=True)) for row in rows}


async def visible_at(connection: psycopg.AsyncConnection[Any], view: str, position: int, lane: int) -> datetime | None:
    """Return when a position of a lane became visible in a view; ``None`` if not yet, or too long ago to be kept."""
    statement = sql.SQL(_VISIBLE).format(schema=sql.Identifier(view))
    row = await (await connection.execute(statement, {"lane": lane + 1, "position": position})).fetchone()
    return row[0] if row else None


async def has_seen(connection: psycopg.AsyncConnection[Any], view: str, position: int, lane: int) -> bool:
    """Tell whether a view has folded a lane up to a position: read-your-writes asks this of the lane it reads."""
    row = await (await connection.execute(sql.SQL(_SEEN).format(schema=sql.Identifier(view)), (lane,))).fetchone()
    return row is not None and int(row[0]) >= position
