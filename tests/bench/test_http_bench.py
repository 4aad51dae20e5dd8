"""The public question, a certificate's status on a day, against an empty FastAPI route in the same run."""

import asyncio
import json
import multiprocessing
import socket
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn
import uvloop
from fastapi import FastAPI

from api.http.app import create_app
from api.http.serve import Server, configured
from api.http.service import Ports
from api.http.tokens import Tokens
from infra.limits import Limits
from infra.open_ledger import open_ledger
from ledger.service import Incoming
from projections.projector import Projector
from projections.registry import VIEWS
from projections.store_feed import StoreFeed
from tests.support.statements import BODY, approved, issued, suspended
from tests.support.waiting import eventually

CERTIFICATES = 2_000
CONNECTIONS = 64
SECONDS = 3.0
ROUNDS = 3
_LOAD = "import json, sys; from tests.bench.test_http_bench import load; load(*json.load(sys.stdin))"


def empty_app() -> FastAPI:
    app = FastAPI()

    @app.get("/empty/{body}/{number}")
    async def empty(body: str, number: str) -> dict[str, str]:
        return {"body": body, "number": number}

    return app


def serve_empty(port: int) -> None:
    uvicorn.Server(configured(empty_app(), "127.0.0.1", port, limits=Limits())).run()


def serve_ledger(port: int, database_url: str) -> None:
    ports = Ports(
        ledger=open_ledger(database_url),
        database_url=database_url,
        tokens=Tokens({}),
    )
    Server(create_app(ports), "127.0.0.1", port).run()


async def ask(port: int, paths: list[str], until: float, times: list[float]) -> None:
    """One keep-alive connection asks one path after the other until a moment."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    number = 0
    while (started := time.perf_counter()) < until:
        path = paths[number % len(paths)]
        number += 1
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        lower = head.lower()
        length = int(lower[lower.index(b"content-length:") + 15 :].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
        times.append(time.perf_counter() - started)
    writer.close()


def load(port: int, paths: list[str]) -> None:
    """Run in a process of its own: print the rate and the 99th percentile as JSON."""

    async def main() -> list[float]:
        times: list[float] = []
        until = time.perf_counter() + SECONDS
        asked = [paths[number::CONNECTIONS] for number in range(CONNECTIONS)]
        await asyncio.gather(*(ask(port, each, until, times) for each in asked))
        return times

    times = sorted(uvloop.run(main()))
    print(json.dumps({"rate": len(times) / SECONDS, "p99": times[len(times) * 99 // 100]}))


async def measure(port: int, paths: list[str]) -> dict[str, float]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _LOAD,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate(json.dumps([port, paths]).encode())
    assert process.returncode == 0
    measured: dict[str, float] = json.loads(out)
    return measured


@contextmanager
def in_process(target: Any, *arguments: Any) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = multiprocessing.get_context("spawn").Process(target=target, args=(port, *arguments))
    process.start()
    try:
        eventually(lambda: answers(port), 30)
        yield port
    finally:
        process.terminate()
        process.join(20)


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/livez").status_code in {200, 404}
    except httpx.TransportError:
        return False


@pytest.fixture
def filled(database_url: str) -> str:
    """A database with certificates of which every second was suspended, and its views."""
    ledger = open_ledger(database_url)
    numbers = [f"B{number}" for number in range(CERTIFICATES)]
    events = [*approved(), *(issued(number, "2024-01-05") for number in numbers)]
    events += [suspended(number, "2024-03-01", "2024-06-01") for number in numbers[::2]]
    for start in range(0, len(events), 500):
        ledger.submit([Incoming(each, "bench") for each in events[start : start + 500]])
    for make in VIEWS.values():
        projector = Projector(lambda: psycopg.connect(database_url), make())
        projector.prepare()
        for batch in StoreFeed(ledger.event_log, wait_seconds=0.1).batches(projector.bookmarks):
            if not batch:
                break
            projector.apply(batch)
        projector.close()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    ledger.close()
    return database_url


@pytest.mark.bench
def test_a_status_is_read_at_half_the_rate_of_an_empty_route(filled: str) -> None:
    days = ["", "?as_of=2024-02-01", "?as_of=2024-03-15"]
    paths = [f"/v1/certificates/{BODY}/B{number}{days[number % 3]}" for number in range(CERTIFICATES)]
    nothing = [f"/empty/{BODY}/B{number}" for number in range(CERTIFICATES)]
    ratios, p99 = [], []
    with in_process(serve_empty) as empty, in_process(serve_ledger, filled) as ledger:
        for _ in range(ROUNDS):
            base = asyncio.run(measure(empty, nothing))
            ours = asyncio.run(measure(ledger, paths))
            ratios.append(ours["rate"] / base["rate"])
            p99.append(ours["p99"])
            print(
                f"empty {base['rate']:.0f}/s, status {ours['rate']:.0f}/s = {ratios[-1]:.2f},"
                f" p99 {ours['p99'] * 1000:.1f} ms"
            )
    assert statistics.median(ratios) >= 0.5
