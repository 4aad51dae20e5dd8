"""Notes when each batch was acknowledged by Kafka, for the path of one fact; it never delays a batch."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import structlog

KEPT = 4_096
_FLUSH_SECONDS = 0.5
_INSERT = "INSERT INTO relay_published (topic, up_to, at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
_PRUNE = """
    DELETE FROM relay_published WHERE topic = %(topic)s AND up_to < (
        SELECT up_to FROM relay_published WHERE topic = %(topic)s ORDER BY up_to DESC OFFSET %(kept)s LIMIT 1)
"""

log = structlog.get_logger(__name__)


class PublishedTimes:
    """An observer of the relay (:class:`consumers.ports.Observer`); its notes are for people, nothing rests on them."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], topic: str) -> None:
        self._connect = connect
        self._topic = topic
        self._notes: list[tuple[str, int, datetime]] = []
        self._flushed_at = 0.0
        self._noted = 0
        self._connection: psycopg.Connection[Any] | None = None

    def progress(self, follower: str, position: int, lag_seconds: float) -> None:
        """Note that all up to ``position`` is published now."""
        del follower, lag_seconds
        if position > self._noted:
            self._noted = position
            self._notes.append((self._topic, position, datetime.now(UTC)))
        if self._notes and time.monotonic() - self._flushed_at > _FLUSH_SECONDS:
            self._flush()

    def trouble(self, follower: str, error: BaseException) -> None:
        """Ignore it: the publisher logs its own troubles."""

    def _flush(self) -> None:
        self._flushed_at = time.monotonic()
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
            with self._connection.cursor() as cursor:
                cursor.executemany(_INSERT, self._notes)
                cursor.execute(_PRUNE, {"topic": self._topic, "kept": KEPT})
        except psycopg.Error as error:
            log.info("published_times.not_noted", error=repr(error))
            self._connection = None
        self._notes.clear()
