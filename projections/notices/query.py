"""Reads of the notices view: a party's inbox and what it sent, a page at a time in the order of creation."""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger.days import Day, instant_text

MAXIMUM_PAGE = 1_000
_COLUMNS = """stream, position, opened, kind, sender, recipient, region, basis, rule, mandatory, answer, statement,
    about, cause, created::text, recorded, due::text, sent::text, channels, acknowledged::text, answered::text, outcome,
    reply, urged, withdrawn::text, unit"""
# Text beside a date compares by the date; what is answered, withdrawn or needs no answer is open no more.
_STATES = {
    "all": "true",
    "unacknowledged": "acknowledged IS NULL AND withdrawn IS NULL",
    "open": "answer AND answered IS NULL AND withdrawn IS NULL",
    "overdue": "answer AND answered IS NULL AND withdrawn IS NULL AND due < %(today)s::date",
    "closed": "(answered IS NOT NULL OR withdrawn IS NOT NULL)",
}
STATES = tuple(_STATES)
_PAGE = """
    SELECT {columns} FROM notices.notice
    WHERE {side} = %(party)s AND position > %(after)s AND {state} AND (%(kind)s::text IS NULL OR kind = %(kind)s)
        AND (%(unit)s::text IS NULL OR unit = %(unit)s)
    ORDER BY position, stream LIMIT %(limit)s
"""
_ONE = "SELECT {columns} FROM notices.notice WHERE stream = %(stream)s"
_COUNTS = """
    SELECT count(*) AS all, count(*) FILTER (WHERE {unacknowledged}) AS unacknowledged,
        count(*) FILTER (WHERE {open}) AS open, count(*) FILTER (WHERE {overdue}) AS overdue
    FROM notices.notice WHERE {side} = %(party)s AND (%(unit)s::text IS NULL OR unit = %(unit)s)
"""


async def page_of(  # noqa: PLR0913 - each narrows the page
    connection: psycopg.AsyncConnection[Any],
    party: str,
    *,
    today: Day,
    is_sender: bool = False,
    state: str = "all",
    kind: str | None = None,
    unit: str | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Return up to ``limit`` notices to a party (or from it) in one of :data:`STATES`, oldest first; days as text.

    ``unit`` narrows them to those that went to one unit of the recipient.
    """
    side = "sender" if is_sender else "recipient"
    statement = _PAGE.format(columns=_COLUMNS, side=side, state=_STATES[state])
    params = {
        "party": party,
        "after": after,
        "kind": kind,
        "unit": unit,
        "today": today,
        "limit": min(limit, MAXIMUM_PAGE),
    }
    return [_plain(row, today) for row in await _rows(connection, statement, params)]


async def notice(connection: psycopg.AsyncConnection[Any], stream: str, today: Day) -> dict[str, Any] | None:
    """Return one notice, ``None`` where the reader may see none of that name."""
    rows = await _rows(connection, _ONE.format(columns=_COLUMNS), {"stream": stream})
    return _plain(rows[0], today) if rows else None


async def counts(
    connection: psycopg.AsyncConnection[Any],
    party: str,
    today: Day,
    *,
    is_sender: bool = False,
    unit: str | None = None,
) -> dict[str, int]:
    """Return how many notices a party, or one unit of it, has by state."""
    side = "sender" if is_sender else "recipient"
    (row,) = await _rows(
        connection, _COUNTS.format(side=side, **_STATES), {"party": party, "today": today, "unit": unit}
    )
    return row


async def _rows(connection: psycopg.AsyncConnection[Any], statement: str, params: Any) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement.encode(), params)
        return await cursor.fetchall()


def _plain(row: dict[str, Any], today: Day) -> dict[str, Any]:
    return {**row, "recorded": instant_text(row["recorded"]), "status": status_of(row, today)}


def status_of(row: dict[str, Any], today: Day) -> str:
    """Return the state of a notice on a day: created, sent, acknowledged, answered, overdue or withdrawn (S1-59)."""
    if row["withdrawn"]:
        return "withdrawn"
    if row["answered"]:
        return "answered"
    if row["answer"] and row["due"] and row["due"] < today:
        return "overdue"
    if row["acknowledged"]:
        return "acknowledged"
    return "sent" if row["sent"] else "created"
