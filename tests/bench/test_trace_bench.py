"""How long a trace takes among many edges, forward, back and sideways, from ordinary nodes and from the widest ones.

CERTLEDGER_BENCH_EDGES=1000000 is the size that the documentation states.
"""

import asyncio
import os
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from infra.limits import Limits
from infra.readers import Readers
from ledger.principals import PUBLIC
from projections.projector import Projector
from projections.registry import VIEWS
from projections.trace.query import Moment, sideways, walk

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1_800)]
EDGES = int(os.environ.get("CERTLEDGER_BENCH_EDGES", "50000"))
EDGES_OF_CERTIFICATE = 8
BODIES, ASKED = 40, 40
MOMENT = Moment(as_of="2031-06-01", known_at=datetime(2032, 1, 1, tzinfo=UTC))


def edges() -> Any:
    """A country of certificates: few bodies, a signatory for each thousand, factories and models shared by a few."""
    chance = random.Random(1)
    count = EDGES // EDGES_OF_CERTIFICATE
    for number in range(count):
        body = f"CNCA-R-2031-{100 + number % BODIES}"
        certificate = f"certificate:{body}:{number:07}"
        factory = f"organisation:F{chance.randrange(count // 3 + 1):08}"
        model = f"model:{factory[13:]}:M-{chance.randrange(5)}"
        sample = f"sample:i-{number // 10}:S{number % 10}"
        for start, relation, end in (
            (certificate, "issued_by", f"body:{body}"),
            (certificate, "factory", factory),
            (certificate, "holder", f"organisation:H{chance.randrange(count // 2 + 1):08}"),
            (certificate, "signed_decision", f"person:CCAA:S{number % max(1, count // 1000):06}"),
            (model, "certified_by", certificate),
            (sample, "certificate", certificate),
            (sample, "part_of", f"inspection:i-{number // 10}"),
            (sample, "said_by", f"laboratory:LAB-{number % 200}"),
        ):
            days, known = "[2031-01-05,)", "2031-01-06Z\tinfinity"
            yield f"{start}\t{relation}\t{end}\t{days}\t{known}\t{certificate}\t1\t{number}\tpublic\t{body}"


def test_traces_among_many_edges(database_url: str) -> None:
    projector = Projector(lambda: psycopg.connect(database_url), VIEWS["trace"]())
    projector.prepare()
    projector.close()
    with psycopg.connect(database_url) as connection:
        with connection.cursor() as cursor, cursor.copy("COPY trace.edge FROM STDIN") as copy:
            for line in edges():
                copy.write(f"{line}\n")
        connection.execute("ANALYZE trace.edge")
        row = connection.execute("SELECT count(*) FROM trace.edge").fetchone()
    assert row is not None
    count = EDGES // EDGES_OF_CERTIFICATE
    chosen = random.Random(2).sample(range(count), min(ASKED, count))
    bodies = {number: f"CNCA-R-2031-{100 + number % BODIES}" for number in chosen}
    starts: dict[str, list[Callable[[Any], Awaitable[Any]]]] = {
        "sample, forward": [_walk(f"sample:i-{n // 10}:S{n % 10}", "forward") for n in chosen],
        "certificate, back": [_walk(f"certificate:{bodies[n]}:{n:07}", "back") for n in chosen],
        "signatory, back": [_walk(f"person:CCAA:S{n % max(1, count // 1000):06}", "back") for n in chosen],
        "body, back": [_walk(f"body:CNCA-R-2031-{100 + n}", "back") for n in range(BODIES)],
        "laboratory, back": [_walk(f"laboratory:LAB-{n}", "back") for n in range(ASKED)],
        "certificate, sideways": [_beside(f"certificate:{bodies[n]}:{n:07}") for n in chosen],
    }
    print(f"\n{row[0]} edges")
    for name, questions in starts.items():
        taken = asyncio.run(_timed(database_url, questions))
        median, worst = statistics.median(taken), max(taken)
        print(f"{name:24} median {median * 1000:6.1f} ms, slowest of {len(taken)} {worst * 1000:6.1f} ms")
        assert taken


def _walk(start: str, direction: Any) -> Callable[[Any], Awaitable[Any]]:
    return lambda connection: walk(connection, start, direction, MOMENT)


def _beside(start: str) -> Callable[[Any], Awaitable[Any]]:
    return lambda connection: sideways(connection, start, MOMENT)


async def _timed(url: str, questions: list[Callable[[Any], Awaitable[Any]]]) -> list[float]:
    readers = Readers(url, size=2, clock=lambda: datetime(2031, 6, 1, tzinfo=UTC), limits=Limits())
    await readers.open()
    taken = []
    try:
        for ask in [questions[0], *questions]:
            began = time.perf_counter()
            async with readers.of(PUBLIC) as connection:
                await ask(connection)
            taken.append(time.perf_counter() - began)
    finally:
        await readers.close()
    return taken[1:]
