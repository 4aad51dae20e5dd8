"""Folds inspections and draws into their rows: those of a stream that a batch touched are written anew."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql

from ledger.timeline import Timeline
from projections.certificates.timelines import Timelines, whole
from projections.copying import Lines
from projections.feed import Delivered
from projections.inspections.draws import add_draw
from projections.inspections.rows import add_inspection

_OF_INSPECTION = ("inspection", "unit", "sample", "feedback", "finding", "assistance", "recognition")
_OF_DRAW = ("draw", "drawn")
_INSPECTION, _DRAW = "inspection:", "draw:"
_FOLDED = (_INSPECTION, _DRAW)
_DELETE = "DELETE FROM {} WHERE stream = ANY(%b)"


class Inspections:
    """The view ``inspections``."""

    name = "inspections"
    tables = files(__package__).joinpath("tables.sql").read_text("utf-8")
    indexes = files(__package__).joinpath("indexes.sql").read_text("utf-8")
    contents = (*_OF_INSPECTION, *_OF_DRAW, "fact")

    def __init__(self, timelines: Timelines | None = None) -> None:
        self._timelines = timelines or Timelines()

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        """Write what a batch changes."""
        lines = Lines()
        touched: dict[str, tuple[Timeline[Any], int]] = {}
        older = []
        for step in self._timelines.walk(connection, [d for d in batch if d.recorded.stream.startswith(_FOLDED)]):
            recorded = step.delivered.recorded
            if step.before.version and recorded.stream not in touched:
                older.append(recorded.stream)
            touched[recorded.stream] = (step.after, recorded.position)
            lines["fact"].append(step.fact_line)
        for prefix, tables in ((_INSPECTION, _OF_INSPECTION), (_DRAW, _OF_DRAW)):
            streams = [stream for stream in older if stream.startswith(prefix)]
            for table in tables if streams else ():
                connection.execute(sql.SQL(_DELETE).format(sql.Identifier(table)), (streams,))
        for stream, (timeline, position) in touched.items():
            _add(stream, timeline, position, lines)
        lines.write(connection)

    def whole(self, stream: str, events: Sequence[Delivered], lines: Lines) -> None:
        """Add the rows of one whole stream."""
        if not stream.startswith(_FOLDED):
            return
        last = None
        for step in whole(events):
            last = step
            lines["fact"].append(step.fact_line)
        if last is not None:
            _add(stream, last.after, last.delivered.recorded.position, lines)

    def forget(self) -> None:
        """Drop what is kept in memory."""
        self._timelines.forget()


def _add(stream: str, timeline: Timeline[Any], position: int, lines: Lines) -> None:
    if stream.startswith(_DRAW):
        add_draw(stream, timeline, lines)
    else:
        add_inspection(stream, timeline, position, lines)
