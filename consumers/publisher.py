"""Publishes a numbered source to a topic, in order and each message once: the topic itself says where it stopped.

Every produce error counts as *fate unknown*: the producer is thrown away and the end of the topic is read again.
An acknowledgement is believed only if it names the next offset, so that a topic that was wiped, cut or written to
by another one is noticed at once.
"""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from typing import Any, Protocol

import structlog
from kafka import KafkaAdminClient
from kafka.errors import KafkaTimeoutError

from consumers.patience import TROUBLE, Patience
from consumers.ports import Leadership, Observer, RelayBookmark, Saved, Spans, Unobserved, untraced
from consumers.producing import abandon, make_producer
from consumers.topic_reader import LaneEnd, Topic, TopicReader
from ledger.log import LogUnavailable

IDLE_SECONDS = 0.5
_STANDBY_SECONDS = 0.25
_SAVE_EVERY_SECONDS = 1.0
_ACKNOWLEDGED_WITHIN_SECONDS = 5.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """One message; the publisher adds the headers of its position and of the previous one in its partition.

    One without a lane goes nowhere: it only says that the source has come so far.
    """

    position: int
    lane: int | None
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    since: datetime
    traceparent: str | None = None


class Source(Protocol):
    """Messages numbered from 1 upwards in one order that never changes."""

    def head(self) -> int:
        """Return the last position, 0 for none."""
        ...

    def follow(self, after: int, *, wait_seconds: float) -> Generator[Sequence[Message]]:
        """Yield batches for ever; an empty one when nothing came for ``wait_seconds``."""
        ...


class LeadershipLost(LogUnavailable):
    """Another process may lead by now: nothing more is published from here."""


class TopicMoved(LogUnavailable):
    """The topic is not as this publisher left it: it was wiped, cut, or another one wrote to it."""


class TopicAhead(LogUnavailable):
    """The topic holds positions that the source never gave: the database was set back, or it is another's topic."""


def where_to_start(ends: Sequence[int], saved: Saved | None) -> int:
    """Return the position after which to read the source again, given the last position of each partition.

    Each partition is filled in order. So all is there up to the least of these positions; and up to the saved one,
    unless a partition lost what it is known to have held.
    """
    if saved is None or len(saved.lanes) != len(ends):
        return min(ends)
    lost = [end for end, known in zip(ends, saved.lanes, strict=True) if end < known]
    return min([saved.through, *lost])


class Publisher:
    """Follows one source and fills one topic, while it leads; otherwise it stands by."""

    def __init__(
        self,
        *,
        name: str,
        source: Source,
        topic: Topic,
        leadership: Leadership,
        bookmark: RelayBookmark,
        ensure_topics: Callable[[], object],
        observer: Observer | None = None,
        spans: Spans = untraced,
    ) -> None:
        self._spans = spans
        self.name = name
        self._source = source
        self._topic = topic
        self._leadership = leadership
        self._bookmark = bookmark
        self._ensure_topics = ensure_topics
        self._observer = observer or Unobserved()
        self._ends: list[LaneEnd] = []
        self._saved_at = 0.0
        self._saved = 0
        self._through = 0
        self._patience = Patience()

    def run(self, stop: Event) -> None:
        """Publish until ``stop`` is set; outages of broker and database are sat out."""
        try:
            while not stop.is_set():
                try:
                    if self._leadership.acquire(blocking=False):
                        self._lead(stop)
                    else:
                        stop.wait(_STANDBY_SECONDS)
                except TROUBLE as error:
                    self._observer.trouble(self.name, error)
                    log.warning("publisher.interrupted", publisher=self.name, error=repr(error))
                    self._leadership.release()
                    self._patience.wait(stop)
        finally:
            self._leadership.release()

    def _lead(self, stop: Event) -> None:
        self._ensure_topics()
        with TopicReader(self._topic) as reader:
            self._ends = self._with_heads(reader.ends(stop))
        positions = [end.position for end in self._ends]
        if max(positions) > self._source.head():
            raise TopicAhead(f"{self._topic.name} holds {max(positions)}, the source {self._source.head()}")
        start = self._through = self._saved = where_to_start(positions, self._bookmark.load())
        log.info("publisher.leads", publisher=self.name, topic=self._topic.name, after=start)
        producer = make_producer(self._topic.bootstrap)
        try:
            with closing(self._source.follow(start, wait_seconds=IDLE_SECONDS)) as batches:
                for batch in batches:
                    if stop.is_set():
                        break
                    if batch:
                        linked = [message.traceparent for message in batch]
                        with self._spans("ledger.publish", linked=linked, topic=self._topic.name, events=len(batch)):
                            self._publish(producer, batch)
                    self._report(batch)
            self._save()
        finally:
            # What is unacknowledged now is found, or found missing, by reading the topic's end.
            abandon(producer)

    def _publish(self, producer: Any, batch: Sequence[Message]) -> None:
        fresh = [
            (message, message.lane)
            for message in batch
            if message.lane is not None and message.position > self._ends[message.lane].position
        ]
        if fresh and not self._leadership.held():
            raise LeadershipLost(self.name)
        ends, sent = list(self._ends), []
        for message, lane in fresh:
            end = ends[lane]
            partition = self._topic.partition(lane)
            headers = [
                *message.headers,
                (f"{self._topic.prefix}_position", b"%d" % message.position),
                (f"{self._topic.prefix}_previous", b"%d" % end.position),
            ]
            future = producer.send(
                partition.topic, message.value, key=message.key, headers=headers, partition=partition.partition
            )
            sent.append((future, end.offset))
            ends[lane] = LaneEnd(message.position, end.offset + 1)
        self._await(producer, [future for future, _ in sent])
        for future, offset in sent:
            if future.get(timeout=0).offset != offset:
                raise TopicMoved(f"{self._topic.name}: offset {future.value.offset} where {offset} was next")
        self._ends = ends

    def _await(self, producer: Any, futures: Sequence[Any]) -> None:
        # The client's own delivery timeout does not end every batch of a topic that was deleted meanwhile.
        deadline = time.monotonic() + _ACKNOWLEDGED_WITHIN_SECONDS
        while not all(future.is_done for future in futures):
            try:
                producer.flush(timeout=1)
            except KafkaTimeoutError:
                if not self._leadership.held():
                    raise LeadershipLost(self.name) from None
                if time.monotonic() > deadline or any(future.failed() for future in futures):
                    raise

    def _report(self, batch: Sequence[Message]) -> None:
        self._patience.restore()
        if batch:
            self._through = batch[-1].position
            lag = (datetime.now(UTC) - batch[-1].since).total_seconds()
            self._observer.progress(self.name, self._through, max(lag, 0.0))
        else:
            self._observer.progress(self.name, self._through, 0.0)
        if not batch or time.monotonic() - self._saved_at > _SAVE_EVERY_SECONDS:
            self._save()

    def _save(self) -> None:
        if self._through > self._saved:
            self._bookmark.save(self._through, [end.position for end in self._ends])
            self._saved, self._saved_at = self._through, time.monotonic()

    def _with_heads(self, ends: list[LaneEnd]) -> list[LaneEnd]:
        """Empty the partitions whose first records are gone: there is no other way to put them back in order."""
        headless = {lane: end for lane, end in enumerate(ends) if end.is_headless}
        if not headless:
            return ends
        log.warning("publisher.refills_headless_partitions", topic=self._topic.name, lanes=sorted(headless))
        admin = KafkaAdminClient(**self._topic.cluster.options())
        try:
            admin.delete_records({self._topic.partition(lane): end.offset for lane, end in headless.items()})
        finally:
            admin.close()
        return [LaneEnd(0, end.offset) if end.is_headless else end for end in ends]
