"""Feeds views from the topic: what a view has seen is said by its own bookmarks, offsets are only hints.

A record is delivered only if nothing of its partition lies between it and what was delivered before, which its
``ledger_previous`` header tells; so nothing is ever skipped, whatever happened to topic or offsets.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from queue import Empty, SimpleQueue
from typing import Any

import structlog
from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError

from consumers.cluster import Bootstrap
from consumers.topic_reader import Topic, TopicReader, place_of
from ledger.envelope import open_recorded
from projections.feed import Bookmarks, Delivered

IDLE_SECONDS = 0.5
BATCH = 2_000
SILENCE_SECONDS = 8.0
_HINT_EVERY_SECONDS = 1.0

log = structlog.get_logger(__name__)


class StalledError(KafkaError):  # type: ignore[misc]  # the base class ships no types
    """The client is silent although the topic goes on; the feed has to be begun anew."""


class KafkaFeed:
    """One member of a consumer group; implements :class:`projections.feed.Feed`.

    The lanes are shared among the members. After an error, or to read the bookmarks again, call ``batches`` anew;
    ``close`` gives the lanes back, and ``batches`` after it joins the group again.
    """

    def __init__(self, bootstrap: Bootstrap, topic: str, group: str, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._topic = Topic(bootstrap, topic)
        self._group = group
        self._idle_milliseconds = int(idle_seconds * 1_000)
        self._consumer: Any = None
        self._assigned: SimpleQueue[TopicPartition] = SimpleQueue()
        self._delivered: dict[int, int] = {}
        self._rewound: set[int] = set()
        self._hinted_at = 0.0
        self._moved_at = 0.0

    @property
    def lanes(self) -> frozenset[int]:
        """The lanes that this member feeds now."""
        return frozenset(self._delivered)

    def batches(self, bookmarks: Callable[[], Bookmarks]) -> Iterator[Sequence[Delivered]]:
        """Yield batches for ever; raises ``KafkaError`` when the broker is lost."""
        if self._consumer is None:
            self._consumer = self._join()
        for partition in self._consumer.assignment():
            self._assigned.put(partition)
        while True:
            polled = self._consumer.poll(timeout_ms=self._idle_milliseconds, max_records=BATCH)
            placed = self._place(bookmarks)
            batch: list[Delivered] = []
            for partition, records in polled.items():
                # Records polled before the lane was placed lie at an offset that nobody has vouched for.
                if partition.partition not in placed:
                    batch += self._accept(partition, records)
            yield batch
            self._hint()
            self._watch(bool(batch) or bool(placed))

    def close(self) -> None:
        """Leave the group, so that other members take over the lanes at once."""
        consumer, self._consumer = self._consumer, None
        self._delivered.clear()
        if consumer is not None:
            consumer.close(autocommit=False, timeout_ms=2_000)

    def _join(self) -> Any:
        consumer = KafkaConsumer(
            **self._topic.cluster.options(),
            group_id=self._group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            partition_assignment_strategy=[CooperativeStickyAssignor],
            max_poll_records=BATCH,
            bootstrap_timeout_ms=5_000,
            reconnect_backoff_max_ms=1_000,
            metadata_max_age_ms=5_000,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=1_000,
            metrics_enabled=False,
        )
        consumer.subscribe([self._topic.name], listener=_Assignments(self._assigned, self._delivered))
        return consumer

    def _place(self, bookmarks: Callable[[], Bookmarks]) -> set[int]:
        new = _drain(self._assigned) & self._consumer.assignment()
        if not new:
            return set()
        marks = bookmarks()
        with TopicReader(self._topic) as reader:
            for partition in new:
                lane, bookmark = partition.partition, marks.get(partition.partition, 0)
                hint = self._consumer.committed(partition, timeout_ms=5_000)
                self._consumer.seek(partition, reader.offset_after(lane, bookmark, hint))
                self._delivered[lane] = bookmark
                self._rewound.discard(lane)
        log.info("feed.placed", group=self._group, lanes=sorted(p.partition for p in new))
        return {partition.partition for partition in new}

    def _accept(self, partition: TopicPartition, records: Sequence[Any]) -> list[Delivered]:
        lane, batch = partition.partition, []
        if lane not in self._delivered:
            return []
        for record in records:
            place = place_of(record.headers, self._topic.prefix)
            if place is None or place.position <= self._delivered[lane]:
                continue
            if place.previous > self._delivered[lane]:
                if self._rewind(partition):
                    break
                continue
            recorded = open_recorded(place.position, record.value)
            batch.append(Delivered(lane, recorded, _traceparent(record.headers)))
            self._delivered[lane] = place.position
            self._rewound.discard(lane)
        return batch

    def _rewind(self, partition: TopicPartition) -> bool:
        """Read a partition with a gap from its beginning, once; after that, wait for the relay to fill the gap."""
        if partition.partition in self._rewound:
            return False
        self._rewound.add(partition.partition)
        log.warning("feed.gap", group=self._group, lane=partition.partition, after=self._delivered[partition.partition])
        self._consumer.seek_to_beginning(partition)
        return True

    def _watch(self, has_moved: bool) -> None:
        """Give up a client that stays silent although the topic goes on: it may not see that a broker was wiped."""
        now = time.monotonic()
        if has_moved or not self._moved_at:
            self._moved_at = now
        elif now - self._moved_at > SILENCE_SECONDS:
            self._moved_at = now
            held = dict(self._delivered)
            behind = lag_by_lane(self._topic, held)
            if any(behind[lane] for lane in held):
                raise StalledError(f"nothing came for {SILENCE_SECONDS:.0f} s although the topic holds more")

    def _hint(self) -> None:
        if time.monotonic() - self._hinted_at > _HINT_EVERY_SECONDS:
            self._hinted_at = time.monotonic()
            self._consumer.commit_async()


class _Assignments(ConsumerRebalanceListener):  # type: ignore[misc]  # the base class ships no types
    """Notes what was given and taken. It runs on the client's network loop, so it does nothing else."""

    def __init__(self, assigned: SimpleQueue[TopicPartition], delivered: dict[int, int]) -> None:
        self._assigned = assigned
        self._delivered = delivered

    def on_partitions_assigned(self, assigned: Sequence[TopicPartition]) -> None:
        for partition in assigned:
            self._delivered.pop(partition.partition, None)
            self._assigned.put(partition)

    def on_partitions_revoked(self, revoked: Sequence[TopicPartition]) -> None:
        for partition in revoked:
            self._delivered.pop(partition.partition, None)


def _drain(queue: SimpleQueue[TopicPartition]) -> set[TopicPartition]:
    found = set()
    while True:
        try:
            found.add(queue.get_nowait())
        except Empty:
            return found


def _traceparent(headers: Sequence[tuple[str, bytes]]) -> str | None:
    value = dict(headers).get("traceparent")
    return value.decode("ascii", "ignore") if value else None


def lag_by_lane(topic: Topic, bookmarks: Mapping[int, int]) -> dict[int, int]:
    """Return, for each lane, how many records of the topic lie after the bookmark. Raises ``KafkaError``."""
    with TopicReader(topic) as reader:
        ends = {lane: end for lane, (_, end) in reader.bounds().items()}
        return {lane: ends[lane] - reader.offset_after(lane, bookmarks.get(lane, 0), None) for lane in ends}
