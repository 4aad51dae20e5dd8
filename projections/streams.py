"""A view whose rows follow from one stream each: what a batch touched is written anew, once, from its timeline.

Every fact is kept in the view's own table ``fact``, so that rows come out the same after any restart.
"""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any, ClassVar

import psycopg
from psycopg import sql

from projections.certificates.timelines import Known, Timelines, whole
from projections.copying import Lines
from projections.feed import Delivered

_DELETE = "DELETE FROM {} WHERE stream = ANY(%b)"


class StreamView:
    """What such views share; a view names itself, its families and tables, and says what rows a stream comes to."""

    name: ClassVar[str]
    families: ClassVar[tuple[str, ...]]
    rows: ClassVar[tuple[str, ...]]

    def __init__(self, timelines: Timelines | None = None) -> None:
        self._timelines = timelines or Timelines()
        self._prefixes = tuple(f"{family}:" for family in self.families)

    @property
    def tables(self) -> str:
        """Statements that create the tables."""
        return self._statements("tables.sql")

    @property
    def indexes(self) -> str:
        """Statements that create keys and indexes."""
        return self._statements("indexes.sql")

    @property
    def contents(self) -> tuple[str, ...]:
        """The tables whose rows follow from the events."""
        return (*self.rows, "fact")

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        """Write what a batch changes."""
        lines = Lines()
        touched: dict[str, tuple[Known, Delivered]] = {}
        older: dict[str, set[str]] = {}
        mine = [each for each in batch if each.recorded.stream.startswith(self._prefixes)]
        for step in self._timelines.walk(connection, mine):
            stream = step.delivered.recorded.stream
            lines["fact"].append(step.fact_line)
            touched[stream] = (step.known, step.delivered)
            if step.before.version:
                for table in self.tables_of(stream):
                    older.setdefault(table, set()).add(stream)
        for table, streams in older.items():
            connection.execute(sql.SQL(_DELETE).format(sql.Identifier(table)), (list(streams),))
        for stream, (known, latest) in touched.items():
            self.add_rows(stream, known, latest, lines)
        lines.write(connection)

    def whole(self, stream: str, events: Sequence[Delivered], lines: Lines) -> None:
        """Add the rows of one whole stream."""
        if not stream.startswith(self._prefixes):
            return
        known = None
        for step in whole(events):
            known = step.known
            lines["fact"].append(step.fact_line)
        if known is not None:
            self.add_rows(stream, known, events[-1], lines)

    def forget(self) -> None:
        """Drop what is kept in memory."""
        self._timelines.forget()

    def tables_of(self, stream: str) -> tuple[str, ...]:
        """Return the tables that can hold rows of a stream; a view whose families differ in them says so."""
        del stream
        return self.rows

    def add_rows(self, stream: str, known: Known, latest: Delivered, lines: Lines) -> None:
        """Add the rows to which a stream comes after its latest event."""
        raise NotImplementedError

    def _statements(self, name: str) -> str:
        return files(type(self).__module__.rpartition(".")[0]).joinpath(name).read_text("utf-8")
