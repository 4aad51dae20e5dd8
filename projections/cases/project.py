"""Folds every stream of supervision into its rows.

No row reads another stream: what joins a finding to its rectification or a lead to its case is joined at reading.
"""

from itertools import chain

from projections.cases.rows import TABLES, add_rows
from projections.certificates.timelines import Known
from projections.copying import Lines
from projections.feed import Delivered
from projections.streams import StreamView


class Cases(StreamView):
    """The view ``cases``."""

    name = "cases"
    families = tuple(TABLES)
    rows = tuple(chain.from_iterable(TABLES.values()))

    def tables_of(self, stream: str) -> tuple[str, ...]:
        """Return the tables of the stream's family."""
        return TABLES[stream.partition(":")[0]]

    def add_rows(self, stream: str, known: Known, latest: Delivered, lines: Lines) -> None:
        """Add the rows of a case, a finding, a rectification, a report or an area."""
        add_rows(stream, known.timeline, latest.position, lines)
