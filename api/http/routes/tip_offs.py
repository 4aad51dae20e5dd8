"""``/v1/tip-offs``: anybody tells of something and learns how far it is; the authorities of the place read and dispose.

Nothing of a tip-off goes into the log; whoever reads one leaves a note that names it by a digest alone.
"""

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from math import ceil
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from api.http.answers import JSON, json_response, require_acceptable
from api.http.describe_tip_offs import DISPOSE, LISTED, SEND, TIP_OFF
from api.http.limits.addresses import client_key
from api.http.limits.nesting import is_too_deep
from api.http.limits.rates import told
from api.http.principals import speaker_of
from api.http.problems import ProblemError, problem
from api.http.reading import Reading
from api.http.schemas_tip_offs import KEY, RECEIPT
from api.http.service import Service, service_of
from api.http.submissions import media_type_of, parse_json, read_body
from api.http.supervising import codes_for
from infra.log_reading import rows_of
from infra.vault.tip_offs import KeyReused, TipOff, TipOffs, TipOffsUnavailable, TooManyKept
from ledger.access.jurisdiction import governs, level_of
from ledger.codes.tip_offs import reasons
from ledger.days import china_day, instant_text
from ledger.envelope import open_recorded
from ledger.parties import LOCAL_AUTHORITY, NATIONAL_AUTHORITY
from ledger.refusals import Refusal
from ledger.tip_offs import DisposalForm, TipOffForm
from ledger.validation import problems_of

router = APIRouter()
CLASS = "tip_off"
_LEAD = "case.lead_registered"
_NOT_KEPT = {"Cache-Control": "no-store"}
_Receipt = Annotated[str, Path(pattern=RECEIPT, description="回执号 / The receipt")]
Found = TypeVar("Found")


@router.post("/v1/tip-offs", response_class=Response, **SEND)
async def send(request: Request) -> Response:
    """Keep what somebody tells of, and give a receipt that cannot be guessed."""
    require_acceptable(request, JSON)
    service = service_of(request)
    key = request.headers.get("idempotency-key")
    if key is not None and re.fullmatch(KEY, key, re.ASCII) is None:
        raise problem("parameters_wrong", "/header/Idempotency-Key")
    said = await _said(request, service, TipOffForm)
    region, now = said.pop("region"), service.clock()
    own = service.ports.region
    if level_of(region, china_day(now)) is None:
        raise problem("region_not_found", "/region", region=region)
    if own is not None and not governs(own, region, china_day(now)):
        raise problem("region_not_kept_here", "/region", region=region, own=own)
    _charge(service, request)
    taken = await _asked(service, lambda store: store.keep(region, said, now, key))
    answer = {"receipt": taken.receipt, "received": instant_text(taken.received), "state": "received"}
    headers = {**_NOT_KEPT, "Location": f"/v1/tip-offs/{taken.receipt}"}
    return json_response(answer, 200 if taken.repeated else 202, headers)


@router.get("/v1/tip-offs", response_class=Response, **LISTED)
async def listed(
    request: Request,
    region: Annotated[str, Query(pattern="^[0-9]{6}$", description="某地及其下辖 / A region and all below it")],
    state: Annotated[Literal["received", "registered", "not_pursued"] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="至多若干行 / At most so many rows")] = 100,
) -> Response:
    """Return the tip-offs about a region with what they say, the oldest first."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "list_tip_offs")
    if reading.public:
        raise problem("token_missing")
    now = reading.service.clock()
    codes = codes_for(reading, region, china_day(now))
    reading.require_reason()
    rows = await _asked(reading.service, lambda store: store.listed(codes, state, now, limit + 1))
    async with reading.connection() as connection:
        await reading.note(connection, ((CLASS, _name(each.receipt)) for each, _ in rows[:limit]))
    shown = [_row(each, said) for each, said in rows[:limit]]
    answer = {"region": region, "as_of": china_day(now), "rows": shown, "more": len(rows) > limit}
    return json_response(answer, headers={"Cache-Control": reading.cache_control("no-store")})


@router.get("/v1/tip-offs/{receipt}", response_class=Response, **TIP_OFF)
async def tip_off(request: Request, receipt: _Receipt) -> Response:
    """Return to whoever holds the receipt how far the tip-off is, and nothing of what it says."""
    require_acceptable(request, JSON)
    service = service_of(request)
    return json_response(_status(await _one(service, receipt, service.clock())), headers=_NOT_KEPT)


@router.post("/v1/tip-offs/{receipt}/disposal", response_class=Response, **DISPOSE)
async def dispose(request: Request, receipt: _Receipt) -> Response:
    """Note that a tip-off became a lead of the caller's, or why it is not pursued."""
    require_acceptable(request, JSON)
    service, speaker = service_of(request), await speaker_of(request)
    if speaker.role not in {NATIONAL_AUTHORITY, LOCAL_AUTHORITY}:
        raise problem("not_entitled", role=speaker.role)
    said = await _said(request, service, DisposalForm)
    now = service.clock()
    found = await _one(service, receipt, now)
    if speaker.role == LOCAL_AUTHORITY and not governs(speaker.region, found.region, china_day(now)):
        # Whether it is there is none of the business of an authority elsewhere.
        raise problem("tip_off_unknown")
    lead, reason = said.get("lead"), said.get("reason")
    if reason is not None and reason not in reasons(china_day(now)):
        raise problem("parameters_wrong", "/reason")
    if lead is not None:
        async with service.reader(speaker) as connection:
            rows = [open_recorded(row.position, row.raw) for row in await rows_of(connection, lead, public=False)]
        if not any(row.event["type"] == _LEAD and row.event["source"] == speaker.party for row in rows):
            raise problem("tip_off_lead_missing", "/lead", lead=lead)
    is_new = await _asked(
        service, lambda store: store.dispose(receipt, lead=lead, reason=reason, by=speaker.party, now=now)
    )
    now_is = await _one(service, receipt, now)
    if not is_new and (now_is.lead, now_is.reason, now_is.disposed_by) != (lead, reason, speaker.party):
        raise problem("tip_off_disposed")
    return json_response(_status(now_is), headers=_NOT_KEPT)


async def _said(request: Request, service: Service, form: type[BaseModel]) -> dict[str, Any]:
    """Return the body in its form, or end the request with every fault of it."""
    if media_type_of(request) != JSON:
        raise problem("media_type_unsupported", media_type=media_type_of(request)[:100])
    raw = await read_body(request, service.limits.tip_off_bytes)
    if is_too_deep(raw, service.limits.json_depth):
        raise problem("json_too_deep", levels=str(service.limits.json_depth))
    value = parse_json(raw)
    if isinstance(value, Refusal):
        raise ProblemError(value)
    try:
        found = form.model_validate(value)
    except ValidationError as error:
        problems = problems_of(error, "")
        raise ProblemError(Refusal("parameters_wrong", problems[0].pointer, problems=problems)) from error
    return found.model_dump(exclude_none=True)


def _charge(service: Service, request: Request) -> None:
    """Take one from the address's quota of tip-offs, or end the request with 429."""
    key = client_key(request.client.host) if request.client else ""
    wait = service.tip_offs.take(key)
    if wait:
        seconds = str(ceil(wait))
        service.metrics.limited.labels("tip_offs_too_fast").inc()
        headers = {"Retry-After": seconds, **told(service.tip_offs, key)}
        raise problem("tip_offs_too_fast", headers=headers, seconds=seconds)


async def _asked(service: Service, ask: Callable[[TipOffs], Found]) -> Found:
    """Return what the store answers; each of its troubles is a problem."""
    store = service.ports.tip_offs
    if store is None:
        raise problem("tip_offs_unavailable")
    try:
        return await asyncio.to_thread(ask, store)
    except TipOffsUnavailable as error:
        raise problem("tip_offs_unavailable") from error
    except TooManyKept as error:
        raise problem("tip_offs_full") from error
    except KeyReused as error:
        raise problem("tip_off_key_reused", "/header/Idempotency-Key") from error


async def _one(service: Service, receipt: str, now: datetime) -> TipOff:
    found = await _asked(service, lambda store: store.one(receipt, now))
    if found is None:
        raise problem("tip_off_unknown")
    return found


def _name(receipt: str) -> str:
    """Return the name that a note of reading has for a tip-off: the receipt itself is its sender's alone."""
    return f"tip-off:{sha256(receipt.encode()).hexdigest()[:32]}"


def _status(found: TipOff) -> dict[str, Any]:
    label = reasons()[found.reason] if found.reason is not None else None
    why = None if label is None else {"code": found.reason, "zh": label.zh, "en": label.en}
    received = instant_text(found.received)
    return {"receipt": found.receipt, "received": received, "state": found.state, "reason": why}


def _row(found: TipOff, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "receipt": found.receipt,
        "region": found.region,
        "received": instant_text(found.received),
        "state": found.state,
        "lead": found.lead,
        "reason": found.reason,
        "disposed_by": found.disposed_by,
        "disposed": None if found.disposed is None else instant_text(found.disposed),
        "about": said["about"],
        "text": said["text"],
        "contact": said.get("contact"),
    }
