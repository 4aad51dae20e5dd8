"""Gives back the dead letters in the order of their numbers; they are stored together with their answers."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime

from infra.receipts import StoredLog

_READ = """
    SELECT position, origin_topic, origin_partition, origin_offset, reason, size, digest, value, stored_at
    FROM intake_dead_letters WHERE position > %s ORDER BY position LIMIT %s
"""
_MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """One dead letter with its number, which is its answer's."""

    position: int
    topic: str
    partition: int
    offset: int
    reason: str
    size: int
    digest: bytes
    value: bytes
    stored: datetime


class DeadLetters(StoredLog):
    """The table ``intake_dead_letters``. One object serves one thread; every method raises ``LogUnavailable``."""

    def head(self) -> int:
        """Return the number of the last letter, 0 for none."""
        with self._connected() as connection:
            row = connection.execute("SELECT coalesce(max(position), 0) FROM intake_dead_letters").fetchone()
            return int(row[0]) if row else 0

    def read(self, after: int) -> Sequence[StoredLetter]:
        """Return some letters after a number, in order."""
        with self._connected() as connection:
            return [StoredLetter(*row) for row in connection.execute(_READ, (after, _MOST_AT_ONCE))]

    def follow(self, after: int, *, wait_seconds: float) -> Generator[Sequence[StoredLetter]]:
        """Yield batches for ever; an empty one when nothing came for ``wait_seconds``."""
        self._listen()
        while True:
            batch = self.read(after)
            if not batch:
                self._wait(wait_seconds)
                batch = self.read(after)
            if batch:
                after = batch[-1].position
            yield batch
