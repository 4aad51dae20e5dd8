"""Folds every stream of supervision into its rows: what a batch touched is written anew, once.

No row reads another stream: what joins a finding to its rectification or a lead to its case is joined at reading.
"""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql

from ledger.timeline import Timeline
from projections.cases.rows import FOLDED, add_rows, tables_of
from projections.certificates.timelines import Timelines, whole
from projections.copying import Lines
from projections.feed import Delivered

_DELETE = "DELETE FROM {} WHERE stream = ANY(%b)"


class Cases:
    """The view ``cases``."""

    name = "cases"
    tables = files(__package__).joinpath("tables.sql").read_text("utf-8")
    indexes = files(__package__).joinpath("indexes.sql").read_text("utf-8")
    contents = (
        "case_file", "request", "published", "finding", "rectification", "report", "owed", "area", "fact",
    )  # fmt: skip

    def __init__(self, timelines: Timelines | None = None) -> None:
        self._timelines = timelines or Timelines()

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        """Write what a batch changes."""
        lines = Lines()
        touched: dict[str, tuple[Timeline[Any], int]] = {}
        older: dict[str, set[str]] = {}
        for step in self._timelines.walk(connection, [d for d in batch if d.recorded.stream.startswith(FOLDED)]):
            stream = step.delivered.recorded.stream
            lines["fact"].append(step.fact_line)
            touched[stream] = (step.after, step.delivered.position)
            if step.before.version:
                for table in tables_of(stream):
                    older.setdefault(table, set()).add(stream)
        for table, streams in older.items():
            connection.execute(sql.SQL(_DELETE).format(sql.Identifier(table)), (list(streams),))
        for stream, (timeline, position) in touched.items():
            add_rows(stream, timeline, position, lines)
        lines.write(connection)

    def whole(self, stream: str, events: Sequence[Delivered], lines: Lines) -> None:
        """Add the rows of one whole stream."""
        if not stream.startswith(FOLDED):
            return
        last = None
        for step in whole(events):
            last = step.after
            lines["fact"].append(step.fact_line)
        if last is not None:
            add_rows(stream, last, events[-1].position, lines)

    def forget(self) -> None:
        """Drop what is kept in memory."""
        self._timelines.forget()
