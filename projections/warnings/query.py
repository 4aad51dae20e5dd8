"""Reads of the warnings view: risks with the lags between their stages, and the warnings in force on a day."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger.days import Day, days_between

MAXIMUM_PAGE = 1_000
_RISKS = """
    SELECT stream, position, author, region, text, about, stage, level, stages FROM warnings.risk
    WHERE position > %(after)s AND (%(stage)s::text IS NULL OR stage = %(stage)s)
        AND (%(regions)s::text[] IS NULL OR region = ANY(%(regions)s))
    ORDER BY position LIMIT %(limit)s
"""
_WARNINGS = """
    SELECT stream, position, author, level, title, text, scope, raised_by, risks, issued::text, until::text,
        lifted::text,
        CASE WHEN lifted <= %(day)s::date THEN 'lifted' WHEN until < %(day)s::date THEN 'expired' ELSE 'in_force' END
            AS state
    FROM warnings.warning WHERE position > %(after)s AND issued <= %(day)s::date
    ORDER BY position LIMIT %(limit)s
"""


async def risks(
    connection: psycopg.AsyncConnection[Any],
    *,
    stage: str | None = None,
    regions: Sequence[str] | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Return risks in order of recording; ``lags`` are the days from each stage to the next (S0-58)."""
    codes = None if regions is None else list(regions)
    params = {"after": after, "stage": stage, "regions": codes, "limit": min(limit, MAXIMUM_PAGE)}
    return [{**row, "lags": lags(row["stages"])} for row in await _rows(connection, _RISKS, params)]


async def warnings(
    connection: psycopg.AsyncConnection[Any], day: Day, *, after: int = 0, limit: int = 100
) -> list[dict[str, Any]]:
    """Return the warnings issued by a day, in order of recording, with their ``state`` on it."""
    params = {"day": day, "after": after, "limit": min(limit, MAXIMUM_PAGE)}
    return await _rows(connection, _WARNINGS, params)


def lags(stages: list[dict[str, str]]) -> list[dict[str, Any]]:
    """Return how many days passed from each stage to the next."""
    return [
        {"from": one["stage"], "to": next_["stage"], "days": days_between(one["day"], next_["day"])}
        for one, next_ in pairwise(stages)
    ]


async def _rows(connection: psycopg.AsyncConnection[Any], statement: str, params: Any) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement.encode(), params)
        return await cursor.fetchall()
