"""The description of the interface: OpenAPI as JSON, and a page that lists the operations and loads nothing else."""

from functools import lru_cache
from html import escape
from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from api.http.pages import PAGE_HEADERS, framed

router = APIRouter()
_HEADERS = {**PAGE_HEADERS, "Cache-Control": "no-cache"}
_INTRODUCTION = """<h1>认证状态账本 · <span lang="en">Certification Status Ledger</span></h1>
<p><a href="/openapi.json">OpenAPI 3.1</a>
· <a href="/asyncapi.json">AsyncAPI 3</a>
· <a href="/v1/event-types">事件目录 <span lang="en">event types</span></a>
· <a href="/v1/schemas/events">事件形式 <span lang="en">schemas</span></a>
· <a href="/v1/refusals">拒绝代码 <span lang="en">refusals</span></a></p>
"""


@router.get("/openapi.json", include_in_schema=False)
@router.get("/v1/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """Return the OpenAPI 3.1 description."""
    content = orjson.dumps(request.app.openapi())
    return Response(content, 200, {"Cache-Control": "no-cache"}, "application/json")


@router.get("/docs", include_in_schema=False)
async def documents(request: Request) -> Response:
    """Return the page that lists all operations."""
    return Response(_page(request.app), 200, _HEADERS, "text/html; charset=utf-8")


@lru_cache(maxsize=4)
def _page(app: Any) -> str:
    operations = "".join(
        f"<dt><code>{method.upper()} {escape(path)}</code> {escape(each['summary'])}<dd>{escape(each['description'])}"
        for path, methods in app.openapi()["paths"].items()
        for method, each in methods.items()
    )
    return framed("认证状态账本 · 接口", f"{_INTRODUCTION}<dl>{operations}</dl>")
