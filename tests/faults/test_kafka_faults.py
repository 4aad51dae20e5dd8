import gc
import logging
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from infra.open_ledger import open_ledger
from infra.services.errors import ServiceUnavailableError
from infra.services.kafka import EmbeddedKafka
from infra.services.topics import ensure_topics
from ledger.service import Ledger
from projections.feed import LANES
from tests.support.consumers import (
    all_rows,
    assert_published_once_in_order,
    count,
    history,
    kill,
    noted,
    projection_of,
    record,
    relay_of,
    running,
    spawn,
)
from tests.support.services import Topics, unavailable
from tests.support.waiting import eventually

# kafka-python leaves the sockets of refused connections to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")

PERSONS = [f"P{number:04}" for number in range(40)]
TOPIC = "certification.events"


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = open_ledger(database_url)
    yield ledger
    ledger.close()


@pytest.fixture
def own_broker(service_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedKafka]:
    """A broker of the test's own, one that it may kill and wipe."""
    # Captured log records would keep the client's dead sockets alive beyond the test.
    monkeypatch.setattr(logging.getLogger("kafka"), "level", logging.CRITICAL)
    broker = EmbeddedKafka(service_dir / "kafka")
    try:
        broker.start()
    except ServiceUnavailableError as error:
        unavailable(str(error))
    with broker:
        yield broker
    gc.collect()


@contextmanager
def _load(ledger: Ledger, length: int) -> Iterator[Thread]:
    """Events are recorded, about 500 a second, while the block runs and until they are all recorded."""
    said = history(PERSONS, length)

    def run() -> None:
        for start in range(0, len(said), 20):
            record(ledger, said[start : start + 20])
            time.sleep(0.04)

    thread = Thread(target=run)
    thread.start()
    try:
        yield thread
    finally:
        thread.join()


@contextmanager
def _processes(start: Callable[[], subprocess.Popen[bytes]], number: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    processes = [start() for _ in range(number)]
    try:
        yield processes
    finally:
        for process in processes:
            kill(process)


def _leader(url: str) -> int | None:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted"
            " AND datname = current_database()"
        ).fetchone()
    return int(row[0]) if row else None


def _assert_noted_once_in_order(url: str) -> None:
    rows, found = all_rows(url), noted(url)
    assert sorted(position for position, _, _ in found) == [row.position for row in rows]
    for stream in {row.stream for row in rows}:
        versions = [version for _, of, version in found if of == stream]
        assert versions == list(range(1, len(versions) + 1))


def test_a_relay_killed_at_random_moments_leaves_no_gap_and_no_double(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    moments = random.Random(20310305)
    with (
        _processes(lambda: spawn("relay", database_url, kafka_topics.bootstrap, kafka_topics.events), 1) as processes,
        _load(ledger, 130) as loading,
    ):
        before = 0
        while loading.is_alive() or before < 3:
            eventually(lambda before=before: count(kafka_topics.bootstrap, kafka_topics.events) > before, 30)
            time.sleep(moments.uniform(0.0, 0.7))
            kill(processes[0])
            before = count(kafka_topics.bootstrap, kafka_topics.events)
            processes[0] = spawn("relay", database_url, kafka_topics.bootstrap, kafka_topics.events)
            if before >= 130 * len(PERSONS):
                break
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.events) >= 130 * len(PERSONS), 40)
    assert_published_once_in_order(all_rows(database_url), kafka_topics.bootstrap, kafka_topics.events)


def test_one_of_two_relays_leads_and_the_other_takes_over_when_it_is_killed(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    with (
        _processes(lambda: spawn("relay", database_url, kafka_topics.bootstrap, kafka_topics.events), 2) as processes,
        _load(ledger, 60),
    ):
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.events) > 100, 30)
        first = eventually(lambda: _leader(database_url))
        for process in processes[:1]:
            kill(process)
        if _leader(database_url) == first:
            # The one that stood by was killed: nothing changed hands, so let the leader die too.
            kill(processes[1])
            processes[0] = spawn("relay", database_url, kafka_topics.bootstrap, kafka_topics.events)
        eventually(lambda: _leader(database_url) not in (None, first), 30)
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.events) >= 60 * len(PERSONS), 40)
    assert_published_once_in_order(all_rows(database_url), kafka_topics.bootstrap, kafka_topics.events)


def test_projectors_killed_at_random_moments_lose_and_double_nothing(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    moments = random.Random(20310306)

    def start() -> subprocess.Popen[bytes]:
        return spawn("project", database_url, kafka_topics.bootstrap, kafka_topics.events, "killed")

    with (
        running(relay_of(ledger, database_url, kafka_topics.bootstrap, kafka_topics.events).run),
        _processes(start, 2) as processes,
        _load(ledger, 130) as loading,
    ):
        while loading.is_alive():
            before = len(noted(database_url))
            eventually(lambda before=before: len(noted(database_url)) > before or not loading.is_alive(), 40)
            time.sleep(moments.uniform(0.0, 1.0))
            victim = moments.randrange(2)
            kill(processes[victim])
            processes[victim] = start()
        eventually(lambda: len(noted(database_url)) >= 130 * len(PERSONS), 60)
    _assert_noted_once_in_order(database_url)


def test_a_broker_killed_under_load_comes_back_without_gap_or_double(
    ledger: Ledger, database_url: str, own_broker: EmbeddedKafka
) -> None:
    bootstrap = own_broker.bootstrap
    with (
        running(
            relay_of(ledger, database_url, bootstrap, TOPIC).run, projection_of(database_url, bootstrap, TOPIC, "v").run
        ),
        _load(ledger, 130),
    ):
        for wanted in (200, 1_500):
            eventually(lambda wanted=wanted: len(noted(database_url)) > wanted, 60)
            own_broker.kill()
            own_broker.start()
        eventually(lambda: len(noted(database_url)) >= 130 * len(PERSONS), 60)
    _assert_noted_once_in_order(database_url)
    assert_published_once_in_order(all_rows(database_url), bootstrap, TOPIC)


@pytest.mark.parametrize("recreated_by_another", [False, True])
def test_a_wiped_broker_is_refilled_and_the_view_goes_on_without_doubling(
    ledger: Ledger, database_url: str, own_broker: EmbeddedKafka, recreated_by_another: bool
) -> None:
    bootstrap = own_broker.bootstrap
    with (
        running(
            relay_of(ledger, database_url, bootstrap, TOPIC).run, projection_of(database_url, bootstrap, TOPIC, "v").run
        ),
        _load(ledger, 100),
    ):
        eventually(lambda: len(noted(database_url)) > 500, 60)
        own_broker.kill()
        own_broker.wipe()
        own_broker.start()
        if recreated_by_another:
            ensure_topics(bootstrap, {TOPIC: LANES})
        eventually(lambda: len(noted(database_url)) >= 100 * len(PERSONS), 90)
        eventually(lambda: count(bootstrap, TOPIC) >= 100 * len(PERSONS), 60)
    _assert_noted_once_in_order(database_url)
    assert_published_once_in_order(all_rows(database_url), bootstrap, TOPIC)
