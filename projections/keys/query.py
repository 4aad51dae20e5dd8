"""Reads of the keys view: a party's keys, and where an issuer's own count of its statements does not add up."""

from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger.days import instant_text

MAXIMUM_NAMED = 100
_KEYS = """
    SELECT substr(stream, 5) AS keyid, owner, algorithm, public_key, registered_by, position, registered, valid_from,
        valid_until, ended, ended_by, ended_position, reason, compromised_since
    FROM keys.key WHERE {} ORDER BY position LIMIT %(limit)s
"""
_OF_OWNER = _KEYS.format("owner = %(name)s AND position > %(after)s")
_BY_NAME = _KEYS.format("stream = 'key:' || %(name)s AND position > %(after)s")
_COUNTED = (
    "SELECT count(*) AS links, max(sequence) AS highest, min(sequence) AS lowest FROM keys.link WHERE source = %s"
)
_GAPS = """
    SELECT sequence + 1 AS first, next - 1 AS last FROM (
        SELECT sequence, lead(sequence) OVER (ORDER BY sequence, position) AS next
        FROM keys.link WHERE source = %(source)s
    ) AS counted
    WHERE next > sequence + 1 ORDER BY 1 LIMIT %(limit)s
"""
_FORKS = """
    SELECT sequence, position, digest, previous, stream, version, event_id AS id, recorded, signed_by FROM keys.link
    WHERE source = %(source)s AND sequence IN (
        SELECT sequence FROM keys.link WHERE source = %(source)s
        GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT %(limit)s)
    ORDER BY sequence, position
"""
# A link is broken where statements of the number before are there, and none of them is the one that it names.
_BROKEN = """
    SELECT sequence, position, digest, previous, stream, version, event_id AS id, recorded, signed_by,
        (SELECT array_agg(digest ORDER BY position) FROM keys.link AS before
         WHERE before.source = link.source AND before.sequence = link.sequence - 1) AS expected
    FROM keys.link AS link
    WHERE source = %(source)s AND previous IS NOT NULL
        AND EXISTS (SELECT FROM keys.link AS before
                    WHERE before.source = link.source AND before.sequence = link.sequence - 1)
        AND NOT EXISTS (SELECT FROM keys.link AS before WHERE before.source = link.source
                        AND before.sequence = link.sequence - 1 AND before.digest = link.previous)
    ORDER BY sequence, position LIMIT %(limit)s
"""
_HEAD = """
    SELECT sequence, position, digest, stream, version, event_id AS id, recorded FROM keys.link
    WHERE source = %s ORDER BY sequence DESC, position LIMIT 1
"""


async def keys_of(
    connection: psycopg.AsyncConnection[Any], name: str, *, by_keyid: bool, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return up to ``limit`` keys of an owner, or the one key of a name, in order of registration; instants as text."""
    params = {"name": name, "after": after, "limit": limit}
    return await _rows(connection, _BY_NAME if by_keyid else _OF_OWNER, params)


async def chain_of(connection: psycopg.AsyncConnection[Any], source: str) -> dict[str, Any]:
    """Return how an issuer's count of its statements adds up: its head, gaps, forks and broken links.

    At most 100 of each are named; ``is_sound`` says that there is none. A fork is two statements under one number.
    """
    params = {"source": source, "limit": MAXIMUM_NAMED}
    (counted,) = await _rows(connection, _COUNTED, (source,))
    head = await _rows(connection, _HEAD, (source,))
    gaps = await _rows(connection, _GAPS, params)
    if counted["lowest"] is not None and counted["lowest"] > 1:
        gaps = [{"first": 1, "last": counted["lowest"] - 1}, *gaps]
    forks = await _rows(connection, _FORKS, params)
    broken = await _rows(connection, _BROKEN, params)
    return {
        "links": counted["links"],
        "head": head[0] if head else None,
        "gaps": gaps,
        "forks": forks,
        "broken": broken,
        "is_sound": not (gaps or forks or broken),
    }


async def _rows(connection: psycopg.AsyncConnection[Any], statement: str, params: Any) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement, params)
        return [{name: _plain(value) for name, value in row.items()} for row in await cursor.fetchall()]


def _plain(value: Any) -> Any:
    return instant_text(value) if isinstance(value, datetime) else value
