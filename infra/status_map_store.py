"""The status map's tables on PostgreSQL: a step's tiles and how far the map is change together or not at all.

The states at recorded roots are kept for a while, so that receipts can be made of what was known then; between roots
none is. Its connections take the role
``certledger_status_map`` where there is one.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import psycopg

from infra.postgres_log import PLANNING
from ledger.evidence.maprules import Entry, LoggedRoot, logged_root, open_entry, root_stream
from ledger.log import ConcurrentUpdate, LogUnavailable

ROLE = "certledger_status_map"
CHANNEL = "certledger_status_map"
"""Whoever needs a root sooner than it is due says so here."""

Connection = psycopg.Connection[Any]
_TAKE_ROLE = """
    SELECT set_config('role', rolname, false) FROM pg_roles
    WHERE rolname = %s AND pg_has_role(current_user, oid, 'SET')
"""
_HEAD = "SELECT notification_id, recorded_at FROM ledger_events ORDER BY notification_id DESC LIMIT 1"
_STATE = "SELECT size, root FROM statusmap.state"
_LOCK_STATE = "SELECT size FROM statusmap.state FOR UPDATE"
_SET_STATE = "UPDATE statusmap.state SET size = %s, root = %s"
_LAST_ROOT = "SELECT size, recorded FROM statusmap.root ORDER BY size DESC LIMIT 1"
_LOGGED = """
    SELECT notification_id, state, recorded_at FROM ledger_events WHERE originator_id = %s AND originator_version = 1
"""
_ENTRIES = """
    SELECT notification_id, state FROM ledger_events
    WHERE notification_id > %s AND notification_id <= %s ORDER BY notification_id LIMIT 256
"""
_RECORDED = "SELECT recorded_at FROM ledger_events WHERE notification_id = %s"
_IS_REFUSAL = """
    SELECT 1 FROM ledger_events WHERE source = %s AND event_id = %s AND topic = 'certificate.refused'
"""
_TILES = "SELECT path, children FROM statusmap.tile WHERE path = ANY(%s::bytea[]) AND replaced IS NULL"
_FORGET = "DELETE FROM statusmap.tile WHERE path = ANY(%s::bytea[]) AND replaced IS NULL AND size > %s"
_REPLACE = "UPDATE statusmap.tile SET replaced = %s WHERE path = ANY(%s::bytea[]) AND replaced IS NULL"
_PUT = """
    INSERT INTO statusmap.tile (path, size, children) SELECT path, %s, children
    FROM unnest(%s::bytea[], %s::bytea[]) AS changed (path, children)
"""
_LOCATE = "INSERT INTO statusmap.root (size, root, position, recorded) VALUES (%s, %s, %s, %s)"
# The newest root that a checkpoint covers and that is older than what is kept.
_SERVABLE = """
    SELECT max(size) FROM statusmap.root
    WHERE position <= (SELECT max(size) FROM notary.checkpoint) AND recorded <= clock_timestamp() - %s::interval
"""
_PRUNE = "DELETE FROM statusmap.tile WHERE replaced <= %s"
_OLDEST = "UPDATE statusmap.state SET oldest = greatest(oldest, %s)"
_UNDO = (
    "DELETE FROM statusmap.tile WHERE size > %s",
    "UPDATE statusmap.tile SET replaced = NULL WHERE replaced > %s",
)


class MapStep:
    """One transaction in which the map moves on from one size to a larger one."""

    def __init__(self, connection: Connection, last_root: int) -> None:
        self._connection = connection
        self._last_root = last_root

    def entries(self, after: int, through: int) -> Iterator[Entry]:
        """Yield the entries of positions ``after + 1`` to ``through`` that may concern the map, or raise."""
        while after < through:
            rows = self._connection.execute(_ENTRIES, (after, through), binary=True, prepare=True).fetchall()
            if [position for position, _ in rows] != list(range(after + 1, after + 1 + len(rows))) or not rows:
                raise ConcurrentUpdate(f"the log has a gap after position {after}")
            for position, raw in rows:
                entry = open_entry(position - 1, bytes(raw))
                if entry is not None:
                    yield entry
            after += len(rows)

    def is_refusal(self, source: str, identity: str) -> bool:
        """Tell whether an event recorded before is a refusal."""
        return self._connection.execute(_IS_REFUSAL, (source, identity)).fetchone() is not None

    def tiles(self, paths: Collection[bytes]) -> Mapping[bytes, bytes]:
        """Return tiles as the map is now."""
        rows = self._connection.execute(_TILES, (list(paths),), binary=True).fetchall()
        return {bytes(path): bytes(children) for path, children in rows}

    def put(self, size: int, root: bytes, tiles: Mapping[bytes, bytes]) -> None:
        """Write the tiles that changed, and that the map covers ``size`` entries now."""
        paths = list(tiles)
        if paths:
            # What no root rests on is not kept.
            self._connection.execute(_FORGET, (paths, self._last_root))
            self._connection.execute(_REPLACE, (size, paths))
            self._connection.execute(_PUT, (size, paths, list(tiles.values())))
        self._connection.execute(_SET_STATE, (size, root))


class PostgresMapStore:
    """A :class:`consumers.ports.MapStore`; it opens a connection when it needs one and keeps it while it works."""

    def __init__(self, url: str, *, kept: timedelta = timedelta(0)) -> None:
        """``kept`` is for how long the state at a root is kept once a newer one can be served."""
        self._url = url
        self._kept = kept
        self._connection: Connection | None = None

    def head(self) -> tuple[int, datetime | None]:
        """Return the last position of the log and when it was recorded, (0, None) for an empty log."""
        with self._connected() as connection:
            row = connection.execute(_HEAD).fetchone()
        return (int(row[0]), row[1]) if row else (0, None)

    def state(self) -> tuple[int, bytes | None]:
        """Return how many entries the map covers, and its root."""
        with self._connected() as connection:
            size, root = connection.execute(_STATE).fetchone() or (0, None)
        return int(size), bytes(root) if root is not None else None

    def last_root(self) -> tuple[int, datetime | None]:
        """Return size and time of the last root that was found recorded, (0, None) for none."""
        with self._connected() as connection:
            row = connection.execute(_LAST_ROOT).fetchone()
        return (int(row[0]), row[1]) if row else (0, None)

    def logged_after(self, previous: int) -> tuple[LoggedRoot, int, datetime] | None:
        """Return the recorded root that follows one, its position and time; raise where the entry is none."""
        with self._connected() as connection:
            row = connection.execute(_LOGGED, (root_stream(previous),)).fetchone()
        if row is None:
            return None
        entry = open_entry(int(row[0]) - 1, bytes(row[1]))
        found = logged_root(entry) if entry is not None else None
        return (found, int(row[0]), row[2]) if found is not None else None

    def recorded(self, position: int) -> datetime:
        """Return when an event was recorded."""
        with self._connected() as connection:
            row = connection.execute(_RECORDED, (position,)).fetchone()
        if row is None:
            raise ConcurrentUpdate(f"the log has no position {position}")
        instant: datetime = row[0]
        return instant

    def locate(self, root: LoggedRoot, position: int, recorded: datetime) -> None:
        """Note where a root is recorded; older states go as far as no receipt can be made from them any more."""
        with self._connected() as connection, connection.transaction():
            connection.execute(_LOCATE, (root.size, root.root, position, recorded))
            servable = connection.execute(_SERVABLE, (self._kept,)).fetchone()
            if servable and servable[0] is not None:
                connection.execute(_PRUNE, servable)
                connection.execute(_OLDEST, servable)

    def undo(self, last_root: int, root: bytes | None) -> None:
        """Put the map back to the last recorded root, 0 for an empty map."""
        with self._connected() as connection, connection.transaction():
            connection.execute(_LOCK_STATE)
            for statement in _UNDO:
                connection.execute(statement, (last_root,))
            connection.execute(_SET_STATE, (last_root, root))

    def root_at(self, size: int) -> bytes | None:
        """Return the recorded root over so many entries."""
        with self._connected() as connection:
            row = connection.execute("SELECT root FROM statusmap.root WHERE size = %s", (size,)).fetchone()
        return bytes(row[0]) if row else None

    @contextmanager
    def step(self, size: int) -> Iterator[MapStep]:
        """Begin to move the map on from ``size`` entries; leaving without an error commits."""
        with self._connected() as connection, connection.transaction():
            row = connection.execute(_LOCK_STATE).fetchone()
            if row is None or row[0] != size:
                raise ConcurrentUpdate(f"the map does not cover {size} entries any more")
            last = connection.execute(_LAST_ROOT).fetchone()
            yield MapStep(connection, int(last[0]) if last else 0)

    def wait(self, seconds: float) -> bool:
        """Return whether somebody asked for a root within so many seconds; at once then."""
        with self._connected() as connection:
            return any(True for _ in connection.notifies(timeout=seconds, stop_after=1))

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(
                    self._url, autocommit=True, connect_timeout=5, application_name="certledger status map",
                    options=PLANNING,
                )  # fmt: skip
                self._connection.execute(_TAKE_ROLE, (ROLE,))
                self._connection.execute(f"LISTEN {CHANNEL}")
            yield self._connection
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self.close()
            raise LogUnavailable(str(error)) from error
