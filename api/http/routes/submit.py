"""``POST /v1/events``: one CloudEvent, a batch, or NDJSON; every event is answered, and asking again is always safe."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response, StreamingResponse

from api.http import disclosing, problems, submissions
from api.http.answers import JSON, NDJSON, json_response, require_acceptable
from api.http.appender import BATCH
from api.http.describe import SUBMIT
from api.http.principals import speaker_of
from api.http.problems import ProblemError, problem
from api.http.service import Service, service_of
from infra.telemetry import current_traceparent, trace_id_of
from ledger.envelope import MAXIMUM_BYTES
from ledger.log import LogUnavailable
from ledger.outcomes import Outcome
from ledger.principals import Principal
from ledger.privacy.disclosed import Parsed
from ledger.refusals import Problem, Refusal
from ledger.sealed import MEDIA_TYPE

router = APIRouter()
_STATUS = {"recorded": 201, "duplicate": 200, "held": 202}
_ERRORS_SHOWN = 100


class _Way:
    """One request's way in: who speaks, in which trace, since when; it turns what was parsed into submissions."""

    def __init__(self, request: Request, service: Service, speaker: Principal) -> None:
        service.charge(speaker.party, 1)
        self._service = service
        self._speaker = speaker
        self._levels = service.limits.json_depth
        self._traceparent = current_traceparent(request.headers.get("traceparent"))
        self._received = service.clock()
        self._instance = problems.instance_of(request)
        self._language = problems.language_of(request.headers.get("accept-language"))

    def parsed(self, raw: bytes, *, sealed: bool = False) -> Parsed:
        """Return what one JSON text says."""
        return submissions.parse_one(raw, self._levels, sealed=sealed)

    def charged(self, count: int) -> None:
        """Take a batch from the party's quota; its first event was taken when the party came in."""
        self._service.charge(self._speaker.party, count - 1)

    async def submitted(self, found: Sequence[Parsed], *, atomic: bool = False) -> list[Outcome]:
        """Return the outcomes of what was parsed, in order, once it is recorded or refused."""
        incoming = submissions.incoming(
            found, speaker=self._speaker, traceparent=self._traceparent, received=self._received
        )
        submit = partial(self._service.submit, atomic=atomic)
        return await disclosing.submitted(self._service.ports.vault, found, incoming, submit)

    def shown(self, outcome: Outcome) -> dict[str, Any]:
        """Return the plain form of an outcome: a receipt, or a problem with the event's identity."""
        word = submissions.outcome_word(outcome)
        if isinstance(outcome, Refusal):
            trace_id = trace_id_of(self._traceparent)
            told = problems.document(outcome, self._language, instance=self._instance, trace_id=trace_id)
            return {"outcome": word, "source": outcome.source, "id": outcome.id, "problem": told}
        return {"outcome": word, **outcome.as_dict()}


@router.post("/v1/events", response_class=Response, **SUBMIT)
async def submit(
    request: Request,
    atomic: Annotated[bool, Query(description="整批全部记录或全部不记录 / All events are recorded, or none")] = False,
) -> Response:
    """Take events in; see the description of the operation for the three forms of the body."""
    service = service_of(request)
    way = _Way(request, service, await speaker_of(request))
    media_type = submissions.media_type_of(request)
    if media_type in submissions.SINGLE:
        return await _one(request, service, way, sealed=media_type == MEDIA_TYPE)
    if media_type == submissions.BATCH:
        return await _batch(request, service, way, atomic=atomic)
    if media_type in submissions.LINES:
        return await _lines(request, service, way, atomic=atomic)
    raise problem("media_type_unsupported", media_type=media_type[:100])


async def _one(request: Request, service: Service, way: _Way, *, sealed: bool) -> Response:
    require_acceptable(request, JSON)
    raw = await submissions.read_body(request, service.limits.event_bytes)
    # A large one may take long to look through, and nobody else should wait for that.
    if len(raw) > MAXIMUM_BYTES:
        parsed = await asyncio.to_thread(way.parsed, raw, sealed=sealed)
    else:
        parsed = way.parsed(raw, sealed=sealed)
    (outcome,) = await way.submitted([parsed])
    if isinstance(outcome, Refusal):
        raise ProblemError(outcome)
    shown = way.shown(outcome)
    headers = {"Ledger-Position": str(outcome.position), "Location": f"/v1/events/{outcome.position}"}
    return json_response(shown, _STATUS[shown["outcome"]], headers)


async def _batch(request: Request, service: Service, way: _Way, *, atomic: bool) -> Response:
    require_acceptable(request, JSON)
    raw = await submissions.read_body(request, service.limits.bulk_bytes)
    found = await asyncio.to_thread(submissions.parse_array, raw, service.limits)
    way.charged(len(found))
    if atomic:
        outcomes = await _all_or_none(way, found)
    else:
        outcomes = []
        for start in range(0, len(found), BATCH):
            outcomes += await way.submitted(found[start : start + BATCH])
    summary = submissions.summary(outcomes)
    shown = [{"index": index, **way.shown(outcome)} for index, outcome in enumerate(outcomes)]
    headers = {"Ledger-Position": str(summary["position"])} if summary["position"] else {}
    return json_response({"outcomes": shown, "summary": summary}, 200, headers)


async def _lines(request: Request, service: Service, way: _Way, *, atomic: bool) -> Response:
    require_acceptable(request, NDJSON)
    raw = await submissions.read_body(request, service.limits.bulk_bytes)
    lines = submissions.split_lines(raw, service.limits.bulk_events)
    way.charged(len(lines))
    if atomic:
        outcomes = await _all_or_none(way, await _parsed(way, lines), [number for number, _ in lines])
        return StreamingResponse(_chunks(way, lines, outcomes), 200, media_type=NDJSON)
    # The first part is recorded before the answer begins, so that a ledger out of reach is still a 503.
    outcomes = await way.submitted(await _parsed(way, lines[:BATCH]))
    return StreamingResponse(_chunks(way, lines, outcomes), 200, media_type=NDJSON)


async def _parsed(way: _Way, lines: Sequence[tuple[int, bytes]]) -> list[Parsed]:
    return await asyncio.to_thread(lambda: [way.parsed(line) for _, line in lines])


async def _chunks(way: _Way, lines: Sequence[tuple[int, bytes]], outcomes: list[Outcome]) -> AsyncIterator[bytes]:
    """Yield one result a line in the order of the lines, then the summary; nothing is held back for the end."""
    answered: list[Outcome] = []
    while True:
        part = lines[len(answered) : len(answered) + len(outcomes)]
        results = ({"line": number, **way.shown(o)} for (number, _), o in zip(part, outcomes, strict=True))
        yield b"".join(orjson.dumps(each) + b"\n" for each in results)
        answered += outcomes
        rest = lines[len(answered) : len(answered) + BATCH]
        if not rest:
            break
        try:
            outcomes = await way.submitted(await _parsed(way, rest))
        except LogUnavailable:
            outcomes = [Refusal("ledger_unavailable") for _ in lines[len(answered) :]]
    yield orjson.dumps({"summary": {"lines": len(answered), **submissions.summary(answered)}}) + b"\n"


async def _all_or_none(way: _Way, found: Sequence[Parsed], numbers: Sequence[int] | None = None) -> list[Outcome]:
    """Return the outcomes of an atomic batch; one that was refused ends the request with a problem naming each."""
    outcomes = await way.submitted(found, atomic=True)
    names = numbers or range(len(outcomes))
    refused = [(name, o) for name, o in zip(names, outcomes, strict=True) if isinstance(o, Refusal)]
    faults = [
        Problem(f"/{name}{o.pointer}", o.code, o.title("zh"), o.title("en"))
        for name, o in refused
        if o.code != "batch_refused"
    ]
    if refused:
        raise ProblemError(Refusal("batch_refused", faults[0].pointer, problems=tuple(faults[:_ERRORS_SHOWN])))
    return outcomes
