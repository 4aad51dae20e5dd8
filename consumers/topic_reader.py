"""Reads a topic without a group: where its partitions begin and end, and which position lies at which offset.

A record of ours carries its position and the previous position of its partition as headers, so that every reader
can tell that nothing is missing between two records. Records without them are not ours and are passed over.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from threading import Event
from types import TracebackType
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError

from consumers.cluster import Bootstrap, Cluster, cluster_of
from projections.feed import LANES

_PATIENCE_SECONDS = 10.0
_SETTLED_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic of the ledger; ``prefix`` begins the names of its position headers (``ledger_position``)."""

    bootstrap: Bootstrap
    name: str
    prefix: str = "ledger"

    @property
    def cluster(self) -> Cluster:
        """Where the topic is, and who we are there."""
        return cluster_of(self.bootstrap)

    @property
    def lanes(self) -> int:
        """The number of lanes."""
        return LANES

    def partition(self, lane: int) -> TopicPartition:
        """Return the partition that carries a lane."""
        return TopicPartition(self.name, lane)

    def lane_at(self, record: Any) -> int:
        """Return the lane that a record was read from."""
        return int(record.partition)


@dataclass(frozen=True, slots=True)
class TopicFamily(Topic):
    """Topics of one partition each, filled as one: each is a lane. ``name`` is only what the family is called."""

    members: tuple[str, ...] = ()

    @property
    def lanes(self) -> int:
        """The number of topics."""
        return len(self.members)

    def partition(self, lane: int) -> TopicPartition:
        """Return the one partition of the topic that is this lane."""
        return TopicPartition(self.members[lane], 0)

    def lane_at(self, record: Any) -> int:
        """Return the number of the topic that a record was read from."""
        return self.members.index(record.topic)


@dataclass(frozen=True, slots=True)
class Place:
    """The position of a record in the log and the one before it in the same partition, 0 for none."""

    position: int
    previous: int


@dataclass(frozen=True, slots=True)
class LaneEnd:
    """A partition as found: its last position, the next free offset, and whether its first records are gone."""

    position: int
    offset: int
    is_headless: bool = False


def place_of(headers: Any, prefix: str) -> Place | None:
    """Return where a record of ours stands, None for a foreign one."""
    values = dict(headers)
    try:
        return Place(int(values[f"{prefix}_position"]), int(values[f"{prefix}_previous"]))
    except (KeyError, TypeError, ValueError):
        return None


class TopicReader:
    """A reader of one topic. Every method raises ``KafkaError`` when the broker does not answer in 10 s."""

    def __init__(self, topic: Topic) -> None:
        self._topic = topic
        self._consumer = KafkaConsumer(
            **topic.cluster.options(),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
            bootstrap_timeout_ms=5_000,
            reconnect_backoff_max_ms=1_000,
            request_timeout_ms=10_000,
            fetch_max_wait_ms=100,
            metrics_enabled=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._consumer.close(autocommit=False, timeout_ms=1_000)

    def bounds(self) -> dict[int, tuple[int, int]]:
        """Return, for each lane, the first offset and the next free one."""
        partitions = [self._topic.partition(lane) for lane in range(self._topic.lanes)]
        begins = self._consumer.beginning_offsets(partitions, timeout_ms=10_000)
        ends = self._consumer.end_offsets(partitions, timeout_ms=10_000)
        return {lane: (int(begins[each]), int(ends[each])) for lane, each in enumerate(partitions)}

    def settled_bounds(self, stop: Event) -> dict[int, tuple[int, int]]:
        """Return the bounds once they stand still: a producer that is gone may have left a request behind."""
        before, now = self.bounds(), None
        while before != now and not stop.wait(_SETTLED_SECONDS):
            before, now = now or before, self.bounds()
        return now or before

    def ends(self, stop: Event) -> list[LaneEnd]:
        """Return how each partition ends, by its greatest position near the end."""
        bounds = self.settled_bounds(stop)
        found = dict.fromkeys(bounds, 0)
        open_lanes, back = {lane: limits for lane, limits in bounds.items() if limits[0] < limits[1]}, 16
        while open_lanes:
            spans = {lane: (max(begin, end - back), end) for lane, (begin, end) in open_lanes.items()}
            for record in self.records(spans):
                place = place_of(record.headers, self._topic.prefix)
                if place is not None:
                    lane = self._topic.lane_at(record)
                    found[lane] = max(found[lane], place.position)
            open_lanes = {
                lane: (begin, spans[lane][0])
                for lane, (begin, _) in open_lanes.items()
                if not found[lane] and spans[lane][0] > begin
            }
            back *= 8
        headless = self._headless({lane: bounds[lane] for lane, position in found.items() if position})
        return [LaneEnd(found[lane], bounds[lane][1], lane in headless) for lane in range(self._topic.lanes)]

    def _headless(self, bounds: Mapping[int, tuple[int, int]]) -> set[int]:
        firsts = {lane: self.at_or_after(lane, begin, end) for lane, (begin, end) in bounds.items()}
        return {lane for lane, first in firsts.items() if first is not None and first[1].previous}

    def records(self, spans: Mapping[int, tuple[int, int]]) -> Iterator[Any]:
        """Yield the records of these lanes from an offset up to (not including) another one."""
        waiting = {self._topic.partition(lane): span for lane, span in spans.items()}
        self._consumer.assign(list(waiting))
        # A partition that was read before is still paused at its old end.
        self._consumer.resume(*waiting)
        for partition, (start, _) in waiting.items():
            self._consumer.seek(partition, start)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while waiting:
            for partition, records in self._consumer.poll(timeout_ms=500).items():
                deadline = time.monotonic() + _PATIENCE_SECONDS
                if partition in waiting:
                    yield from (r for r in records if r.offset < waiting[partition][1])
            done = [p for p, span in waiting.items() if self._consumer.position(p, timeout_ms=5_000) >= span[1]]
            for partition in done:
                del waiting[partition]
                self._consumer.pause(partition)
            if time.monotonic() > deadline:
                raise KafkaTimeoutError(f"{self._topic.name} was not read to its end")

    def at_or_after(self, lane: int, offset: int, end: int) -> tuple[int, Place] | None:
        """Return offset and place of the first record of ours at or after an offset and before ``end``."""
        if offset < end:
            for record in self.records({lane: (offset, end)}):
                place = place_of(record.headers, self._topic.prefix)
                if place is not None:
                    return int(record.offset), place
        return None

    def offset_after(self, lane: int, position: int, hint: int | None) -> int:
        """Return an offset from which every record after ``position`` is still to come.

        ``hint`` is an offset that may be it: it is taken if the record before it is not after ``position``.
        Otherwise the place is searched by halving, since positions increase with offsets.
        """
        begin, end = self.bounds()[lane]
        if hint is not None and begin < hint <= end:
            before = self.at_or_after(lane, hint - 1, hint)
            if before is not None and before[1].position <= position:
                return hint
        low, high = begin, end
        while position and low < high:
            middle = (low + high) // 2
            found = self.at_or_after(lane, middle, high)
            if found is None or found[1].position > position:
                high = middle
            else:
                low = found[0] + 1
        return low
