"""The event log on PostgreSQL: guards, identities and positions are checked and given under one table lock.

Position order is commit order, so no follower can skip an event; a decision that relied on a stream which changed
in between is never recorded.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
from eventsourcing import persistence
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresFactory
from eventsourcing.utils import EnvType
from psycopg.rows import dict_row, tuple_row

from infra.stamps import stamps
from ledger.days import instant_text
from ledger.envelope import seal_around
from ledger.log import Appended, ConcurrentUpdate, Draft, Known, Loaded, LogUnavailable, Row

CHANNEL = "ledger_events"
# Every statement here is a walk along an index. A plan made while the table was small, or before it was ever analysed,
# must not scan the table once it has grown.
PLANNING = "-c enable_seqscan=off -c plan_cache_mode=force_generic_plan"
_COLUMNS = (
    "notification_id, originator_id, originator_version, topic, state, recorded_at, traceparent, received_at, access"
)
_HEAD = "SELECT notification_id, recorded_at FROM ledger_events ORDER BY notification_id DESC LIMIT 1"
_READ = f"SELECT {_COLUMNS} FROM ledger_events WHERE notification_id > %s ORDER BY notification_id LIMIT %s"
# A stream's first event has version 1, so that each stream is met once along the primary key.
_STREAMS = """
    SELECT originator_id FROM ledger_events
    WHERE originator_id > %b AND originator_id >= %b AND originator_id < %b AND originator_version = 1
    ORDER BY originator_id LIMIT %b
"""
_LOAD = f"""
    SELECT 'known', {_COLUMNS}, source, event_id, digest FROM ledger_events
    JOIN unnest(%b::text[], %b::text[]) AS asked (a, b) ON source = a AND event_id = b
    UNION ALL
    SELECT 'changed', NULL, originator_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM (SELECT DISTINCT originator_id FROM ledger_events WHERE notification_id > %b::bigint) AS changed
    UNION ALL
    SELECT 'row', {_COLUMNS}, NULL, NULL, NULL FROM ledger_events WHERE originator_id = ANY(%b::text[])
    UNION ALL
    SELECT 'head', coalesce(max(notification_id), 0), '', NULL, NULL, NULL, clock_timestamp(), NULL, NULL,
           NULL, NULL, NULL, NULL
    FROM ledger_events
    ORDER BY 2
"""
_APPEND = """
    SELECT * FROM ledger_append(%b::bigint, %b::text[], %b::bigint[], %s::timestamptz,
        %b::text[], %b::bigint[], %b::text[], %b::bytea[], %b::bytea[], %b::text[],
        %b::timestamptz[], %b::text[], %b::text[], %b::bytea[], %b::text[])
"""
_INSERT = """
    INSERT INTO ledger_events (notification_id, originator_id, originator_version, topic, state, recorded_at)
    SELECT * FROM unnest(%b::bigint[], %b::text[], %b::bigint[], %b::text[], %b::bytea[], %b::timestamptz[])
"""


class LedgerRecorder(PostgresApplicationRecorder):
    """The library's recorder with permanent identities, guards, gapless positions and times of recording."""

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            with self.datastore.get_connection() as connection:
                yield connection
        except (persistence.OperationalError, persistence.InterfaceError, psycopg.OperationalError) as error:
            # After a restart every idle connection is dead: replace them all now, not one a caller.
            self.datastore.pool.check()
            raise LogUnavailable(str(error)) from error

    def head(self) -> int:
        """Return the last committed position, 0 for an empty log."""
        rows = self._query(_HEAD, ())
        return int(rows[0][0]) if rows else 0

    def load(self, since: int, streams: Collection[str], identities: Collection[tuple[str, str]]) -> Loaded:
        """Return what decisions on these streams and identities rely on: one statement, one snapshot."""
        sources, names = zip(*identities, strict=True) if identities else ((), ())
        changed: set[str] = set()
        rows: dict[str, list[Row]] = {}
        known: dict[tuple[str, str], Known] = {}
        head, now = 0, datetime.min.replace(tzinfo=UTC)
        for kind, *values in self._query(_LOAD, (list(sources), list(names), since, list(streams))):
            if kind == "row":
                rows.setdefault(values[1], []).append(Row(*values[:9]))
            elif kind == "known":
                known[(values[9], values[10])] = Known(Row(*values[:9]), values[11])
            elif kind == "changed":
                changed.add(values[1])
            else:
                head, now = values[0], values[5]
        return Loaded(head, now, frozenset(changed), rows, known)

    def read(self, after: int, limit: int) -> Sequence[Row]:
        """Return up to ``limit`` rows after a position, in order."""
        return [Row(*values) for values in self._query(_READ, (after, limit))]

    def streams(self, prefix: str, after: str, limit: int) -> Sequence[str]:
        """Return up to ``limit`` streams whose identifier begins so, in its order, from after one of them on."""
        rows = self._query(_STREAMS, (after, prefix, f"{prefix}\U0010ffff", limit))
        return [str(stream) for (stream,) in rows]

    def append(
        self, drafts: Sequence[Draft], expect: Mapping[str, int], head: int, deadline: str | None = None
    ) -> list[Appended]:
        """Record the drafts in one transaction, or raise :class:`ConcurrentUpdate` and record nothing."""
        columns = [list(column) for column in zip(*map(_values, drafts), strict=True)]
        rows = self._query(_APPEND, (head, list(expect), list(expect.values()), deadline, *columns))
        if not rows:
            raise ConcurrentUpdate("a stream, an identity or a key that the decisions relied on has moved")
        return [Appended(position, instant_text(instant)) for position, instant in rows]

    def keep_equivocation(self, source: str, identity: str, event: bytes, first: int, signatures: bytes) -> None:
        """Keep other bytes that came under a recorded identity, as evidence beside the first."""
        with self._connected() as connection:
            connection.execute(
                "INSERT INTO ledger_equivocations (source, event_id, digest, event, first_position, signatures)"
                " VALUES (%s, %s, sha256(%s), %s, %s, %s) ON CONFLICT DO NOTHING",
                (source, identity, event, event, first, signatures),
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
                    (position, e.originator_id, e.originator_version, e.topic, e.state, instant)
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

    def _insert(self, cursor: psycopg.Cursor[Any], rows: Sequence[tuple[Any, ...]]) -> None:
        cursor.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
        cursor.execute(f"NOTIFY {CHANNEL}")


def _values(draft: Draft) -> tuple[Any, ...]:
    head, tail = seal_around(draft.event, draft.record, draft.signatures)
    return (
        draft.stream,
        draft.version,
        draft.type,
        head,
        tail,
        draft.traceparent,
        draft.received,
        draft.source,
        draft.id,
        draft.digest,
        draft.access,
    )


class LedgerFactory(PostgresFactory):
    """The library's factory with our recorder and connections; tables come from migrations, never from here."""

    application_recorder_class = LedgerRecorder
    DATABASE_URL = "DATABASE_URL"
    DATABASE_ROLE = "DATABASE_ROLE"

    def __init__(self, env: EnvType | None) -> None:
        super().__init__(env)
        # The whole URL, so that what the library does not know (TLS, failover hosts) is kept.
        self.datastore.pool.conninfo = self.env.get(self.DATABASE_URL) or ""
        role = self.env.get(self.DATABASE_ROLE)
        options = f"{PLANNING} -c role={role}" if role else PLANNING
        self.datastore.pool.kwargs = {"row_factory": dict_row, "options": options}
