"""Risks, early warnings, and what a body's loss of approval would come to before it happens."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.http import cursors
from api.http.answers import JSON, as_of_day, json_response, require_acceptable
from api.http.describe_notices import LOSS_OF_APPROVAL, RISKS, WARNINGS
from api.http.parameters import Cursor, Limit, RegionAsked, codes_asked
from api.http.principals import speaker_of
from api.http.problems import problem
from api.http.reading import Reading
from ledger.families import body_stream
from projections.register.query import standing
from projections.register.what_if import loss_of_approval
from projections.warnings.query import risks, warnings

router = APIRouter()
_PRIVATE = {"Cache-Control": "private, no-store"}


@router.get("/v1/risks", response_class=Response, **RISKS)
async def list_risks(
    request: Request,
    stage: Annotated[str | None, Query(max_length=20, description="已到阶段 / The stage reached")] = None,
    region: RegionAsked = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return the risks that the reader may see, with the days between their stages."""
    require_acceptable(request, JSON)
    await speaker_of(request)
    reading = await Reading.of(request, "list_risks")
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    position = await reading.reached(request, "warnings")
    operation = f"risks {stage} {region} {day}"
    (after,) = cursors.decode(operation, cursor, cursors.is_position) if cursor else (0,)
    async with reading.connection() as connection:
        codes = codes_asked(region, day)
        rows = await risks(connection, stage=stage, regions=codes, after=after, limit=limit + 1)
        await reading.note(connection, (("risk", row["stream"]) for row in rows[:limit]))
    following = cursors.encode(operation, [rows[limit - 1]["position"]]) if len(rows) > limit else None
    answer = {"position": position, "risks": rows[:limit], "next": following}
    return json_response(answer, headers={"Ledger-Position": str(position), **_PRIVATE})


@router.get("/v1/warnings", response_class=Response, **WARNINGS)
async def list_warnings(request: Request, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Return the early warnings that the reader may see, with their state on a day."""
    require_acceptable(request, JSON)
    await speaker_of(request)
    reading = await Reading.of(request, "list_warnings")
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    position = await reading.reached(request, "warnings")
    operation = f"warnings {day}"
    (after,) = cursors.decode(operation, cursor, cursors.is_position) if cursor else (0,)
    async with reading.connection() as connection:
        rows = await warnings(connection, day, after=after, limit=limit + 1)
        await reading.note(connection, (("warning", row["stream"]) for row in rows[:limit]))
    following = cursors.encode(operation, [rows[limit - 1]["position"]]) if len(rows) > limit else None
    answer = {"as_of": day, "position": position, "warnings": rows[:limit], "next": following}
    return json_response(answer, headers={"Ledger-Position": str(position), **_PRIVATE})


@router.get("/v1/bodies/{number}/loss-of-approval", response_class=Response, **LOSS_OF_APPROVAL)
async def loss(request: Request, number: Annotated[str, Path(max_length=40)]) -> Response:
    """Return how many certificates one event, the body's loss of approval, would flag on a day."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "count_loss_of_approval")
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    position = await reading.reached(request, "register")
    async with reading.connection() as connection:
        if await standing(connection, body_stream(number)) is None:
            raise problem("subject_unknown", subject=number)
        found = await loss_of_approval(connection, number, day)
    answer = {"body": number, "as_of": day, "position": position, **found}
    stored = {"Cache-Control": reading.cache_control("public, no-cache")}
    return json_response(answer, headers={"Ledger-Position": str(position), **stored})
