"""Worklists: what is due, overdue or ageing, by unit and by jurisdiction, as far as the reader may see the matter."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.http import cursors
from api.http.answers import JSON, as_of_day, json_response, require_acceptable
from api.http.describe_notices import AGEING, DEADLINES
from api.http.parameters import Cursor, Limit, RegionAsked, codes_asked
from api.http.principals import speaker_of
from api.http.reading import Reading
from ledger.access.audience import party_key
from ledger.codes.deadlines import deadline_rules, rule_named
from projections.deadlines.query import FIRST, State, ageing, page

router = APIRouter()
_PRIVATE = {"Cache-Control": "private, no-store"}
_Unit = Annotated[str | None, Query(max_length=120, description="责任单位 / Who is responsible")]
_KEY = (cursors.is_text, cursors.is_text, cursors.is_text, cursors.is_position)


@router.get("/v1/deadlines", response_class=Response, **DEADLINES)
async def deadlines(
    request: Request,
    state: Annotated[State, Query(description="事项的状态 / State of the matter")] = "all",
    unit: _Unit = None,
    region: RegionAsked = None,
    kind: Annotated[str | None, Query(max_length=40, description="事项种类 / Kind of matter")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return what is due, soonest first, with its state and age on a day."""
    require_acceptable(request, JSON)
    await speaker_of(request)
    reading = await Reading.of(request, "list_deadlines")
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    position = await reading.reached(request, "deadlines")
    operation = f"deadlines {state} {unit} {region} {kind} {day}"
    due, stream, rule, ordinal = cursors.decode(operation, cursor, *_KEY) if cursor else FIRST
    async with reading.connection() as connection:
        rows = await page(
            connection,
            day,
            state=state,
            unit=party_key(unit) if unit else None,
            regions=codes_asked(region, day),
            kind=kind,
            after=(due, stream, rule, ordinal),
            limit=limit + 1,
        )
        await reading.note(connection, ((row["access"], row["stream"]) for row in rows[:limit]))
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        key = [last["due"] or "9999-12-31", last["stream"], last["rule"], last["ordinal"]]
        following = cursors.encode(operation, key)
    answer = {
        "as_of": day,
        "position": position,
        "deadlines": [_told(row) for row in rows[:limit]],
        "next": following,
    }
    return json_response(answer, headers={"Ledger-Position": str(position), **_PRIVATE})


@router.get("/v1/deadlines/ageing", response_class=Response, **AGEING)
async def ageing_report(request: Request, unit: _Unit = None, region: RegionAsked = None) -> Response:
    """Return how long matters wait, by unit and kind: what is prompt is measured and given no invented limit."""
    require_acceptable(request, JSON)
    await speaker_of(request)
    reading = await Reading.of(request, "get_ageing")
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    position = await reading.reached(request, "deadlines")
    async with reading.connection() as connection:
        party = party_key(unit) if unit else None
        rows = await ageing(connection, day, unit=party, regions=codes_asked(region, day))
        classes = {access for row in rows for access in row.pop("access")}
        await reading.note(connection, ((access, "deadlines") for access in classes))
    answer = {"as_of": day, "position": position, "ageing": [{**row, "kind": _kind(row["kind"])} for row in rows]}
    return json_response(answer, headers={"Ledger-Position": str(position), **_PRIVATE})


def _kind(kind: str) -> dict[str, str]:
    rule = next((each for each in deadline_rules() if each.kind == kind), None)
    return {"value": kind, "zh": rule.zh if rule else kind, "en": rule.en if rule else kind}


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "kind": _kind(row["kind"]), "source": rule_named(row["rule"]).source}
