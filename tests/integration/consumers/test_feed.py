import time
from statistics import quantiles
from threading import Event, Thread
from typing import Any

import psycopg
from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition

from consumers.kafka_feed import KafkaFeed, lag_by_lane
from consumers.projection_run import ProjectionRun
from consumers.topic_reader import Topic
from ledger.service import Incoming, Ledger
from projections.feed import LANES, Bookmarks, Delivered, lane_of
from projections.projector import Poisoned
from tests.support.consumers import (
    all_rows,
    count,
    history,
    noted,
    projection_of,
    record,
    relay_of,
    running,
)
from tests.support.services import Topics
from tests.support.waiting import eventually

PERSONS = [f"P{number:04}" for number in range(30)]
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def _publish(ledger: Ledger, url: str, topics: Topics) -> None:
    head = ledger.event_log.head()
    with running(relay_of(ledger, url, topics.bootstrap, topics.events).run):
        eventually(lambda: count(topics.bootstrap, topics.events) >= head)


def _read(feed: KafkaFeed, bookmarks: dict[int, int], until: int) -> list[int]:
    found: list[int] = []
    deadline = time.monotonic() + 20
    for batch in feed.batches(lambda: bookmarks):
        found += [each.position for each in batch]
        assert time.monotonic() < deadline, found
        if len(found) >= until and not batch:
            return found
    return found


def _commit(topics: Topics, group: str, offsets: dict[int, int]) -> None:
    consumer = KafkaConsumer(bootstrap_servers=topics.bootstrap, group_id=group, enable_auto_commit=False)
    consumer.commit({TopicPartition(topics.events, lane): OffsetAndMetadata(o, "", -1) for lane, o in offsets.items()})
    consumer.close(autocommit=False)


def test_the_bookmarks_decide_whatever_offsets_the_group_has_committed(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    record(ledger, history(PERSONS, 8))
    _publish(ledger, database_url, kafka_topics)
    rows = all_rows(database_url)
    lane = lane_of("person:CCAA:P0000")
    for group, offsets, bookmarks in [
        ("none", {}, {}),
        ("at the end though the view was dropped", dict.fromkeys(range(LANES), 12), {}),
        ("beyond the end", dict.fromkeys(range(LANES), 9_999), {}),
        ("at the beginning though much was seen", dict.fromkeys(range(LANES), 0), dict.fromkeys(range(LANES), 200)),
        ("no hint", {}, dict.fromkeys(range(LANES), 111)),
        ("lanes apart", {lane: 1}, {lane: 150, (lane + 1) % LANES: 240}),
    ]:
        if offsets:
            _commit(kafka_topics, group, offsets)
        feed = KafkaFeed(kafka_topics.bootstrap, kafka_topics.events, group)
        expected = [row.position for row in rows if row.position > bookmarks.get(lane_of(row.stream), 0)]
        assert sorted(_read(feed, bookmarks, len(expected))) == expected, group
        feed.close()


def test_a_feed_delivers_in_order_with_the_trace_and_goes_on_from_new_bookmarks(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    ledger.submit([Incoming(each, "test", TRACE) for each in history(PERSONS, 3)])
    _publish(ledger, database_url, kafka_topics)
    feed = KafkaFeed(kafka_topics.bootstrap, kafka_topics.events, "one")
    deliveries: list[Delivered] = []
    for batch in feed.batches(dict):
        deliveries += batch
        if len(deliveries) == 90:
            break
    assert {each.traceparent for each in deliveries} == {TRACE}
    for lane in range(LANES):
        positions = [each.position for each in deliveries if each.lane == lane]
        assert positions == sorted(set(positions))
    again = _read(feed, dict.fromkeys(range(LANES), 60), 30)
    assert sorted(again) == list(range(61, 91))
    assert lag_by_lane(Topic(kafka_topics.bootstrap, kafka_topics.events), dict.fromkeys(range(LANES), 90)) == (
        dict.fromkeys(range(LANES), 0)
    )
    feed.close()


def test_foreign_records_and_records_out_of_their_chain_are_never_delivered(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    record(ledger, history(PERSONS, 2))
    _publish(ledger, database_url, kafka_topics)
    producer = KafkaProducer(bootstrap_servers=kafka_topics.bootstrap)
    row = all_rows(database_url)[0]
    lane = lane_of(row.stream)
    strays: list[list[tuple[str, bytes]]] = [
        [],
        [("ledger_position", b"x"), ("ledger_previous", b"y")],
        [("ledger_position", b"1"), ("ledger_previous", b"0")],
        [("ledger_position", b"900"), ("ledger_previous", b"899")],
    ]
    for headers in strays:
        producer.send(kafka_topics.events, row.raw, key=b"k", headers=headers, partition=lane).get(timeout=10)
    producer.close()
    feed = KafkaFeed(kafka_topics.bootstrap, kafka_topics.events, "one")
    assert sorted(_read(feed, {}, 60)) == list(range(1, 61))
    feed.close()


def test_two_members_share_the_lanes_and_a_rebalance_neither_loses_nor_doubles(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    first, second = (
        projection_of(database_url, kafka_topics.bootstrap, kafka_topics.events, "shared") for _ in range(2)
    )
    said = history(PERSONS, 40)
    loading = Thread(target=record, args=(ledger, said), kwargs={"batch": 3})
    with running(relay_of(ledger, database_url, kafka_topics.bootstrap, kafka_topics.events).run, first.run):
        loading.start()
        eventually(lambda: len(noted(database_url)) > 50)
        with running(second.run):
            eventually(lambda: len(_feed(first).lanes) == len(_feed(second).lanes) == 6)
            assert not _feed(first).lanes & _feed(second).lanes
            before = len(noted(database_url))
            eventually(lambda: len(noted(database_url)) > before + 50 or not loading.is_alive())
        eventually(lambda: len(_feed(first).lanes) == LANES)
        loading.join()
        eventually(lambda: len(noted(database_url)) >= len(said))
    _assert_all_noted_once_in_order(database_url)


def test_a_bookmark_that_another_one_moved_is_read_again(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    record(ledger, history(PERSONS, 2))
    run = projection_of(database_url, kafka_topics.bootstrap, kafka_topics.events, "one")
    with running(relay_of(ledger, database_url, kafka_topics.bootstrap, kafka_topics.events).run, run.run):
        eventually(lambda: len(noted(database_url)) == 60)
        with psycopg.connect(database_url) as connection:
            connection.execute("UPDATE recording.bookmark SET position = 70")
        record(ledger, history(PERSONS, 3)[60:])
        eventually(lambda: len(noted(database_url)) == 80)
    assert sorted(position for position, _, _ in noted(database_url)) == [*range(1, 61), *range(71, 91)]


def test_a_view_that_stands_still_leaves_the_others_to_go_on(
    ledger: Ledger, database_url: str, kafka_topics: Topics
) -> None:
    record(ledger, history(PERSONS, 2))

    class Standing:
        def apply(self, batch: Any) -> None:
            raise Poisoned("standing", 1, "person:CCAA:P0000", "KeyError")

        def bookmarks(self) -> Bookmarks:
            return {}

        def close(self) -> None:
            pass

    healthy = projection_of(database_url, kafka_topics.bootstrap, kafka_topics.events, "unused")._views[0]
    feed = KafkaFeed(kafka_topics.bootstrap, kafka_topics.events, "both")
    run = ProjectionRun(feed, [Standing(), healthy], name="both")
    with running(relay_of(ledger, database_url, kafka_topics.bootstrap, kafka_topics.events).run, run.run):
        eventually(lambda: len(noted(database_url)) == 60)
    _assert_all_noted_once_in_order(database_url)


def test_what_is_committed_is_soon_visible_in_a_view(ledger: Ledger, database_url: str, kafka_topics: Topics) -> None:
    said = history(PERSONS, 4)
    run = projection_of(database_url, kafka_topics.bootstrap, kafka_topics.events, "soon")
    seen: dict[int, float] = {}
    done = Event()

    def watch() -> None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            while not done.is_set():
                now = time.monotonic()
                for (position,) in connection.execute("SELECT position FROM recording.noted"):
                    seen.setdefault(position, now)
                time.sleep(0.005)

    watcher = Thread(target=watch)
    with running(relay_of(ledger, database_url, kafka_topics.bootstrap, kafka_topics.events).run, run.run):
        record(ledger, said[:30])
        eventually(lambda: len(noted(database_url)) == 30)
        watcher.start()
        committed = {}
        for position, each in enumerate(said[30:], 31):
            record(ledger, [each])
            committed[position] = time.monotonic()
            time.sleep(0.02)
        eventually(lambda: len(seen) == 120)
        done.set()
        watcher.join()
    waits = sorted(seen[position] - at for position, at in committed.items())
    # The bound itself is measured on a quiet machine by the benchmarks; this one tells a push from a poll.
    assert quantiles(waits, n=100)[49] < 0.25


def _feed(run: ProjectionRun) -> KafkaFeed:
    feed = run._feed
    assert isinstance(feed, KafkaFeed)
    return feed


def _assert_all_noted_once_in_order(url: str) -> None:
    rows = all_rows(url)
    found = noted(url)
    assert sorted(position for position, _, _ in found) == [row.position for row in rows]
    for stream in {row.stream for row in rows}:
        versions = [version for _, of, version in found if of == stream]
        assert versions == list(range(1, len(versions) + 1))
