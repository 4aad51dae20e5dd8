"""Folds every stream that a row of the table of deadlines speaks about into what is due on it.

The table is data: a new row about a family that is named already works at once, one about a new family after a rebuild.
"""

from ledger.access.visibility import class_of
from ledger.codes.deadlines import deadline_rules
from ledger.deadlines.due import Deadline, deadlines_of, mark_of, mentions_of
from ledger.families import FAMILIES
from projections import copying
from projections.certificates.timelines import Known
from projections.copying import Lines
from projections.feed import Delivered
from projections.streams import StreamView

_PASSED = "deadline"


def _families() -> tuple[str, ...]:
    named = {rule.on for rule in deadline_rules()}
    named |= {name for rule in deadline_rules() if rule.across for name in rule.met_by}
    return (*sorted({name.partition(".")[0] for name in named} & FAMILIES.keys()), _PASSED)


class Deadlines(StreamView):
    """The view ``deadlines``."""

    name = "deadlines"
    families = _families()
    rows = ("deadline", "mention", "passed")

    def add_rows(self, stream: str, known: Known, latest: Delivered, lines: Lines) -> None:
        """Add what is due on a stream, and what its facts may meet on others."""
        del latest
        timeline = known.timeline
        if stream.startswith(f"{_PASSED}:"):
            fields = (copying.text(stream), b"%d" % known.first, copying.text(timeline.tip.responsible))
            lines["passed"].append(b"\t".join(fields))
            return
        for ordinal, each in enumerate(deadlines_of(stream, timeline)):
            lines["deadline"].append(_line(stream, ordinal, each))
        for mention in mentions_of(timeline):
            named = (stream, mention.about, mention.type, mention.kind, mention.day, class_of(mention.type))
            lines["mention"].append(b"\t".join(copying.text(each) for each in named))


def _line(stream: str, ordinal: int, each: Deadline) -> bytes:
    rule = each.rule
    return b"\t".join(
        (
            copying.text(stream),
            copying.text(rule.id),
            copying.text(rule.kind),
            copying.json_text({"source": each.cause.source, "id": each.cause.id}),
            b"%d" % ordinal,
            copying.text(class_of(rule.on)),
            copying.day(each.cause.effective),
            copying.day(each.due),
            copying.boolean(each.is_provisional),
            copying.text(each.responsible),
            copying.text(each.region),
            copying.day(each.met),
            copying.text(each.met_by),
            copying.array(sorted(rule.met_by)) if rule.across else copying.NULL,
            copying.text(rule.met_when.get("kind") if rule.across else None),
            copying.text(mark_of(stream, each)),
        )
    )
