"""Folds every stream into its edges; an edge that a later event takes back or restates stays as it was known.

What one stream comes to follows from that stream alone, so that the order across streams plays no part.
"""

from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import Any

import psycopg

from ledger.envelope import Recorded
from ledger.tracing.edges import Edge, edges_of, is_traced
from projections import copying
from projections.certificates.timelines import Step, Timelines, whole
from projections.copying import Lines
from projections.feed import Delivered

_INFINITY = "infinity"
_CLOSE = """
    UPDATE edge SET known_until = %b::timestamptz
    WHERE stream = %b AND known_until = 'infinity' AND start = %b AND relation = %b AND finish = %b AND version = %b
        AND effective = %b::daterange
"""


class Trace:
    """The view ``trace``."""

    name = "trace"
    tables = files(__package__).joinpath("tables.sql").read_text("utf-8")
    indexes = files(__package__).joinpath("indexes.sql").read_text("utf-8")
    contents = ("edge", "fact")

    def __init__(self, timelines: Timelines | None = None) -> None:
        self._timelines = timelines or Timelines()

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        """Write what a batch changes."""
        lines = Lines()
        mine = [d for d in batch if is_traced(d.recorded.stream)]
        closed = _add(self._timelines.walk(connection, mine), lines)
        # First: an edge that ends and begins anew in one batch has a second row, which goes on.
        if closed:
            with connection.cursor() as cursor:
                cursor.executemany(_CLOSE, [(until, stream, *_key(edge)) for stream, edge, until in closed])
        lines.write(connection)

    def whole(self, stream: str, events: Sequence[Delivered], lines: Lines) -> None:
        """Add the rows of one whole stream."""
        if is_traced(stream):
            _add(whole(events), lines)

    def forget(self) -> None:
        """Drop what is kept in memory."""
        self._timelines.forget()


def _add(steps: Iterable[Step], lines: Lines) -> list[tuple[str, Edge, str]]:
    """Add the rows of facts and edges; return the edges of earlier batches that end, each with when."""
    fresh: dict[tuple[str, Edge], Recorded] = {}
    closed = []
    for step in steps:
        recorded = step.delivered.recorded
        stream = recorded.stream
        lines["fact"].append(step.fact_line)
        before = edges_of(stream, step.before) if step.before.version else frozenset()
        after = edges_of(stream, step.after)
        for edge in sorted(before - after, key=_key):
            began = fresh.pop((stream, edge), None)
            if began is None:
                closed.append((stream, edge, recorded.recorded))
            else:
                lines["edge"].append(_line(stream, edge, began, recorded.recorded))
        fresh.update({(stream, edge): recorded for edge in sorted(after - before, key=_key)})
    for (stream, edge), recorded in fresh.items():
        lines["edge"].append(_line(stream, edge, recorded, _INFINITY))
    return closed


def _key(edge: Edge) -> tuple[str, str, str, int, str]:
    return (edge.start, edge.relation, edge.end, edge.version, f"[{edge.begins},{edge.ends})")


def _line(stream: str, edge: Edge, began: Recorded, until: str) -> bytes:
    text = copying.text
    return b"\t".join(
        (
            text(edge.start),
            text(edge.relation),
            text(edge.end),
            f"[{edge.begins},{edge.ends})".encode(),
            began.recorded.encode(),
            until.encode(),
            text(stream),
            b"%d\t%d" % (edge.version, began.position),
            text(edge.access),
            text(edge.source),
        )
    )
