"""Reads of the deadlines view: what is due, overdue or ageing on a day, by unit and by jurisdiction."""

from collections.abc import Sequence
from typing import Any, Literal

import psycopg
from psycopg.rows import dict_row

from ledger.days import Day

MAXIMUM_PAGE = 1_000
State = Literal["open", "overdue", "ageing", "met_late", "met", "all"]
# Met on the day asked about: by its own stream, else by the first fact on another that is about it.
_SEEN = """
    SELECT d.stream, d.rule, d.kind, d.cause, d.ordinal, d.access, d.started::text, d.due::text, d.provisional,
        d.responsible, d.region, m.day::text AS met, coalesce(d.met_by, m.type) AS met_by,
        greatest(%(day)s::date, d.started) - d.started AS age,
        CASE WHEN m.day <= %(day)s::date THEN CASE WHEN m.day > d.due THEN 'met_late' ELSE 'met' END
             WHEN d.due IS NULL THEN 'ageing' WHEN d.due < %(day)s::date THEN 'overdue' ELSE 'open' END AS state
    FROM deadlines.deadline d
    LEFT JOIN LATERAL (
        SELECT d.met AS day, d.met_by AS type WHERE d.met IS NOT NULL
        UNION ALL
        (SELECT other.day, other.type FROM deadlines.mention other
         WHERE other.about = d.stream AND other.type = ANY(d.across)
            AND (d.across_kind IS NULL OR other.kind = d.across_kind) AND other.day >= d.started
         ORDER BY other.day LIMIT 1)
        LIMIT 1
    ) AS m ON true
    WHERE d.started <= %(day)s::date
        AND (%(unit)s::text IS NULL OR d.responsible = %(unit)s)
        AND (%(regions)s::text[] IS NULL OR d.region = ANY(%(regions)s))
        AND (%(kind)s::text IS NULL OR d.kind = %(kind)s)
        {narrow}
"""
# What asks for a part of the rows is found by their indexes, and not among everything that was ever done.
_UNMET = "AND (d.met IS NULL OR d.met > %(day)s::date)"
_NARROW = {"open": _UNMET, "overdue": f"{_UNMET} AND d.due < %(day)s::date", "ageing": f"{_UNMET} AND d.due IS NULL"}
_PAGE = """
    SELECT * FROM ({seen}) AS seen
    WHERE (%(state)s = 'all' OR state = %(state)s)
        AND (coalesce(due, '9999-12-31'), stream, rule, ordinal)
            > (%(due)s::text, %(stream)s::text, %(rule)s::text, %(ordinal)s::int)
    ORDER BY coalesce(due, '9999-12-31'), stream, rule, ordinal LIMIT %(limit)s
"""
_AGEING = """
    SELECT responsible, kind, count(*) AS count, max(age) AS oldest,
        percentile_disc(0.5) WITHIN GROUP (ORDER BY age) AS median,
        count(*) FILTER (WHERE age <= 7) AS "to_7", count(*) FILTER (WHERE age BETWEEN 8 AND 30) AS "to_30",
        count(*) FILTER (WHERE age BETWEEN 31 AND 90) AS "to_90", count(*) FILTER (WHERE age > 90) AS over_90,
        count(*) FILTER (WHERE state = 'overdue') AS overdue, array_agg(DISTINCT access) AS access
    FROM ({seen}) AS seen WHERE state IN ('open', 'overdue', 'ageing')
    GROUP BY responsible, kind ORDER BY responsible, kind
"""
FIRST = ("", "", "", -1)


async def page(
    connection: psycopg.AsyncConnection[Any],
    day: Day,
    *,
    state: State = "all",
    unit: str | None = None,
    regions: Sequence[str] | None = None,
    kind: str | None = None,
    after: tuple[str, str, str, int] = FIRST,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Return up to ``limit`` things due, soonest first, with their ``state`` and ``age`` in days on a day.

    ``regions`` are the codes of a jurisdiction. ``open`` is due later, ``ageing`` has no limit.
    """
    due, stream, rule, ordinal = after
    params = {
        **_filters(day, unit, regions, kind),
        "state": state,
        "due": due,
        "stream": stream,
        "rule": rule,
        "ordinal": ordinal,
        "limit": min(limit, MAXIMUM_PAGE),
    }
    seen = _SEEN.format(narrow=_NARROW.get(state, ""))
    return await _rows(connection, _PAGE.format(seen=seen), params)


async def ageing(
    connection: psycopg.AsyncConnection[Any], day: Day, *, unit: str | None = None, regions: Sequence[str] | None = None
) -> list[dict[str, Any]]:
    """Return for each unit and kind how many matters wait and how long: 及时 is measured, never given a limit."""
    seen = _SEEN.format(narrow=_UNMET)
    return await _rows(connection, _AGEING.format(seen=seen), _filters(day, unit, regions, None))


def _filters(day: Day, unit: str | None, regions: Sequence[str] | None, kind: str | None) -> dict[str, Any]:
    return {"day": day, "unit": unit, "regions": None if regions is None else list(regions), "kind": kind}


async def _rows(connection: psycopg.AsyncConnection[Any], statement: str, params: Any) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement.encode(), params)
        return await cursor.fetchall()
