"""Reads of the trail: the events about one subject, a page at a time, oldest or newest first."""

from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row

from ledger.days import instant_text
from ledger.evidence.entries import event_bytes

MAXIMUM_PAGE = 1_000
_TRAIL = """
    SELECT t.position, t.stream, t.version, t.type, t.source, t.event_id AS id, t.effective::text, t.recorded,
        t.decision, t.waits, t.late_days, t.corrected_by, t.access, t.raw
    FROM trail.trail_subject s JOIN trail.trail t ON t.position = s.position
    WHERE s.subject = %(subject)s AND s.position {} %(after)s
        AND (%(known_at)s::timestamptz IS NULL OR t.recorded <= %(known_at)s::timestamptz)
    ORDER BY s.position {} LIMIT %(limit)s
"""
_FORWARDS = _TRAIL.format(">", "ASC")
_BACKWARDS = _TRAIL.format("<", "DESC")
LAST = 2**63 - 1
_SAID = """
    SELECT position, stream, version, type, source, event_id AS id, effective::text, recorded, decision, waits,
        late_days, corrected_by, access, raw
    FROM trail.trail WHERE source = %(source)s AND position > %(after)s ORDER BY position LIMIT %(limit)s
"""


async def trail_of(
    connection: psycopg.AsyncConnection[Any],
    subject: str,
    after: int | None = None,
    limit: int = 100,
    *,
    newest_first: bool = False,
    known_at: datetime | None = None,
) -> list[dict[str, Any]]:
    """Return up to ``limit`` events about a subject, a stream's identifier (organisations by nine characters).

    ``after`` is the position of the last event of the page before. ``late_days`` tells how long after its effective
    day an event was recorded; ``corrected_by`` is the position of the event that corrects it, ``known_at`` or later.
    ``event`` and ``record`` are what was said and what was decided, ``access`` the class in the table of visibility.
    """
    start = after if after is not None else LAST if newest_first else 0
    params = {"subject": subject, "after": start, "limit": min(limit, MAXIMUM_PAGE), "known_at": known_at}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_BACKWARDS if newest_first else _FORWARDS, params, prepare=True)
        return [_described(row) for row in await cursor.fetchall()]


async def said_by(
    connection: psycopg.AsyncConnection[Any], source: str, after: int, limit: int
) -> list[dict[str, Any]]:
    """Return up to ``limit`` events under a source's name, whoever brought them, oldest first.

    ``digest`` is the SHA-256 of the event's bytes, which the source's next statement may name.
    """
    params = {"source": source, "after": after, "limit": min(limit, MAXIMUM_PAGE)}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_SAID, params, prepare=True)
        rows = await cursor.fetchall()
    return [{"digest": sha256(event_bytes(row["raw"].encode())).hexdigest(), **_described(row)} for row in rows]


def _described(row: dict[str, Any]) -> dict[str, Any]:
    said = orjson.loads(row.pop("raw"))
    return {**row, "recorded": instant_text(row["recorded"]), "event": said["event"], "record": said["record"]}
