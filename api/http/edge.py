"""The outermost layer: every request is counted by its route's template, every exception leaves as a problem.

It is plain ASGI, because every request pays for it.
"""

from time import perf_counter

import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import response
from infra.metrics import Metrics
from ledger.refusals import Refusal

UNMATCHED = "unmatched"
_ENDLESS = frozenset({"/v1/events/stream"})


class Edge:
    """ASGI middleware; HEAD is answered as GET without a body wherever the answer has an end (RFC 9110, 9.3.2)."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log = structlog.get_logger("certledger.http")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event; anything but HTTP passes through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status, method = perf_counter(), 0, scope["method"]
        if "\0" in scope["path"] or "\n" in scope["path"] or b"%00" in scope["query_string"]:
            # No text of ours holds them, PostgreSQL refuses the one and the router's patterns end at the other:
            # nothing behind this layer need think of them.
            await response(Request(scope), Refusal("request_wrong"))(scope, receive, send)
            return

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif method == "HEAD":
                message = {**message, "body": b""}
            await send(message)

        if method == "HEAD" and scope["path"] not in _ENDLESS:
            scope = {**scope, "method": "GET"}
        try:
            await self._app(scope, receive, observed)
        except ClientDisconnect:
            status = status or 499
        except Exception:  # noqa: BLE001 - whatever it is, the caller gets a problem and the operator a log
            self._log.exception("request failed", method=method, route=_template(scope))
            if status == 0:
                await response(Request(scope), Refusal("internal_error"))(scope, receive, observed)
        finally:
            self._metrics.request(_template(scope), method, status, perf_counter() - start)


def _template(scope: Scope) -> str:
    route = scope.get("route")
    return getattr(route, "path_format", UNMATCHED)
