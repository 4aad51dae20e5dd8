"""Folds inspections and draws into their rows."""

from projections.certificates.timelines import Known
from projections.copying import Lines
from projections.feed import Delivered
from projections.inspections.draws import add_draw
from projections.inspections.rows import add_inspection
from projections.streams import StreamView

_OF_INSPECTION = ("inspection", "unit", "sample", "feedback", "finding", "assistance", "recognition")
_OF_DRAW = ("draw", "drawn")


class Inspections(StreamView):
    """The view ``inspections``."""

    name = "inspections"
    families = ("inspection", "draw")
    rows = (*_OF_INSPECTION, *_OF_DRAW)

    def tables_of(self, stream: str) -> tuple[str, ...]:
        """Return the tables of inspections, or those of draws."""
        return _OF_DRAW if stream.startswith("draw:") else _OF_INSPECTION

    def add_rows(self, stream: str, known: Known, latest: Delivered, lines: Lines) -> None:
        """Add the rows of an inspection or a draw."""
        if stream.startswith("draw:"):
            add_draw(stream, known.timeline, lines)
        else:
            add_inspection(stream, known.timeline, latest.position, lines)
