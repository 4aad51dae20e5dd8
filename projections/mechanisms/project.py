"""Folds conferences, emergency plans, trainings and consulting bodies into rows, each stream by itself."""

from itertools import chain

from projections.certificates.timelines import Known
from projections.copying import Lines
from projections.feed import Delivered
from projections.mechanisms.rows import ADD, TABLES
from projections.streams import StreamView


class Mechanisms(StreamView):
    """The view ``mechanisms``."""

    name = "mechanisms"
    families = tuple(TABLES)
    rows = tuple(chain.from_iterable(TABLES.values()))

    def tables_of(self, stream: str) -> tuple[str, ...]:
        """Return the tables of the stream's family."""
        return TABLES[stream.partition(":")[0]]

    def add_rows(self, stream: str, known: Known, latest: Delivered, lines: Lines) -> None:
        """Add all rows of a stream; one of which nothing took effect has none."""
        del latest
        if known.timeline.applied:
            ADD[stream.partition(":")[0]](stream, known, lines)
