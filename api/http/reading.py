"""One request's reading: as whom it reads, and the note of what was not public, made before anything is served.

The note and the reading are one transaction: what cannot be noted is not shown.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import lru_cache
from importlib.resources import files
from typing import Self

import orjson
import psycopg
from fastapi import Request

from api.http.answers import min_position
from api.http.principals import principal_of
from api.http.problems import problem
from api.http.service import Service, service_of
from infra.readers import Connection, is_public
from ledger.access.visibility import is_open
from ledger.log import Row
from ledger.parties import LOCAL_AUTHORITY, NATIONAL_AUTHORITY
from ledger.principals import AUDITOR, OPERATOR, PUBLIC, Principal

_MUST_SAY_WHY = frozenset({NATIONAL_AUTHORITY, LOCAL_AUTHORITY, AUDITOR, OPERATOR})
_OWN_MATTER = "own_matter"
_NOTE = "SELECT ledger_note_reads(%s, %s, %s::text[], %s::text[])"
_PRIVATE = "private, no-store"


class Reading:
    """Who reads by which operation; ``connection`` lends what the reader may see, ``note`` records what was shown."""

    def __init__(self, service: Service, principal: Principal, operation: str, reason: str | None) -> None:
        self.service = service
        self.principal = principal
        self.public = is_public(principal)
        self._operation = operation
        self._reason = reason

    @classmethod
    async def of(cls, request: Request, operation: str) -> Self:
        """Return the reading that a request asks for; a reason that is none of the list's ends the request."""
        principal = await principal_of(request)
        reason = request.headers.get("read-reason")
        if reason is not None and reason not in reasons():
            raise problem("read_reason_unknown", "/header/Read-Reason", codes=", ".join(reasons()))
        return cls(service_of(request), principal, operation, reason)

    @classmethod
    def by_the_public(cls, request: Request, operation: str) -> Self:
        """Return the reading of a request that carries neither credentials nor a reason."""
        return cls(service_of(request), PUBLIC, operation, None)

    def as_own_matter(self) -> Self:
        """Return this reading of what was addressed to the reader itself: that is reason enough where none is given."""
        return type(self)(self.service, self.principal, self._operation, self._reason or _OWN_MATTER)

    def require_reason(self) -> None:
        """End the request where what it may come to show would need a reason that it does not give."""
        if self._reason is None and self.principal.role in _MUST_SAY_WHY:
            raise problem("read_reason_missing", "/header/Read-Reason", codes=", ".join(reasons()))

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection that reads what the principal may; what was noted stands when it is given back."""
        async with self.service.reader(self.principal) as connection:
            yield connection

    async def note(self, connection: Connection, shown: Iterable[tuple[str, str]]) -> None:
        """Record that what is not public among these (class, stream) is about to be shown.

        Ends the request where the reason is missing or the note cannot be made: then nothing of it is shown.
        """
        noted = sorted({each for each in shown if not is_open(each[0])})
        if not noted:
            return
        self.require_reason()
        reason = self._reason or _OWN_MATTER
        classes, streams = (list(column) for column in zip(*noted, strict=True))
        try:
            await connection.execute(_NOTE, (reason, self._operation, classes, streams))
        except psycopg.Error as error:
            raise problem("read_not_recorded") from error

    async def note_rows(self, connection: Connection, rows: Iterable[Row]) -> None:
        """Record that these rows of the log are about to be shown, see :meth:`note`."""
        await self.note(connection, ((row.access, row.stream) for row in rows))

    async def horizon(self) -> int | None:
        """Return the position up to which it is settled what this reader may see, ``None`` where there is no bound.

        Whom a restricted event is about is known when the view of audiences has folded it. A page that went further
        could pass over an event for ever.
        """
        return None if self.public else (await self.service.views["access"].look()).position

    async def wait_for(self, position: int, view: str, *, stream: str | None = None) -> None:
        """Wait until a view, and where it matters the view of audiences, has seen a position."""
        views = (view,) if self.public else (view, "access")
        for name in views:
            await self.service.views[name].wait(position, self.service.ports.wait_seconds, stream=stream)

    async def reached(self, request: Request, *views: str) -> int:
        """Return the position that an answer from these views rests on, having waited for the one that is asked for."""
        wanted = min_position(request)
        if wanted:
            for view in views:
                await self.wait_for(wanted, view)
        names = views if self.public else (*views, "access")
        return min([await self.service.views[name].position() for name in names])

    def cache_control(self, otherwise: str) -> str:
        """Return how an answer may be stored: what was read with a token is nobody else's."""
        return otherwise if self.public else _PRIVATE


@lru_cache(maxsize=1)
def reasons() -> dict[str, dict[str, str]]:
    """Return the reasons for which what is not public may be read, by code, in both languages."""
    found: dict[str, dict[str, str]] = orjson.loads(files("ledger.messages").joinpath("read_reasons.json").read_bytes())
    return found
