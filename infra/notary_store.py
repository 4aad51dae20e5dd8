"""The notary's tables on PostgreSQL: tiles and the checkpoint over them appear in one transaction or not at all.

Its connections take the role ``certledger_notary`` where there is one, which may read the log and add to the schema
``notary``, and nothing else.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import psycopg

from infra.postgres_log import CHANNEL, PLANNING
from infra.services.errors import ServiceUnavailableError
from ledger.evidence.growth import SigningRefused, refuse
from ledger.evidence.report import Finding
from ledger.evidence.strict import MAXIMUM_INTEGER
from ledger.evidence.tiles import Tile
from ledger.log import ConcurrentUpdate, LogUnavailable

ROLE = "certledger_notary"
Connection = psycopg.Connection[Any]
Connect = Callable[[], Connection]
_PAGE = 1_000
# The growing transaction is the only writer: whoever finds another newest checkpoint has lost its lead.
_GROWING = 7_226_040
_TAKE_ROLE = """
    SELECT set_config('role', rolname, false) FROM pg_roles
    WHERE rolname = %s AND pg_has_role(current_user, oid, 'SET')
"""
_HEAD = "SELECT notification_id FROM ledger_events ORDER BY notification_id DESC LIMIT 1"
_ENTRIES = """
    SELECT notification_id, state FROM ledger_events
    WHERE notification_id > %s AND notification_id <= %s ORDER BY notification_id LIMIT %s
"""
_CHECKPOINT = "SELECT size, root, note, signed, number, previous FROM notary.checkpoint"
_NEWEST = f"{_CHECKPOINT} WHERE size <= %s ORDER BY size DESC LIMIT 1"
_NUMBERED = f"{_CHECKPOINT} WHERE number = %s"
_CHECKPOINTS = f"{_CHECKPOINT} WHERE size > %s AND size <= %s ORDER BY size LIMIT %s"
_TILE = "SELECT hashes FROM notary.tile WHERE level = %s AND idx = %s"
_PUT = """
    INSERT INTO notary.tile (level, idx, hashes)
    SELECT * FROM unnest(%s::smallint[], %s::bigint[], %s::bytea[])
    ON CONFLICT (level, idx) DO UPDATE SET hashes = excluded.hashes
"""
_PUBLISH = """
    INSERT INTO notary.checkpoint (size, root, note) VALUES (%s, %s, %s)
    RETURNING size, root, note, signed, number, previous
"""
_ALARMS = "SELECT findings FROM notary.alarm WHERE cleared IS NULL ORDER BY number"
_RAISE = "INSERT INTO notary.alarm (findings) VALUES (%s)"
_CLEAR = "UPDATE notary.alarm SET cleared = clock_timestamp(), reason = %s WHERE cleared IS NULL"
_SCRUBBED = "SELECT through, passes, finished FROM notary.scrub"
_SCRUB = "UPDATE notary.scrub SET through = %s"
_SCRUB_ROUND = "UPDATE notary.scrub SET through = 0, passes = passes + 1, finished = clock_timestamp()"


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """One row of ``notary.checkpoint``; ``note`` are the octets without cosignatures."""

    size: int
    root: bytes
    note: bytes
    signed: datetime
    number: int
    previous: bytes


class StoredTree:
    """What is stored of tree and log, as one connection sees it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def head(self) -> int:
        """Return the last position of the log, 0 for none."""
        row = self._connection.execute(_HEAD).fetchone()
        return int(row[0]) if row else 0

    def rows(self, after: int, through: int) -> Iterator[Sequence[tuple[int, bytes]]]:
        """Yield pages of (position, recorded event's bytes); a missing position is simply not there."""
        while after < through:
            rows = self._connection.execute(_ENTRIES, (after, through, _PAGE), binary=True, prepare=True).fetchall()
            if not rows:
                return
            yield rows
            after = rows[-1][0]

    def entries(self, after: int, through: int) -> Iterator[Sequence[bytes]]:
        """Yield the entries of positions ``after + 1`` to ``through``; ends early where one is missing."""
        for page in self.rows(after, through):
            whole = [raw for position, (at, raw) in enumerate(page, after + 1) if position == at]
            yield whole
            if len(whole) < len(page):
                return
            after += len(page)

    def tile(self, tile: Tile) -> bytes:
        """Return the whole row of a tile; empty where there is none."""
        query = self._connection.execute(_TILE, (tile.level, tile.index), binary=True, prepare=True)
        row = query.fetchone()
        return bytes(row[0]) if row else b""

    def newest(self, through: int = MAXIMUM_INTEGER) -> CheckpointRow | None:
        """Return the checkpoint with the most leaves, of those with at most ``through`` where that is said."""
        row = self._connection.execute(_NEWEST, (through,)).fetchone()
        return _checkpoint(row) if row else None

    def numbered(self, number: int) -> CheckpointRow | None:
        """Return the checkpoint of a number."""
        row = self._connection.execute(_NUMBERED, (number,)).fetchone()
        return _checkpoint(row) if row else None

    def checkpoints(self, after: int, through: int, limit: int) -> list[CheckpointRow]:
        """Return up to ``limit`` checkpoints with more than ``after`` and at most ``through`` leaves, in order."""
        return [_checkpoint(row) for row in self._connection.execute(_CHECKPOINTS, (after, through, limit))]

    def alarms(self) -> list[dict[str, Any]]:
        """Return the findings that nobody has cleared yet."""
        return [each for (findings,) in self._connection.execute(_ALARMS) for each in findings]


class GrowingTree(StoredTree):
    """A :class:`consumers.ports.Growth`: the stored tree inside the transaction in which it grows."""

    def put(self, tiles: Iterable[tuple[Tile, bytes]]) -> None:
        """Write tiles; a row only grows."""
        rows = [(tile.level, tile.index, hashes) for tile, hashes in tiles]
        if not rows:
            return
        try:
            self._connection.execute(_PUT, [list(column) for column in zip(*rows, strict=True)])
        except psycopg.IntegrityError as error:
            raise refuse("TILE_MISMATCH", detail=str(error).split("\n", 1)[0]) from error

    def publish(self, size: int, root: bytes, note: bytes) -> CheckpointRow:
        """Write the signed checkpoint and return it with its place among the others."""
        row = self._connection.execute(_PUBLISH, (size, root, note.decode())).fetchone()
        if row is None:
            raise LogUnavailable("the checkpoint was not written")
        return _checkpoint(row)


class PostgresNotaryStore:
    """A :class:`consumers.ports.NotaryStore`; it opens a connection when it needs one and keeps it while it works."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._connection: Connection | None = None

    def head(self) -> int:
        """Return the last position of the log, 0 for none."""
        with self.reading() as stored:
            return stored.head()

    def newest(self) -> CheckpointRow | None:
        """Return the checkpoint with the most leaves."""
        with self.reading() as stored:
            return stored.newest()

    def numbered(self, number: int) -> CheckpointRow | None:
        """Return the checkpoint of a number."""
        with self.reading() as stored:
            return stored.numbered(number)

    def tile(self, tile: Tile) -> bytes:
        """Return the whole row of a tile; empty where there is none."""
        with self.reading() as stored:
            return stored.tile(tile)

    def entries(self, after: int, through: int) -> Iterator[Sequence[bytes]]:
        """Yield the entries of positions ``after + 1`` to ``through``; ends early where one is missing."""
        with self.reading() as stored:
            yield from stored.entries(after, through)

    def alarms(self) -> list[dict[str, Any]]:
        """Return the findings that nobody has cleared yet."""
        with self.reading() as stored:
            return stored.alarms()

    def raise_alarm(self, findings: Sequence[dict[str, Any]]) -> None:
        """Keep findings until somebody clears them."""
        with self._connected() as connection:
            connection.execute(_RAISE, (orjson.dumps(findings).decode(),))

    @contextmanager
    def reading(self) -> Iterator[StoredTree]:
        """Lend the connection for reading: each statement sees what is committed then."""
        with self._connected() as connection:
            yield StoredTree(connection)

    @contextmanager
    def snapshot(self) -> Iterator[StoredTree]:
        """Lend the connection for reading: every statement sees one moment."""
        with self._connected() as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield StoredTree(connection)

    @contextmanager
    def growing(self, size: int) -> Iterator[GrowingTree]:
        """Begin to grow the tree of ``size`` leaves; leaving without an error commits."""
        with self._connected() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_GROWING,))
            # Said here and not left to the server's configuration: what is published must never be lost again.
            connection.execute("SET LOCAL synchronous_commit = on")
            tree = GrowingTree(connection)
            newest = tree.newest()
            if (newest.size if newest else 0) != size:
                raise ConcurrentUpdate(f"the newest checkpoint is not the one of size {size} any more")
            if findings := tree.alarms():
                raise SigningRefused(Finding("SIGNING_STOPPED", detail=str(findings[0].get("code"))))
            yield tree

    def wait(self, seconds: float) -> None:
        """Return when something was recorded, or after so many seconds."""
        with self._connected() as connection:
            for _ in connection.notifies(timeout=seconds, stop_after=1):
                pass

    def scrubbed(self) -> tuple[int, int, datetime | None]:
        """Return how far the scrubber is, how often it came to the end, and when it did so last."""
        with self._connected() as connection:
            row = connection.execute(_SCRUBBED).fetchone()
        return tuple(row) if row else (0, 0, None)

    def note_scrubbed(self, through: int | None) -> None:
        """Note how far the scrubber is; None: it came to the end and begins again."""
        with self._connected() as connection:
            if through is None:
                connection.execute(_SCRUB_ROUND)
            else:
                connection.execute(_SCRUB, (through,))

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = self._connect()
                self._connection.execute(f"LISTEN {CHANNEL}")
            yield self._connection
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self.close()
            raise LogUnavailable(str(error)) from error


def connect_as_notary(url: str) -> Connection:
    """Open a connection in the notary's own role, or as the URL's user where that role is not there."""
    connection = psycopg.connect(
        url, autocommit=True, connect_timeout=5, application_name="certledger notary", options=PLANNING
    )
    connection.execute(_TAKE_ROLE, (ROLE,))
    return connection


def clear_alarms(url: str, reason: str) -> int:
    """Clear what stands, as somebody who takes responsibility for it; return how many there were.

    Raises :class:`ServiceUnavailableError` where the URL's user may not: the notary's own role never may.
    """
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            return connection.execute(_CLEAR, (reason,)).rowcount
    except psycopg.errors.InsufficientPrivilege as error:
        raise ServiceUnavailableError(
            "该数据库用户无权解除告警,请以库的所有者连接(CERTLEDGER_DATABASE_URL)后重试。",
            "This database user may not clear alarms; repeat it as the owner of the database "
            "(CERTLEDGER_DATABASE_URL).",
        ) from error


def _checkpoint(row: tuple[Any, ...]) -> CheckpointRow:
    return CheckpointRow(int(row[0]), bytes(row[1]), str(row[2]).encode(), row[3], int(row[4]), bytes(row[5]))
