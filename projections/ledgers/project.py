"""Folds organisations, inspections and cases into their rows of the ledgers, each from its own timeline alone."""

from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql

from ledger.access.audience import party_key
from ledger.facts import Fact
from ledger.families import FAMILIES
from ledger.timeline import Timeline, states
from projections import copying
from projections.certificates.timelines import Timelines, whole
from projections.copying import Lines
from projections.feed import Delivered

_ORGANISATION = "organisation:"
_ROWS = ("place", "enterprise", "matter")
_DELETE = "DELETE FROM {} WHERE stream = ANY(%b)"
_MACHINE = FAMILIES["organisation"].machine
OPENING = {"inspection": "inspection.performed", "case": "case.opened"}
"""The families that have a ledger of matters, each with the fact that opens one; it names the place."""
_FOLDED = (_ORGANISATION, *(f"{family}:" for family in OPENING))


class Ledgers:
    """The view ``ledgers``."""

    name = "ledgers"
    tables = files(__package__).joinpath("tables.sql").read_text("utf-8")
    indexes = files(__package__).joinpath("indexes.sql").read_text("utf-8")
    contents = (*_ROWS, "fact")

    def __init__(self, timelines: Timelines | None = None) -> None:
        self._timelines = timelines or Timelines()

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        """Write what a batch changes."""
        lines = Lines()
        touched: dict[str, tuple[Timeline[Any], int]] = {}
        mine = [delivered for delivered in batch if delivered.recorded.stream.startswith(_FOLDED)]
        for step in self._timelines.walk(connection, mine):
            lines["fact"].append(step.fact_line)
            touched[step.delivered.recorded.stream] = (step.after, step.delivered.position)
        if touched:
            for table in _ROWS:
                connection.execute(sql.SQL(_DELETE).format(sql.Identifier(table)), (list(touched),))
        for stream, (timeline, position) in touched.items():
            _add(stream, timeline, position, lines)
        lines.write(connection)

    def whole(self, stream: str, events: Sequence[Delivered], lines: Lines) -> None:
        """Add the rows of one whole stream."""
        if not stream.startswith(_FOLDED):
            return
        last = None
        for step in whole(events):
            last = step.after
            lines["fact"].append(step.fact_line)
        if last is not None:
            _add(stream, last, events[-1].position, lines)

    def forget(self) -> None:
        """Drop what is kept in memory."""
        self._timelines.forget()


def _add(stream: str, timeline: Timeline[Any], position: int, lines: Lines) -> None:
    family = stream.partition(":")[0]
    if family == "organisation":
        _add_organisation(stream, timeline, position, lines)
        return
    opening = next((fact for fact in timeline.applied if fact.type == OPENING[family]), None)
    if opening is not None:
        lines["matter"].append(_matter(stream, family, opening, timeline.applied[-1], position))


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
