"""The event log on PostgreSQL: guards, identities and positions are checked and given under one table lock.

Position order is commit order, so no follower can skip an event; a decision that relied on a stream which changed
in between is never recorded.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from eventsourcing import persistence
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresFactory
from psycopg.rows import tuple_row

from infra.stamps import stamps
from ledger.days import instant_text
from ledger.envelope import seal
from ledger.log import Appended, ConcurrentUpdate, Draft, Known, LogUnavailable, Row

CHANNEL = "ledger_events"
_COLUMNS = "notification_id, originator_id, originator_version, topic, state, recorded_at, traceparent, received_at"
_HEAD = "SELECT notification_id, recorded_at FROM ledger_events ORDER BY notification_id DESC LIMIT 1"
_STREAMS = f"SELECT {_COLUMNS} FROM ledger_events WHERE originator_id = ANY(%s) ORDER BY notification_id"
_READ = f"SELECT {_COLUMNS} FROM ledger_events WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
_CHANGED = "SELECT DISTINCT originator_id FROM ledger_events WHERE notification_id > %s"
_KNOWN = f"""
    SELECT {_COLUMNS}, source, event_id, digest FROM ledger_events
    JOIN unnest(%s::text[], %s::text[]) AS asked (a, b) ON source = a AND event_id = b
"""
_MOVED = """
    SELECT count(*) FROM unnest(%s::text[], %s::bigint[]) AS expected (stream, version)
    WHERE version <> coalesce((SELECT max(originator_version) FROM ledger_events WHERE originator_id = stream), 0)
"""
_TAKEN = """
    SELECT count(*) FROM unnest(%s::text[], %s::text[]) AS asked (a, b)
    WHERE EXISTS (SELECT 1 FROM ledger_events WHERE source = a AND event_id = b)
"""
_INSERT = f"""
    INSERT INTO ledger_events ({_COLUMNS}, source, event_id, digest)
    SELECT * FROM unnest(
        %b::bigint[], %b::text[], %b::bigint[], %b::text[], %b::bytea[], %b::timestamptz[], %s::text[],
        %b::timestamptz[], %b::text[], %b::text[], %b::bytea[]
    )
"""


class LedgerRecorder(PostgresApplicationRecorder):
    """The library's recorder with permanent identities, guards, gapless positions and times of recording."""

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            with self.datastore.get_connection() as connection:
                yield connection
        except (persistence.OperationalError, persistence.InterfaceError, psycopg.OperationalError) as error:
            raise LogUnavailable(str(error)) from error

    def head(self) -> int:
        """Return the last committed position, 0 for an empty log."""
        rows = self._query(_HEAD, ())
        return int(rows[0][0]) if rows else 0

    def changed_since(self, position: int) -> set[str]:
        """Return the streams with an event after ``position``."""
        return {row[0] for row in self._query(_CHANGED, (position,))}

    def streams(self, streams: Collection[str]) -> Mapping[str, Sequence[Row]]:
        """Return all rows of these streams, each in order of version."""
        found: dict[str, list[Row]] = {}
        for values in self._query(_STREAMS, (list(streams),)):
            found.setdefault(values[1], []).append(Row(*values))
        return found

    def known(self, identities: Collection[tuple[str, str]]) -> Mapping[tuple[str, str], Known]:
        """Return what is recorded under these identities."""
        if not identities:
            return {}
        sources, names = zip(*identities, strict=True)
        rows = self._query(_KNOWN, (list(sources), list(names)))
        return {(row[8], row[9]): Known(Row(*row[:8]), row[10]) for row in rows}

    def read(self, after: int, limit: int) -> Sequence[Row]:
        """Return up to ``limit`` rows after a position, in order."""
        return [Row(*values) for values in self._query(_READ, (after, limit))]

    def append(self, drafts: Sequence[Draft], expect: Mapping[str, int], head: int) -> list[Appended]:
        """Record the drafts in one transaction, or raise :class:`ConcurrentUpdate` and record nothing."""
        with self._locked() as (cursor, last, last_time):
            if last != head:
                self._check(cursor, drafts, expect)
            times = stamps(last_time)
            appended, rows = [], []
            for position, (draft, instant) in enumerate(zip(drafts, times, strict=False), last + 1):
                recorded = instant_text(instant)
                raw = seal(draft.event, draft.record, recorded)
                appended.append(Appended(position, recorded, raw))
                rows.append(_values(position, draft, raw, instant))
            self._insert(cursor, rows)
        return appended

    def keep_equivocation(self, source: str, identity: str, event: bytes, first: int) -> None:
        """Keep other bytes that came under a recorded identity, as evidence beside the first."""
        with self._connected() as connection:
            connection.execute(
                "INSERT INTO ledger_equivocations (source, event_id, digest, event, first_position)"
                " VALUES (%s, %s, sha256(%s), %s, %s) ON CONFLICT DO NOTHING",
                (source, identity, event, event, first),
            )

    def follow(self, after: int, *, wait_seconds: float) -> Iterator[Sequence[Row]]:
        """Yield batches for ever; LISTEN tells early, the poll makes sure."""
        with self._connected() as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            try:
                while True:
                    rows = self.read(after, 2_000)
                    if not rows:
                        for _ in connection.notifies(timeout=wait_seconds, stop_after=1):
                            pass
                        rows = self.read(after, 2_000)
                    if rows:
                        after = rows[-1].position
                    yield rows
            finally:
                if not connection.closed:
                    connection.execute(f"UNLISTEN {CHANNEL}")

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Record bare events of the library; versions are guarded by the primary key."""
        if not stored_events:
            return []
        try:
            with self._locked() as (cursor, last, last_time):
                rows = [
                    (
                        position,
                        e.originator_id,
                        e.originator_version,
                        e.topic,
                        e.state,
                        instant,
                        None,
                        None,
                        None,
                        None,
                        None,
                    )
                    for position, (e, instant) in enumerate(
                        zip(stored_events, stamps(last_time), strict=False), last + 1
                    )
                ]
                self._insert(cursor, rows)
        except psycopg.IntegrityError as error:
            raise persistence.IntegrityError(str(error)) from error
        return [row[0] for row in rows]

    def _query(self, statement: str, params: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with self._connected() as connection, connection.cursor(row_factory=tuple_row, binary=True) as cursor:
            return cursor.execute(statement, params, prepare=True).fetchall()

    @contextmanager
    def _locked(self) -> Iterator[tuple[psycopg.Cursor[Any], int, datetime | None]]:
        """Begin, lock, read the head in one round trip; commit what the caller wrote in another."""
        with (
            self._connected() as connection,
            connection.pipeline(),
            connection.transaction(),
            connection.cursor(row_factory=tuple_row, binary=True) as cursor,
        ):
            cursor.execute("LOCK TABLE ledger_events IN EXCLUSIVE MODE")
            cursor.execute(_HEAD)
            last = cursor.fetchone()
            yield cursor, *(last or (0, None))

    def _check(self, cursor: psycopg.Cursor[Any], drafts: Sequence[Draft], expect: Mapping[str, int]) -> None:
        cursor.execute(_MOVED, (list(expect), list(expect.values())))
        moved = cursor.fetchone()
        cursor.execute(_TAKEN, ([d.source for d in drafts], [d.id for d in drafts]))
        taken = cursor.fetchone()
        if (moved and moved[0]) or (taken and taken[0]):
            raise ConcurrentUpdate(f"{moved} streams moved, {taken} identities taken")

    def _insert(self, cursor: psycopg.Cursor[Any], rows: Sequence[tuple[Any, ...]]) -> None:
        cursor.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
        cursor.execute(f"NOTIFY {CHANNEL}")


def _values(position: int, draft: Draft, raw: bytes, recorded: datetime) -> tuple[Any, ...]:
    return (
        position,
        draft.stream,
        draft.version,
        draft.type,
        raw,
        recorded,
        draft.traceparent,
        draft.received,
        draft.source,
        draft.id,
        draft.digest,
    )


class LedgerFactory(PostgresFactory):
    """The library's factory with our recorder; tables come from migrations, never from here."""

    application_recorder_class = LedgerRecorder
