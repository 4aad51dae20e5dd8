"""Double-random draws, which are for everybody once published, and the record forms of inspections."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.http import cursors
from api.http.answers import JSON, json_response, require_acceptable
from api.http.asked import (
    Asked,
    Number,
    following_page,
)
from api.http.cursors import is_position
from api.http.describe_inspections import DRAW, DRAWS, FORM, FORMS
from api.http.parameters import Cursor, Limit
from api.http.problems import problem
from ledger.inspections.codes import list_names, rows_of
from ledger.inspections.forms import definitions
from projections.inspections import draw_query

router = APIRouter()
_CACHED = {"Cache-Control": "public, max-age=300"}


@router.get("/v1/draws", response_class=Response, **DRAWS)
async def draws(
    request: Request,
    status: Annotated[str | None, Query(pattern="^(announced|committed|published|abandoned)$")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return double-random draws."""
    asked = await Asked.of(request, "list_draws", public=True)
    operation = f"draws {status}"
    after, day, snapshot = asked.page(operation, cursor)
    async with asked.reading.connection() as connection:
        rows = await draw_query.draws(connection, status, after, limit + 1)
    following = following_page(operation, [row["stream"] for row in rows], limit, day, snapshot)
    return asked.answer({"draws": rows[:limit], "next": following})


@router.get("/v1/draws/{number}", response_class=Response, **DRAW)
async def draw(request: Request, number: Number, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Return one draw, and who was drawn where the caller may know it."""
    asked = await Asked.of(request, "get_draw", public=True)
    stream = f"draw:{number}"
    operation = f"draw {number}"
    after = cursors.decode(operation, cursor, is_position)[0] if cursor else 0
    async with asked.reading.connection() as connection:
        found = await draw_query.draw(connection, stream, after, limit + 1)
        if found is None:
            raise problem("subject_unknown", subject=stream)
        drawn = found["drawn"][:limit]
        await asked.reading.note(connection, ((row.pop("access"), stream) for row in drawn))
    following = cursors.encode(operation, [drawn[-1]["number"]]) if len(found["drawn"]) > limit else None
    return asked.answer({**found, "drawn": drawn, "next": following})


@router.get("/v1/forms", response_class=Response, **FORMS)
async def forms(request: Request) -> Response:
    """Return the record forms, every version, and the code lists of inspections."""
    require_acceptable(request, JSON)
    told = [
        {name: each[name] for name in ("form", "version", "valid_from", "valid_to", "zh", "en", "source", "note")}
        for each in definitions().values()
    ]
    return json_response({"forms": told, "lists": {name: rows_of(name) for name in list_names()}}, headers=_CACHED)


@router.get("/v1/forms/{form}/{version}", response_class=Response, **FORM)
async def form(
    request: Request,
    form: Annotated[str, Path(max_length=32)],
    version: Annotated[int, Path(ge=1, le=999)],
) -> Response:
    """Return one version of a form, whether it is in force or not."""
    require_acceptable(request, JSON)
    found = definitions().get((form, version))
    if found is None:
        raise problem("form_unknown", form=f"{form} v{version}")
    return json_response(found, headers=_CACHED)
