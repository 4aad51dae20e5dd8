"""Group commit against the event-sourcing library's own single ``save`` loop, durable, in one run."""

import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from api.http.appender import Appender
from infra.open_ledger import open_ledger
from ledger.outcomes import Outcome, Receipt
from ledger.service import Incoming
from tests.support.services import fresh_database
from tests.support.statements import accept, approved, issued

pytestmark = pytest.mark.bench
SUBMITTERS = 16
SECONDS = 6.0


class Certificate(Aggregate):
    @event("Issued")
    def __init__(self, number: str, holder: str, scope: str) -> None:
        self.number, self.holder, self.scope = number, holder, scope


def library_loop(url: str) -> float:
    parts = urlsplit(url)
    application = Application[str](
        {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": parts.path.removeprefix("/"),
            "POSTGRES_HOST": parts.hostname or "",
            "POSTGRES_PORT": str(parts.port),
            "POSTGRES_USER": parts.username or "",
            "POSTGRES_PASSWORD": parts.password or "",
        }
    )
    try:
        saved, start = 0, time.perf_counter()
        while time.perf_counter() - start < SECONDS:
            application.save(Certificate(str(uuid4()), "恒远电器有限公司", "电器的设计、生产和销售"))
            saved += 1
        return saved / (time.perf_counter() - start)
    finally:
        application.close()


def grouped(url: str, window: int) -> float:
    """Events a second from 16 threads, each with up to ``window`` submissions under way."""
    ledger = open_ledger(url)
    accept(ledger, *approved())
    appender = Appender(ledger)
    appender.start()
    prepared = [
        [issued(f"T{window}-{thread}-{n}") for n in range(100_000 // SUBMITTERS)] for thread in range(SUBMITTERS)
    ]
    stop = time.perf_counter() + SECONDS

    def submit(thread: int) -> int:
        done, under_way = 0, deque[Future[list[Outcome]]]()
        for submission in prepared[thread]:
            under_way.append(appender.put([Incoming(submission, "bench")]))
            while len(under_way) >= window:
                assert isinstance(under_way.popleft().result()[0], Receipt)
                done += 1
            if time.perf_counter() > stop:
                break
        for answer in under_way:
            assert isinstance(answer.result()[0], Receipt)
        return done + len(under_way)

    start = time.perf_counter()
    with ThreadPoolExecutor(SUBMITTERS) as pool:
        total = sum(pool.map(submit, range(SUBMITTERS)))
    rate = total / (time.perf_counter() - start)
    appender.close()
    ledger.close()
    return rate


def test_sixteen_submitters_record_many_times_as_much_as_a_save_loop(
    database_server: str, template_database: str
) -> None:
    with fresh_database(database_server) as url:
        single = library_loop(url)
    print(f"\nlibrary save loop: {single:,.0f}/s")
    for window in (1, 32):
        with fresh_database(database_server, template_database) as url:
            together = grouped(url, window)
        print(f"{SUBMITTERS} submitters, {window} under way each: {together:,.0f}/s, {together / single:.1f} times")
