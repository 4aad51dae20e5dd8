"""Reads of the enforcement ledgers (台账) of an area: enterprises, certificates, bodies, inspections, cases.

Which area a row belongs to follows from where its enterprise is on the day that is asked about, and only where that
is unknown from the place that was stated; a violation's place never moves. The ledgers of the cities of a province
are therefore together the province's, and those of all provinces the nation's (I-13).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger.days import Day
from projections.register.query import STATUS

MAXIMUM_PAGE = 5_000
_PLACED = """
    LEFT JOIN ledgers.place AS p ON p.organisation = {party} AND p.effective @> %(day)s::date
"""
_IN_AREA = "(%(area)s::text[] IS NULL OR {region} = ANY(%(area)s::text[]))"
_HOLDER = "'organisation:' || c.holder_key"
_CERTIFICATES = f"""
    SELECT c.stream AS key, c.body, c.number, c.scheme_class, c.project_code, c.product_class,
        {_HOLDER} AS organisation, c.holder_name_zh AS name_zh, coalesce(p.region, c.region) AS region,
        {STATUS} AS status, c.issued::text, c.expires::text
    FROM register.certificate AS c {_PLACED.format(party=_HOLDER)}
    WHERE c.issued IS NOT NULL AND {_IN_AREA.format(region="coalesce(p.region, c.region)")} AND c.stream > %(after)s
        AND (%(status)s::text[] IS NULL OR {STATUS} = ANY(%(status)s::text[]))
    ORDER BY c.stream LIMIT %(limit)s
"""  # noqa: S608 - every piece is a constant of this module
# Who was assigned where the enterprise was, or by an authority that acts no more, answers for it no more.
_OVER = """
    a.successor IS NULL AND (
        starts_with(k.region, CASE a.level WHEN 'province' THEN left(a.region, 2)
                                           WHEN 'prefecture' THEN left(a.region, 4) ELSE a.region END)
        OR EXISTS (SELECT FROM authorities.predecessor AS f WHERE f.authority = d.authority
                   AND f.effective @> %(day)s::date AND strpos(f.area, k.region) > 0))
"""
_ENTERPRISES = f"""
    WITH known AS (
        SELECT e.organisation, e.code, e.name_zh, p.region
        FROM ledgers.enterprise AS e {_PLACED.format(party="e.organisation")}
        UNION ALL
        SELECT * FROM (
            SELECT DISTINCT ON (c.holder_key) {_HOLDER}, c.holder_code, c.holder_name_zh, coalesce(p.region, c.region)
            FROM register.certificate AS c {_PLACED.format(party=_HOLDER)}
            WHERE c.holder_key IS NOT NULL AND c.issued IS NOT NULL
                AND NOT EXISTS (SELECT FROM ledgers.enterprise AS e WHERE e.organisation = {_HOLDER})
            ORDER BY c.holder_key, c.position DESC
        ) AS unregistered
    )
    SELECT k.organisation AS key, k.organisation, k.code, k.name_zh, k.region,
        count(c.stream) FILTER (WHERE {STATUS} = 'valid') AS valid,
        count(c.stream) FILTER (WHERE {STATUS} = 'suspended') AS suspended,
        count(c.stream) AS certificates,
        d.authority AS responsible_authority, d.unit AS responsible_unit, d.officer AS responsible_officer, d.stream
    FROM known AS k
    LEFT JOIN register.certificate AS c ON c.holder_key = substr(k.organisation, 14) AND c.issued IS NOT NULL
    LEFT JOIN LATERAL (
        SELECT d.stream, d.authority, d.unit, d.officer FROM authorities.duty AS d
        JOIN authorities.period AS a ON a.authority = d.authority AND a.effective @> %(day)s::date
        WHERE d.scope IN (k.organisation, k.region) AND d.effective @> %(day)s::date AND {_OVER}
        ORDER BY d.scope = k.organisation DESC, d.authority LIMIT 1
    ) AS d ON true
    WHERE {_IN_AREA.format(region="k.region")} AND k.organisation > %(after)s
        AND (NOT %(unassigned)s OR d.officer IS NULL)
    GROUP BY k.organisation, k.code, k.name_zh, k.region, d.authority, d.unit, d.officer, d.stream
    ORDER BY k.organisation LIMIT %(limit)s
"""  # noqa: S608 - likewise
_BODIES = f"""
    SELECT found.body AS key, found.body, s.state->>'name_zh' AS name_zh, sum(valid)::bigint AS valid,
        sum(suspended)::bigint AS suspended, sum(certificates)::bigint AS certificates,
        sum(inspections)::bigint AS inspections
    FROM (
        SELECT c.body, count(*) FILTER (WHERE {STATUS} = 'valid') AS valid,
            count(*) FILTER (WHERE {STATUS} = 'suspended') AS suspended, count(*) AS certificates, 0 AS inspections
        FROM register.certificate AS c {_PLACED.format(party=_HOLDER)}
        WHERE c.issued IS NOT NULL AND {_IN_AREA.format(region="coalesce(p.region, c.region)")} GROUP BY 1
        UNION ALL
        SELECT m.authority, 0, 0, 0, count(*) FROM ledgers.matter AS m {_PLACED.format(party="m.party")}
        WHERE m.family = 'inspection' AND m.authority LIKE 'CNCA-R%%'
            AND {_IN_AREA.format(region="coalesce(p.region, m.region)")} GROUP BY 1
    ) AS found
    LEFT JOIN register.standing AS s ON s.stream = 'body:' || found.body
    WHERE found.body > %(after)s GROUP BY found.body, s.state->>'name_zh' ORDER BY found.body LIMIT %(limit)s
"""  # noqa: S608 - likewise
_PLACE = "CASE WHEN m.region_stays THEN m.region ELSE coalesce(p.region, m.region) END"
_MATTERS = f"""
    SELECT m.stream AS key, m.stream, m.access, m.authority, m.party, {_PLACE} AS region, m.opened::text,
        m.kind, m.title, m.latest, m.latest_day::text
    FROM ledgers.matter AS m {_PLACED.format(party="m.party")}
    WHERE m.family = %(family)s AND {_IN_AREA.format(region=_PLACE)} AND m.stream > %(after)s
    ORDER BY m.stream LIMIT %(limit)s
"""  # noqa: S608 - likewise


@dataclass(frozen=True, slots=True)
class Ledger:
    """One ledger: its statement, the family of its matters where it has such, and the columns of its export."""

    statement: str
    zh: str
    en: str
    columns: tuple[str, ...]
    family: str = ""


_MATTER_COLUMNS = (
    "stream",
    "authority",
    "bureau",
    "party",
    "region",
    "opened",
    "kind",
    "title",
    "latest",
    "latest_day",
)
LEDGERS: dict[str, Ledger] = {
    "enterprises": Ledger(
        _ENTERPRISES,
        "企业台账",
        "Enterprises",
        (
            "organisation", "code", "name_zh", "region", "bureau", "valid", "suspended", "certificates",
            "responsible_authority", "responsible_unit", "responsible_officer",
        ),
    ),
    "certificates": Ledger(
        _CERTIFICATES,
        "证书台账",
        "Certificates",
        (
            "body", "number", "scheme_class", "project_code", "product_class", "organisation", "name_zh", "region",
            "bureau", "status", "issued", "expires",
        ),
    ),
    "bodies": Ledger(
        _BODIES, "认证机构台账", "Bodies", ("body", "name_zh", "valid", "suspended", "certificates", "inspections")
    ),
    "inspections": Ledger(_MATTERS, "检查台账", "Inspections", _MATTER_COLUMNS, "inspection"),
    "cases": Ledger(_MATTERS, "案件台账", "Cases", _MATTER_COLUMNS, "case"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a ledger; ``area`` is all codes of an area, ``None`` the nation."""

    area: Sequence[str] | None = None
    status: Sequence[str] | None = None
    unassigned: bool = False
    after: str = ""
    limit: int = 100


async def entries(connection: psycopg.AsyncConnection[Any], name: str, day: Day, asked: Asked) -> list[dict[str, Any]]:
    """Return a page of a ledger on a day in order of ``key``; the next page begins after the last one's."""
    params = {**_params(name, day, asked), "limit": min(asked.limit, MAXIMUM_PAGE)}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(LEDGERS[name].statement.encode(), params)
        return await cursor.fetchall()


async def count(connection: psycopg.AsyncConnection[Any], name: str, day: Day, asked: Asked) -> int:
    """Return how many entries a ledger has on a day, whatever the page."""
    statement = f"SELECT count(*) FROM ({LEDGERS[name].statement}) AS counted"  # noqa: S608 - likewise
    row = await (await connection.execute(statement.encode(), {**_params(name, day, asked), "limit": None})).fetchone()
    return int(row[0]) if row else 0


def _params(name: str, day: Day, asked: Asked) -> dict[str, Any]:
    return {
        "day": day,
        "area": None if asked.area is None else list(asked.area),
        "status": list(asked.status) if asked.status else None,
        "unassigned": asked.unassigned,
        "after": asked.after,
        "family": LEDGERS[name].family,
    }
