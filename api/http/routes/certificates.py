"""A certificate's status on a day as known at an instant, and its whole timeline on both axes."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.certificate import fact, not_issued, shaped
from api.http.answers import JSON, as_of_day, json_response, known_at_instant, matches, min_position, require_acceptable
from api.http.describe_reads import CERTIFICATE, TIMELINE
from api.http.problems import problem
from api.http.reading import Reading
from api.http.statuses import Statuses
from infra.log_reading import rows_of
from infra.readers import Connection
from ledger.days import Day, add_days, instant_text
from ledger.families import certificate_stream
from ledger.log import Row
from projections.history.query import certificate_as_of, timeline

router = APIRouter()
plain = APIRouter()
"""Certificates whose number holds no slash, which are nearly all: no other path is spelt so, and it may come first."""

_NO_QUERY: Mapping[str, str] = {}
# A request without these is the public's, for now, and unconditional: most are.
_WEIGHED = frozenset({b"authorization", b"read-reason", b"min-position", b"if-none-match"})


@router.get("/v1/certificates/{body}/{number:path}/timeline", response_class=Response, **TIMELINE)
async def whole_timeline(request: Request, body: str, number: str) -> Response:
    """Return all periods and all facts of a certificate, as known now or at an instant."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "get_timeline")
    service, stream = reading.service, certificate_stream(body, number)
    known_at = known_at_instant(request.query_params.get("known_at"), service.clock())
    position = await _caught_up(reading, min_position(request), stream)
    async with reading.connection() as connection:
        rows = await _rows_known(reading, connection, stream, known_at, position)
        await reading.note_rows(connection, rows)
        periods = await timeline(connection, stream, known_at)
        periods += await _after_expiry(connection, stream, periods, known_at)
    known = None if known_at is None else instant_text(known_at)
    answer = {
        "body": body,
        "number": number,
        "known_at": known,
        "periods": [
            {**shaped(each, day=each["day"], known_at=known, held=[]), "by_calendar": each.get("by_calendar", False)}
            for each in periods
        ],
        "facts": [fact(row) for row in rows],
    }
    cached = reading.cache_control("public, no-cache")
    return json_response(answer, headers={"Ledger-Position": str(position), "Cache-Control": cached})


async def _after_expiry(
    connection: Connection, stream: str, periods: list[dict[str, Any]], known_at: datetime | None
) -> list[dict[str, Any]]:
    """Return the period in which the certificate is expired by the calendar alone, and end the one before it."""
    last = periods[-1] if periods else None
    if last is None or last["effective_until"] is not None or last["status"] not in {"valid", "suspended"}:
        return []
    begins = add_days(last["expires"], 1)
    expired = await certificate_as_of(connection, stream, begins, known_at)
    if expired is None or expired["status"] != "expired":
        return []
    last["effective_until"] = begins
    return [{**expired, "effective_from": begins, "by_calendar": True}]


async def certificate(request: Request) -> Response:
    """Return what a certificate's status and validity are on a day, and what that rests on."""
    plain = not any(name in _WEIGHED for name, _ in request.scope["headers"])
    require_acceptable(request, JSON)
    name = "get_certificate"
    reading = Reading.by_the_public(request, name) if plain else await Reading.of(request, name)
    service = reading.service
    names, query = request.path_params, request.query_params if request.scope["query_string"] else _NO_QUERY
    stream, now = certificate_stream(names["body"], names["number"]), service.clock()
    day = as_of_day(query.get("as_of"), now)
    known_at = known_at_instant(query.get("known_at"), now)
    position = await _caught_up(reading, 0 if plain else min_position(request), stream)
    row, held = await _on(reading, stream, day, known_at)
    known = None if known_at is None else instant_text(known_at)
    if row is None:
        async with reading.connection() as connection:
            rows = await _rows_known(reading, connection, stream, known_at, position)
            await reading.note_rows(connection, rows)
        answer = not_issued(stream, day=day, known_at=known, held=held)
    else:
        answer = shaped(row, day=day, known_at=known, held=held)
    content = orjson.dumps(answer)
    # What bears on the answer from other streams, and the release that words it, change the bytes as well.
    etag = f'"{answer["rests_on"]["position"] or 0}-{blake2b(content, digest_size=8).hexdigest()}"'
    cached = reading.cache_control("public, no-cache")
    headers = {"Ledger-Position": str(position), "ETag": etag, "Cache-Control": cached}
    if not plain and matches(request, etag):
        return Response(None, 304, headers)
    return Response(content, 200, headers, JSON)


async def _answered(scope: Scope, receive: Receive, send: Send) -> None:
    await (await certificate(Request(scope, receive)))(scope, receive, send)


class _Direct(APIRoute):
    """Hands the request straight to the operation: this is what the public asks, thousands of times a second.

    It has no dependencies to be closed, and a problem that it raises is answered by the application's own layer.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.app = _answered


_OPTIONS: dict[str, Any] = {"methods": ["GET"], "response_class": Response, "route_class_override": _Direct}
router.add_api_route("/v1/certificates/{body}/{number:path}", certificate, **_OPTIONS, **CERTIFICATE)
plain.add_api_route("/v1/certificates/{body}/{number}", certificate, include_in_schema=False, **_OPTIONS)


async def _on(
    reading: Reading, stream: str, day: Day, known_at: datetime | None
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return the state on a day, as known at an instant or now, and the facts that wait now."""
    service = reading.service
    if known_at is None and reading.public:
        return await service.statuses.ask((stream, day))
    async with reading.connection() as connection:
        if known_at is not None:
            return await certificate_as_of(connection, stream, day, known_at), []
        ((row, held),) = await Statuses(lambda: nullcontext(connection), service.clock, refused=True).read(
            [(stream, day)]
        )
        if row is not None:
            await reading.note(connection, row.get("rests_on_restricted", ()))
    return row, held


async def _caught_up(reading: Reading, wanted: int, stream: str) -> int:
    """Return the position that the answer rests on, after waiting for the one that the reader asks for, if any."""
    register, history = reading.service.views["register"], reading.service.views["history"]
    if wanted:
        await reading.wait_for(wanted, "register", stream=stream)
        await reading.wait_for(wanted, "history", stream=stream)
    return min(await register.position(), await history.position())


async def _rows_known(
    reading: Reading, connection: Connection, stream: str, known_at: datetime | None, position: int
) -> Sequence[Row]:
    """Return what the log holds of a certificate up to an instant, or raise why there is nothing to answer from.

    Never registered, not known then, and recorded but not seen by the views yet are three different answers. What the
    reader may not see was never registered.
    """
    rows = await rows_of(connection, stream, public=reading.public)
    _, body, number = stream.split(":", 2)
    if not rows:
        raise problem("never_registered", body=body[:40], number=number[:60])
    if known_at is not None:
        rows = [row for row in rows if row.recorded <= known_at]
        if not rows:
            raise problem("not_known_then", body=body[:40], number=number[:60])
    views = (reading.service.views["register"], reading.service.views["history"])
    if not all(view.has_seen(stream, rows[0].position) for view in views):
        raise problem("views_behind", position=str(rows[0].position), reached=str(position))
    return rows
