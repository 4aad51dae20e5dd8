"""Folds notices into one row each: who told whom of what on which basis, and when each step was taken."""

from collections.abc import Sequence
from typing import Any

from ledger.access.audience import party_key
from ledger.facts import Fact
from ledger.timeline import Timeline
from projections import copying
from projections.certificates.timelines import Known
from projections.copying import Lines
from projections.feed import Delivered, lane_of
from projections.streams import StreamView

_OPENING = frozenset({"notice.created", "notice.requested"})
_ANSWERS = frozenset({"notice.answered", "notice.request_granted", "notice.request_refused"})
_OUTCOMES = {"notice.request_granted": "granted", "notice.request_refused": "refused"}


class Notices(StreamView):
    """The view ``notices``."""

    name = "notices"
    families = ("notice",)
    rows = ("notice",)

    def add_rows(self, stream: str, known: Known, latest: Delivered, lines: Lines) -> None:
        """Add the row of one notice; before its creation took effect there is none."""
        opening = _last(known.timeline, _OPENING)
        if opening is not None:
            lines["notice"].append(_line(stream, known, opening, latest))


def _line(stream: str, known: Known, opening: Fact, latest: Delivered) -> bytes:
    timeline, data = known.timeline, opening.data
    since = timeline.applied[timeline.applied.index(opening) + 1 :]
    answered = next((fact for fact in since if fact.type in _ANSWERS), None)
    is_request = opening.type == "notice.requested"
    about = [f"organisation:{data['organisation']}"] if is_request else data["about"]
    sent = [fact for fact in since if fact.type == "notice.sent"]
    return b"\t".join(
        (
            copying.text(stream),
            b"%d" % known.first,
            b"%d" % timeline.version,
            b"request" if is_request else b"notice",
            copying.text("spot_check_information" if is_request else data["kind"]),
            copying.text(party_key(opening.source if is_request else data["sender"])),
            copying.text(party_key(data["recipient"])),
            copying.text(data.get("region")),
            copying.text("S2-71; S2-76" if is_request else data["basis"]),
            copying.text(data.get("rule")),
            copying.boolean(bool(data.get("mandatory"))),
            copying.boolean(is_request or bool(data.get("answer"))),
            copying.text(data["purpose"] if is_request else data["statement"]),
            copying.array([party_key(each) for each in about]),
            copying.json_text(data["cause"]) if data.get("cause") else copying.NULL,
            copying.day(opening.effective),
            latest.recorded.recorded.encode(),
            copying.day(data.get("due")),
            copying.day(sent[0].effective if sent else None),
            copying.array(sorted({fact.data["channel"] for fact in sent})),
            copying.day(_day(since, "notice.acknowledged") or (answered.effective if answered else None)),
            copying.day(answered.effective if answered else None),
            copying.text(_OUTCOMES.get(answered.type, answered.data.get("outcome")) if answered else None),
            copying.text(answered.data.get("reason") if answered else None),
            b"%d" % sum(fact.type == "notice.urged" for fact in since),
            copying.day(_day(since, "notice.withdrawn")),
            b"%d" % lane_of(stream),
            # What was said of it before it was there was held, and it came with a later event.
            b"%d" % (known.first if opening.version == 1 else latest.position),
            copying.text(next((fact.data["unit"] for fact in sent if "unit" in fact.data), data.get("recipient_unit"))),
        )
    )


def _last(timeline: Timeline[Any], types: frozenset[str]) -> Fact | None:
    return next((fact for fact in reversed(timeline.applied) if fact.type in types), None)


def _day(facts: Sequence[Fact], name: str) -> str | None:
    return next((fact.effective for fact in facts if fact.type == name), None)
