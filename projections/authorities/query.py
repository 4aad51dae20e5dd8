"""Reads of the authorities view: a list by area, one authority with its history, and what is missing."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger.authorities.lists import MUST_HAVE_SUPERVISION_UNIT, SUPERVISION_UNIT
from ledger.authorities.state import AuthorityState
from ledger.days import Day

MAXIMUM_PAGE = 1_000
_COLUMNS = """
    authority, kind, level, region, name_zh, name_en, successor, focal, division,
    lower(effective)::text AS effective_from, upper(effective)::text AS effective_until
"""
_IN_AREA = "(%(area)s::text[] IS NULL OR {region} = ANY(%(area)s::text[]))"
_LIST = f"""
    SELECT {_COLUMNS} FROM authorities.period AS p
    WHERE effective @> %(day)s::date AND {_IN_AREA.format(region="p.region")}
        AND (%(level)s::text IS NULL OR level = %(level)s::text) AND authority > %(after)s
    ORDER BY authority LIMIT %(limit)s
"""  # noqa: S608 - every piece is a constant of this module
_HISTORY = f"SELECT {_COLUMNS} FROM authorities.period WHERE authority = %(authority)s ORDER BY effective"  # noqa: S608 - likewise
_PARTS = {
    "units": "SELECT unit, kind, name_zh, name_en, roles FROM authorities.unit",
    "items": "SELECT list AS list_name, item, said, events, basis FROM authorities.item",
    "duties": "SELECT scope, unit, officer FROM authorities.duty",
    "predecessors": "SELECT predecessor FROM authorities.predecessor",
    "planning_regions": "SELECT planning_region, name_zh, name_en, cities FROM authorities.planning_region",
}
_OF = " WHERE authority = %(authority)s AND effective @> %(day)s::date ORDER BY 1, 2"
_SUCCESSORS = (
    "SELECT authority, successor FROM authorities.period WHERE successor IS NOT NULL AND effective @> %s::date"
)
_AREAS = "SELECT area FROM authorities.predecessor WHERE authority = %s AND effective @> %s::date"
_CITIES = """
    SELECT cities FROM authorities.planning_region
    WHERE authority = %s AND planning_region = %s AND effective @> %s::date
"""
_WITHOUT_FOCAL = f"""
    SELECT authority, name_zh, name_en, region FROM authorities.period AS p
    WHERE effective @> %(day)s::date AND {_IN_AREA.format(region="p.region")} AND successor IS NULL
        AND level IN ('prefecture', 'county') AND focal IS NULL ORDER BY authority LIMIT %(limit)s
"""  # noqa: S608 - likewise
_WITHOUT_SUPERVISION = f"""
    SELECT authority, name_zh, name_en, region FROM authorities.period AS p
    WHERE effective @> %(day)s::date AND {_IN_AREA.format(region="p.region")} AND successor IS NULL
        AND (level = 'province' OR kind = ANY(%(kinds)s))
        AND NOT EXISTS (SELECT FROM authorities.unit AS u WHERE u.authority = p.authority AND u.kind = %(unit)s
                        AND u.effective @> %(day)s::date)
    ORDER BY authority LIMIT %(limit)s
"""  # noqa: S608 - likewise
Connection = psycopg.AsyncConnection[Any]


async def authorities(
    connection: Connection,
    day: Day,
    *,
    area: Sequence[str] | None = None,
    level: str | None = None,
    after: str = "",
    limit: int = 100,
) -> list[dict[str, Any]]:
    """Return a page of the authorities of a day by identifier; ``area`` is its codes, ``None`` the nation."""
    params = {"day": day, "area": None if area is None else list(area), "level": level, "after": after, "limit": limit}
    return await _rows(connection, _LIST, params)


async def authority(connection: Connection, name: str, day: Day) -> dict[str, Any] | None:
    """Return an authority on a day with its parts and its whole history, ``None`` where it was never registered.

    ``now`` is its period of that day, absent before its registration; ``duties`` holds what the reader may see.
    """
    params = {"authority": name, "day": day}
    history = await _rows(connection, _HISTORY, params)
    if not history:
        return None
    now = [
        each
        for each in history
        if each["effective_from"] <= day and (each["effective_until"] is None or day < each["effective_until"])
    ]
    parts = {
        part: await _rows(connection, f"{select}{_OF if part != 'predecessors' else _OF.removesuffix(', 2')}", params)
        for part, select in _PARTS.items()
    }
    return {"authority": name, "now": now[0] if now else None, "history": history, **parts}


async def successors(connection: Connection, day: Day) -> dict[str, AuthorityState]:
    """Return, for :func:`ledger.authorities.routing.bureau_of`, each authority that was followed by another one."""
    found = await (await connection.execute(_SUCCESSORS, (day,))).fetchall()
    return {name: AuthorityState(successor=successor) for name, successor in found}


async def areas_taken_over(connection: Connection, authority: str, day: Day) -> tuple[str, ...]:
    """Return the codes of the areas that an authority took over from others."""
    found = await (await connection.execute(_AREAS, (authority, day))).fetchall()
    return tuple(code for (area,) in found for code in area.split(",") if code)


async def cities_of(connection: Connection, authority: str, planning_region: str, day: Day) -> tuple[str, ...]:
    """Return the cities of a province's planning region on a day, none where there is no such region (S0-27)."""
    found = await (await connection.execute(_CITIES, (authority, planning_region, day))).fetchone()
    return tuple(found[0]) if found else ()


async def gaps(connection: Connection, day: Day, area: Sequence[str] | None) -> dict[str, list[dict[str, Any]]]:
    """Return which bureaux lack a focal unit (S0-25) or a unit for certification supervision (S0-24) on a day."""
    params = {
        "day": day,
        "area": None if area is None else list(area),
        "kinds": sorted(MUST_HAVE_SUPERVISION_UNIT),
        "unit": SUPERVISION_UNIT,
        "limit": MAXIMUM_PAGE,
    }
    return {
        "without_focal_unit": await _rows(connection, _WITHOUT_FOCAL, params),
        "without_supervision_unit": await _rows(connection, _WITHOUT_SUPERVISION, params),
    }


async def _rows(connection: Connection, statement: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement.encode(), params)
        return await cursor.fetchall()
