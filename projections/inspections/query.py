"""Reads of inspections: lists, worklists, one inspection with its chain of tasks, and reports that are counted live.

What a row says of today (overdue, its age, satisfied by a recognised result) is worked out when it is asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger.days import Day

MAXIMUM_PAGE = 1_000
DEEPEST_CHAIN = 16
Rows = list[dict[str, Any]]
Connection = psycopg.AsyncConnection[Any]

_COLUMNS = """
    i.stream, i.access, i.subject, i.region, i.mode, i.programme, i.stage, i.status, i.is_planned, i.planned_by,
    i.planned::text, i.due::text, i.under, i.draw, i.catalogue, i.planning_region, i.cause, i.targets, i.performed_by,
    i.performed::text, i.result, i.recorded::text, i.forms, i.filed::text, i.cancelled::text,
    i.status = 'planned' AND i.due < %(day)s::date AND r.until IS NULL AS overdue, r.until::text AS recognised_until,
    i.performed IS NOT NULL AND i.recorded IS NULL AS without_record
"""
# Another authority's inspection that was recognised satisfies the plan while the recognition lasts (S4-142).
_RECOGNISED = """
    LEFT JOIN LATERAL (
        SELECT max(r.until) AS until FROM inspections.recognition r
        WHERE r.plan = i.stream AND %(day)s::date BETWEEN r.since AND r.until
    ) AS r ON true
"""
_LIST = f"""
    SELECT {_COLUMNS} FROM inspections.inspection i {_RECOGNISED}
    WHERE i.stream > %(after)s
        AND (%(regions)s::text[] IS NULL OR i.region = ANY(%(regions)s::text[]))
        AND (%(mode)s::text IS NULL OR i.mode = %(mode)s)
        AND (%(status)s::text IS NULL OR i.status = %(status)s)
        AND (%(subject)s::text IS NULL OR i.subject = %(subject)s)
        AND (NOT %(overdue)s OR (i.status = 'planned' AND i.due < %(day)s::date AND r.until IS NULL))
        AND (NOT %(without_record)s OR (i.performed IS NOT NULL AND i.recorded IS NULL))
    ORDER BY i.stream LIMIT %(limit)s
"""  # noqa: S608 - constants of this module
_WORKLIST = f"""
    SELECT {_COLUMNS}, u.unit, array_agg(DISTINCT u.role ORDER BY u.role) AS roles, bool_or(u.accepts) AS accepts,
        CASE WHEN bool_and(u.accepts IS NULL) THEN %(day)s::date - min(u.named) END AS unanswered_days
    FROM inspections.unit u JOIN inspections.inspection i ON i.stream = u.stream {_RECOGNISED}
    WHERE u.unit = %(unit)s AND u.role <> 'expert' AND i.status <> 'filed' AND i.status <> 'cancelled'
        AND u.accepts IS DISTINCT FROM false
    GROUP BY i.stream, u.unit, r.until
    ORDER BY i.due NULLS LAST, i.stream LIMIT %(limit)s
"""  # noqa: S608 - constants of this module
_ASSISTANCE = """
    SELECT stream, request, asked_by, unit, asked::text, text, answered::text, provided,
        CASE WHEN answered IS NULL THEN %(day)s::date - asked END AS unanswered_days
    FROM inspections.assistance WHERE unit = %(unit)s AND answered IS NULL ORDER BY asked, stream LIMIT %(limit)s
"""
_ONE = f"SELECT {_COLUMNS} FROM inspections.inspection i {_RECOGNISED} WHERE i.stream = %(stream)s"  # noqa: S608 - likewise
_CHAIN = """
    WITH RECURSIVE chain AS (
        SELECT stream, access, under, planned_by, region, mode, status, due, 0 AS depth FROM inspections.inspection
        WHERE stream = %(stream)s
        UNION ALL
        SELECT i.stream, i.access, i.under, i.planned_by, i.region, i.mode, i.status, i.due, chain.depth + 1
        FROM chain JOIN inspections.inspection i ON {} WHERE chain.depth < %(deepest)s
    )
    SELECT DISTINCT ON (depth, stream) stream, access, under, planned_by, region, mode, status, due::text, depth
    FROM chain WHERE depth > 0 ORDER BY depth, stream LIMIT %(limit)s
"""
_ABOVE, _BELOW = (_CHAIN.format(join) for join in ("i.stream = chain.under", "i.under = chain.stream"))
_PARTS = {
    "units": "SELECT unit, role, department, named::text, accepts, answered::text FROM inspections.unit"
    " WHERE stream = %(stream)s ORDER BY role, unit, department",
    "findings": "SELECT finding, grade, violation, stage, standard, clause, tags, found::text, due::text, closed::text,"
    " responsible FROM inspections.finding WHERE stream = %(stream)s ORDER BY finding",
    "samples": "SELECT sample, product, models, batch, stage, certificates, level, laboratory, taken::text,"
    " tested::text, report, resulted::text, passed, grave,"
    " calibration FROM inspections.sample WHERE stream = %(stream)s"
    " ORDER BY sample",
    "feedback": "SELECT kind, number, text FROM inspections.feedback WHERE stream = %(stream)s ORDER BY kind, number",
    "assistance": "SELECT request, asked_by, unit, asked::text, text, answered::text, provided"
    " FROM inspections.assistance WHERE stream = %(stream)s ORDER BY asked, request",
    "recognised": "SELECT unit, plan, since::text, until::text FROM inspections.recognition"
    " WHERE stream = %(stream)s ORDER BY since, unit",
}
PART_CLASSES = {"samples": "sample", "assistance": "plan"}
"""The class of each part that is not the inspection's own."""
_FEEDBACK = """
    SELECT stream, subject, kind, said::text, text FROM inspections.feedback
    WHERE (%(kind)s::text IS NULL OR kind = %(kind)s) AND (%(subject)s::text IS NULL OR subject = %(subject)s)
    ORDER BY said DESC, stream, number LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which inspections a list is about; ``None`` asks for any, ``regions`` names codes, not whoever governs them."""

    regions: Sequence[str] | None = None
    mode: str | None = None
    status: str | None = None
    subject: str | None = None
    overdue: bool = False
    without_record: bool = False


async def inspections(
    connection: Connection, day: Day, wanted: Wanted | None = None, after: str = "", limit: int = 100
) -> Rows:
    """Return up to ``limit`` inspections in order of their streams, those that the reader may see."""
    asked = wanted or Wanted()
    regions = list(asked.regions) if asked.regions is not None else None
    params = {**asdict(asked), "regions": regions, "day": day, "after": after, "limit": min(limit, MAXIMUM_PAGE)}
    return await rows_of(connection, _LIST, params)


async def worklist(connection: Connection, unit: str, day: Day, limit: int = 200) -> dict[str, Rows]:
    """Return what a unit has to do: inspections in which it is named and that are not filed, and requests for help.

    ``unanswered_days`` is how long a task or request has waited to be accepted; no limit is given by law.
    """
    params = {"unit": unit, "day": day, "limit": min(limit, MAXIMUM_PAGE)}
    tasks = await rows_of(connection, _WORKLIST, params)
    return {"tasks": tasks, "assistance": await rows_of(connection, _ASSISTANCE, params)}


async def inspection(connection: Connection, stream: str, day: Day) -> dict[str, Any] | None:
    """Return one inspection with everything that belongs to it, and the tasks above and below it (S2-55)."""
    params = {"stream": stream, "day": day, "deepest": DEEPEST_CHAIN, "limit": MAXIMUM_PAGE}
    found = await rows_of(connection, _ONE, params)
    if not found:
        return None
    parts = {name: await rows_of(connection, statement, params) for name, statement in _PARTS.items()}
    chain = {"above": await rows_of(connection, _ABOVE, params), "below": await rows_of(connection, _BELOW, params)}
    return {**found[0], **parts, **chain}


async def feedback(connection: Connection, kind: str | None, subject: str | None, limit: int = 200) -> Rows:
    """Return the problems, opinions and suggestions that enterprises gave at patrols, newest first (S1-28)."""
    return await rows_of(connection, _FEEDBACK, {"kind": kind, "subject": subject, "limit": min(limit, MAXIMUM_PAGE)})


async def rows_of(connection: Connection, statement: str, params: Mapping[str, Any]) -> Rows:
    """Return the rows of a constant statement."""
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement.encode(), params)
        return await cursor.fetchall()
