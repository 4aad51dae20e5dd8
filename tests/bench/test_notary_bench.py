"""What the notary costs an append: the same group commit with and without a notary beside it, in turns, in one run."""

import os
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from api.http.appender import Appender
from infra.open_ledger import open_ledger
from ledger.outcomes import Outcome, Receipt
from ledger.service import Incoming
from tests.support.consumers import ROOT
from tests.support.notaries import newest_size
from tests.support.services import fresh_database
from tests.support.statements import accept, approved, issued
from tests.support.waiting import eventually

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]
ROUNDS = int(os.environ.get("CERTLEDGER_BENCH_ROUNDS", "5"))
SECONDS = 4.0
UNDER_WAY = 512


def append(url: str, prefix: str) -> float:
    """Events a second through the group commit, with hundreds of submissions under way."""
    ledger = open_ledger(url)
    prepared = iter([Incoming(issued(f"{prefix}-{n}"), "bench") for n in range(60_000)])
    appender = Appender(ledger)
    appender.start()
    done, under_way = 0, deque[Future[list[Outcome]]]()
    start = time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        while len(under_way) < UNDER_WAY:
            under_way.append(appender.put([next(prepared)]))
        assert isinstance(under_way.popleft().result()[0], Receipt)
        done += 1
    for answer in under_way:
        assert isinstance(answer.result()[0], Receipt)
    rate = (done + len(under_way)) / (time.perf_counter() - start)
    appender.close()
    ledger.close()
    return rate


@contextmanager
def notary(url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The notary as a process of its own, caught up."""
    environment = os.environ | {"CERTLEDGER_DATABASE_URL": url, "CERTLEDGER_RUN_DIR": str(folder)}
    with (folder / "notary.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "notary"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        eventually(lambda: newest_size(url) == head(url), 120)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def head(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT max(notification_id) FROM ledger_events").fetchone()
    return int(row[0] or 0) if row else 0


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ages(url: str, after: int) -> list[float]:
    """How old each event was when the first checkpoint over it was signed, in seconds, oldest last."""
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT extract(epoch FROM signed - recorded_at)::float8 FROM ledger_events JOIN LATERAL ("
            " SELECT signed FROM notary.checkpoint WHERE size >= notification_id ORDER BY size LIMIT 1) AS c ON true"
            " WHERE notification_id > %s ORDER BY 1",
            (after,),
        ).fetchall()
    return [age for (age,) in rows]


def test_signing_adds_little_to_an_append(database_server: str, template_database: str, tmp_path: Path) -> None:
    without, beside, seconds, own, events, oldest = [], [], 0.0, 0.0, 0, []
    with fresh_database(database_server, template_database) as url:
        ledger = open_ledger(url)
        accept(ledger, *approved())
        ledger.close()
        for number in range(ROUNDS):
            without.append(append(url, f"A{number}"))
            with notary(url, tmp_path) as process:
                begin, used, used_here = head(url), cpu_seconds(process), time.process_time()
                beside.append(append(url, f"B{number}"))
                own += time.process_time() - used_here
                end = head(url)
                eventually(lambda end=end: newest_size(url) >= end, 60)
                seconds, events = seconds + cpu_seconds(process) - used, events + end - begin
                oldest.append(ages(url, begin)[-1])
    ratio = statistics.median(b / a for a, b in zip(without, beside, strict=True))
    print(
        f"\nwithout {statistics.median(without):,.0f}/s, with {statistics.median(beside):,.0f}/s: {1 - ratio:.1%} less"
    )
    print(f"µs of one core an event: the notary {seconds / events * 1e6:.0f}, ", end="")
    print(f"the appender {own / events * 1e6:.0f}, PostgreSQL's share not counted")
    print("oldest event unsigned:", ", ".join(f"{age:.2f}" for age in oldest), "s")
