"""Reads of draws: what was announced and committed is for everybody, and so is the whole draw once it is published."""

from typing import Any

from projections.inspections.query import MAXIMUM_PAGE, Connection, Rows, rows_of

_COLUMNS = """
    stream, organiser, title, population, mode, region, take, inspectors_each, algorithm, status, announced::text,
    inspectees, inspectors, committed::text, seed_commitment, contributions, published::text, abandoned::text
"""
_LIST = f"""
    SELECT {_COLUMNS} FROM inspections.draw WHERE stream > %(after)s
        AND (%(status)s::text IS NULL OR status = %(status)s) ORDER BY stream LIMIT %(limit)s
"""  # noqa: S608 - constants of this module
_ONE = f"SELECT {_COLUMNS} FROM inspections.draw WHERE stream = %(stream)s"  # noqa: S608 - likewise
_DRAWN = """
    SELECT access, number, inspectee, inspectors, inspection, outcome FROM inspections.drawn
    WHERE stream = %(stream)s AND number > %(after)s ORDER BY number LIMIT %(limit)s
"""


async def draws(connection: Connection, status: str | None, after: str = "", limit: int = 100) -> Rows:
    """Return draws in order of their streams."""
    return await rows_of(connection, _LIST, {"status": status, "after": after, "limit": min(limit, MAXIMUM_PAGE)})


async def draw(connection: Connection, stream: str, after: int = 0, limit: int = 100) -> dict[str, Any] | None:
    """Return one draw, and up to ``limit`` of those drawn after a number, where the reader may see them."""
    params = {"stream": stream, "after": after, "limit": min(limit, MAXIMUM_PAGE)}
    found = await rows_of(connection, _ONE, params)
    return {**found[0], "drawn": await rows_of(connection, _DRAWN, params)} if found else None
