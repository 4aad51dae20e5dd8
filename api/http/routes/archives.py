"""Archives of organisations, the three 100 per cents of a region, patrols due, what recurs, and key lists."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.http import cursors
from api.http.answers import JSON, as_of_day, json_response, known_at_instant, require_acceptable
from api.http.describe_archives import (
    ARCHIVE,
    ARCHIVES,
    BODY_ARCHIVE,
    COMMON_PROBLEMS,
    COVERAGE,
    KEY_LISTS,
    PATROL_PLAN,
)
from api.http.parameters import Cursor, Limit
from api.http.problems import problem
from api.http.reading import Reading
from api.http.supervising import NOT_STORED, codes_for, organisation_named
from ledger.codes.archive import section_of, sections
from ledger.codes.controls import controls
from ledger.families import EVENT_TYPES, body_stream
from projections.archive.coverage import Asked, archives_kept, common_problems, coverage, patrols_due
from projections.archive.query import adverse_to, dossiers_of, key_entries, key_issues, records_of
from projections.register.query import standing

router = APIRouter()
_MOST_ADVERSE = 2_000
_ARCHIVE, _KEY_LIST = "archive", "key_list"
_SECTION = f"^({'|'.join(each.section for each in sections())})$"
_Region = Annotated[str, Path(pattern="^[0-9]{6}$")]
_Scheme = Annotated[
    Literal["ccc", "all"],
    Query(description="只计强制性产品认证的生产企业,或全部 / Compulsory products' producers, or all"),
]
_Kinds = Annotated[
    str,
    Query(
        max_length=200,
        pattern="^[0-9A-Za-z,]*$",
        description="产品类别代码开头,逗号分隔 / Beginnings of product classes",
    ),
]
_Months = Annotated[int | None, Query(ge=1, le=60, description="巡查与问题的月数 / Months for patrols and problems")]


@router.get("/v1/archives/{code}", response_class=Response, **ARCHIVE)
async def archive(
    request: Request,
    code: Annotated[str, Path(max_length=40)],
    section: Annotated[str | None, Query(pattern=_SECTION, description="只看一个栏目 / One section only")] = None,
    credit: Annotated[bool, Query(description="只看质量信用档案 / The credit archive alone")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return every record about an organisation, certified or not, by section, and who keeps its archives."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "get_archive")
    now = reading.service.clock()
    day = as_of_day(request.query_params.get("as_of"), now)
    known_at = known_at_instant(request.query_params.get("known_at"), now)
    organisation = organisation_named(code)
    position = await reading.reached(request, "trail", "archive")
    operation = f"archive {organisation} {section} {credit} {known_at}"
    after, snapshot = cursors.decode(operation, cursor, *[cursors.is_position] * 2) if cursor else (0, position)
    types = [
        name
        for name in EVENT_TYPES
        if section in {None, section_of(name).section} and (section_of(name).credit or not credit)
    ]
    async with reading.connection() as connection:
        rows, is_whole = await records_of(
            connection, organisation, types=types, after=after, limit=limit + 1, known_at=known_at
        )
        rows = [row for row in rows if row["position"] <= snapshot]
        kept = await dossiers_of(connection, organisation, day)
        noted = [(row.pop("access"), row["stream"]) for row in rows[:limit]]
        await reading.note(connection, [*noted, *((_ARCHIVE, row["stream"]) for row in kept)])
    if not rows and not kept and cursor is None:
        raise problem("subject_unknown", subject=organisation)
    shown, following = rows[:limit], None
    if len(rows) > limit:
        following = cursors.encode(operation, [shown[-1]["position"], snapshot])
    answer = {
        "organisation": organisation,
        "as_of": day,
        "position": snapshot,
        "kept_by": kept,
        "sections": [{"section": each.section, "zh": each.zh, "en": each.en} for each in sections()],
        "is_whole": is_whole,
        "records": [_record(row) for row in shown],
        "next": following,
    }
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/bodies/{number}/archive", response_class=Response, **BODY_ARCHIVE)
async def body_archive(request: Request, number: Annotated[str, Path(max_length=40)]) -> Response:
    """Return what speaks against a body on a day, by the five sources of control, the empty ones too."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "get_body_archive")
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    stream = body_stream(number)
    position = await reading.reached(request, "archive", "register")
    async with reading.connection() as connection:
        if await standing(connection, stream) is None:
            raise problem("subject_unknown", subject=stream)
        rows = await adverse_to(connection, stream, day, _MOST_ADVERSE + 1)
        is_whole = len(rows) <= _MOST_ADVERSE
        await reading.note(connection, [(row.pop("access"), row["stream"]) for row in rows[:_MOST_ADVERSE]])
    answer = {
        "body": stream,
        "as_of": day,
        "position": position,
        "is_whole": is_whole,
        "controls": [
            {
                "control": code,
                **label._asdict(),
                "events": [_adverse(row) for row in rows[:_MOST_ADVERSE] if row["control"] == code],
            }
            for code, label in controls().items()
        ],
    }
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/regions/{region}/archives", response_class=Response, **ARCHIVES)
async def archives(
    request: Request,
    region: _Region,
    kinds: _Kinds = "",
    without_custodian: Annotated[bool, Query(description="只列无专人的档案 / Those without a custodian")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return the archives of a region and the producers that surveys found, certified or not."""
    reading, asked, position = await _asked(request, "list_archives", region, "all", kinds, None)
    operation = f"archives {region} {kinds} {without_custodian} {asked.day}"
    after = cursors.decode(operation, cursor, cursors.is_text)[0] if cursor else ""
    async with reading.connection() as connection:
        rows = await archives_kept(connection, asked, without_custodian=without_custodian, after=after, limit=limit + 1)
        await reading.note(connection, ((_ARCHIVE, row["stream"]) for row in rows[:limit]))
    following = cursors.encode(operation, [rows[limit - 1]["stream"]]) if len(rows) > limit else None
    answer = {
        "region": region, "as_of": asked.day, "position": position, "archives": rows[:limit], "next": following
    }  # fmt: skip
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/coverage/{region}", response_class=Response, **COVERAGE)
async def three_hundreds(
    request: Request, region: _Region, scheme: _Scheme = "ccc", kinds: _Kinds = "", months: _Months = None
) -> Response:
    """Return how many producers have an archive and were patrolled, and how many problems were handled."""
    reading, asked, position = await _asked(request, "get_coverage", region, scheme, kinds, months)
    async with reading.connection() as connection:
        found = await coverage(connection, asked)
        noted = [(row.pop("access"), row["stream"]) for row in found["problems"]["missing"]]
        await reading.note(connection, [*noted, (_ARCHIVE, f"region:{region}")])
    answer = {"region": region, "as_of": asked.day, "position": position, "scheme": scheme, **found}
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/patrol-plan/{region}", response_class=Response, **PATROL_PLAN)
async def patrol_plan(
    request: Request, region: _Region, scheme: _Scheme = "ccc", kinds: _Kinds = "", limit: Limit = 100
) -> Response:
    """Return which producers are due for a patrol and why so often: the longest due and the riskiest first."""
    reading, asked, position = await _asked(request, "get_patrol_plan", region, scheme, kinds, None)
    async with reading.connection() as connection:
        plan = await patrols_due(connection, asked)
        issues = await key_issues(connection, asked.day)
        await reading.note(connection, [(_ARCHIVE, f"region:{region}")])
    overdue = sum(each.next_patrol <= asked.day for _, each in plan)
    answer = {
        "region": region,
        "as_of": asked.day,
        "position": position,
        "total": len(plan),
        "due": overdue,
        "catalogues": [{name: row[name] for name in ("owner", "list", "version", "document")} for row in issues],
        "patrols": [{**asdict(enterprise), **asdict(when)} for enterprise, when in plan[:limit]],
    }
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/common-problems/{region}", response_class=Response, **COMMON_PROBLEMS)
async def recurring(
    request: Request, region: _Region, scheme: _Scheme = "ccc", kinds: _Kinds = "", months: _Months = None
) -> Response:
    """Return what was found most often in a region, by clause or standard and grade."""
    reading, asked, position = await _asked(request, "get_common_problems", region, scheme, kinds, months)
    async with reading.connection() as connection:
        rows = await common_problems(connection, asked)
        await reading.note(connection, [("inspection", f"region:{region}")] if rows else [])
    answer = {"region": region, "as_of": asked.day, "position": position, "problems": rows}
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/key-lists", response_class=Response, **KEY_LISTS)
async def key_lists(
    request: Request,
    kind: Annotated[Literal["product", "enterprise", "area"] | None, Query(description="条目类型 / Kind")] = None,
    category: Annotated[str | None, Query(max_length=32, description="重点产品类别 / Category")] = None,
    owner: Annotated[str | None, Query(max_length=40, description="谁的名单 / Whose lists")] = None,
) -> Response:
    """Return what is on the authorities' key lists on a day, and the version of each that is in force."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "list_key_lists")
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    position = await reading.reached(request, "archive")
    async with reading.connection() as connection:
        entries = await key_entries(connection, day, kind=kind, category=category, owner=owner)
        issues = await key_issues(connection, day, owner)
        await reading.note(connection, ((_KEY_LIST, row["stream"]) for row in (*entries, *issues)))
    answer = {"as_of": day, "position": position, "entries": entries, "issued": issues}
    return json_response(answer, headers=_headers(reading, position))


async def _asked(
    request: Request, operation: str, region: str, scheme: str, kinds: str, months: int | None
) -> tuple[Reading, Asked, int]:
    require_acceptable(request, JSON)
    reading = await Reading.of(request, operation)
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    codes = codes_for(reading, region, day)
    reading.require_reason()
    position = await reading.reached(request, "archive")
    wanted = [each for each in kinds.split(",") if each]
    return reading, Asked(codes, day, None if scheme == "all" else scheme, wanted, months), position


def _record(row: dict[str, Any]) -> dict[str, Any]:
    event_type = EVENT_TYPES[row["type"]]
    return {**row, "section": section_of(row["type"]).section, "zh": event_type.zh, "en": event_type.en}


def _adverse(row: dict[str, Any]) -> dict[str, Any]:
    event_type = EVENT_TYPES[row["type"]]
    told = {name: value for name, value in row.items() if name != "control"}
    return {**told, "zh": event_type.zh, "en": event_type.en}


def _headers(reading: Reading, position: int) -> dict[str, str]:
    return {"Ledger-Position": str(position), "Cache-Control": reading.cache_control(NOT_STORED)}
