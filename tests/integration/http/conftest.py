import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import httpx
import psycopg
import pytest
import uvicorn

from api.http.app import create_app
from api.http.serve import Server
from api.http.service import Ports
from api.http.tokens import Tokens
from consumers.projection_run import ProjectionRun
from infra.migrations import pending
from infra.open_ledger import WRITER, open_ledger
from ledger.envelope import Submission
from projections.projector import Projector
from projections.registry import VIEWS
from projections.store_feed import StoreFeed
from tests.support.access import OVERSEERS, SPEAKERS
from tests.support.statements import BODY, approved
from tests.support.waiting import eventually

PARTIES = ("CNCA", "CCAA", BODY, *SPEAKERS, *OVERSEERS)


def token(party: str) -> dict[str, str]:
    """The header by which a party speaks."""
    return {"Authorization": f"Bearer token of {party}"}


TOKENS = Tokens({sha256(f"token of {party}".encode()).hexdigest(): party for party in PARTIES})


@dataclass
class Running:
    """The real application on a real socket, over a real database."""

    client: httpx.Client
    ports: Ports
    server: uvicorn.Server
    thread: threading.Thread
    views: Callable[[], None] = field(default=lambda: None)

    def say(self, submission: Submission, **headers: str) -> httpx.Response:
        sent = {"Content-Type": "application/cloudevents+json", **token(submission.source), **headers}
        return self.client.post("/v1/events", content=submission.raw, headers=sent)

    def accept(self, *submissions: Submission) -> int:
        """Submit; the position of the last."""
        position = 0
        for each in submissions:
            answer = self.say(each)
            assert answer.status_code in {200, 201, 202}, answer.text
            position = max(position, answer.json()["position"])
        return position

    def get(self, path: str, seen: int = 0, **params: Any) -> httpx.Response:
        return self.client.get(path, params=params, headers={"Min-Position": str(seen)} if seen else {})

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(30)
        assert not self.thread.is_alive()


@contextmanager
def serving(ports: Ports) -> Iterator[Running]:
    server = Server(create_app(ports), "127.0.0.1", 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started or not thread.is_alive())
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            yield Running(client, ports, server, thread)
    finally:
        server.should_exit = True
        thread.join(30)


@contextmanager
def following(database_url: str, ports: Ports) -> Iterator[None]:
    """All views, kept up to date from the store's own log."""
    projectors = [Projector(lambda: psycopg.connect(database_url), make()) for make in VIEWS.values()]
    for each in projectors:
        each.prepare()
    stop = threading.Event()
    run = ProjectionRun(StoreFeed(ports.ledger.event_log, wait_seconds=0.2), projectors, name="test")
    thread = threading.Thread(target=run.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        for each in projectors:
            each.close()


@pytest.fixture
def now() -> datetime:
    """What the interface takes for now; the statements of these tests lie around it."""
    return datetime(2031, 4, 1, 4, tzinfo=UTC)


@pytest.fixture
def ports(database_url: str, now: datetime) -> Iterator[Ports]:
    ledger = open_ledger(database_url, acting_as=WRITER)
    yield Ports(
        ledger=ledger,
        database_url=database_url,
        tokens=TOKENS,
        clock=lambda: now,
        pending_migrations=lambda: pending(database_url),
        keep_alive_seconds=0.2,
        stream_clients=2,
        wait_seconds=5.0,
        answer_seconds=5.0,
    )
    ledger.close()


@pytest.fixture
def app(ports: Ports) -> Iterator[Running]:
    """The interface alone: submissions and the feed, without views."""
    with serving(ports) as running:
        yield running


@pytest.fixture
def whole(ports: Ports, database_url: str) -> Iterator[Running]:
    """The interface with views that follow, and the register facts without which a body may say nothing."""
    with ExitStack() as stack:
        stack.enter_context(following(database_url, ports))
        running = stack.enter_context(serving(ports))
        running.accept(*approved())
        yield running
