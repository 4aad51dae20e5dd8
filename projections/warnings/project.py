"""Folds risks and early warnings into one row each; a risk's row keeps the day of every stage, so that lags show."""

from typing import Any

from projections import copying
from projections.certificates.timelines import Known
from projections.copying import Lines
from projections.feed import Delivered
from projections.streams import StreamView


class Warnings(StreamView):
    """The view ``warnings``."""

    name = "warnings"
    families = ("risk", "warning")
    rows = ("risk", "warning")

    def add_rows(self, stream: str, known: Known, latest: Delivered, lines: Lines) -> None:
        """Add the row of a risk or a warning; before its first fact took effect there is none."""
        del latest
        facts = known.timeline.applied
        if not facts:
            return
        opening, tip, position = facts[0], known.timeline.tip, b"%d" % known.first
        data: Any = opening.data
        begin = (copying.text(stream), position, copying.text(opening.source))
        if stream.startswith("risk:"):
            rest: tuple[bytes, ...] = (
                copying.text(tip.region),
                copying.text(data["text"]),
                copying.array(list(tip.about)),
                copying.text(tip.stage),
                copying.text(tip.level),
                copying.json_text([{"stage": stage, "day": day} for stage, day in tip.days]),
            )
        else:
            rest = (
                copying.text(data["level"]),
                copying.text(data["title"]),
                copying.text(data["text"]),
                copying.json_text(data["scope"]),
                copying.json_text(data["raised_by"]),
                copying.array(list(tip.risks)),
                copying.day(opening.effective),
                copying.day(tip.until),
                copying.day(tip.lifted),
            )
        lines["risk" if stream.startswith("risk:") else "warning"].append(b"\t".join((*begin, *rest)))
