from typing import Any

import orjson
import psycopg
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from consumers.publisher import where_to_start
from infra.leadership import AdvisoryLeadership
from infra.migrations import migrate
from infra.open_ledger import open_ledger
from infra.relay_bookmarks import RelayBookmarks, SavedBookmark
from ledger.service import Incoming, Ledger
from projections.feed import LANES, lane_of
from tests.support.consumers import (
    all_rows,
    assert_published_once_in_order,
    count,
    history,
    positions,
    record,
    relay_of,
    running,
    topic_records,
)
from tests.support.services import Topics
from tests.support.statements import approved, decided, issued, suspended
from tests.support.waiting import eventually

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PERSONS = [f"P{number:04}" for number in range(30)]


def test_every_event_is_published_once_in_order_with_its_bytes(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    record(ledger, history(PERSONS, 10))
    with running(relay_of(ledger, database_url, kafka_topics.bootstrap, kafka_topics.events).run):
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.events) == 300)
        record(ledger, history([f"Q{number:03}" for number in range(30)], 5), batch=7)
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.events) == 450)
    rows = all_rows(database_url)
    assert len(rows) == 450
    assert_published_once_in_order(rows, kafka_topics.bootstrap, kafka_topics.events)


def test_headers_say_what_the_event_is_where_it_stands_and_what_came_before(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    ledger.submit([Incoming(each, "test", TRACE) for each in history(["P0001", "P0002"], 2)])
    with running(relay_of(ledger, database_url, kafka_topics.bootstrap, kafka_topics.events).run):
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.events) == 4)
    rows = {row.position: row for row in all_rows(database_url)}
    for records in topic_records(kafka_topics.bootstrap, kafka_topics.events).values():
        for previous, each in zip([0, *positions(records)], records, strict=False):
            headers = {name: value.decode() for name, value in each.headers}
            row = rows[int(headers["ledger_position"])]
            content = orjson.loads(row.raw)
            assert headers == {
                "content-type": "application/json",
                "ce_specversion": "1.0",
                "ce_id": content["event"]["id"],
                "ce_source": "CCAA",
                "ce_type": content["event"]["type"],
                "ce_subject": content["event"]["subject"],
                "ce_time": content["event"]["time"],
                "ledger_position": str(row.position),
                "ledger_previous": str(previous),
                "ledger_recorded": content["record"]["recorded"],
                "traceparent": TRACE,
            }
            assert each.partition == lane_of(row.stream)


def test_a_second_start_publishes_nothing_again_with_or_without_its_bookmark(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    for length in (2, 4, 6):
        record(ledger, history(PERSONS, length))
        with running(relay_of(ledger, database_url, kafka_topics.bootstrap, kafka_topics.events).run):
            eventually(lambda length=length: count(kafka_topics.bootstrap, kafka_topics.events) == 30 * length)
        if length == 4:
            with psycopg.connect(database_url) as connection:
                connection.execute("DELETE FROM relay_bookmark")
    assert_published_once_in_order(all_rows(database_url), kafka_topics.bootstrap, kafka_topics.events)
    saved = RelayBookmarks(database_url, kafka_topics.events).load()
    assert saved is not None
    assert saved.through == 180


def test_where_to_start_trusts_the_bookmark_only_as_far_as_the_topic_holds_it() -> None:
    ends = [0] * LANES
    assert where_to_start(ends, None) == 0
    ends = list(range(10, 10 + LANES))
    assert where_to_start(ends, None) == 10
    assert where_to_start(ends, SavedBookmark(21, tuple(ends))) == 21
    cut = [*ends[:-1], 4]
    assert where_to_start(cut, SavedBookmark(21, tuple(ends))) == 4
    assert where_to_start([0] * LANES, SavedBookmark(21, tuple(ends))) == 0


def test_a_partition_whose_first_records_are_gone_is_refilled(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    record(ledger, history(PERSONS, 4))
    with running(relay_of(ledger, database_url, kafka_topics.bootstrap, kafka_topics.events).run):
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.events) == 120)
    lane = lane_of("person:CCAA:P0000")
    admin = KafkaAdminClient(bootstrap_servers=kafka_topics.bootstrap)
    admin.delete_records({TopicPartition(kafka_topics.events, lane): 2})
    admin.close()
    assert count(kafka_topics.bootstrap, kafka_topics.events) == 118
    with running(relay_of(ledger, database_url, kafka_topics.bootstrap, kafka_topics.events).run):
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.events) == 120)
    assert_published_once_in_order(all_rows(database_url), kafka_topics.bootstrap, kafka_topics.events)


def test_a_topic_that_is_ahead_of_its_log_is_not_written_to(
    ledger: Ledger, empty_database_url: str, database_url: str, kafka_topics: Topics
) -> None:
    record(ledger, history(PERSONS, 2))
    with running(relay_of(ledger, database_url, kafka_topics.bootstrap, kafka_topics.events).run):
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.events) == 60)
    migrate(empty_database_url)
    set_back = open_ledger(empty_database_url)
    record(set_back, history(["Z0001"], 1))
    watcher = _Watcher()
    with running(relay_of(set_back, empty_database_url, kafka_topics.bootstrap, kafka_topics.events, watcher).run):
        eventually(lambda: "TopicAhead" in watcher.troubles)
    set_back.close()
    assert count(kafka_topics.bootstrap, kafka_topics.events) == 60


def test_only_one_of_two_leads_and_the_lock_ends_with_its_connection(database_url: str) -> None:
    first, second = AdvisoryLeadership(database_url, "relay"), AdvisoryLeadership(database_url, "relay")
    assert first.acquire(blocking=False)
    assert first.acquire(blocking=False)
    assert not second.acquire(blocking=False)
    assert not second.held()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'certledger relay' AND query NOT LIKE '%%try%%'"
        )
    assert not first.held()
    eventually(lambda: second.acquire(blocking=False))
    assert second.held()
    second.release()
    assert first.acquire(blocking=True)
    first.release()


def test_a_relay_that_lost_its_lock_publishes_nothing_more(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    watcher = _Watcher()
    with running(relay_of(ledger, database_url, kafka_topics.bootstrap, kafka_topics.events, watcher).run):
        record(ledger, history(PERSONS, 1))
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.events) == 30)
        usurper = AdvisoryLeadership(database_url, f"relay {kafka_topics.events}")
        _end_lock_of(database_url, usurper)
        record(ledger, history(PERSONS, 2)[30:])
        eventually(lambda: "LeadershipLost" in watcher.troubles)
        assert count(kafka_topics.bootstrap, kafka_topics.events) == 30
        usurper.release()
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.events) == 60)
    assert_published_once_in_order(all_rows(database_url), kafka_topics.bootstrap, kafka_topics.events)


def test_an_independent_reader_rebuilds_every_certificates_status_from_the_topic_alone(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    said = [*approved(), *(issued(f"10131Q{number:05}R0M") for number in range(40))]
    said += [suspended(f"10131Q{number:05}R0M") for number in range(0, 40, 2)]
    said += [decided("restored", "2031-04-01", f"10131Q{number:05}R0M") for number in range(0, 40, 4)]
    said += [decided("withdrawn", "2031-05-01", f"10131Q{number:05}R0M", reason_code="0101") for number in (1, 2)]
    said += [decided("cancelled", "2031-05-02", f"10131Q{number:05}R0M", reason_code="0201") for number in (3, 4)]
    record(ledger, said)
    head = ledger.event_log.head()
    with running(relay_of(ledger, database_url, kafka_topics.bootstrap, kafka_topics.events).run):
        eventually(lambda: count(kafka_topics.bootstrap, kafka_topics.events) == head)

    after = {
        "issued": "valid",
        "suspended": "suspended",
        "restored": "valid",
        "withdrawn": "withdrawn",
        "cancelled": "cancelled",
    }
    statuses: dict[str, str] = {}
    consumer = KafkaConsumer(
        kafka_topics.events,
        bootstrap_servers=kafka_topics.bootstrap,
        auto_offset_reset="earliest",
        group_id=None,
        consumer_timeout_ms=3_000,
    )
    for each in consumer:
        content = orjson.loads(each.value)
        kind, _, name = content["event"]["type"].partition(".")
        if kind == "certificate" and content["record"]["decision"] == "applied":
            statuses[each.key.decode()] = after[name]
    consumer.close()

    known: dict[str, Any] = {stream: ledger.timeline(stream).tip for stream in statuses}
    assert len(statuses) == 40
    assert len(set(statuses.values())) == 4
    assert statuses == {stream: str(tip.status.value) for stream, tip in known.items()}


class _Watcher:
    def __init__(self) -> None:
        self.troubles: set[str] = set()
        self.position = 0

    def progress(self, follower: str, position: int, lag_seconds: float) -> None:
        assert lag_seconds >= 0
        self.position = position

    def trouble(self, follower: str, error: BaseException) -> None:
        self.troubles.add(type(error).__name__)


def _end_lock_of(url: str, usurper: AdvisoryLeadership) -> None:
    """End the relay's lock connection and take the lock before it can, so that it is certainly lost."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND granted AND datname = current_database()"
        )
        eventually(lambda: usurper.acquire(blocking=False))
