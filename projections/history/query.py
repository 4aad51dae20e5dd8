"""Reads on both time axes: what a certificate's state is on a day, as it was known at an instant.

The answer for the day is worked out here, in the same code that decides: the rows only say which state holds.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
import psycopg
from psycopg.rows import tuple_row

from ledger.certificates.described import described_on
from ledger.days import Day, instant_text
from projections.certificates.packing import unpack

_COLUMNS = """
    lower(p.effective)::text, upper(p.effective)::text, p.recorded_from, nullif(p.recorded_until, 'infinity'),
    p.position_from, p.version, p.state::text, d.details::text
"""
_PERIOD = """
    history.certificate c
    JOIN history.period p ON p.certificate = c.key
    JOIN history.detail d ON d.certificate = p.certificate AND d.digest = p.details
"""
_NOW = f"""
    SELECT {_COLUMNS}, s.approved FROM {_PERIOD}
    LEFT JOIN history.standing s
        ON s.body = %(body)s AND s.effective @> %(day)s::date AND s.recorded_until = 'infinity'
    WHERE c.stream = %(stream)s AND p.effective @> %(day)s::date AND p.recorded_until = 'infinity'
"""  # noqa: S608 - put together from this module's constants
_THEN = f"""
    SELECT {_COLUMNS}, s.approved FROM {_PERIOD}
    LEFT JOIN history.standing s
        ON s.body = %(body)s AND s.effective @> %(day)s::date
        AND s.recorded_from <= %(known_at)s AND s.recorded_until > %(known_at)s
    WHERE c.stream = %(stream)s AND p.effective @> %(day)s::date
        AND p.recorded_from <= %(known_at)s AND p.recorded_until > %(known_at)s
"""  # noqa: S608 - put together from this module's constants
_MANY_NOW = f"""
    SELECT asked.number, {_COLUMNS}, s.approved
    FROM unnest(%(streams)s::text[], %(bodies)s::text[], %(days)s::date[])
        WITH ORDINALITY AS asked (stream, body, day, number)
    JOIN history.certificate c ON c.stream = asked.stream
    JOIN history.period p
        ON p.certificate = c.key AND p.effective @> asked.day AND p.recorded_until = 'infinity'
    JOIN history.detail d ON d.certificate = p.certificate AND d.digest = p.details
    LEFT JOIN history.standing s
        ON s.body = asked.body AND s.effective @> asked.day AND s.recorded_until = 'infinity'
"""  # noqa: S608 - put together from this module's constants
_ALL_NOW = f"""
    SELECT {_COLUMNS}, NULL FROM {_PERIOD}
    WHERE c.stream = %(stream)s AND p.recorded_until = 'infinity' ORDER BY p.effective
"""  # noqa: S608 - put together from this module's constants
_ALL_THEN = f"""
    SELECT {_COLUMNS}, NULL FROM {_PERIOD}
    WHERE c.stream = %(stream)s AND p.recorded_from <= %(known_at)s AND p.recorded_until > %(known_at)s
    ORDER BY p.effective
"""  # noqa: S608 - put together from this module's constants


async def certificate_as_of(
    connection: psycopg.AsyncConnection[Any], stream: str, day: Day, known_at: datetime | None = None
) -> dict[str, Any] | None:
    """Return the certificate on a China day as known at an instant (now if ``None``), or ``None`` before its issue.

    One round trip. The keys are those of :func:`described`.
    """
    params = {"stream": stream, "body": f"body:{stream.split(':', 2)[1]}", "day": day, "known_at": known_at}
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(_NOW if known_at is None else _THEN, params, prepare=True)
        row = await cursor.fetchone()
    return None if row is None else described(stream, day, row)


async def certificates_as_of(
    connection: psycopg.AsyncConnection[Any], asked: Sequence[tuple[str, Day]]
) -> list[dict[str, Any] | None]:
    """Return what :func:`certificate_as_of` returns now for each stream and day, in one round trip."""
    params = {
        "streams": [stream for stream, _ in asked],
        "bodies": [f"body:{stream.split(':', 2)[1]}" for stream, _ in asked],
        "days": [day for _, day in asked],
    }
    found: list[dict[str, Any] | None] = [None] * len(asked)
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(_MANY_NOW, params, prepare=True)
        for number, *row in await cursor.fetchall():
            stream, day = asked[number - 1]
            found[number - 1] = described(stream, day, row)
    return found


async def timeline(
    connection: psycopg.AsyncConnection[Any], stream: str, known_at: datetime | None = None
) -> list[dict[str, Any]]:
    """Return all periods known at an instant, by day, each described as on its own first day."""
    params = {"stream": stream, "known_at": known_at}
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(_ALL_NOW if known_at is None else _ALL_THEN, params, prepare=True)
        return [described(stream, row[0], row) for row in await cursor.fetchall()]


def described(stream: str, day: Day, row: Sequence[Any]) -> dict[str, Any]:
    """Return a period as plain data: the answer for a day, the state behind it, and where both come from.

    Status and validity are two fields. ``effective_until`` is the first day no more, ``recorded_until`` the instant
    from which it was known otherwise; both are ``None`` while nothing ends them.
    """
    begins, ends, recorded_from, recorded_until, position, version, packed, details, approved = row
    state = unpack(packed, orjson.loads(details))
    return {
        **described_on(stream, day, state, approved=approved),
        "effective_from": begins,
        "effective_until": ends,
        "recorded_from": instant_text(recorded_from),
        "recorded_until": None if recorded_until is None else instant_text(recorded_until),
        "position": position,
        "version": version,
    }
