"""Folds certificates and bodies into the text by which they are found, as their latest effective fact has it."""

from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

import psycopg

from ledger.bodies.state import BodyState
from ledger.certificates.state import CertificateState
from ledger.timeline import Timeline
from projections import copying
from projections.certificates.timelines import Known, Timelines, whole
from projections.copying import Lines
from projections.feed import Delivered
from projections.register.rows import is_shown
from projections.search.grams import grams, normalised

_DELETE = "DELETE FROM document WHERE stream = ANY(%b)"
_SEARCHED = ("certificate:", "body:")


class Search:
    """The view ``search``."""

    name = "search"
    tables = files(__package__).joinpath("tables.sql").read_text("utf-8")
    indexes = files(__package__).joinpath("indexes.sql").read_text("utf-8")
    contents = ("document", "fact")

    def __init__(self, timelines: Timelines | None = None) -> None:
        self._timelines = timelines or Timelines()

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        """Write what a batch changes."""
        lines = Lines()
        touched: dict[str, Known] = {}
        older = []
        mine = [d for d in batch if d.recorded.stream.startswith(_SEARCHED)]
        for step in self._timelines.walk(connection, mine):
            stream = step.delivered.recorded.stream
            lines["fact"].append(step.fact_line)
            before, after = step.before.tip, step.after.tip
            is_shown = _is_shown(step.after)
            same = _text_of(before) == _text_of(after) and is_shown == _is_shown(step.before)
            if stream in touched or not step.before.version or not same:
                touched[stream] = step.known
                if step.before.version:
                    older.append(stream)
        for stream, known in touched.items():
            if _is_shown(known.timeline):
                lines["document"].append(_line(stream, known.timeline.tip))
        if older:
            connection.execute(_DELETE, (older,))
        lines.write(connection)

    def whole(self, stream: str, events: Sequence[Delivered], lines: Lines) -> None:
        """Add the rows of one whole stream."""
        if not stream.startswith(_SEARCHED):
            return
        last = None
        for step in whole(events):
            last = step.after
            lines["fact"].append(step.fact_line)
        if last is not None and _is_shown(last):
            lines["document"].append(_line(stream, last.tip))

    def forget(self) -> None:
        """Drop what is kept in memory."""
        self._timelines.forget()


def _is_shown(timeline: Timeline[Any]) -> bool:
    """Tell whether everybody may find it: a refused application is nobody's to find."""
    return not isinstance(timeline.tip, CertificateState) or is_shown(timeline)


def _line(stream: str, tip: CertificateState | BodyState | None) -> bytes:
    body, _, number = stream.partition(":")[2].partition(":")
    texts = [text for text in _text_of(tip) if text]
    haystack = "\n".join(map(normalised, (number or body, *texts)))
    fields = (stream, body, number, texts[0] if texts else "", haystack)
    return b"\t".join((*map(copying.text, fields), copying.array(grams(haystack.replace("\n", " ")))))


def _text_of(tip: CertificateState | BodyState | None) -> tuple[str | None, ...]:
    if isinstance(tip, BodyState):
        return (tip.name_zh, tip.name_en)
    return tuple(_said(tip.details)) if tip is not None else ()


def _said(details: Any) -> Iterator[str | None]:
    for role in ("holder", "producer", "factory"):
        party = details.get(role) or {}
        yield from (party.get("name_zh"), party.get("name_en"))
    yield from (details.get("scope_zh"), details.get("scope_en"))
    product = details.get("product") or {}
    yield from (product.get("name"), product.get("models"))
