"""Group commit against the event-sourcing library's own single ``save`` loop, durable, in one run."""

import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from api.http.appender import Appender
from infra.open_ledger import open_ledger
from ledger.outcomes import Receipt
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


def grouped(url: str) -> float:
    ledger = open_ledger(url)
    accept(ledger, *approved())
    appender = Appender(ledger)
    appender.start()
    prepared = [[issued(f"T{thread}-{n}") for n in range(20_000 // SUBMITTERS)] for thread in range(SUBMITTERS)]
    stop = time.perf_counter() + SECONDS

    def submit(thread: int) -> int:
        done = 0
        for submission in prepared[thread]:
            outcome = appender.put([Incoming(submission, "bench")]).result()[0]
            assert isinstance(outcome, Receipt)
            done += 1
            if time.perf_counter() > stop:
                break
        return done

    start = time.perf_counter()
    with ThreadPoolExecutor(SUBMITTERS) as pool:
        total = sum(pool.map(submit, range(SUBMITTERS)))
    rate = total / (time.perf_counter() - start)
    appender.close()
    ledger.close()
    return rate


def test_sixteen_submitters_record_ten_times_as_much_as_a_save_loop(database_server: str, database_url: str) -> None:
    with fresh_database(database_server) as url:
        single = library_loop(url)
    together = grouped(database_url)
    print(
        f"\nlibrary save loop {single:,.0f}/s · {SUBMITTERS} submitters {together:,.0f}/s · ratio {together / single:.1f}"
    )
