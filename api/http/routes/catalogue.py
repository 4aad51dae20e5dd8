"""What may be said and how it may be answered: event types with JSON Schemas, and every code in both languages."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.http.answers import HTML, JSON, json_response, preferred, require_acceptable
from api.http.describe_catalogue import EVENT_TYPES as EVENT_TYPES_OPERATION
from api.http.describe_catalogue import REFUSAL, REFUSALS
from api.http.pages import PAGE_HEADERS, refusal_page
from api.http.problems import problem
from ledger.families import EVENT_TYPES, FAMILIES
from ledger.parties import KINDS
from ledger.refusals import Message, messages
from ledger.schemas import address

router = APIRouter()
_CACHED = {"Cache-Control": "public, max-age=300"}
_VARIES = {"Vary": "Accept"}


@router.get("/v1/event-types", response_class=Response, **EVENT_TYPES_OPERATION)
async def event_types(request: Request) -> Response:
    """Return the catalogue of event types."""
    require_acceptable(request, JSON)
    return json_response({"event_types": [_event_type(name) for name in EVENT_TYPES]}, headers=_CACHED)


@router.get("/v1/refusals", response_class=Response, **REFUSALS)
async def refusals(request: Request) -> Response:
    """Return every code with which a request may be refused."""
    require_acceptable(request, JSON)
    return json_response({"refusals": [_refusal(row) for row in messages().values()]}, headers=_CACHED)


@router.get("/v1/refusals/{code}", response_class=Response, **REFUSAL)
async def refusal(request: Request, code: str) -> Response:
    """Return what one code means, to a program or to a person; a problem's ``type`` leads here."""
    media_type = preferred(request, JSON, HTML)
    row = messages().get(code)
    if row is None:
        raise problem("code_unknown", code=code[:100])
    if media_type == HTML:
        return Response(refusal_page(row), 200, {**_CACHED, **_VARIES, **PAGE_HEADERS}, HTML)
    return json_response(_refusal(row), headers={**_CACHED, **_VARIES})


def _event_type(name: str) -> dict[str, Any]:
    event_type = EVENT_TYPES[name]
    actors = sorted(event_type.actors)
    return {
        "type": name,
        "family": event_type.family,
        "zh": event_type.zh,
        "en": event_type.en,
        "rule": event_type.source,
        "subject": FAMILIES[event_type.family].subject.pattern,
        "version": event_type.version,
        "schema": address(name, event_type.version),
        "actors": [{"kind": kind, "zh": KINDS[kind][0], "en": KINDS[kind][1]} for kind in actors],
        "data": event_type.model.model_json_schema(),
    }


def _refusal(row: Message) -> dict[str, Any]:
    texts = {language: {"title": row.title[language], "action": row.action[language]} for language in row.title}
    return {"code": row.code, "status": row.status, "rule": row.source, **texts}
