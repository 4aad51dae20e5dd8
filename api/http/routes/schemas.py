"""The JSON Schemas of events at addresses that never change their answer, and the AsyncAPI document made of them."""

from hashlib import sha256
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.asyncapi import document
from api.http.answers import FARTHEST, JSON, json_response, matches, require_acceptable
from api.http.describe_catalogue import ASYNCAPI, SCHEMA, SCHEMAS
from api.http.problems import problem
from ledger.families import EVENT_TYPES
from ledger.schemas import MEDIA_TYPE, address, released

router = APIRouter()
_CACHED = {"Cache-Control": "public, max-age=300"}
_IMMUTABLE = "public, max-age=31536000, immutable"


@router.get("/v1/schemas/events", response_class=Response, **SCHEMAS)
async def schemas(request: Request) -> Response:
    """Return every released version of every type, and which one a new event must have."""
    require_acceptable(request, JSON)
    rows = [
        {
            "type": name,
            "version": version,
            "current": EVENT_TYPES[name].version == version,
            "schema": address(name, version),
        }
        for name, version in released()
    ]
    return json_response({"schemas": rows}, headers=_CACHED)


@router.get("/v1/schemas/events/{name}/{version}.json", response_class=Response, **SCHEMA)
async def schema(
    request: Request, name: Annotated[str, Path(max_length=100)], version: Annotated[int, Path(ge=1, le=FARTHEST)]
) -> Response:
    """Return the schema of one version, as it was released."""
    require_acceptable(request, MEDIA_TYPE)
    content = released().get((name, version))
    if content is None:
        raise problem("schema_unknown", type=name, version=str(version))
    headers = {"ETag": f'"{sha256(content).hexdigest()[:32]}"', "Cache-Control": _IMMUTABLE}
    if matches(request, headers["ETag"]):
        return Response(None, 304, headers)
    return Response(content, 200, headers, MEDIA_TYPE)


@router.get("/asyncapi.json", response_class=Response, **ASYNCAPI)
async def asyncapi(request: Request) -> Response:
    """Return the AsyncAPI 3 document."""
    require_acceptable(request, JSON)
    return json_response(document(), headers=_CACHED)
