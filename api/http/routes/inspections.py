"""Inspections as their readers see them: lists by place, mode and status, a unit's worklist, one with its tasks."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.http.asked import (
    Asked,
    Number,
    OrganisationAsked,
    following_page,
    noted,
    subject_asked,
    told,
)
from api.http.describe_inspections import INSPECTION, INSPECTIONS, TARGETS, WORKLIST
from api.http.parameters import Cursor, Limit, RegionAsked
from api.http.problems import problem
from infra.readers import Connection
from ledger.access.jurisdiction import area
from ledger.authorities.lists import labels as of_authorities
from ledger.inspections.codes import labels
from projections.authorities.query import cities_of
from projections.inspections import query
from projections.inspections.targets import campaign_targets

router = APIRouter()
_MODE = f"^({'|'.join(labels('modes'))})$"


@router.get("/v1/inspections", response_class=Response, **INSPECTIONS)
async def inspections(  # noqa: PLR0913, PLR0917 - each is a member of the query, and named by it
    request: Request,
    region: RegionAsked = None,
    mode: Annotated[str | None, Query(pattern=_MODE, description="检查方式代码 / Code of the mode")] = None,
    status: Annotated[str | None, Query(pattern="^(planned|performed|recorded|filed|cancelled)$")] = None,
    organisation: OrganisationAsked = None,
    overdue: Annotated[bool, Query(description="只列逾期未实施的计划 / Only plans that are overdue")] = False,
    without_record: Annotated[bool, Query(description="只列没有记录的 / Only those without a record")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return inspections and plans that the caller may see, by place, mode, status or enterprise."""
    asked = await Asked.of(request, "list_inspections")
    wanted = query.Wanted(asked.regions(region), mode, status, subject_asked(organisation), overdue, without_record)
    operation = f"inspections {region} {mode} {status} {organisation} {overdue} {without_record}"
    after, day, snapshot = asked.page(operation, cursor)
    async with asked.reading.connection() as connection:
        rows = await query.inspections(connection, day, wanted, after, limit + 1)
        await asked.reading.note(connection, noted(rows[:limit]))
    following = following_page(operation, [row["stream"] for row in rows], limit, day, snapshot)
    return asked.answer({"as_of": day, "inspections": [told(row) for row in rows[:limit]], "next": following})


@router.get("/v1/inspections/worklist", response_class=Response, **WORKLIST)
async def worklist(
    request: Request,
    unit: Annotated[
        str | None, Query(max_length=40, description="缺省为令牌的主体 / The caller's own if unset")
    ] = None,
) -> Response:
    """Return what a unit has to do, the caller's own where none is named."""
    asked = await Asked.of(request, "get_inspection_worklist")
    named = unit or asked.reading.principal.party
    async with asked.reading.connection() as connection:
        found = await query.worklist(connection, named, asked.day)
        await asked.reading.note(
            connection, [*noted(found["tasks"]), *(("plan", row["stream"]) for row in found["assistance"])]
        )
    tasks = [told(row) for row in found["tasks"]]
    return asked.answer({"unit": named, "as_of": asked.day, "tasks": tasks, "assistance": found["assistance"]})


@router.get("/v1/inspections/{number}", response_class=Response, **INSPECTION)
async def inspection(request: Request, number: Number) -> Response:
    """Return one inspection with its parts, and the tasks above and below it."""
    asked = await Asked.of(request, "get_inspection")
    stream = f"inspection:{number}"
    async with asked.reading.connection() as connection:
        found = await query.inspection(connection, stream, asked.day)
        if found is None:
            raise problem("subject_unknown", subject=stream)
        shown = [(found["access"], stream), *noted([*found["above"], *found["below"]])]
        shown += [(access, stream) for part, access in query.PART_CLASSES.items() if found[part]]
        await asked.reading.note(connection, shown)
    chain = {each: [told(row) for row in found[each]] for each in ("above", "below")}
    units = [{**each, "department": _department(each["department"])} for each in found["units"]]
    return asked.answer({**told(found), "units": units, **chain, "as_of": asked.day})


@router.get("/v1/inspections/{number}/targets", response_class=Response, **TARGETS)
async def targets(request: Request, number: Number, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Return the enterprises that a campaign is about, as the certificates stood on its day."""
    asked = await Asked.of(request, "list_campaign_targets")
    stream, operation = f"inspection:{number}", f"targets {number}"
    after, day, snapshot = asked.page(operation, cursor)
    async with asked.reading.connection() as connection:
        found = await query.inspection(connection, stream, day)
        if found is None:
            raise problem("subject_unknown", subject=stream)
        await asked.reading.note(connection, [(found["access"], stream)])
        chosen, rows = found["targets"], []
        if chosen:
            places = await _places(connection, found)
            rows = await campaign_targets(connection, chosen, places, after, limit + 1)
    keys = [row["organisation"].partition(":")[2] for row in rows]
    following = following_page(operation, keys, limit, day, snapshot)
    return asked.answer({"as_of": day, "targets": chosen, "enterprises": rows[:limit], "next": following})


async def _places(connection: Connection, campaign: dict[str, Any]) -> tuple[str, ...]:
    """Return the codes of a campaign's place: its region with all below it, or the cities of a planning region."""
    day = campaign["targets"]["as_of"]
    if campaign["planning_region"] is None:
        return area(campaign["region"], day)
    cities = await cities_of(connection, campaign["planned_by"], campaign["planning_region"], campaign["planned"])
    return tuple(dict.fromkeys(code for city in cities for code in area(city, day)))


def _department(code: str | None) -> dict[str, str] | None:
    if code is None:
        return None
    zh, en = of_authorities("units")[code]
    return {"code": code, "zh": zh, "en": en}
