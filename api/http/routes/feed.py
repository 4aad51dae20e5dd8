"""Recorded events by position: pages, one event, a stream that resumes, and the path that one fact took."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from time import monotonic
from typing import Annotated, Any

import psycopg
from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response, StreamingResponse

from api.http.answers import (
    EVENT_STREAM,
    FARTHEST,
    JSON,
    NDJSON,
    json_response,
    matches,
    position_in,
    require_acceptable,
)
from api.http.describe import EVENT, EVENT_PATH, EVENTS, STREAM
from api.http.limits.addresses import client_key
from api.http.problems import ProblemError, problem
from api.http.reading import Reading
from api.http.tail import PAGE, Read
from infra.log_reading import head_of, row_at, rows_after
from infra.readers import Connection
from infra.telemetry import parse_traceparent
from ledger.days import instant_text
from ledger.log import Row

router = APIRouter()
_READ_AT_ONCE = 100
_IMMUTABLE = "public, max-age=31536000, immutable"
_POSITION = Path(ge=1, le=FARTHEST, description="账本位置 / Position in the ledger", examples=[18])
_SECONDS = Query(
    ge=0, le=86_400, description="若干秒后结束,此时可见的照发 / End after so many seconds, having sent what can be seen"
)
_AFTER = Query(ge=0, le=FARTHEST, description="从此位置之后开始 / Begin after this position")


def line_of(row: Row) -> bytes:
    """Return a row as ``{"position":n,"event":…}``; the event's canonical bytes stand in it verbatim."""
    return b'{"position":%d,"event":%b}' % (row.position, row.raw)


@router.get("/v1/events", response_class=Response, **EVENTS)
async def events(
    request: Request,
    after: Annotated[int, _AFTER] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="至多若干条 / At most so many events")] = 100,
) -> Response:
    """Return recorded events after a position, one a line."""
    require_acceptable(request, NDJSON)
    reading = await Reading.of(request, "list_events")
    horizon = await reading.horizon()
    async with reading.connection() as connection:
        rows, goes_on = await _page(reading, connection, after, limit, horizon)
        await reading.note_rows(connection, rows)
    headers = {"Ledger-Position": str(rows[-1].position if rows else after)}
    if not reading.public:
        headers["Cache-Control"] = reading.cache_control("")
    if goes_on:
        headers["Link"] = f'</v1/events?after={rows[-1].position}&limit={limit}>; rel="next"'
    return Response(b"".join(line_of(row) + b"\n" for row in rows), 200, headers, NDJSON)


async def _page(
    reading: Reading, connection: Connection, after: int, limit: int, horizon: int | None
) -> tuple[list[Row], bool]:
    """Return the rows of a page and whether more may follow; the page ends early where its events are large."""
    rows: list[Row] = []
    size = 0
    while len(rows) < limit:
        wanted = min(limit - len(rows), _READ_AT_ONCE)
        found = await rows_after(connection, after, wanted, up_to=horizon, public=reading.public)
        for row in found:
            size += len(row.raw)
            if rows and size > reading.service.limits.page_bytes:
                return rows, True
            rows.append(row)
        if len(found) < wanted:
            return rows, False
        after = rows[-1].position
    return rows, True


@router.get("/v1/events/stream", response_class=Response, **STREAM)
async def stream(
    request: Request, after: Annotated[int | None, _AFTER] = None, seconds: Annotated[int | None, _SECONDS] = None
) -> Response:
    """Send every event after a position, for ever or for a while; ``Last-Event-ID`` resumes where it broke off."""
    require_acceptable(request, EVENT_STREAM)
    reading = await Reading.of(request, "stream_events")
    reading.require_reason()
    service = reading.service
    last = request.headers.get("last-event-id")
    if last is not None:
        after = position_in(last)
        if after is None:
            raise problem("parameters_wrong", "/header/Last-Event-ID")
    if after is None:
        after = await asyncio.to_thread(service.log.head)
    key = client_key(request.client.host) if request.client else ""
    if service.streams.is_full():
        raise problem("too_many_streams", clients=str(service.ports.stream_clients), headers={"Retry-After": "10"})
    if not service.streams.has(key):
        most = str(service.limits.streams_per_address)
        raise problem("streams_too_many", streams=most, headers={"Retry-After": "10"})
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_sent(reading, after, key, seconds), 200, headers, EVENT_STREAM)


async def _sent(reading: Reading, after: int, key: str, seconds: int | None) -> AsyncIterator[bytes]:
    service = reading.service
    service.streams.enter(key)
    service.metrics.stream_clients.set(service.streams.taken)
    until = monotonic() + service.limits.stream_seconds
    ends = None if seconds is None else monotonic() + seconds
    pause = service.ports.keep_alive_seconds if seconds is None else min(seconds, service.ports.keep_alive_seconds)
    try:
        yield b"retry: 1000\n: %d\n\n" % after
        read = None if reading.public else _own(reading)
        async for rows in service.tail.rows(after, keep_alive_seconds=pause, read=read):
            yield b"".join(b"id: %d\ndata: %b\n\n" % (row.position, line_of(row)) for row in rows) or b":\n\n"
            # What was recorded before the end came is sent all the same.
            if ends is not None and len(rows) < PAGE and monotonic() >= ends:
                return
            if monotonic() > until:
                # The client comes again by itself and names the last event it got.
                return
    finally:
        service.streams.leave(key)
        service.metrics.stream_clients.set(service.streams.taken)


def _own(reading: Reading) -> Read:
    """Return how a client reads that sees more than the public: as itself, noted, and only what is settled."""
    service = reading.service

    async def read(after: int, limit: int) -> Sequence[Row]:
        # What woke this client is settled in a moment; where it takes longer, what is settled is sent meanwhile.
        with suppress(ProblemError):
            await service.views["access"].wait(service.tail.head, service.ports.wait_seconds)
        horizon = await reading.horizon()
        async with reading.connection() as connection:
            rows = await rows_after(connection, after, limit, up_to=horizon, public=False)
            await reading.note_rows(connection, rows)
        return rows

    return read


@router.get("/v1/events/{position}", response_class=Response, **EVENT)
async def event(request: Request, position: Annotated[int, _POSITION]) -> Response:
    """Return one recorded event."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "get_event")
    row = await _row(reading, position)
    cached = reading.cache_control(_IMMUTABLE)
    headers = {"Ledger-Position": str(position), "ETag": f'"{position}"', "Cache-Control": cached}
    if matches(request, headers["ETag"]):
        return Response(None, 304, headers)
    return Response(line_of(row), 200, headers, JSON)


@router.get("/v1/events/{position}/path", response_class=Response, **EVENT_PATH)
async def path(request: Request, position: Annotated[int, _POSITION]) -> Response:
    """Return when one fact was received, recorded, published, and seen by each view."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "get_event_path")
    service = reading.service
    row = await _row(reading, position)
    context = parse_traceparent(row.traceparent)
    async with service.reader() as connection:
        published = await service.ports.relay.published(connection, position)
    seen = {name: await view.visible_at(row.stream, position) for name, view in service.views.items()}
    steps: list[dict[str, Any]] = [_step("received", "收到", "received", row.received)] if row.received else []
    steps.append(_step("recorded", "裁定并记录", "decided and recorded", row.recorded))
    if published is not None:
        steps.append(_step("published", "Kafka 已确认", "acknowledged by Kafka", published.at))
    for name, view in service.views.items():
        with suppress(psycopg.errors.UndefinedTable):
            await view.position()
        if seen[name] is not None or view.has_seen(row.stream, position):
            steps.append(_step(f"visible:{name}", f"视图 {name} 可见", f"visible in {name}", seen[name]))
    answer = {
        "position": position,
        "stream": row.stream,
        "version": row.version,
        "type": row.type,
        "trace_id": f"{context.trace_id:032x}" if context else None,
        "traceparent": row.traceparent,
        "steps": steps,
        "waiting": [name for name, view in service.views.items() if not view.has_seen(row.stream, position)],
    }
    return json_response(answer, headers={"Ledger-Position": str(position), "Cache-Control": "no-store"})


def _step(name: str, zh: str, en: str, at: Any) -> dict[str, Any]:
    return {"step": name, "zh": zh, "en": en, "at": instant_text(at) if at else None}


async def _row(reading: Reading, position: int) -> Row:
    async with reading.connection() as connection:
        row = await row_at(connection, position, public=reading.public)
        if row is None:
            head = await head_of(connection)
            raise problem("position_unknown", position=str(position), head=str(head))
        await reading.note_rows(connection, [row])
    return row
