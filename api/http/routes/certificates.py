"""A certificate's status on a day as known at an instant, and its whole timeline on both axes."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from api.certificate import fact, not_issued, shaped
from api.http.answers import JSON, as_of_day, json_response, known_at_instant, matches, min_position, require_acceptable
from api.http.describe_reads import CERTIFICATE, TIMELINE
from api.http.problems import problem
from api.http.service import Connection, Service, service_of
from ledger.days import Day, add_days, instant_text
from ledger.families import certificate_stream
from ledger.log import Row
from projections.history.query import certificate_as_of, timeline

router = APIRouter()
_NO_CHANGES = 2**62


@router.get("/v1/certificates/{body}/{number:path}/timeline", response_class=Response, **TIMELINE)
async def whole_timeline(request: Request, body: str, number: str) -> Response:
    """Return all periods and all facts of a certificate, as known now or at an instant."""
    require_acceptable(request, JSON)
    service, stream = service_of(request), certificate_stream(body, number)
    known_at = known_at_instant(request.query_params.get("known_at"), service.clock())
    position = await _caught_up(service, request, stream)
    rows = await _rows_known(service, stream, known_at, position)
    async with service.reader() as connection:
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
    return json_response(answer, headers={"Ledger-Position": str(position), "Cache-Control": "public, no-cache"})


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
    require_acceptable(request, JSON)
    service = service_of(request)
    names, query = request.path_params, request.query_params
    stream, now = certificate_stream(names["body"], names["number"]), service.clock()
    day = as_of_day(query.get("as_of"), now)
    known_at = known_at_instant(query.get("known_at"), now)
    position = await _caught_up(service, request, stream)
    row, held = await _on(service, stream, day, known_at)
    known = None if known_at is None else instant_text(known_at)
    if row is None:
        await _rows_known(service, stream, known_at, position)
        answer = not_issued(stream, day=day, known_at=known, held=held)
    else:
        answer = shaped(row, day=day, known_at=known, held=held)
    content = orjson.dumps(answer)
    # What bears on the answer from other streams, and the release that words it, change the bytes as well.
    etag = f'"{answer["rests_on"]["position"] or 0}-{blake2b(content, digest_size=8).hexdigest()}"'
    headers = {"Ledger-Position": str(position), "ETag": etag, "Cache-Control": "public, no-cache"}
    if matches(request, etag):
        return Response(None, 304, headers)
    return Response(content, 200, headers, JSON)


class _Direct(APIRoute):
    """Hands the request straight to the operation: this is what the public asks, thousands of times a second."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the operation itself; it takes its parameters from the request and makes its own response."""
        return certificate


router.add_api_route(
    "/v1/certificates/{body}/{number:path}",
    certificate,
    methods=["GET"],
    response_class=Response,
    route_class_override=_Direct,
    **CERTIFICATE,
)


async def _on(
    service: Service, stream: str, day: Day, known_at: datetime | None
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Return the state on a day, as known at an instant or now, and the facts that wait now."""
    if known_at is None:
        return await service.statuses.ask((stream, day))
    async with service.reader() as connection:
        return await certificate_as_of(connection, stream, day, known_at), []


async def _caught_up(service: Service, request: Request, stream: str) -> int:
    """Return the position that the answer rests on, after waiting for the one that the reader asks for."""
    register, history = service.views["register"], service.views["history"]
    wanted = min_position(request)
    if wanted:
        await register.wait(wanted, service.ports.wait_seconds, stream=stream)
        await history.wait(wanted, service.ports.wait_seconds, stream=stream)
    return min(await register.position(), await history.position())


async def _rows_known(service: Service, stream: str, known_at: datetime | None, position: int) -> Sequence[Row]:
    """Return what the log holds of a certificate up to an instant, or raise why there is nothing to answer from.

    Never registered, not known then, and recorded but not seen by the views yet are three different answers.
    """
    rows = (await asyncio.to_thread(service.log.load, _NO_CHANGES, [stream], ())).rows.get(stream, ())
    _, body, number = stream.split(":", 2)
    if not rows:
        raise problem("never_registered", body=body[:40], number=number[:60])
    if known_at is not None:
        rows = [row for row in rows if row.recorded <= known_at]
        if not rows:
            raise problem("not_known_then", body=body[:40], number=number[:60])
    views = (service.views["register"], service.views["history"])
    if not all(view.has_seen(stream, rows[0].position) for view in views):
        raise problem("views_behind", position=str(rows[0].position), reached=str(position))
    return rows
