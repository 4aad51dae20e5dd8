"""Reads of how bureaux are organised: counties by superintendence, leaders of a campaign, contacts of an authority.

Which bureaux there should be follows from the regions of the day, so that one that never spoke is still missed.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger.access.jurisdiction import Level, level_of
from ledger.authorities.lists import superintendence
from ledger.authorities.routing import Authorities, successor_of
from ledger.days import Day

Rows = list[dict[str, Any]]
Connection = psycopg.AsyncConnection[Any]
PARTS = ("guidance", "inspection", "assessment")
_ACTS = """
    SELECT stream, authority, kind, by, day::text, document_number, result FROM authorities.superintended
    WHERE authority = ANY(%(authorities)s) AND day BETWEEN %(since)s::date AND %(until)s::date
    ORDER BY authority, day, kind, by
"""
_LEADERS = """
    SELECT stream, authority, leader, lower(effective)::text AS since FROM authorities.leader
    WHERE campaign = %(campaign)s AND authority = ANY(%(authorities)s) AND effective @> %(day)s::date
    ORDER BY authority, since, leader
"""
_CONTACTS = """
    SELECT stream, contact, unit, published, digests, source, event_id, lower(effective)::text AS since
    FROM authorities.contact WHERE authority = %(authority)s AND effective @> %(day)s::date
    ORDER BY contact LIMIT %(limit)s
"""
_NAMES = """
    SELECT authority, name_zh FROM authorities.period
    WHERE authority = ANY(%(authorities)s) AND effective @> %(day)s::date
"""
MAXIMUM_CONTACTS = 100


def bureaux_of(codes: Iterable[str], level: Level, day: Day, followed: Authorities) -> dict[str, str]:
    """Return the region of each bureau of a level among these codes, by the bureau that acts there on the day."""
    there = [code for code in codes if level_of(code, day) == level]
    return {successor_of(f"SAMR-{code}", followed): code for code in sorted(set(there), reverse=True)}


async def superintended(
    connection: Connection, bureaux: dict[str, str], since: Day, until: Day
) -> tuple[Rows, list[str]]:
    """Return each bureau with its acts and their number by part, and those of which there is none (S0-95).

    What is counted was said of the bureau from above, on a day from ``since`` to ``until``.
    """
    asked = {"authorities": sorted(bureaux), "since": since, "until": until, "day": until}
    acts, names = await _rows(connection, _ACTS, asked), await _names(connection, asked)
    parts = superintendence()
    found: Rows = []
    for bureau in sorted(bureaux):
        own = [each for each in acts if each["authority"] == bureau]
        counted = {part: sum(parts[each["kind"]] == part for each in own) for part in PARTS}
        shown = [{name: each[name] for name in ("kind", "by", "day", "document_number", "result")} for each in own]
        told = {"authority": bureau, "region": bureaux[bureau], "name_zh": names.get(bureau)}
        found.append({**told, **counted, "latest": own[-1]["day"] if own else None, "acts": shown})
    return found, [each["authority"] for each in found if not each["acts"]]


async def campaign_leaders(connection: Connection, campaign: str, bureaux: dict[str, str], day: Day) -> Rows:
    """Return each bureau with the leaders that it designated: exactly one should be there (S2-73)."""
    asked = {"campaign": campaign, "authorities": sorted(bureaux), "day": day}
    rows, names = await _rows(connection, _LEADERS, asked), await _names(connection, asked)
    found: Rows = []
    for bureau in sorted(bureaux):
        leaders = [{"leader": r["leader"], "since": r["since"]} for r in rows if r["authority"] == bureau]
        state = "missing" if not leaders else "designated" if len(leaders) == 1 else "several"
        told = {"authority": bureau, "region": bureaux[bureau], "name_zh": names.get(bureau)}
        found.append({**told, "leaders": leaders, "state": state})
    return found


async def contacts(connection: Connection, authority: str, day: Day) -> Rows:
    """Return the contacts of an authority on a day; what their digests stand for is in the vault (S2-90)."""
    return await _rows(connection, _CONTACTS, {"authority": authority, "day": day, "limit": MAXIMUM_CONTACTS})


async def _names(connection: Connection, asked: dict[str, Any]) -> dict[str, str]:
    return {row["authority"]: row["name_zh"] for row in await _rows(connection, _NAMES, asked)}


async def _rows(connection: Connection, statement: str, params: Mapping[str, Any]) -> Rows:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement.encode(), params)
        return await cursor.fetchall()
