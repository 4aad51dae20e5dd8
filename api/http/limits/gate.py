"""The outermost layer: a request is let in by its client's quota, bounded in body and time, and answered securely.

It is plain ASGI, because every request pays for it.
"""

import asyncio
from math import ceil

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.limits.addresses import client_key
from api.http.limits.deadlines import Deadlines
from api.http.limits.headers import secured
from api.http.limits.places import Places
from api.http.limits.rates import Rate, told
from api.http.problems import problem, response
from infra.limits import Limits
from infra.metrics import Metrics
from ledger.refusals import Refusal

_ALIVE = "/livez"
# The operator's own questions have a quota beside that of the same address, so that a crowd cannot hide the patient.
_OPERATION = frozenset({_ALIVE, "/readyz", "/metrics"})
_READS = frozenset({"GET", "HEAD"})


class Bodies:
    """The bytes of all bodies that are in memory; who would exceed them is told to come back."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.held = 0

    def take(self, count: int) -> None:
        """Take room, or end the request with a problem."""
        if self.held + count > self._limit:
            raise problem("bodies_full", headers={"Retry-After": "2"})
        self.held += count

    def give_back(self, count: int) -> None:
        """Give room back."""
        self.held -= count


class Gate:
    """ASGI middleware around everything that answers HTTP."""

    def __init__(self, app: ASGIApp, limits: Limits, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._rate = Rate(
            "address", limits.share(limits.address_requests_per_second), limits.share(limits.address_burst)
        )
        self._inside = Places(limits.requests_at_once, limits.requests_at_once_per_address)
        self._deadlines = Deadlines(limits.request_seconds)
        self._bodies = Bodies(limits.bodies_bytes)
        self._half = self._rate.burst / 2

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event; anything but HTTP passes through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client, path, method = scope["client"], scope["path"], scope["method"]
        key = client_key(client[0]) if client else ""
        counted = f"{key} operation" if path in _OPERATION else key
        private = _names_itself(scope)
        secure = scope["scheme"] == "https"
        begun, task = False, asyncio.current_task()

        async def answered(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                # What follows is as fast as the client reads, and that has its own bound.
                self._deadlines.lift(task)
                fields = secured(message.get("headers", ()), secure=secure, private=private)
                if quota is not None:
                    fields += quota
                message = {**message, "headers": fields}
            await send(message)

        wait = self._rate.take(counted)
        left, _ = self._rate.left(counted)
        # A client far from its quota has no use for it, and answers to equal questions stay equal.
        quota = _encoded(told(self._rate, counted)) if left < self._half else None
        if wait:
            await self._refuse("requests_too_fast", scope, receive, answered, ceil(wait))
            return
        if path == _ALIVE:
            await self._app(scope, receive, answered)
            return
        if not self._inside.has(counted):
            await self._refuse("requests_too_many", scope, receive, answered, 1)
            return
        self._inside.enter(counted)
        try:
            if method in _READS:
                await self._deadlines.run(self._app(scope, receive, answered))
            else:
                await self._with_body(scope, receive, answered)
        except TimeoutError:
            if begun:
                raise
            await self._refuse("request_took_too_long", scope, receive, answered, 1)
        finally:
            self._inside.leave(counted)

    async def _with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run a request whose body counts among all that are in memory."""
        held = 0

        async def bounded() -> Message:
            nonlocal held
            message = await receive()
            if message["type"] == "http.request":
                count = len(message.get("body", b""))
                self._bodies.take(count)
                held += count
            return message

        try:
            await self._app(scope, bounded, send)
        finally:
            self._bodies.give_back(held)

    async def _refuse(self, code: str, scope: Scope, receive: Receive, send: Send, seconds: int) -> None:
        self._metrics.limited.labels(code).inc()
        refusal = Refusal(code, params=(("seconds", str(seconds)),))
        await response(Request(scope), refusal, {"Retry-After": str(seconds)})(scope, receive, send)


def _names_itself(scope: Scope) -> bool:
    return any(name in (b"authorization", b"cookie") for name, _ in scope["headers"])


def _encoded(fields: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in fields.items()]
