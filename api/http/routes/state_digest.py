"""The digest over all certificates' states, by which anybody holds the live register against a replayed bundle.

It is worked out once for a day and a position, one at a time: a digest walks every certificate.
"""

import asyncio
from collections import OrderedDict
from datetime import datetime
from time import monotonic
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.http.answers import JSON, as_of_day, json_response, known_at_instant, require_acceptable
from api.http.describe import ENTITLED, READ_REASON, operation
from api.http.describe_reads import AS_OF, KNOWN_AT
from api.http.entitlement import require
from api.http.problems import problem
from api.http.reading import Reading
from api.http.schemas import DAY, INSTANT, fields, text, whole
from api.http.service import Service, service_of
from ledger.days import Day, instant_text
from projections.history.digest import state_digest

router = APIRouter()
_KEPT = 64
_POLL_SECONDS = 0.02
_EXAMPLE = {
    "as_of": "2031-03-05",
    "known_at": "2031-03-05T01:30:02.114201Z",
    "position": 18,
    "certificates": 1,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
_SCHEMA = fields(
    "as_of known_at position certificates digest",
    {
        "as_of": DAY,
        "known_at": INSTANT,
        "position": whole("所含最后一个事件的位置 / Position of the last event that is in it", minimum=0),
        "certificates": whole(minimum=0),
        "digest": text("SHA-256", pattern="^[0-9a-f]{64}$"),
    },
)
STATE_DIGEST = operation(
    "get_state_digest",
    "全部证书状态的摘要",
    "Digest over the states of all certificates",
    tag="operation",
    answer=(JSON, _SCHEMA, _EXAMPLE),
    parameters=[AS_OF, KNOWN_AT, READ_REASON],
    extra={"security": [{"bearer": []}]},
    problems=(
        "token_missing",
        "not_entitled",
        *ENTITLED,
        "as_of_wrong",
        "known_at_wrong",
        "known_at_in_future",
        "views_behind",
        "ledger_unavailable",
    ),
)


class _Digests:
    """What was worked out last, and the turn of who works one out next."""

    def __init__(self) -> None:
        self.known: OrderedDict[tuple[Day, int], dict[str, Any]] = OrderedDict()
        self.turn = asyncio.Lock()


@router.get("/v1/log/state-digest", response_class=Response, **STATE_DIGEST)
async def digest(request: Request) -> Response:
    """Return the digest of a day as known at an instant; the last event that the view has seen where none is asked."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "get_state_digest")
    if reading.public:
        raise problem("token_missing")
    require(reading.principal, "read_whole_log")
    service = service_of(request)
    now = service.clock()
    day = as_of_day(request.query_params.get("as_of"), now)
    position, known_at = await _reached(service, known_at_instant(request.query_params.get("known_at"), now))
    digests = _digests(request)
    async with digests.turn:
        answer = digests.known.get((day, position))
        if answer is None:
            async with reading.connection() as connection:
                found = await state_digest(connection, day, known_at)
            answer = {
                "as_of": day,
                "known_at": instant_text(known_at),
                "position": position,
                "certificates": found.certificates,
                "digest": found.hexadecimal(),
            }
            digests.known[day, position] = answer
            while len(digests.known) > _KEPT:
                digests.known.popitem(last=False)
    return json_response(answer, headers={"Ledger-Position": str(position), "Cache-Control": "no-cache"})


def _digests(request: Request) -> _Digests:
    state = request.app.state
    if not hasattr(state, "digests"):
        state.digests = _Digests()
    kept: _Digests = state.digests
    return kept


async def _reached(service: Service, known_at: datetime | None) -> tuple[int, datetime]:
    """Return the last position recorded by an instant, and its own instant, once the view has seen up to there."""
    view = service.views["history"]
    deadline = monotonic() + service.ports.wait_seconds
    while True:
        position = (await view.look()).position
        following = await asyncio.to_thread(service.log.read, position, 1)
        if known_at is None or not following or following[0].recorded > known_at:
            break
        if monotonic() > deadline:
            raise problem("views_behind", "/query/known_at", position=str(following[0].position), reached=str(position))
        await asyncio.sleep(_POLL_SECONDS)
    if known_at is not None:
        position = await asyncio.to_thread(_last_by, service, known_at, position)
    rows = await asyncio.to_thread(service.log.read, position - 1, 1) if position else []
    return position, rows[0].recorded if rows else datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _last_by(service: Service, known_at: datetime, highest: int) -> int:
    """Return the last position recorded at or before an instant: times rise with positions, so halving finds it."""
    low, high = 0, highest
    while low < high:
        middle = (low + high + 1) // 2
        rows = service.log.read(middle - 1, 1)
        if rows and rows[0].recorded <= known_at:
            low = middle
        else:
            high = middle - 1
    return low
