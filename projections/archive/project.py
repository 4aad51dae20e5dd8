"""Folds every stream into its rows of the archive view: what a batch touched is written anew, once."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql

from ledger.timeline import Timeline
from projections.archive.rows import TABLES, add_rows, is_filed, tables_of
from projections.certificates.timelines import Timelines, whole
from projections.copying import Lines
from projections.feed import Delivered

_DELETE = "DELETE FROM {} WHERE stream = ANY(%b)"


class Archive:
    """The view ``archive``."""

    name = "archive"
    tables = files(__package__).joinpath("tables.sql").read_text("utf-8")
    indexes = files(__package__).joinpath("indexes.sql").read_text("utf-8")
    contents = (*TABLES, "fact")

    def __init__(self, timelines: Timelines | None = None) -> None:
        self._timelines = timelines or Timelines()

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        """Write what a batch changes."""
        lines = Lines()
        touched: dict[str, Timeline[Any]] = {}
        older: dict[str, set[str]] = {table: set() for table in TABLES}
        for step in self._timelines.walk(connection, [d for d in batch if is_filed(d.recorded.stream)]):
            stream = step.delivered.recorded.stream
            touched[stream] = step.after
            lines["fact"].append(step.fact_line)
            if step.before.version:
                for table in tables_of(stream):
                    older[table].add(stream)
        for stream, timeline in touched.items():
            add_rows(stream, timeline, lines)
        for table, streams in older.items():
            if streams:
                connection.execute(sql.SQL(_DELETE).format(sql.Identifier(table)), (list(streams),))
        lines.write(connection)

    def whole(self, stream: str, events: Sequence[Delivered], lines: Lines) -> None:
        """Add the rows of one whole stream."""
        if not is_filed(stream):
            return
        last = None
        for step in whole(events):
            last = step.after
            lines["fact"].append(step.fact_line)
        if last is not None:
            add_rows(stream, last, lines)

    def forget(self) -> None:
        """Drop what is kept in memory."""
        self._timelines.forget()
