"""What connects a subject with others: traces forward, back and sideways, who answers for it, and gaps in its life."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.http.answers import JSON, as_of_day, json_response, known_at_instant, require_acceptable
from api.http.describe_archives import CHAIN, CHECK_TASKS, RESPONSIBILITY, TRACE
from api.http.problems import problem
from api.http.reading import Reading
from api.http.supervising import NOT_STORED, node_named
from ledger.classification.known import inputs_of
from ledger.families import certificate_stream
from ledger.tracing.chain import GENERAL, chain, signatures
from ledger.tracing.walk import DEPTH, FAN_OUT, MAXIMUM_DEPTH, MAXIMUM_FAN_OUT
from projections.archive.query import records_of
from projections.trace.query import KINDS_SHARED, SHARED, Found, Moment, sideways, walk
from projections.trace.tasks import tasks_for

router = APIRouter()
_BY = f"^({'|'.join(KINDS_SHARED)})(,({'|'.join(KINDS_SHARED)}))*$"
EVENTS_OF_A_LIFE = 2_000
_Subject = Annotated[str, Path(max_length=200)]


@router.get("/v1/trace/{subject:path}", response_class=Response, **TRACE)
async def trace(
    request: Request,
    subject: _Subject,
    direction: Annotated[Literal["forward", "back", "sideways"], Query(description="方向 / Which way")] = "forward",
    depth: Annotated[int, Query(ge=1, le=MAXIMUM_DEPTH, description="最多几步 / At most so many edges")] = DEPTH,
    fan_out: Annotated[
        int, Query(ge=1, le=MAXIMUM_FAN_OUT, description="每个节点最多几条 / At most so many edges of a node")
    ] = FAN_OUT,
    by: Annotated[
        str, Query(max_length=100, pattern=_BY, description="横向依据,逗号分隔 / Sideways by what")
    ] = ",".join(SHARED),
) -> Response:
    """Return what a subject came from, what came from it, or what shares its origins, as of any two times."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "get_trace")
    kinds = by.split(",")
    moment = _moment(request, reading)
    node = node_named(subject)
    position = await reading.reached(request, "trace")
    answer: dict[str, Any] = {
        "subject": node,
        "direction": direction,
        "as_of": moment.as_of,
        "known_at": request.query_params.get("known_at"),
        "position": position,
    }
    async with reading.connection() as connection:
        if direction == "sideways":
            beside = await sideways(connection, node, moment, by=kinds, fan_out=fan_out)
            edges = [edge for each in beside for edge in each.pop("edges")]
            answer |= {"nodes": [], "edges": [asdict(each) for each in edges], "beside": beside, "truncated": []}
        else:
            walked, edges = await walk(connection, node, direction, moment, depth=depth, fan_out=fan_out)
            answer |= {
                "nodes": [{"node": each, "depth": at} for each, at in walked.reached.items()],
                "edges": [asdict(each) for each in edges],
                "beside": [],
                "truncated": [{"node": each, "by": why} for each, why in walked.truncated.items()],
            }
        await reading.note(connection, ((each.access, each.stream) for each in edges))
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/responsibility/{subject:path}", response_class=Response, **RESPONSIBILITY)
async def responsibility(request: Request, subject: _Subject) -> Response:
    """Return who answers for a subject: the bodies of its certificates as of a day, signatories, laboratories."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "get_responsibility")
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    moment = Moment(known_at=known_at_instant(request.query_params.get("known_at"), reading.service.clock()))
    node = node_named(subject)
    position = await reading.reached(request, "trace")
    async with reading.connection() as connection:
        walked, edges = await walk(connection, node, "forward", moment)
        found, used = [], list(edges)
        for certificate in (each for each in walked.reached if each.startswith("certificate:")):
            _, later = await walk(connection, certificate, "back", moment, depth=1)
            _, own = await walk(connection, certificate, "forward", moment, depth=1)
            used += [*later, *own]
            found.append(_answers_for(certificate, day, own, later))
        await reading.note(connection, ((each.access, each.stream) for each in used))
    kinds = ("body", "laboratory")
    answer = {
        "subject": node,
        "as_of": day,
        "position": position,
        "certificates": found,
        "liable": sorted(each for each in walked.reached if each.partition(":")[0] in kinds and each != node),
    }
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/chains/{body}/{number:path}", response_class=Response, **CHAIN)
async def life(
    request: Request, body: Annotated[str, Path(max_length=40)], number: Annotated[str, Path(max_length=60)]
) -> Response:
    """Return every event about a certificate in causal order, by stage, with who signed, and which stages are gaps."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "get_chain")
    known_at = known_at_instant(request.query_params.get("known_at"), reading.service.clock())
    stream = certificate_stream(body, number)
    position = await reading.reached(request, "trail")
    async with reading.connection() as connection:
        rows, is_whole = await records_of(connection, stream, limit=EVENTS_OF_A_LIFE, known_at=known_at)
        await reading.note(connection, ((row["access"], row["stream"]) for row in rows))
    events = sorted(inputs_of(rows), key=lambda each: (each.effective, each.position))
    scheme = next((e.data["details"]["scheme_class"] for e in events if "details" in e.data), None)
    if scheme is None:
        raise problem("never_registered", body=body, number=number)
    stages = chain(events, scheme)
    signed = signatures(events)
    answer = {
        "subject": stream,
        "position": position,
        "is_whole": is_whole and len(rows) < EVENTS_OF_A_LIFE,
        "events": [
            {"position": e.position, "effective": e.effective, "type": e.type, "source": e.source, "id": e.id}
            for e in events
        ],
        "stages": [asdict(each) for each in stages],
        "gaps": [each.stage for each in stages if each.is_gap],
        "issuer": f"body:{body}",
        "general": sorted({each.person for each in signed if each.role in GENERAL}),
        "signed": [asdict(each) for each in signed],
    }
    return json_response(answer, headers=_headers(reading, position))


@router.get("/v1/check-tasks/{subject:path}", response_class=Response, **CHECK_TASKS)
async def check_tasks(request: Request, subject: _Subject) -> Response:
    """Return what open problems of products ask of an enterprise, a body or a laboratory."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "list_check_tasks")
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    node = node_named(subject)
    position = await reading.reached(request, "trace", "archive")
    async with reading.connection() as connection:
        tasks, _ = await tasks_for(connection, node, day)
        await reading.note(connection, ((row.pop("access"), row["stream"]) for row in tasks))
    answer = {"subject": node, "as_of": day, "position": position, "tasks": tasks}
    return json_response(answer, headers=_headers(reading, position))


def _answers_for(certificate: str, day: str, own: list[Found], later: list[Found]) -> dict[str, Any]:
    """Return a certificate's bodies and signatories; after a transfer the body it moved to answers from that day."""
    issued = next((each.end for each in own if each.relation == "issued_by"), None)
    moved = [each for each in later if each.relation == "transferred_from" and each.begins <= day]
    now = f"body:{moved[-1].start.split(':')[1]}" if moved else issued
    signed = [each for each in own if each.relation.startswith("signed_")]
    return {
        "certificate": certificate,
        "issued_by": issued,
        "responsible": now,
        "signed": [
            {"person": e.end, "role": e.relation.removeprefix("signed_"), "stream": e.stream, "version": e.version}
            for e in signed
        ],
    }


def _moment(request: Request, reading: Reading) -> Moment:
    asked, now = request.query_params, reading.service.clock()
    day = as_of_day(asked["as_of"], now) if "as_of" in asked else None
    return Moment(day, known_at_instant(asked.get("known_at"), now))


def _headers(reading: Reading, position: int) -> dict[str, str]:
    return {"Ledger-Position": str(position), "Cache-Control": reading.cache_control(NOT_STORED)}
