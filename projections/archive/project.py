"""Folds every stream that belongs in an organisation's archive into its rows of the archive view."""

from projections.archive.rows import FILED, TABLES, add_rows, tables_of
from projections.certificates.timelines import Known
from projections.copying import Lines
from projections.feed import Delivered
from projections.streams import StreamView


class Archive(StreamView):
    """The view ``archive``."""

    name = "archive"
    families = FILED
    rows = TABLES

    def tables_of(self, stream: str) -> tuple[str, ...]:
        """Return the tables of the stream's family."""
        return tables_of(stream)

    def add_rows(self, stream: str, known: Known, latest: Delivered, lines: Lines) -> None:
        """Add all rows of a stream."""
        del latest
        add_rows(stream, known.timeline, lines)
