"""Blue/green: a view is built anew beside the live one, caught up, compared row for row, and switched by renaming.

Reads go on all the while. A rebuild that is killed leaves the live view as it was; the next one starts clean.
"""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from projections.bulk import Connection, Loading, Progress, RebuildIncomplete, load, read, up_to
from projections.feed import LANES, Bookmarks, Feed
from projections.projector import Projector
from projections.spool import Spool
from projections.view import View

__all__ = ["RebuildIncomplete", "RebuildRunning", "Rebuilt", "ViewsDiffer", "rebuild", "rebuild_together"]

_LOCK = "SELECT pg_try_advisory_lock(7226200, hashtext(%s))"
_SAMPLES = 5
_DIGEST = "SELECT count(*), sum(hashtextextended(row::text, 0)) FROM {table} AS row"
_DIFFERENT = """
    (SELECT 'live', row::text FROM {live} AS row EXCEPT ALL SELECT 'live', row::text FROM {new} AS row)
    UNION ALL
    (SELECT 'new', row::text FROM {new} AS row EXCEPT ALL SELECT 'new', row::text FROM {live} AS row)
"""
_STATEMENTS = (
    # A projector that waits for these rows finds them moved, and asks for its bookmarks anew.
    "UPDATE {live}.bookmark SET position = -1",
    "ALTER SCHEMA {live} RENAME TO {old}",
)


class RebuildRunning(Exception):  # noqa: N818 - says what happens
    """Another process is rebuilding this view."""


class ViewsDiffer(Exception):  # noqa: N818 - says what was found
    """The view built anew is not the live one; nothing was switched."""

    def __init__(self, rebuilt: "Rebuilt") -> None:
        super().__init__(
            f"重建结果与现有视图不一致：{rebuilt.differences}；确认后可加 --force 切换。 "
            f"The rebuilt view differs from the live one: {rebuilt.differences}; --force switches nevertheless."
        )
        self.rebuilt = rebuilt


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild came to: ``differences`` counts rows by table, ``samples`` shows the first of each."""

    view: str
    events: int = 0
    rows: int = 0
    compared: bool = False
    switched: bool = False
    differences: dict[str, int] = field(default_factory=dict)
    samples: dict[str, list[str]] = field(default_factory=dict)


def rebuild(
    view: View,
    feed: Feed,
    connect: Callable[[], Connection],
    *,
    bound: Bookmarks | None = None,
    progress: Progress | None = None,
    compare: bool = True,
    force: bool = False,
) -> Rebuilt:
    """Build one view anew from a feed and switch to it; see :func:`rebuild_together`."""
    (rebuilt,) = rebuild_together([view], feed, connect, bound=bound, progress=progress, compare=compare, force=force)
    return rebuilt


def rebuild_together(
    views: Sequence[View],
    feed: Feed,
    connect: Callable[[], Connection],
    *,
    bound: Bookmarks | None = None,
    progress: Progress | None = None,
    compare: bool = True,
    force: bool = False,
) -> list[Rebuilt]:
    """Build views anew from one reading of a feed, and switch to each as soon as it was compared.

    ``bound`` gives by lane the position of the last event to read, where there is no live view; without either, all
    that the feed has now is read. ``progress`` is called with phase (``read``, ``fold``, ``index``, ``catch up``,
    ``compare``), done and total. Raises :class:`RebuildRunning`, :class:`RebuildIncomplete`, and
    :class:`ViewsDiffer` where the comparison found differences and ``force`` is not set.
    """
    progress = progress or _silent
    with ExitStack() as stack:
        sites = [_Site(view, connect, stack) for view in views]
        for site in sites:
            site.clear()
        spool = stack.enter_context(Spool())
        until = _common([live for site in sites if (live := site.live()) is not None], bound)
        zero = dict.fromkeys(range(LANES), 0)
        last = read(spool, up_to(feed, lambda: zero, until), max((until or zero).values()), progress)
        load(spool, [site.loading for site in sites], last, progress)
        for site in sites:
            site.result.events, site.result.rows = spool.events, site.loading.rows
            site.finish(feed, progress, compare=compare, force=force)
        return [site.result for site in sites]


def _common(live: Sequence[Bookmarks], bound: Bookmarks | None) -> Bookmarks | None:
    """Return by lane what all live views have seen; what one of them saw since, it is given afterwards."""
    return {lane: min(each[lane] for each in live) for lane in range(LANES)} if live else bound


class _Site:
    """One view's old and new schema, with the connections that build the new one."""

    def __init__(self, view: View, connect: Callable[[], Connection], stack: ExitStack) -> None:
        self.view = view
        self.result = Rebuilt(view.name)
        self._control = stack.enter_context(connect())
        self.loading = Loading(view, stack.enter_context(connect()))
        self._control.autocommit = True
        self._names = _Names(view.name)
        self._builder = Projector(connect, view, schema=f"{view.name}_next")
        stack.callback(self._builder.close)

    def clear(self) -> None:
        """Remove what an earlier rebuild left, and lay out empty tables."""
        locked = self._control.execute(_LOCK, (self.view.name,)).fetchone()
        if not locked or not locked[0]:
            raise RebuildRunning(f"视图 {self.view.name} 正在重建 / view {self.view.name} is being rebuilt")
        for leftover in (self._names.new, self._names.old):
            self._control.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(leftover))
        self._builder.prepare(indexes=False)
        self.loading.connection.execute(sql.SQL("SET search_path = {}, public").format(self._names.new))

    def live(self) -> dict[int, int] | None:
        """Return by lane the last event that the live view has seen, or ``None`` where there is no such view."""
        return _live(self._control, self._names)

    def finish(self, feed: Feed, progress: Progress, *, compare: bool, force: bool) -> None:
        """Catch up with the live view, hold it still, compare, and switch."""
        control, names = self._control, self._names
        is_live = self.live() is not None
        if is_live:
            _catch_up(self._builder, feed, self.live(), progress)
        with control.transaction():
            if is_live:
                control.execute(sql.SQL("LOCK TABLE {}.bookmark IN SHARE ROW EXCLUSIVE MODE").format(names.live))
                _catch_up(self._builder, feed, self.live(), progress)
                if compare:
                    progress("compare", 0, len(self.view.contents))
                    _compare(control, names, self.view, self.result, progress)
                    if self.result.differences and not force:
                        raise ViewsDiffer(self.result)
            _switch(control, names, is_live=is_live)
        self.result.switched = True
        control.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(names.old))


class _Names:
    def __init__(self, view: str) -> None:
        self.live, self.new, self.old = (sql.Identifier(name) for name in (view, f"{view}_next", f"{view}_old"))


def _silent(phase: str, done: int, total: int) -> None:
    """Show nothing."""


def _live(connection: Connection, names: _Names) -> dict[int, int] | None:
    """Return by lane the last event that the live view has seen, or ``None`` where there is no such view."""
    try:
        rows = connection.execute(sql.SQL("SELECT lane, event_position FROM {}.bookmark").format(names.live)).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        return None
    return dict(rows)


def _catch_up(builder: Projector, feed: Feed, target: Bookmarks | None, progress: Progress) -> None:
    """Fold the events that the live view has seen since."""
    for batch in up_to(feed, builder.bookmarks, target or {}):
        builder.apply(batch)
        progress("catch up", batch[-1].position, max((target or {0: 0}).values()))


def _compare(connection: Connection, names: _Names, view: View, result: Rebuilt, progress: Progress) -> None:
    for index, name in enumerate(view.contents):
        live, new = (sql.SQL("{}.{}").format(schema, sql.Identifier(name)) for schema in (names.live, names.new))
        digests = [connection.execute(sql.SQL(_DIGEST).format(table=table)).fetchone() for table in (live, new)]
        if digests[0] != digests[1]:
            rows = connection.execute(sql.SQL(_DIFFERENT).format(live=live, new=new)).fetchall()
            result.differences[name] = len(rows)
            result.samples[name] = [f"{side}: {row}" for side, row in rows[:_SAMPLES]]
        progress("compare", index + 1, len(view.contents))
    result.compared = True


def _switch(connection: Connection, names: _Names, *, is_live: bool) -> None:
    if is_live:
        connection.execute(
            sql.SQL(
                "UPDATE {new}.bookmark AS b SET position = greatest(b.position, l.position)"
                " FROM {live}.bookmark AS l WHERE l.lane = b.lane"
            ).format(new=names.new, live=names.live)
        )
        connection.execute(
            sql.SQL(
                "TRUNCATE {new}.visible RESTART IDENTITY;"
                " INSERT INTO {new}.visible (at, up_to) SELECT at, up_to FROM {live}.visible ORDER BY id"
            ).format(new=names.new, live=names.live)
        )
        for statement in _STATEMENTS:
            connection.execute(sql.SQL(statement).format(live=names.live, old=names.old))
    else:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(names.live))
    connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(names.new, names.live))
