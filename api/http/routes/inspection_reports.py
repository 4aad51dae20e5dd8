"""Reports over inspections: counts, patrol coverage, samples, what enterprises said, watched certificates."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.http.asked import (
    Asked,
    OrganisationAsked,
    following_page,
    subject_asked,
)
from api.http.cursors import is_day
from api.http.describe_inspections import COVERAGE, DOUBLE, FEEDBACK, REPORT, SAMPLES, SCHEDULE, WATCH
from api.http.parameters import Cursor, Limit, RegionAsked
from api.http.problems import problem
from projections.inspections import query, reports

router = APIRouter()
_By = Annotated[str, Query(pattern=f"^({'|'.join(reports.BY)})$", description="按何项统计 / What to split by")]
_Day = Annotated[str, Query(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"})]


@router.get("/v1/inspections/report", response_class=Response, **REPORT)
async def report(
    request: Request,
    since: _Day,
    until: _Day,
    by: Annotated[
        str, Query(pattern=f"^({'|'.join(reports.BY)})$", description="按何项统计 / What to split by")
    ] = "mode",
    region: RegionAsked = None,
) -> Response:
    """Return counts of what the caller may see, by a member of inspections or findings, each with its share."""
    asked = await Asked.of(request, "report_inspections")
    for name, day in (("since", since), ("until", until)):
        if not is_day(day):
            raise problem("parameters_wrong", f"/query/{name}")
    async with asked.reading.connection() as connection:
        rows = await reports.report(connection, by, asked.regions(region), since, until)
        await asked.reading.note(connection, [("inspection", f"report:{by}")] if rows else [])
    return asked.answer({"by": by, "since": since, "until": until, "rows": rows})


@router.get("/v1/inspections/coverage", response_class=Response, **COVERAGE)
async def coverage(request: Request, region: RegionAsked = None) -> Response:
    """Return the share of producers under the patrol system, and the producers that are missing."""
    asked = await Asked.of(request, "get_patrol_coverage")
    async with asked.reading.connection() as connection:
        found = await reports.coverage(connection, asked.day, asked.regions(region))
        await asked.reading.note(connection, [("inspection", "report:coverage")] if found["producers"] else [])
    return asked.answer({"as_of": asked.day, **found})


@router.get("/v1/inspections/schedule", response_class=Response, **SCHEDULE)
async def schedule(request: Request, region: RegionAsked = None, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Return producers with their last patrol and when the next one is due."""
    asked = await Asked.of(request, "list_patrol_schedule")
    operation = f"schedule {region}"
    after, day, snapshot = asked.page(operation, cursor)
    async with asked.reading.connection() as connection:
        rows = await reports.patrol_schedule(connection, day, asked.regions(region), after, limit + 1)
        await asked.reading.note(connection, [("inspection", each["organisation"]) for each in rows[:limit]])
    keys = [row["organisation"].partition(":")[2] for row in rows]
    following = following_page(operation, keys, limit, day, snapshot)
    return asked.answer({"as_of": day, "producers": rows[:limit], "next": following})


@router.get("/v1/inspections/samples", response_class=Response, **SAMPLES)
async def samples(
    request: Request,
    organisation: OrganisationAsked = None,
    passed: Annotated[bool | None, Query(description="合格或不合格 / Passed or failed")] = None,
    limit: Limit = 100,
) -> Response:
    """Return samples with their results, newest first."""
    asked = await Asked.of(request, "list_samples")
    async with asked.reading.connection() as connection:
        rows = await reports.samples(connection, subject_asked(organisation), passed=passed, limit=limit)
        await asked.reading.note(connection, (("sample", row["stream"]) for row in rows))
    return asked.answer({"as_of": asked.day, "samples": rows})


@router.get("/v1/inspections/double-sampling", response_class=Response, **DOUBLE)
async def double_sampling(
    request: Request,
    days: Annotated[int, Query(ge=1, le=3_660, description="两次抽样相隔至多若干天 / Days between both")] = 180,
    limit: Limit = 100,
) -> Response:
    """Return the products that two programmes sampled within some days; the window is the caller's, none is law."""
    asked = await Asked.of(request, "list_double_sampling")
    async with asked.reading.connection() as connection:
        rows = await reports.double_sampling(connection, days, limit)
        await asked.reading.note(connection, (("sample", row[each]) for row in rows for each in ("first", "second")))
    return asked.answer({"as_of": asked.day, "pairs": rows})


@router.get("/v1/inspections/feedback", response_class=Response, **FEEDBACK)
async def feedback(
    request: Request,
    kind: Annotated[str | None, Query(pattern="^(problem|opinion|suggestion)$")] = None,
    organisation: OrganisationAsked = None,
    limit: Limit = 100,
) -> Response:
    """Return what enterprises said at patrols, by kind."""
    asked = await Asked.of(request, "list_feedback")
    async with asked.reading.connection() as connection:
        rows = await query.feedback(connection, kind, subject_asked(organisation), limit)
        await asked.reading.note(connection, (("inspection", row["stream"]) for row in rows))
    return asked.answer({"as_of": asked.day, "feedback": rows})


@router.get("/v1/inspections/watch", response_class=Response, **WATCH)
async def watch(request: Request, region: RegionAsked = None, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Return the suspended compulsory certificates, with the checks made since and the next one planned."""
    asked = await Asked.of(request, "list_suspension_watch")
    operation = f"watch {region}"
    after, day, snapshot = asked.page(operation, cursor)
    async with asked.reading.connection() as connection:
        rows = await reports.suspension_watch(connection, day, asked.regions(region), after, limit + 1)
        await asked.reading.note(connection, (("inspection", row["certificate"]) for row in rows[:limit]))
    following = following_page(operation, [row["certificate"] for row in rows], limit, day, snapshot)
    return asked.answer({"as_of": day, "watched": rows[:limit], "next": following})
