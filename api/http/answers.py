"""Small shared pieces of an answer: JSON bytes, the media types on offer, instants and days asked for."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import orjson
from fastapi import Request
from starlette.responses import Response

from api.http.problems import problem
from ledger.days import Day, china_day, parse_instant

JSON = "application/json"
NDJSON = "application/x-ndjson"
EVENT_STREAM = "text/event-stream"
TEXT = "text/plain"
HTML = "text/html"
CSV = "text/csv"
# The greatest whole number that every JSON reader keeps exactly (RFC 8259, section 6).
FARTHEST = 2**53 - 1


def json_response(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return plain data as a JSON response."""
    return Response(orjson.dumps(content), status, headers, JSON)


def require_acceptable(request: Request, media_type: str) -> None:
    """End the request with 406 where its ``Accept`` excludes the one media type on offer (RFC 9110, 12.5.1)."""
    accept = request.headers.get("accept")
    if accept is None or "*/*" in accept or media_type in accept:
        return
    wanted = (part.partition(";")[0].strip().lower() for part in accept.split(","))
    if f"{media_type.partition('/')[0]}/*" not in wanted:
        raise problem("not_acceptable", media_type=media_type)


def preferred(request: Request, *on_offer: str) -> str:
    """Return which of several media types ``Accept`` asks for most, the first where it is indifferent; else 406."""
    accept = request.headers.get("accept")
    if accept is None:
        return on_offer[0]
    asked = [_range(part) for part in accept.lower().split(",")]
    weighed = [(_weight(media_type, asked), -place) for place, media_type in enumerate(on_offer)]
    weight, place = max(weighed)
    if weight <= 0:
        raise problem("not_acceptable", media_type=", ".join(on_offer))
    return on_offer[-place]


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (each.strip() for each in part.split(";"))
    weights = [each.removeprefix("q=") for each in parameters if each.startswith("q=")]
    try:
        return name, float(weights[0]) if weights else 1.0
    except ValueError:
        return name, 0.0


def _weight(media_type: str, asked: list[tuple[str, float]]) -> float:
    """The most exact range that fits decides."""
    for fitting in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        for name, weight in asked:
            if name == fitting:
                return weight
    return 0.0


def as_of_day(text: str | None, now: datetime) -> Day:
    """Return the China day that ``as_of`` names, as a day or as an instant; today where it is absent."""
    if text is None:
        return china_day(now)
    try:
        if len(text) == 10:
            return date.fromisoformat(text).isoformat()
        return china_day(parse_instant(text.replace(" ", "+")))
    except (ValueError, OverflowError) as error:
        raise problem("as_of_wrong", "/query/as_of") from error


def known_at_instant(text: str | None, now: datetime) -> datetime | None:
    """Return the instant that ``known_at`` names, ``None`` where it is absent: as far as is known now."""
    if text is None:
        return None
    try:
        instant = parse_instant(text.replace(" ", "+"))
    except ValueError as error:
        raise problem("known_at_wrong", "/query/known_at") from error
    if instant > now:
        raise problem("known_at_in_future", "/query/known_at")
    return instant


def min_position(request: Request) -> int:
    """Return the position that the ``Min-Position`` header asks for, 0 where it is absent."""
    text = request.headers.get("min-position")
    if text is None:
        return 0
    position = position_in(text)
    if position is None:
        raise problem("min_position_wrong", "/header/Min-Position")
    return position


def position_in(text: str) -> int | None:
    """Return the position that a header's text spells, ``None`` where it spells none."""
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(FARTHEST))) or int(text) > FARTHEST:
        return None
    return int(text)


def matches(request: Request, etag: str) -> bool:
    """Return whether ``If-None-Match`` names this entity tag (RFC 9110, 13.1.2)."""
    header = request.headers.get("if-none-match")
    if header is None:
        return False
    return header.strip() == "*" or etag in (part.strip().removeprefix("W/") for part in header.split(","))
