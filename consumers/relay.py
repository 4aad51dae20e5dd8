"""The relay publishes every recorded event, in order per stream: the value is the recorded event's canonical bytes.

Around the bytes stand the CloudEvents 1.0 attributes in Kafka's binary mode and, beside them, the position in the
log, the previous position in the partition, the time of recording and the trace context.
"""

from collections.abc import Callable
from typing import cast

import orjson

from consumers.cluster import Bootstrap
from consumers.numbered import Numbered, NumberedSource
from consumers.ports import Leadership, Observer, RelayBookmark, Spans, untraced
from consumers.publisher import Message, Publisher
from consumers.topic_reader import Topic
from ledger.days import instant_text
from ledger.log import EventLog, Row
from projections.feed import lane_of

_ATTRIBUTES = ("id", "source", "type", "subject", "time")


def message_of(row: Row) -> Message:
    """Return the message that carries one recorded event (CloudEvents 1.0, Kafka protocol binding 3.2)."""
    event = orjson.loads(row.raw)["event"]
    headers = [
        ("content-type", b"application/json"),
        ("ce_specversion", b"1.0"),
        *((f"ce_{name}", str(event[name]).encode()) for name in _ATTRIBUTES),
        ("ledger_recorded", instant_text(row.recorded).encode()),
    ]
    if row.traceparent:
        headers.append(("traceparent", row.traceparent.encode()))
    return Message(
        row.position, lane_of(row.stream), row.stream.encode(), row.raw, tuple(headers), row.recorded, row.traceparent
    )


def relay(
    *,
    event_log: EventLog,
    bootstrap: Bootstrap,
    topic: str,
    leadership: Leadership,
    bookmark: RelayBookmark,
    ensure_topics: Callable[[], object],
    observer: Observer | None = None,
    spans: Spans = untraced,
) -> Publisher:
    """Return the publisher that fills ``topic`` with the events of the log; ``run(stop)`` it.

    ``ensure_topics`` creates the topic with its twelve partitions where it is missing; it is called at each start
    and after every outage, since a wiped broker has forgotten the topic too.
    """
    return Publisher(
        name="relay",
        source=NumberedSource(cast("Numbered[Row]", event_log), message_of),
        topic=Topic(bootstrap, topic, "ledger"),
        leadership=leadership,
        bookmark=bookmark,
        ensure_topics=ensure_topics,
        observer=observer,
        spans=spans,
    )
