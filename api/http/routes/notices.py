"""A party's inbox and single notices: what was brought to it by rule or by hand, and what became of it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.http import cursors
from api.http.answers import JSON, as_of_day, json_response, require_acceptable
from api.http.describe_notices import INBOX, NOTICE
from api.http.parameters import Cursor, Limit
from api.http.principals import speaker_of
from api.http.problems import problem
from api.http.reading import Reading
from ledger.access.audience import party_key
from ledger.codes.notice_routes import label
from ledger.families import notice_stream
from projections.notices.query import STATES, counts, notice, page_of

router = APIRouter()
_PRIVATE = {"Cache-Control": "private, no-store"}
_STATUSES = {
    "created": ("已产生", "Created"),
    "sent": ("已送达", "Sent"),
    "acknowledged": ("已签收", "Acknowledged"),
    "answered": ("已回复", "Answered"),
    "overdue": ("逾期未回复", "Overdue"),
    "withdrawn": ("已撤回", "Taken back"),
}
_REQUEST = ("抽查情况通报请求", "Request for spot check results")
_State = Annotated[
    str,
    Query(pattern=f"^({'|'.join(STATES)})$", description="只列此类:全部、待签收、待回复、逾期、已结 / Which of them"),
]


@router.get("/v1/inbox", response_class=Response, **INBOX)
async def inbox(
    request: Request,
    state: _State = "all",
    kind: Annotated[str | None, Query(max_length=32, description="通报种类 / Kind of notice")] = None,
    unit: Annotated[
        str | None,
        Query(
            pattern="^[0-9A-Za-z][0-9A-Za-z_.-]{0,31}$",
            description="只列送达收件方此内设机构者 / Only what went to this unit of the recipient",
        ),
    ] = None,
    sent: Annotated[bool, Query(description="改列本方发出的 / What the party sent instead")] = False,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Response:
    """Return the notices to the caller's party, oldest first; or from it."""
    require_acceptable(request, JSON)
    principal = await speaker_of(request)
    reading = (await Reading.of(request, "list_inbox")).as_own_matter()
    day, party = as_of_day(request.query_params.get("as_of"), reading.service.clock()), party_key(principal.party)
    position = await reading.reached(request, "notices")
    operation = f"inbox {party} {state} {kind} {unit} {sent} {day}"
    (after,) = cursors.decode(operation, cursor, cursors.is_position) if cursor else (0,)
    async with reading.connection() as connection:
        counted = await counts(connection, party, day, is_sender=sent, unit=unit)
        rows = await page_of(
            connection,
            party,
            today=day,
            is_sender=sent,
            state=state,
            kind=kind,
            unit=unit,
            after=after,
            limit=limit + 1,
        )
        await reading.note(connection, (("notice", row["stream"]) for row in rows[:limit]))
    following = cursors.encode(operation, [rows[limit - 1]["position"]]) if len(rows) > limit else None
    answer = {
        "party": party,
        "as_of": day,
        "position": position,
        "counts": counted,
        "notices": [_told(row) for row in rows[:limit]],
        "next": following,
    }
    return json_response(answer, headers={"Ledger-Position": str(position), **_PRIVATE})


@router.get("/v1/notices/{number}", response_class=Response, **NOTICE)
async def one(request: Request, number: Annotated[str, Path(max_length=60)]) -> Response:
    """Return one notice to those it is between and to the authorities above."""
    require_acceptable(request, JSON)
    await speaker_of(request)
    reading = await Reading.of(request, "get_notice")
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    position = await reading.reached(request, "notices")
    async with reading.connection() as connection:
        found = await notice(connection, notice_stream(number), day)
        if found is None:
            raise problem("notice_unknown", number=number)
        own = party_key(reading.principal.party) in {found["recipient"], found["sender"]}
        await (reading.as_own_matter() if own else reading).note(connection, [("notice", found["stream"])])
    return json_response(_told(found), headers={"Ledger-Position": str(position), **_PRIVATE})


def _told(row: dict[str, Any]) -> dict[str, Any]:
    kind = _REQUEST if row["opened"] == "request" else label(row["kind"])
    status = _STATUSES[row["status"]]
    return {
        **row,
        "kind": {"value": row["kind"], "zh": kind[0], "en": kind[1]},
        "status": {"value": row["status"], "zh": status[0], "en": status[1]},
    }
