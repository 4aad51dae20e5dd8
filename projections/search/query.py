"""Finds certificates by a piece of text; a body's name finds what the body issued."""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from projections.search.grams import grams, normalised

MAXIMUM_PAGE = 200
# A number that is the text comes first, then one that begins with it, then names and scope that hold it.
_FOUND = """
    WITH hit AS MATERIALIZED (
        SELECT stream, body, number, title, haystack FROM search.document
        WHERE grams @> %(grams)s::text[] AND haystack LIKE %(part)s
    ), found AS (
        SELECT stream, body, number, title,
            CASE WHEN split_part(haystack, E'\\n', 1) = %(text)s THEN 0
                 WHEN haystack LIKE %(beginning)s THEN 1
                 WHEN split_part(haystack, E'\\n', 2) LIKE %(beginning)s THEN 2 ELSE 3 END AS rank
        FROM hit WHERE number <> ''
        UNION ALL
        SELECT d.stream, d.body, d.number, d.title, 4
        FROM hit JOIN search.document d ON d.body = hit.body AND d.number <> ''
        WHERE hit.number = '' AND d.stream NOT IN (SELECT stream FROM hit)
    )
    SELECT stream, body, number, title, rank FROM found
    WHERE (rank, stream) > (%(rank)s, %(after)s COLLATE "C") ORDER BY rank, stream COLLATE "C" LIMIT %(limit)s
"""


async def search(
    connection: psycopg.AsyncConnection[Any], text: str, cursor: tuple[int, str] | None = None, limit: int = 50
) -> list[dict[str, Any]]:
    """Return certificates that hold a text, best first: ``stream``, ``body``, ``number``, ``title``, ``rank``.

    Case, width and runs of spaces make no difference. The cursor of the next page is the last row's
    ``(rank, stream)``. An empty text finds nothing.
    """
    wanted = normalised(text)
    if not wanted:
        return []
    escaped = wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    rank, after = cursor or (-1, "")
    params = {
        "grams": grams(wanted),
        "text": wanted,
        "part": f"%{escaped}%",
        "beginning": f"{escaped}%",
        "rank": rank,
        "after": after,
        "limit": min(limit, MAXIMUM_PAGE),
    }
    async with connection.cursor(row_factory=dict_row) as found:
        await found.execute(_FOUND, params)
        return await found.fetchall()
