"""Consumers as processes and threads, a load of statements for them, and what a topic must hold afterwards."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg

from consumers.kafka_feed import KafkaFeed
from consumers.projection_run import ProjectionRun
from consumers.publisher import Publisher
from consumers.relay import relay
from consumers.topic_reader import Topic, TopicReader
from infra.leadership import AdvisoryLeadership
from infra.open_ledger import open_ledger
from infra.relay_bookmarks import RelayBookmarks
from infra.services.topics import ensure_topics
from ledger.access.visibility import TableRule, declare
from ledger.days import add_days
from ledger.envelope import Submission
from ledger.log import Row
from ledger.outcomes import Receipt
from ledger.service import Incoming, Ledger
from projections.feed import LANES, Delivered, lane_of
from projections.projector import Projector
from tests.support.statements import BODY, statement

ROOT = Path(__file__).parents[2]


declare({"recording.noted": TableRule("T-01", "internal", "tests")})


class Recording:
    """A view that only notes what was folded, so that anything folded twice is seen."""

    name = "recording"
    # Not by ctid: where a transaction was undone, its place is taken by a later row once it has been cleaned.
    tables = (
        "CREATE TABLE noted (position bigint NOT NULL, stream text NOT NULL, version bigint NOT NULL,"
        " number bigint GENERATED ALWAYS AS IDENTITY);"
    )
    indexes = ""
    contents: tuple[str, ...] = ("noted",)

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        connection.cursor().executemany(
            "INSERT INTO noted (position, stream, version) VALUES (%s, %s, %s)",
            [(each.position, each.recorded.stream, each.recorded.version) for each in batch],
        )

    def whole(self, stream: str, events: Sequence[Delivered], lines: Any) -> None:
        raise NotImplementedError

    def forget(self) -> None:
        pass


def noted(url: str) -> list[tuple[int, str, int]]:
    """What the recording view has noted, in the order in which it was written."""
    with psycopg.connect(url) as connection, suppress(psycopg.errors.UndefinedTable):
        return connection.execute("SELECT position, stream, version FROM recording.noted ORDER BY number").fetchall()
    return []


def history(persons: Sequence[str], length: int) -> list[Submission]:
    """For each person a registration, then suspensions and restorations in turn, the persons mixed."""
    said = [
        statement("person.registered", f"person:CCAA:{p}", {"effective": "2020-01-01", "body": BODY}, source="CCAA")
        for p in persons
    ]
    for step in range(length - 1):
        kind = "person.registration_restored" if step % 2 else "person.registration_suspended"
        data = {"effective": add_days("2020-02-01", step), **({} if step % 2 else {"reason": "抽查"})}
        said += [statement(kind, f"person:CCAA:{p}", data, source="CCAA") for p in persons]
    return said


def record(ledger: Ledger, submissions: Sequence[Submission], *, batch: int = 50) -> None:
    """Record all in batches."""
    for start in range(0, len(submissions), batch):
        outcomes = ledger.submit([Incoming(each, "test") for each in submissions[start : start + batch]])
        assert all(isinstance(outcome, Receipt) for outcome in outcomes), outcomes


def relay_of(ledger: Ledger, url: str, bootstrap: str, topic: str, observer: Any = None) -> Publisher:
    """A relay put together as the command line does it."""
    return relay(
        event_log=ledger.event_log,
        bootstrap=bootstrap,
        topic=topic,
        leadership=AdvisoryLeadership(url, f"relay {topic}"),
        bookmark=RelayBookmarks(url, topic),
        ensure_topics=lambda: ensure_topics(bootstrap, {topic: LANES}),
        observer=observer,
    )


def projection_of(url: str, bootstrap: str, topic: str, group: str) -> ProjectionRun:
    """A projector run of the recording view."""
    view = Projector(lambda: psycopg.connect(url, autocommit=True), Recording())
    view.prepare()
    view.close()
    return ProjectionRun(KafkaFeed(bootstrap, topic, group), [view], name=group)


@contextmanager
def running(*runs: Callable[[Event], None]) -> Iterator[Event]:
    """These consumers in threads; all are stopped at the end."""
    stop = Event()
    threads = [Thread(target=run, args=(stop,)) for run in runs]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive(), f"{thread} did not stop"


def spawn(what: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A consumer as a process of its own."""
    return subprocess.Popen([sys.executable, "-m", "tests.support.run_consumer", what, *arguments], cwd=ROOT)


def kill(process: subprocess.Popen[bytes]) -> None:
    """kill -9."""
    process.kill()
    process.wait()


def all_rows(url: str) -> list[Row]:
    """Every row of the log."""
    ledger = open_ledger(url)
    try:
        return list(ledger.event_log.read(0, 1_000_000))
    finally:
        ledger.close()


def topic_records(bootstrap: str, topic: str, prefix: str = "ledger") -> dict[int, list[Any]]:
    """All records of a topic by partition."""
    found: dict[int, list[Any]] = {lane: [] for lane in range(LANES)}
    with TopicReader(Topic(bootstrap, topic, prefix)) as reader:
        for each in reader.records({lane: span for lane, span in reader.bounds().items() if span[0] < span[1]}):
            found[each.partition].append(each)
    return found


def positions(records: Sequence[Any], prefix: str = "ledger") -> list[int]:
    """The positions in the headers of records."""
    return [int(dict(each.headers)[f"{prefix}_position"]) for each in records]


def count(bootstrap: str, topic: str) -> int:
    """How many records a topic holds."""
    with TopicReader(Topic(bootstrap, topic)) as reader:
        return sum(end - begin for begin, end in reader.bounds().values())


def assert_published_once_in_order(rows: Sequence[Row], bootstrap: str, topic: str) -> None:
    """Each partition holds exactly the rows of its lane, in order, byte for byte."""
    for lane, records in topic_records(bootstrap, topic).items():
        expected = [row for row in rows if lane_of(row.stream) == lane]
        assert positions(records) == [row.position for row in expected]
        assert [each.value for each in records] == [row.raw for row in expected]
        assert [each.key for each in records] == [row.stream.encode() for row in expected]
