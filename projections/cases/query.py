"""Reads of the cases view: the lists of supervision, one case, what is published, coverage, the statistics table."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row

from ledger.cases.statistics import Counted, table
from ledger.circulars.bulletins import owed
from ledger.codes.cases import common_problem, repeated_admonitions
from ledger.codes.notice_routes import problem_kinds
from ledger.days import Day
from projections.cases.lists import LISTS

MAXIMUM_ROWS = 1_000
# A row without a place (a return, a request) is in every area whose reader may see it.
_LISTED = """
    SELECT listed.stream, listed.region, listed.subject, listed.since::text, listed.due::text, listed.priority,
        listed.detail, %(day)s::date - listed.since AS age_days, coalesce(listed.due < %(day)s::date, false) AS overdue
    FROM ({}) AS listed
    WHERE %(regions)s::text[] IS NULL OR listed.region IS NULL OR listed.region = ANY(%(regions)s)
    ORDER BY listed.priority DESC, listed.due NULLS LAST, listed.since, listed.stream COLLATE "C", listed.detail::text
    LIMIT %(limit)s
"""
_CASE = """
    SELECT stream, authority, region, target, target_kind, phase, lead, title, violation, violations, key_products,
        priority, severity, procedure, registered::text, opened::text, closed::text, outcome, major::text,
        major_reported::text, supervised_by, supervised_due::text, transferred, reviewed, merged_into, leads, causes,
        report_due::text, counted_on::text, version, position, state
    FROM cases.case_file WHERE stream = %s
"""
_MERGED = 'SELECT stream FROM cases.case_file WHERE merged_into = %s ORDER BY stream COLLATE "C"'
_PUBLISHED = """
    SELECT stream, authority, document_number, party, violation, penalties, amount, legal_basis, decided::text,
        published::text, until::text, position
    FROM cases.published
    WHERE published <= %(day)s::date AND (until IS NULL OR until >= %(day)s::date)
        AND (published, stream, document_number) > (%(after_day)s::date, %(after)s, %(after_number)s)
    ORDER BY published, stream COLLATE "C", document_number LIMIT %(limit)s
"""
_COUNTED = """
    SELECT stream, counted FROM cases.case_file
    WHERE counted_on BETWEEN %(first)s::date AND %(last)s::date
        AND (%(regions)s::text[] IS NULL OR region = ANY(%(regions)s))
"""
_COVERAGE = """
    SELECT count(*) AS findings, count(*) FILTER (WHERE f.closed IS NOT NULL OR coalesce(r.disposed, false)) AS handled
    FROM cases.finding f LEFT JOIN cases.rectification r ON r.inspection = f.stream AND r.finding = f.finding
    WHERE f.found <= %(day)s::date AND (%(regions)s::text[] IS NULL OR f.region = ANY(%(regions)s))
"""
_CAUSES = """
    SELECT cause, count(*) AS findings FROM cases.rectification
    WHERE cause IS NOT NULL AND (%(regions)s::text[] IS NULL OR region = ANY(%(regions)s)) GROUP BY 1 ORDER BY 1
"""
Regions = Sequence[str] | None


async def listed(
    connection: psycopg.AsyncConnection[Any],
    name: str,
    day: Day,
    *,
    regions: Regions = None,
    by: str | None = None,
    key_product: str | None = None,
    limit: int = MAXIMUM_ROWS,
) -> list[dict[str, Any]]:
    """Return up to ``limit`` rows of a list on a day, priority first, then by what is due, then by age in days.

    ``regions`` are the codes of an area; ``by`` narrows a list to one party, as the list says, and ``key_product`` a
    list of cases to a category that a campaign is about (S3-46).
    """
    count, months = repeated_admonitions(day)
    params = {
        "day": day, "regions": _array(regions), "by": by, "limit": limit, "count": count, "months": months,
        "key_product": key_product, "bulletins": _bulletins_owed(day), "problems": list(problem_kinds()),
        **common_problem(day),
    }  # fmt: skip
    return await _rows(connection, _LISTED.format(LISTS[name].statement), params)


async def case_file(connection: psycopg.AsyncConnection[Any], stream: str) -> dict[str, Any] | None:
    """Return a case as it stands, with the leads and cases that were merged into it; ``None`` where there is none."""
    found = await _rows(connection, _CASE, (stream,))
    if not found:
        return None
    merged = await _rows(connection, _MERGED, (stream,))
    return {**found[0], "merged": [row["stream"] for row in merged]}


async def published(
    connection: psycopg.AsyncConnection[Any], day: Day, *, after: tuple[str, str, str], limit: int
) -> list[dict[str, Any]]:
    """Return a page of what is published on a day; ``after`` is the day, case and document of the row before."""
    names = ("after_day", "after", "after_number")
    return await _rows(connection, _PUBLISHED, {"day": day, "limit": limit, **dict(zip(names, after, strict=True))})


async def statistics(
    connection: psycopg.AsyncConnection[Any], first: Day, last: Day, *, regions: Regions = None
) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the rows of the statistics table for a period, and the cases that it was made from."""
    params = {"first": first, "last": last, "regions": _array(regions)}
    cases = await _rows(connection, _COUNTED, params)
    return table((_counted(row["counted"]) for row in cases), first, last), [row["stream"] for row in cases]


async def coverage(connection: psycopg.AsyncConnection[Any], day: Day, *, regions: Regions = None) -> dict[str, Any]:
    """Return how many findings there are and how many something disposed of (S1-18), and the causes by code."""
    params = {"day": day, "regions": _array(regions)}
    (counts,) = await _rows(connection, _COVERAGE, params)
    causes = await _rows(connection, _CAUSES, params)
    ratio = None if not counts["findings"] else f"{Decimal(100 * counts['handled']) / counts['findings']:.2f}"
    return {**counts, "percent": ratio, "causes": {row["cause"]: row["findings"] for row in causes}}


def _bulletins_owed(day: Day) -> str:
    """Return, as JSON, the bulletins that are owed by a day: whose, and of which period."""
    return orjson.dumps(
        [{"authority": f"SAMR-{region}", "region": region, "period": period.name, "first": period.first,
          "last": period.last} for region, period in owed(day)]
    ).decode()  # fmt: skip


def _counted(said: dict[str, Any]) -> Counted:
    amounts = {name: Decimal(said[name]) for name in ("value", "fines", "confiscated")}
    return Counted(**{**said, **amounts, "codes": frozenset(said["codes"])})


def _array(regions: Regions) -> list[str] | None:
    return None if regions is None else list(regions)


async def _rows(connection: psycopg.AsyncConnection[Any], statement: str, params: Any) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement.encode(), params)
        return list(await cursor.fetchall())
