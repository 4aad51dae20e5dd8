"""Folds organisations, inspections and cases into their rows of the ledgers."""

from collections.abc import Iterator
from typing import Any

from ledger.access.audience import party_key
from ledger.facts import Fact
from ledger.families import FAMILIES
from ledger.timeline import Timeline, states
from projections import copying
from projections.certificates.timelines import Known
from projections.copying import Lines
from projections.feed import Delivered
from projections.streams import StreamView

_ORGANISATION = "organisation:"
_OF_ORGANISATION = ("place", "enterprise")
_MACHINE = FAMILIES["organisation"].machine
OPENING = {"inspection": "inspection.performed", "case": "case.opened"}
"""The families that have a ledger of matters, each with the fact that opens one; it names the place."""


class Ledgers(StreamView):
    """The view ``ledgers``."""

    name = "ledgers"
    families = ("organisation", *OPENING)
    rows = (*_OF_ORGANISATION, "matter")

    def tables_of(self, stream: str) -> tuple[str, ...]:
        """Return the tables of organisations, or that of matters."""
        return _OF_ORGANISATION if stream.startswith(_ORGANISATION) else ("matter",)

    def add_rows(self, stream: str, known: Known, latest: Delivered, lines: Lines) -> None:
        """Add an organisation's places and entry, or the row of one matter once it was opened."""
        family, timeline = stream.partition(":")[0], known.timeline
        if family == "organisation":
            _add_organisation(stream, timeline, latest.position, lines)
            return
        opening = next((fact for fact in timeline.applied if fact.type == OPENING[family]), None)
        if opening is not None:
            lines["matter"].append(_matter(stream, family, opening, timeline.applied[-1], latest.position))


def _matter(stream: str, family: str, opening: Fact, last: Fact, position: int) -> bytes:
    data, text = opening.data, copying.text
    party = f"{_ORGANISATION}{data['organisation']}" if "organisation" in data else data.get("target")
    return b"\t".join(
        (
            text(stream),
            family.encode(),
            family.encode(),
            text(opening.source),
            text(party_key(party) if party else None),
            text(data.get("region")),
            copying.boolean(family == "case"),
            opening.effective.encode(),
            text(data.get("mode") or data.get("lead")),
            text(data.get("violation") or data.get("result")),
            last.type.encode(),
            last.effective.encode(),
            b"%d" % position,
        )
    )


def _add_organisation(stream: str, timeline: Timeline[Any], position: int, lines: Lines) -> None:
    text, state = copying.text, timeline.tip
    for begins, ends, region in places(timeline):
        lines["place"].append(
            b"%b\t%b\t[%b,%b)\t%b" % (text(stream), text(stream), begins.encode(), ends.encode(), text(region))
        )
    if state.name_zh:
        row = (text(stream), text(stream), text(state.credit_code), text(state.name_zh), text(state.name_en))
        lines["enterprise"].append(b"\t".join((*row, b"%d" % position)))


def places(timeline: Timeline[Any]) -> Iterator[tuple[str, str, str]]:
    """Yield from which day to which (the first no more) an organisation is in which region."""
    began, region = "", None
    for fact, state in states(_MACHINE, timeline.applied):
        if state.region != region:
            if region is not None and began < fact.effective:
                yield began, fact.effective, region
            began, region = fact.effective, state.region
    if region is not None:
        yield began, "", region
