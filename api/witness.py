"""A witness over HTTP: C2SP tlog-witness v1.0.0 for logs, and what was cosigned last for whoever watches them.

A request is bounded before it is read; where nothing can be kept the answer is an error and nothing was signed.
"""

import socket
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ledger.evidence.strict import EvidenceError
from ledger.evidence.witness import MAXIMUM_REQUEST, TEXT, Answer, Witness

log = structlog.get_logger(__name__)


def create_witness(witness: Witness) -> Starlette:
    """Return the application that answers for a witness."""

    async def add_checkpoint(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > MAXIMUM_REQUEST:
                return Response(b"the request is too long\n", 413, media_type=TEXT)
        return await _answered(witness.add_checkpoint, bytes(body))

    async def checkpoint(request: Request) -> Response:
        return await _answered(witness.checkpoint, request.path_params["origin"])

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{origin:str}/checkpoint", checkpoint, methods=["GET"]),
        ]
    )


def serve_witness(witness: Witness, host: str, port: int) -> None:
    """Answer until SIGINT or SIGTERM."""
    config = uvicorn.Config(
        create_witness(witness),
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        limit_concurrency=64,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=5,
    )
    uvicorn.Server(config).run(sockets=[_listening(host, port)])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.create_server((host, port), family=family, backlog=128)
    bound.set_inheritable(True)
    return bound


async def _answered(ask: Any, asked: Any) -> Response:
    try:
        answer: Answer = await run_in_threadpool(ask, asked)
    except (OSError, EvidenceError) as error:
        log.exception("witness.cannot_keep", error=repr(error))
        return Response(b"nothing was signed: what must be kept cannot be kept\n", 500, media_type=TEXT)
    if answer.status != 200:
        log.info("witness.refused", status=answer.status, reason=answer.body.decode(errors="replace").strip())
    return Response(answer.body, answer.status, media_type=answer.media_type)
