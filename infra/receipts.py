"""Keeps the answers to submissions that came by Kafka, numbered in order of commits: one answer for each, for ever."""

from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import psycopg

from ledger.log import LogUnavailable

CHANNEL = "intake_receipts"
Key = tuple[str, str, bytes]

_KNOWN = """
    SELECT source, event_id, digest FROM intake_receipts
    JOIN unnest(%s::text[], %s::text[], %s::bytea[]) AS asked (a, b, c) ON source = a AND event_id = b AND digest = c
"""
# Several answers may share a key within one batch: the first one stands, and numbers are given without a gap.
_STORE = """
    INSERT INTO intake_receipts (position, source, event_id, digest, outcome, body, traceparent, party)
    SELECT (SELECT coalesce(max(position), 0) FROM intake_receipts) + row_number() OVER (ORDER BY place),
           source, event_id, digest, outcome, body, traceparent, party
    FROM (
        SELECT DISTINCT ON (source, event_id, digest) *
        FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::text[], %s::bytea[], %s::text[], %s::text[])
             WITH ORDINALITY AS given (source, event_id, digest, outcome, body, traceparent, party, place)
        ORDER BY source, event_id, digest, place
    ) AS first_answers
    WHERE NOT EXISTS (
        SELECT FROM intake_receipts AS stored
        WHERE stored.source = first_answers.source AND stored.event_id = first_answers.event_id
          AND stored.digest = first_answers.digest
    )
"""
_READ = """
    SELECT position, source, event_id, outcome, body, traceparent, party, stored_at FROM intake_receipts
    WHERE position > %s ORDER BY position LIMIT %s
"""


_BURY = """
    INSERT INTO intake_dead_letters
        (position, origin_topic, origin_partition, origin_offset, reason, size, digest, value)
    SELECT DISTINCT ON (stored.position) stored.position, t, p, o, reason, size, sha, value
    FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::text[], %s::int[], %s::bigint[], %s::text[], %s::bigint[],
                %s::bytea[], %s::bytea[]) WITH ORDINALITY AS given (a, b, c, t, p, o, reason, size, sha, value, place)
    JOIN intake_receipts AS stored ON stored.source = a AND stored.event_id = b AND stored.digest = c
    ORDER BY stored.position, place
    ON CONFLICT DO NOTHING
"""


class DeadLetter(Protocol):
    """A record that never became a submission: its place, the reason, and the beginning of its value."""

    @property
    def topic(self) -> str: ...  # noqa: D102 - said above
    @property
    def partition(self) -> int: ...  # noqa: D102 - said above
    @property
    def offset(self) -> int: ...  # noqa: D102 - said above
    @property
    def reason(self) -> str: ...  # noqa: D102 - a code of the catalogue of refusals
    @property
    def size(self) -> int: ...  # noqa: D102 - of the whole value
    @property
    def digest(self) -> bytes: ...  # noqa: D102 - of the whole value
    @property
    def value(self) -> bytes: ...  # noqa: D102 - said above


class Answer(Protocol):
    """What is stored: the submission's key, the outcome (``recorded`` or ``refused``) and its canonical JSON."""

    @property
    def key(self) -> Key: ...  # noqa: D102 - said above
    @property
    def outcome(self) -> str: ...  # noqa: D102 - said above
    @property
    def body(self) -> bytes: ...  # noqa: D102 - said above
    @property
    def traceparent(self) -> str | None: ...  # noqa: D102 - said above
    @property
    def party(self) -> str | None: ...  # noqa: D102 - whose answer it is
    @property
    def dead(self) -> DeadLetter | None: ...  # noqa: D102 - stored with the answer


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """One stored answer with its number."""

    position: int
    source: str
    id: str
    outcome: str
    body: bytes
    traceparent: str | None
    party: str | None
    stored: datetime


class StoredLog:
    """A connection that is opened when needed and again after trouble; whoever stores an answer wakes it."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection: psycopg.Connection[Any] | None = None

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _listen(self) -> None:
        with self._connected() as connection:
            connection.execute(f"LISTEN {CHANNEL}")

    def _wait(self, seconds: float) -> None:
        with self._connected() as connection:
            for _ in connection.notifies(timeout=seconds, stop_after=1):
                pass

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
            yield self._connection
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self.close()
            raise LogUnavailable(str(error)) from error


class ReceiptStore(StoredLog):
    """The table ``intake_receipts``. One object serves one thread; every method raises ``LogUnavailable``."""

    def known(self, keys: Collection[Key]) -> set[Key]:
        """Return the keys that have an answer."""
        if not keys:
            return set()
        with self._connected() as connection:
            rows = connection.execute(_KNOWN, [list(column) for column in zip(*keys, strict=True)])
            return {(source, identity, bytes(digest)) for source, identity, digest in rows}

    def store(self, answers: Sequence[Answer]) -> None:
        """Store the answers in order in one transaction; a key that has one keeps it."""
        if not answers:
            return
        rows = [(*answer.key, answer.outcome, answer.body, answer.traceparent, answer.party) for answer in answers]
        with self._connected() as connection, connection.transaction():
            connection.execute("LOCK TABLE intake_receipts IN EXCLUSIVE MODE")
            connection.execute(_STORE, [list(column) for column in zip(*rows, strict=True)])
            buried = [(*each.key, *_columns(each.dead)) for each in answers if each.dead is not None]
            if buried:
                connection.execute(_BURY, [list(column) for column in zip(*buried, strict=True)])
            connection.execute(f"NOTIFY {CHANNEL}")

    def head(self) -> int:
        """Return the number of the last answer, 0 for none."""
        with self._connected() as connection:
            row = connection.execute("SELECT coalesce(max(position), 0) FROM intake_receipts").fetchone()
            return int(row[0]) if row else 0

    def read(self, after: int, limit: int) -> Sequence[StoredReceipt]:
        """Return up to ``limit`` answers after a number, in order."""
        with self._connected() as connection:
            return [StoredReceipt(*row) for row in connection.execute(_READ, (after, limit))]

    def follow(self, after: int, *, wait_seconds: float) -> Generator[Sequence[StoredReceipt]]:
        """Yield batches for ever; an empty one when nothing came for ``wait_seconds``."""
        self._listen()
        while True:
            batch = self.read(after, 2_000)
            if not batch:
                self._wait(wait_seconds)
                batch = self.read(after, 2_000)
            if batch:
                after = batch[-1].position
            yield batch


def _columns(letter: DeadLetter) -> tuple[object, ...]:
    place = (letter.topic, letter.partition, letter.offset)
    return (*place, letter.reason, letter.size, letter.digest, letter.value)
