"""The digest over the state of all certificates on a day, as known at an instant, read from the periods.

It says what a replay of the log says (:class:`StateDigest`), or the view differs from the log.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
import psycopg
from psycopg.rows import tuple_row

from ledger.certificates.described import StateDigest
from ledger.days import Day
from projections.certificates.packing import unpack

_ROWS_A_TIME = 500
_EVERY = """
    SELECT c.stream, lower(p.effective)::text, upper(p.effective)::text, p.version, p.state::text, d.details::text,
        s.approved
    FROM history.certificate c
    JOIN history.period p ON p.certificate = c.key
    JOIN history.detail d ON d.certificate = p.certificate AND d.digest = p.details
    LEFT JOIN history.standing s
        ON s.body = 'body:' || split_part(c.stream, ':', 2) AND s.effective @> %(day)s::date
        AND s.recorded_from <= %(known_at)s AND s.recorded_until > %(known_at)s
    WHERE p.effective @> %(day)s::date AND p.recorded_from <= %(known_at)s AND p.recorded_until > %(known_at)s
    ORDER BY c.stream
"""


async def state_digest(connection: psycopg.AsyncConnection[Any], day: Day, known_at: datetime) -> StateDigest:
    """Return the digest of a China day as known at an instant that the view has reached; constant memory."""
    digest = StateDigest()
    async with (
        connection.transaction(),
        connection.cursor("state_digest", row_factory=tuple_row) as cursor,
    ):
        await cursor.execute(_EVERY, {"day": day, "known_at": known_at})
        while rows := await cursor.fetchmany(_ROWS_A_TIME):
            # Others are answered meanwhile.
            await asyncio.to_thread(_add, digest, day, rows)
    return digest


def _add(digest: StateDigest, day: Day, rows: Sequence[Sequence[Any]]) -> None:
    for stream, begins, ends, version, packed, details, approved in rows:
        state = unpack(packed, orjson.loads(details))
        digest.add(stream, day, state, (begins, ends, version), approved=approved)
