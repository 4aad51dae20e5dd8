"""What is known about organisations, bodies and every other subject, and the search for certificates."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api import texts
from api.certificate import held_fact, shaped, waiting_for
from api.http import cursors
from api.http.answers import JSON, as_of_day, json_response, known_at_instant, require_acceptable
from api.http.cursors import Kind, is_day, is_position, is_text
from api.http.describe_reads import BODY, ORGANISATION, SEARCH, TRAIL
from api.http.parameters import Cursor, Limit
from api.http.problems import problem
from api.http.reading import Reading
from ledger.codes.identifiers import organisation_key
from ledger.codes.statuses import Status
from ledger.families import EVENT_TYPES, body_stream
from projections.register.query import (
    certificates_of_body,
    certificates_of_organisation,
    counts_by_status,
    standing,
)
from projections.search.query import search
from projections.trail.query import LAST, trail_of

router = APIRouter()
_ORGANISATION = "organisation:"
_NOT_STORED = "public, no-cache"
_STATUSES = frozenset(each.value for each in Status)


@router.get("/v1/trail/{subject:path}", response_class=Response, **TRAIL)
async def trail(
    request: Request,
    subject: Annotated[str, Path(max_length=200)],
    limit: Limit = 100,
    cursor: Cursor = None,
    newest_first: Annotated[bool, Query(description="由新到旧 / Newest first")] = False,
) -> Response:
    """Return every event about a subject; pages never shift, because the cursor keeps the first page's position."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "get_trail")
    service = reading.service
    known_at = known_at_instant(request.query_params.get("known_at"), service.clock())
    stream = _subject(subject)
    position = await reading.reached(request, "trail")
    operation = f"trail {stream} {newest_first} {known_at}"
    after, snapshot = _decoded(operation, cursor, [LAST if newest_first else 0, position], is_position, is_position)
    if newest_first:
        after = min(after, snapshot + 1)
    async with reading.connection() as connection:
        rows = await trail_of(connection, stream, after, limit + 1, newest_first=newest_first, known_at=known_at)
        rows = [row for row in rows if row["position"] <= snapshot]
        await reading.note(connection, ((row.pop("access"), row["stream"]) for row in rows[:limit]))
    if not rows and cursor is None:
        raise problem("subject_unknown", subject=subject[:200])
    events, following = rows[:limit], None
    if len(rows) > limit:
        following = cursors.encode(operation, [events[-1]["position"], snapshot])
    answer = {
        "subject": stream, "position": snapshot, "events": [_told(row) for row in events], "next": following
    }  # fmt: skip
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/organisations/{code}", response_class=Response, **ORGANISATION)
async def organisation(
    request: Request, code: Annotated[str, Path(max_length=30)], limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """Return an organisation's standing and its certificates, by credit code or nine-character code."""
    require_acceptable(request, JSON)
    stream = _subject(f"{_ORGANISATION}{code}")
    return await _page(request, stream, limit=limit, cursor=cursor)


@router.get("/v1/bodies/{number}", response_class=Response, **BODY)
async def body(
    request: Request, number: Annotated[str, Path(max_length=40)], limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """Return a certification body's standing and its certificates."""
    require_acceptable(request, JSON)
    return await _page(request, body_stream(number), limit=limit, cursor=cursor)


@router.get("/v1/search", response_class=Response, **SEARCH)
async def find(
    request: Request,
    q: Annotated[str, Query(min_length=1, max_length=100, description="名称、证书号或范围 / Name, number or scope")],
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Return certificates that hold a text, best first."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "search_certificates")
    position = await reading.reached(request, "search")
    operation = f"search {q}"
    rank, after, snapshot = _decoded(operation, cursor, [-1, "", position], is_position, is_text, is_position)
    async with reading.connection() as connection:
        rows = await search(connection, q, (rank, after), limit + 1)
    found, following = rows[:limit], None
    if len(rows) > limit:
        following = cursors.encode(operation, [found[-1]["rank"], found[-1]["stream"], snapshot])
    items = [{name: row[name] for name in ("body", "number", "title")} for row in found]
    answer = {"q": q, "position": snapshot, "certificates": items, "next": following}
    return json_response(answer, headers=_headers(reading, position))


async def _page(request: Request, stream: str, *, limit: int, cursor: str | None) -> Response:
    query = request.query_params
    is_body, key = stream.startswith("body:"), stream.partition(":")[2]
    reading = await Reading.of(request, "get_body" if is_body else "get_organisation")
    refused = not reading.public
    statuses = [each for text in query.getlist("status") for each in text.split(",") if each]
    if not _STATUSES.issuperset(statuses):
        raise problem("parameters_wrong", "/query/status")
    position = await reading.reached(request, "register")
    operation = f"page {stream} {statuses} {query.get('as_of')}"
    day = as_of_day(query.get("as_of"), reading.service.clock())
    after, day, snapshot = _decoded(operation, cursor, ["", day, position], is_text, is_day, is_position)
    page = certificates_of_body if is_body else certificates_of_organisation
    async with reading.connection() as connection:
        known = await standing(connection, stream)
        rows = await page(connection, key, day, status=statuses, after=after, limit=limit + 1, refused=refused)
        if is_body:
            counts = await counts_by_status(connection, day, body=key, refused=refused)
        else:
            counts = await counts_by_status(connection, day, organisation=key, refused=refused)
        shown = rows[:limit]
        noted = [each for row in shown for each in row["rests_on_restricted"]]
        if counts.get("refused"):
            noted.append(("refused", stream))
        await reading.note(connection, noted)
    if known is None and not counts:
        raise problem("subject_unknown", subject=stream)
    following = None
    if len(rows) > limit:
        following = cursors.encode(operation, [shown[-1]["stream"], day, snapshot])
    answer = {
        "subject": stream,
        "as_of": day,
        "position": snapshot,
        "standing": known["state"] if known else None,
        "held": [held_fact(each) for each in known["held"]] if known else [],
        "counts": _counts(counts),
        "certificates": [shaped(row, day=day, known_at=None, held=row["held"]) for row in shown],
        "next": following,
    }
    return json_response(answer, headers=_headers(reading, position))


def _headers(reading: Reading, position: int) -> dict[str, str]:
    return {"Ledger-Position": str(position), "Cache-Control": reading.cache_control(_NOT_STORED)}


def _counts(counts: dict[str, int]) -> list[dict[str, Any]]:
    return [{**texts.status(value), "count": count} for value, count in counts.items()]


def _told(row: dict[str, Any]) -> dict[str, Any]:
    event_type, waits = EVENT_TYPES[row["type"]], row["waits"]
    signed_by = row["record"].get("signed_by", [])
    return {
        **row,
        "signed_by": signed_by,
        "zh": event_type.zh,
        "en": event_type.en,
        "waits": waiting_for(waits) if waits else None,
    }


def _subject(subject: str) -> str:
    """Return the stream that a subject names; a credit code and the nine characters in it name one organisation."""
    if not subject.startswith(_ORGANISATION):
        return subject
    try:
        return _ORGANISATION + organisation_key(subject.removeprefix(_ORGANISATION).upper())
    except ValueError as error:
        raise problem("subject_unknown", subject=subject[:200]) from error


def _decoded(operation: str, cursor: str | None, first: list[Any], *kinds: Kind) -> Any:
    return first if cursor is None else cursors.decode(operation, cursor, *kinds)
