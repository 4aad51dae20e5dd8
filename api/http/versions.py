"""What of the interface is going to end, since when that is known, and when it ends: one table, told in every answer.

An operation in it is answered as before, with ``Deprecation`` (RFC 9745), ``Sunset`` (RFC 8594) and a link to what
takes its place; the description marks it. The rules are in docs/api.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTICE_DAYS = 180


@dataclass(frozen=True, slots=True)
class Deprecation:
    """One operation that ends: ``operation`` is its ``operationId``, ``successor`` the address that takes its place.

    ``since`` is the first day on which it is deprecated, ``sunset`` the first on which it may be gone (UTC).
    """

    operation: str
    since: date
    sunset: date
    successor: str
    zh: str
    en: str

    def __post_init__(self) -> None:
        """Refuse a row that gives its users too little time."""
        if (self.sunset - self.since).days < NOTICE_DAYS:
            raise ValueError(f"{self.operation} needs a notice of at least {NOTICE_DAYS} days")

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that tell of it."""
        since, sunset = (datetime.combine(day, time(), UTC) for day in (self.since, self.sunset))
        links = f'</docs>; rel="deprecation"; type="text/html", <{self.successor}>; rel="successor-version"'
        return [
            (b"deprecation", b"@%d" % since.timestamp()),
            (b"sunset", format_datetime(sunset, usegmt=True).encode()),
            (b"link", links.encode()),
        ]


DEPRECATIONS: Sequence[Deprecation] = ()


class Announced:
    """ASGI middleware that adds the headers to the answers of what is going to end."""

    def __init__(self, app: ASGIApp, deprecations: Sequence[Deprecation]) -> None:
        self._app = app
        self._headers = {each.operation: each.headers() for each in deprecations}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event."""

        async def announcing(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The route is known only once the router has found it.
                added = self._headers.get(getattr(scope.get("route"), "operation_id", ""), [])
                message = {**message, "headers": [*message.get("headers", ()), *added]}
            await send(message)

        await self._app(scope, receive, announcing)


def mark(document: Mapping[str, Any], deprecations: Sequence[Deprecation]) -> None:
    """Mark the operations of an OpenAPI document that are going to end, and say until when they are there."""
    rows = {each.operation: each for each in deprecations}
    for methods in document["paths"].values():
        for operation in methods.values():
            row = rows.get(operation["operationId"])
            if row is not None:
                told = f"**{row.sunset} 起可能停用:{row.zh} · May end on {row.sunset}: {row.en}**"
                operation["deprecated"] = True
                operation["description"] = f"{told}\n\n{operation['description']}"
