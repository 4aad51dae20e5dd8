"""A batch and the bookmarks that say it was seen are one transaction; another process's bookmark is never overtaken.

A poison event stops its view with an alarm, and is never skipped.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

import psycopg
import structlog
from psycopg import sql

from projections.feed import LANES, Batch, Bookmarks, Delivered
from projections.fence import raise_fence
from projections.pausing import collector_paused
from projections.view import View

log = structlog.get_logger(__name__)

Connection = psycopg.Connection[Any]
VISIBLE_KEPT = 4_096
_LOCK = 7_226_100
_BOOKMARKS = "SELECT lane, position, EXISTS (SELECT FROM quarantine) FROM bookmark"
_MOVE = """
    UPDATE bookmark SET position = moved.new, event_position = greatest(event_position, moved.event)
    FROM unnest(%b::int[], %b::bigint[], %b::bigint[], %b::bigint[]) AS moved (lane, old, new, event)
    WHERE bookmark.lane = moved.lane AND bookmark.position = moved.old
"""
_VISIBLE = "INSERT INTO visible (up_to) VALUES (%b) RETURNING id"
_PRUNE = "DELETE FROM visible WHERE id <= %b"
_QUARANTINE = """
    INSERT INTO quarantine (position, view, stream, error) VALUES (%s, %s, %s, %s)
    ON CONFLICT (position) DO UPDATE SET error = excluded.error, at = excluded.at
"""

_RELEASE = "DELETE FROM quarantine WHERE position = ANY(%b)"


class BookmarkMoved(Exception):  # noqa: N818 - an event of the race, not a defect
    """Another process was faster in one of the lanes, or the view was rebuilt; nothing of the batch was written."""


class Poisoned(Exception):  # noqa: N818 - says what happened
    """A view stands still at an event that it cannot fold; the event is in its quarantine."""

    def __init__(self, view: str, position: int, stream: str, error: str) -> None:
        super().__init__(
            f"视图 {view} 停在位置 {position}（{stream}）：{error}；修复程序后重启即可继续。 "
            f"View {view} stands still at position {position} ({stream}): {error}; "
            "restart it with a release that understands the event."
        )
        self.view, self.position, self.stream, self.error = view, position, stream, error


class Projector:
    """Keeps one view. One object serves one thread; any number of processes may share the view's lanes."""

    def __init__(self, connect: Callable[[], Connection], view: View, schema: str | None = None) -> None:
        self.view = view
        self.schema = schema or view.name
        self._connect = connect
        self._connection: Connection | None = None
        self._known: dict[int, int] | None = None
        self._stood_still = False

    def prepare(self, *, indexes: bool = True) -> None:
        """Create the schema, its tables, bookmarks and access rules where they are missing, in any number of processes.

        Raises ``LookupError`` where a table of the view has no rule of visibility.
        """
        connection = self._open()
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            found = connection.execute("SELECT to_regclass(%s)", (f'"{self.schema}".bookmark',)).fetchone()
            if not found or found[0] is None:
                connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self.schema)))
                machinery = files("projections").joinpath("machinery.sql").read_text("utf-8")
                for script in (self.view.tables, self.view.indexes if indexes else "", machinery):
                    connection.execute(script.encode())
            raise_fence(connection, self.schema, self.view.name)

    def bookmarks(self) -> dict[int, int]:
        """Return, by lane, the position up to which the view has seen everything; a dropped view starts anew."""
        try:
            rows = self._open().execute(_BOOKMARKS).fetchall()
        except psycopg.errors.UndefinedTable:
            self.prepare()
            rows = self._open().execute(_BOOKMARKS).fetchall()
        self._known = {lane: position for lane, position, _ in rows}
        self._stood_still = any(quarantined for _, _, quarantined in rows)
        return dict(self._known)

    def apply(self, batch: Sequence[Delivered]) -> int:
        """Write one batch and return how many of its events were new.

        Raises :class:`BookmarkMoved` where another process was faster, or where :meth:`bookmarks` was not asked
        since the last failure: begin the feed anew from there. Raises :class:`Poisoned` at an event that cannot be
        folded; what stood before it is written.
        """
        self._open()
        known = self._bookmarks_asked()
        fresh, latest = [], dict(known)
        for delivered in batch:
            if delivered.position > latest[delivered.lane]:
                latest[delivered.lane] = delivered.position
                fresh.append(delivered)
        seen = {lane: at for lane, at in batch.seen.items() if at > latest[lane]} if isinstance(batch, Batch) else {}
        if fresh or seen:
            try:
                with collector_paused():
                    self._write(fresh, seen)
            except (BookmarkMoved, psycopg.OperationalError, psycopg.InterfaceError):
                raise
            except Exception as error:  # noqa: BLE001 - whatever a fold raises, one of the events is the poison
                log.warning("view.batch_failed", view=self.view.name, events=len(fresh), error=repr(error))
                self._bisect(fresh)
        return len(fresh)

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self._reset()

    def _write(self, fresh: Sequence[Delivered], seen: Bookmarks) -> None:
        connection = self._open()
        known = self._bookmarks_asked()
        events = {delivered.lane: delivered.position for delivered in fresh}
        moved = {**events, **seen}
        try:
            with connection.transaction():
                self._move(connection, known, moved, events)
                if fresh:
                    self.view.fold(connection, fresh)
                if self._stood_still:
                    connection.execute(_RELEASE, ([delivered.position for delivered in fresh],))
                self._note_visible(connection, moved)
        except (BookmarkMoved, psycopg.OperationalError, psycopg.InterfaceError):
            self._reset()
            raise
        except BaseException:
            self.view.forget()
            raise
        known.update(moved)

    def _bookmarks_asked(self) -> dict[int, int]:
        """Return the bookmarks that the feed began from: going on from any others could skip events."""
        if self._known is None:
            raise BookmarkMoved(f"view {self.view.name}: ask for the bookmarks and begin the feed anew")
        return self._known

    def _move(
        self, connection: Connection, known: Bookmarks, moved: Mapping[int, int], events: Mapping[int, int]
    ) -> None:
        """Move the bookmarks first: the rows' locks keep a second process waiting until this one has committed."""
        lanes = sorted(moved)
        columns = [
            lanes,
            [known[lane] for lane in lanes],
            [moved[lane] for lane in lanes],
            [events.get(lane, 0) for lane in lanes],
        ]
        try:
            cursor = connection.execute(_MOVE, columns)
        except psycopg.errors.UndefinedTable as error:
            raise BookmarkMoved(f"view {self.view.name} has no bookmarks") from error
        if cursor.rowcount != len(lanes):
            raise BookmarkMoved(f"view {self.view.name}: {len(lanes) - cursor.rowcount} lanes were moved meanwhile")

    def _note_visible(self, connection: Connection, moved: Mapping[int, int]) -> None:
        row = connection.execute(_VISIBLE, ([moved.get(lane) for lane in range(LANES)],)).fetchone()
        if row and row[0] % 256 == 0:
            connection.execute(_PRUNE, (row[0] - VISIBLE_KEPT,))

    def _bisect(self, fresh: Sequence[Delivered]) -> None:
        """Write what stands before the offending event, then stop at it."""
        if len(fresh) == 1:
            self._stop_at(fresh[0])
            return
        for half in (fresh[: len(fresh) // 2], fresh[len(fresh) // 2 :]):
            try:
                self._write(half, {})
            except (BookmarkMoved, psycopg.OperationalError, psycopg.InterfaceError):
                raise
            except Exception:  # noqa: BLE001 - whatever a fold raises, its event is the poison
                self._bisect(half)

    def _stop_at(self, delivered: Delivered) -> None:
        try:
            self._write([delivered], {})
        except (BookmarkMoved, psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception as cause:
            recorded = delivered.recorded
            stream, error = str(recorded.record.get("stream")), f"{type(cause).__name__}: {cause}"[:2_000]
            error = error.replace("\0", "\ufffd")
            self._open().execute(_QUARANTINE, (delivered.position, self.view.name, stream, error))
            log.critical("view.poisoned", view=self.view.name, position=delivered.position, stream=stream, error=error)
            raise Poisoned(self.view.name, delivered.position, stream, error) from cause

    def _reset(self) -> None:
        self._known = None
        self.view.forget()

    def _open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = self._connect()
            self._connection.autocommit = True
            path = sql.SQL("SET search_path = {}, public").format(sql.Identifier(self.schema))
            self._connection.execute(path)
            self._reset()
        return self._connection
