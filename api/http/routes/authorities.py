"""Authorities, what they lack, and the enforcement ledgers of their areas.

Whose area a row belongs to is judged by the present day, and a reader sees of it what it may see anyway.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.http import cursors
from api.http.answers import CSV, JSON, json_response, preferred, require_acceptable
from api.http.areas import area_asked, begun, may_count
from api.http.cursors import is_position, is_text
from api.http.describe_authorities import AUTHORITIES, AUTHORITY, GAPS, LEDGER
from api.http.parameters import Cursor
from api.http.problems import problem
from api.http.reading import Reading
from api.spreadsheets import plain
from ledger.access.competence import Competence, powers_of
from ledger.access.jurisdiction import level_of, superior_of
from ledger.authorities.lists import labels, level_code, level_names
from ledger.authorities.routing import Authorities, bureau_of, successor_of
from ledger.codes.statuses import Status
from ledger.days import Day
from ledger.parties import LOCAL_AUTHORITY, NATIONAL_AUTHORITY
from projections.authorities import query
from projections.ledgers.query import LEDGERS, Asked, count, entries

router = APIRouter()
_VIEWS = ("register", "authorities", "ledgers")
_NOT_STORED = "public, no-cache"
_EACH = "|".join(each.value for each in Status)
_STATUSES = f"^({_EACH})(,({_EACH}))*$"
_LEVELS = f"^({'|'.join(re.escape(each) for each in level_names())})$"
_Region = Annotated[
    str | None,
    Query(pattern="^[0-9]{6}$", description="辖区的行政区划代码,缺省为全国 / The area's code; the nation by default"),
]
_Limit = Annotated[int, Query(ge=1, le=5_000, description="每页至多若干条 / At most so many a page")]


@router.get("/v1/authorities", response_class=Response, **AUTHORITIES)
async def authorities(
    request: Request,
    region: _Region = None,
    level: Annotated[
        str | None, Query(pattern=_LEVELS, description="级别或其同义词,如 市(地) / A level or a synonym of it")
    ] = None,
    limit: _Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return the authorities of an area on a day, by identifier."""
    require_acceptable(request, JSON)
    reading, day, position = await begun(request, "list_authorities", ("authorities",))
    wanted = None if level is None else level_code(level)
    operation = f"authorities {region} {wanted} {day}"
    after, snapshot = _decoded(operation, cursor, position)
    async with reading.connection() as connection:
        codes = await area_asked(reading, connection, region, day)
        rows = await query.authorities(connection, day, area=codes, level=wanted, after=after, limit=limit + 1)
    shown = rows[:limit]
    following = cursors.encode(operation, [shown[-1]["authority"], snapshot]) if len(rows) > limit else None
    answer = {"as_of": day, "position": snapshot, "authorities": [_told(row) for row in shown], "next": following}
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/authorities/{authority}", response_class=Response, **AUTHORITY)
async def authority(request: Request, authority: Annotated[str, Path(max_length=40)]) -> Response:
    """Return one authority on a day, with its whole history."""
    require_acceptable(request, JSON)
    reading, day, position = await begun(request, "get_authority", ("authorities",))
    async with reading.connection() as connection:
        found = await query.authority(connection, authority, day)
        if found is None:
            raise problem("subject_unknown", subject=authority)
        followed = await query.successors(connection, day)
        if found["duties"]:
            await reading.note(connection, [("duty", f"authority:{authority}")])
    now: dict[str, Any] | None = found["now"]
    powers: tuple[Competence, ...] = ()
    # Who was followed by another one has no powers any more (S3-03).
    if now is not None and now["successor"] is None:
        kind = NATIONAL_AUTHORITY if now["level"] == "national" else LOCAL_AUTHORITY
        powers = powers_of(kind, level_of(now["region"], day), day)
    answer = {
        "authority": authority,
        "as_of": day,
        "position": position,
        "now": _told(now) if now else None,
        "history": [_told(each) for each in found["history"]],
        "superior": superior_of(authority, day),
        "bureau": successor_of(authority, followed),
        "units": [
            {**unit, "kind": _code("units", unit["kind"]), "roles": [_code("roles", each) for each in unit["roles"]]}
            for unit in found["units"]
        ],
        "items": found["items"],
        "duties": found["duties"],
        "predecessors": [each["predecessor"] for each in found["predecessors"]],
        "planning_regions": found["planning_regions"],
        "powers": [
            {"row": row.id, "events": list(row.events), "source": row.source, "zh": row.zh, "en": row.en}
            for row in powers
        ],
    }
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/authority-gaps", response_class=Response, **GAPS)
async def authority_gaps(request: Request, region: _Region = None) -> Response:
    """Return what the authorities of an area lack on a day."""
    require_acceptable(request, JSON)
    reading, day, position = await begun(request, "get_authority_gaps", _VIEWS)
    async with reading.connection() as connection:
        codes = await area_asked(reading, connection, region, day)
        found = await query.gaps(connection, day, codes)
        unassigned = None
        if may_count(reading, codes):
            unassigned = await count(connection, "enterprises", day, Asked(codes, unassigned=True))
    answer = {"as_of": day, "position": position, "region": region, **found, "unassigned_enterprises": unassigned}
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/ledgers/{ledger}", response_class=Response, **LEDGER)
async def enforcement_ledger(
    request: Request,
    ledger: Annotated[str, Path(max_length=40, description=f"台账 / One of: {', '.join(LEDGERS)}")],
    region: _Region = None,
    status: Annotated[
        str | None, Query(pattern=_STATUSES, description="证书状态,逗号分隔 / Statuses of certificates")
    ] = None,
    unassigned: Annotated[
        bool, Query(description="只列没有责任人的企业 / Only enterprises nobody answers for")
    ] = False,
    limit: _Limit = 200,
    cursor: Cursor = None,
) -> Response:
    """Return a page of an enforcement ledger as JSON, or as CSV where that is asked for."""
    media_type = preferred(request, JSON, CSV)
    if ledger not in LEDGERS:
        raise problem("subject_unknown", subject=ledger)
    statuses = [each for each in (status or "").split(",") if each]
    reading, day, position = await begun(request, "get_enforcement_ledger", _VIEWS)
    operation = f"ledger {ledger} {region} {statuses} {unassigned}"
    after, snapshot = _decoded(operation, cursor, position)
    async with reading.connection() as connection:
        asked = Asked(await area_asked(reading, connection, region, day), statuses, unassigned, after, limit + 1)
        rows = await entries(connection, ledger, day, asked)
        shown = rows[:limit]
        await reading.note(connection, _restricted(ledger, shown))
        followed = await query.successors(connection, day)
    following = cursors.encode(operation, [shown[-1]["key"], snapshot]) if len(rows) > limit else None
    told = [_entry(ledger, row, day, followed) for row in shown]
    headers = _headers(reading, position)
    if media_type == CSV:
        return Response(_csv(ledger, told), 200, headers | _next_link(request, following), f"{CSV}; charset=utf-8")
    found = LEDGERS[ledger]
    answer = {
        "ledger": ledger,
        "zh": found.zh,
        "en": found.en,
        "as_of": day,
        "position": snapshot,
        "region": region or reading.service.ports.region,
        "entries": told,
        "next": following,
    }
    return json_response(answer, headers=headers)


def _restricted(ledger: str, rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    if LEDGERS[ledger].family:
        return [(row["access"], row["stream"]) for row in rows]
    return [("duty", row["stream"]) for row in rows if row.get("responsible_officer")]


def _entry(ledger: str, row: Mapping[str, Any], day: Day, followed: Authorities) -> dict[str, Any]:
    told = {name: row.get(name) for name in LEDGERS[ledger].columns}
    if "bureau" in told:
        told["bureau"] = bureau_of(row["region"], day, followed) if row["region"] else None
    return told


def _csv(ledger: str, rows: Sequence[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(LEDGERS[ledger].columns)
    for row in rows:
        writer.writerow(plain(row[name]) for name in LEDGERS[ledger].columns)
    return out.getvalue()


def _next_link(request: Request, following: str | None) -> dict[str, str]:
    if following is None:
        return {}
    address = request.url.include_query_params(cursor=following)
    return {"Link": f'<{address.path}?{address.query}>; rel="next"'}


def _decoded(operation: str, cursor: str | None, position: int) -> Any:
    return ["", position] if cursor is None else cursors.decode(operation, cursor, is_text, is_position)


def _code(name: str, value: str) -> dict[str, str]:
    zh, en = labels(name)[value]
    return {"value": value, "zh": zh, "en": en}


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "kind": _code("kinds", row["kind"]), "level": _code("levels", row["level"])}


def _headers(reading: Reading, position: int) -> dict[str, str]:
    return {"Ledger-Position": str(position), "Cache-Control": reading.cache_control(_NOT_STORED)}
