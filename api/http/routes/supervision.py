"""Supervision by HTTP: its lists, one case on both axes, published penalties, the statistics table, patrol checks."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.certificate import fact
from api.http import cursors
from api.http.answers import JSON, as_of_day, json_response, known_at_instant, require_acceptable
from api.http.describe_supervision import (
    CASE,
    CHECK,
    CHECK_ORGANISATION,
    COVERAGE,
    LIST,
    LISTS,
    PENALTIES,
    STATISTICS,
)
from api.http.parameters import Cursor, Limit, RegionAsked, codes_asked
from api.http.problems import problem
from api.http.reading import Reading
from infra.log_reading import rows_of
from ledger.access.visibility import is_open
from ledger.cases import CaseState
from ledger.cases.duties import Duty, major_duty, report_duty
from ledger.cases.statistics import about_table, period
from ledger.codes.cases import labels
from ledger.codes.identifiers import organisation_key
from ledger.codes.reporting import obligation
from ledger.days import Day, china_day, instant_text
from ledger.families import certificate_stream
from ledger.rectification.checks import Found, mismatches, uncertified, while_invalid
from ledger.service import rebuild
from projections.cases.lists import LISTS as EVERY_LIST
from projections.cases.query import case_file, coverage, listed, published, statistics
from projections.history.query import certificate_as_of, certificates_as_of
from projections.register.query import certificates_of_organisation

router = APIRouter()
_PUBLIC = {"Cache-Control": "public, no-cache"}
_MAXIMUM_CERTIFICATES = 1_000
_By = Annotated[str | None, Query(max_length=60, description="只列与此主体有关者 / Only what concerns this party")]
_Limit = Annotated[int, Query(ge=1, le=1000, description="至多若干行 / At most so many rows")]
_Produced = Annotated[
    str,
    Query(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="生产日 / Day of production",
          json_schema_extra={"format": "date"}),
]  # fmt: skip
_Text = Annotated[str | None, Query(min_length=1, max_length=200)]


@router.get("/v1/supervision/lists", response_class=Response, **LISTS)
async def supervision_lists(request: Request) -> Response:
    """Return the names of all lists in both languages."""
    require_acceptable(request, JSON)
    rows = [{"name": name, "zh": row.zh, "en": row.en, "source": row.source} for name, row in EVERY_LIST.items()]
    return json_response({"lists": rows}, headers=_PUBLIC)


@router.get("/v1/supervision/lists/{name}", response_class=Response, **LIST)
async def supervision_list(
    request: Request,
    name: Annotated[str, Path(max_length=60)],
    region: RegionAsked = None,
    by: _By = None,
    key_product: Annotated[
        str | None, Query(max_length=32, description="重点产品类别代码 / Code of a category of key products")
    ] = None,
    limit: _Limit = 200,
) -> Response:
    """Return one list as the caller may see it."""
    require_acceptable(request, JSON)
    row = EVERY_LIST.get(name)
    if row is None:
        raise problem("list_unknown", "/path/name", name=name)
    reading = await Reading.of(request, "get_supervision_list")
    if reading.public and not is_open(row.access):
        raise problem("token_missing")
    day, regions = _day_and_area(request, reading, region)
    position = await reading.reached(request, *row.views)
    async with reading.connection() as connection:
        found = await listed(connection, name, day, regions=regions, by=by, key_product=key_product, limit=limit + 1)
        await reading.note(connection, ((row.access, each["stream"]) for each in found[:limit]))
    answer = {
        "name": name, "zh": row.zh, "en": row.en, "source": row.source, "as_of": day, "region": region,
        "position": position, "rows": found[:limit], "more": len(found) > limit,
    }  # fmt: skip
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/cases/{authority}/{number:path}", response_class=Response, **CASE)
async def case(
    request: Request, authority: Annotated[str, Path(max_length=40)], number: Annotated[str, Path(max_length=60)]
) -> Response:
    """Return a case as known now or at an instant: its state, its facts, what was merged into it, what it owes."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "get_case")
    known_at = known_at_instant(request.query_params.get("known_at"), reading.service.clock())
    stream = f"case:{authority}:{number}"
    position = await reading.reached(request, "cases")
    async with reading.connection() as connection:
        file = await case_file(connection, stream)
        rows = await rows_of(connection, stream, public=reading.public) if file else []
        rows = [row for row in rows if known_at is None or row.recorded <= known_at]
        if file is None or not rows:
            raise problem("subject_unknown", subject=stream)
        await reading.note_rows(connection, rows)
    timeline = rebuild(stream, rows)
    state: CaseState = timeline.tip
    day = china_day(known_at or reading.service.clock())
    answer = {
        "stream": stream,
        "phase": state.phase,
        "known_at": None if known_at is None else instant_text(known_at),
        "position": rows[-1].position,
        "state": asdict(state),
        "facts": [fact(row) for row in rows],
        "holds": [
            {"type": each.type, "effective": each.effective, "version": each.version,
             "corrected_by": each.corrected_by, "data": each.data}
            for each in timeline.applied
        ],
        "merged": file["merged"],
        "duties": [_told(duty) for duty in (report_duty(state, day), major_duty(state, day)) if duty is not None],
    }  # fmt: skip
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/penalties", response_class=Response, **PENALTIES)
async def penalties(
    request: Request,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return what is published of penalties on a day, to everybody."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "list_published_penalties")
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    position = await reading.reached(request, "cases")
    operation, after = f"penalties {day}", ["0001-01-01", "", ""]
    if cursor is not None:
        after = list(cursors.decode(operation, cursor, cursors.is_day, cursors.is_text, cursors.is_text))
    async with reading.connection() as connection:
        rows = await published(connection, day, after=(after[0], after[1], after[2]), limit=limit + 1)
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        following = cursors.encode(operation, [last["published"], last["stream"], last["document_number"]])
    answer = {"as_of": day, "position": position, "penalties": rows[:limit], "next": following}
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/statistics/cases", response_class=Response, **STATISTICS)
async def case_statistics(
    request: Request,
    asked: Annotated[str, Query(alias="period", max_length=7, description="2031-03, 2031-Q1, 2031")],
    region: RegionAsked = None,
) -> Response:
    """Return the statistics table of the cases that the caller may see."""
    require_acceptable(request, JSON)
    try:
        first, last = period(asked)
    except ValueError as error:
        raise problem("period_wrong", "/query/period", period=asked) from error
    reading = await Reading.of(request, "get_case_statistics")
    if reading.public:
        raise problem("token_missing")
    _, regions = _day_and_area(request, reading, region)
    position = await reading.reached(request, "cases")
    async with reading.connection() as connection:
        rows, cases = await statistics(connection, first, last, regions=regions)
        await reading.note(connection, (("case", stream) for stream in cases))
    answer = {
        "period": asked, "first": first, "last": last, "region": region, "position": position,
        "table": about_table(), "rows": rows,
    }  # fmt: skip
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/supervision/coverage", response_class=Response, **COVERAGE)
async def finding_coverage(request: Request, region: RegionAsked = None) -> Response:
    """Return how many findings the caller may see were disposed of, and their causes."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "get_finding_coverage")
    if reading.public:
        raise problem("token_missing")
    day, regions = _day_and_area(request, reading, region)
    position = await reading.reached(request, "cases")
    async with reading.connection() as connection:
        found = await coverage(connection, day, regions=regions)
        await reading.note(connection, [("inspection", "inspection:*")] if found["findings"] else [])
    answer = {"as_of": day, "region": region, "position": position, **found}
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/checks/production/{body}/{number:path}", response_class=Response, **CHECK)
async def check_production(
    request: Request,
    body: Annotated[str, Path(max_length=40)],
    number: Annotated[str, Path(max_length=60)],
    produced: _Produced,
    model: _Text = None,
    product: _Text = None,
    standard: _Text = None,
    factory: _Text = None,
) -> Response:
    """Return what a patrol's observation shows against the certificate as it was on the day of production."""
    require_acceptable(request, JSON)
    reading, day = await Reading.of(request, "check_production"), _produced(produced)
    position = await reading.reached(request, "history")
    async with reading.connection() as connection:
        stream = certificate_stream(body, number)
        found = await certificate_as_of(connection, stream, day)
        is_known = bool(found or await rows_of(connection, stream, public=reading.public))
    seen = {"model": model, "product": product, "standard": standard, "factory": factory}
    suggested = [while_invalid(found["status"] if found else None, is_known=is_known)]
    if found:
        suggested += mismatches(found["details"], {name: value for name, value in seen.items() if value is not None})
    answer = {
        "body": body,
        "number": number,
        "produced": day,
        "position": position,
        "status": found["status"] if found else None,
        "rests_on": {"position": found["position"], "version": found["version"]} if found else None,
        "findings": _suggested(suggested),
    }
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/checks/uncertified/{code}", response_class=Response, **CHECK_ORGANISATION)
async def check_uncertified(
    request: Request,
    code: Annotated[str, Path(max_length=30)],
    product_class: Annotated[str, Query(pattern="^[0-9]{4}$", description="产品类别 / Product class")],
    produced: _Produced,
) -> Response:
    """Return whether a catalogued product of an organisation was without a valid certificate on a day."""
    require_acceptable(request, JSON)
    try:
        key = organisation_key(code.upper())
    except ValueError as error:
        raise problem("subject_unknown", subject=f"organisation:{code}") from error
    reading, day = await Reading.of(request, "check_uncertified_production"), _produced(produced)
    position = await reading.reached(request, "register", "history")
    async with reading.connection() as connection:
        mine = await certificates_of_organisation(connection, key, day, scheme_class="ccc", limit=_MAXIMUM_CERTIFICATES)
        then = await certificates_as_of(connection, [(each["stream"], day) for each in mine])
    statuses = [(str(each["details"].get("product_class")), each["status"]) for each in then if each]
    answer = {
        "organisation": key,
        "product_class": product_class,
        "produced": day,
        "position": position,
        "certificates": [{"stream": each["stream"], "status": each["status"]} for each in then if each],
        "findings": _suggested([uncertified(product_class, day, statuses)]),
    }
    return json_response(answer, headers=_headers(reading, position))


def _produced(text: str) -> Day:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise problem("parameters_wrong", "/query/produced") from error


def _suggested(found: Sequence[Found | None]) -> list[dict[str, str]]:
    told = labels("violation")
    return [{**asdict(each), "zh": told[each.code].zh, "en": told[each.code].en} for each in found if each]


def _told(duty: Duty) -> dict[str, Any]:
    row = obligation(duty.obligation, duty.since)
    return {**asdict(duty), **({"zh": row.zh, "en": row.en, "source": row.source} if row else {})}


def _day_and_area(request: Request, reading: Reading, region: str | None) -> tuple[Day, tuple[str, ...] | None]:
    """Return the day asked about, and all codes of the region's area as it is on that day."""
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    return day, codes_asked(region, day)


def _headers(reading: Reading, position: int) -> dict[str, str]:
    return {"Ledger-Position": str(position), "Cache-Control": reading.cache_control(_PUBLIC["Cache-Control"])}
