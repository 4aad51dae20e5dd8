"""Folds inspections, draws, cases, refused applications and organisations into what the rules of visibility ask for.

Until an event is folded here, its stream is about nobody: what is restricted is hidden first and shown afterwards.
"""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import psycopg
from psycopg import sql

from ledger.access.audience import Audience, audience_by_name, audience_of, audience_of_authority
from ledger.envelope import Recorded
from ledger.facts import Fact
from ledger.families import FAMILIES
from ledger.timeline import Timeline
from projections import copying
from projections.certificates.timelines import Timelines, whole
from projections.copying import Lines
from projections.feed import Delivered
from projections.ledgers.project import places

_AUTHORITY = "authority:"
_NAMED = ("archive:", "classification:")
_FOLDED = (
    *("inspection:", "case:", "organisation:", "rectification:", "report:", "draw:", _AUTHORITY, *_NAMED),
    *("notice:", "circular:", "risk:", "warning:", "deadline:", "adoption:"),
)
_CERTIFICATE = "certificate:"
_REFUSED, _CORRECTED = "certificate.refused", "certificate.corrected"
_MACHINE = FAMILIES["organisation"].machine
_DELETE = "DELETE FROM {} WHERE stream = ANY(%b)"
_OPENED = "SELECT stream, opened_by FROM audience WHERE stream = ANY(%b)"


class Access:
    """The view ``access``."""

    name = "access"
    tables = files(__package__).joinpath("tables.sql").read_text("utf-8")
    indexes = files(__package__).joinpath("indexes.sql").read_text("utf-8")
    contents = ("audience", "place", "fact")

    def __init__(self, timelines: Timelines | None = None) -> None:
        self._timelines = timelines or Timelines()

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        """Write what a batch changes."""
        lines = Lines()
        touched: dict[str, Timeline[Any]] = {}
        mine = [d for d in batch if d.recorded.stream.startswith(_FOLDED)]
        for step in self._timelines.walk(connection, mine):
            lines["fact"].append(step.fact_line)
            touched[step.delivered.recorded.stream] = step.after
        refusals = [d.recorded for d in batch if d.recorded.event["type"] in {_REFUSED, _CORRECTED}]
        opened = _opened(connection, refusals)
        changed = _refused(refusals, opened)
        for table in ("audience", "place"):
            connection.execute(sql.SQL(_DELETE).format(sql.Identifier(table)), ([*touched, *changed],))
        for stream, timeline in touched.items():
            _add(stream, timeline, lines)
        _add_refused(changed, lines)
        lines.write(connection)

    def whole(self, stream: str, events: Sequence[Delivered], lines: Lines) -> None:
        """Add the rows of one whole stream."""
        if stream.startswith(_CERTIFICATE):
            _add_refused(_refused([d.recorded for d in events], {}), lines)
            return
        if not stream.startswith(_FOLDED):
            return
        last = None
        for step in whole(events):
            last = step.after
            lines["fact"].append(step.fact_line)
        if last is not None:
            _add(stream, last, lines)

    def forget(self) -> None:
        """Drop what is kept in memory."""
        self._timelines.forget()


def _opened(connection: psycopg.Connection[Any], events: Sequence[Recorded]) -> dict[str, str]:
    """Return the refusals known of the streams that are corrected."""
    streams = [each.stream for each in events if each.event["type"] == _CORRECTED]
    return dict(connection.execute(_OPENED, (streams,)).fetchall()) if streams else {}


def _refused(events: Sequence[Recorded], opened: dict[str, str]) -> dict[str, Fact | None]:
    """Return the refusals as they stand after these events, ``None`` where one was taken back."""
    changed: dict[str, Fact | None] = {}
    for recorded in events:
        event, stream = recorded.event, recorded.stream
        if event["type"] == _REFUSED and recorded.applied:
            opened[stream] = _identity(event)
            changed[stream] = recorded.fact()
        elif event["type"] == _CORRECTED and opened.get(stream) == _identity(event["data"]["corrects"]):
            target, replacement = event["data"]["corrects"], event["data"].get("replacement")
            changed[stream] = None
            if replacement is not None:
                changed[stream] = Fact(recorded.version, _REFUSED, "", replacement, target["source"], target["id"])
    return changed


def _identity(named: Any) -> str:
    return f"{named['source']} {named['id']}"


def _add_refused(changed: dict[str, Fact | None], lines: Lines) -> None:
    for stream, fact in changed.items():
        audience = audience_of([fact]) if fact is not None else None
        if fact is not None and audience is not None:
            lines["audience"].append(_line(stream, audience, f"{fact.source} {fact.id}"))


def _add(stream: str, timeline: Timeline[Any], lines: Lines) -> None:
    if stream.startswith("organisation:"):
        for begins, ends, region in places(timeline):
            fields = (copying.text(stream), copying.text(stream), f"[{begins},{ends})".encode(), copying.text(region))
            lines["place"].append(b"\t".join(fields))
        return
    audience = _audience(stream, timeline)
    if audience is not None:
        lines["audience"].append(_line(stream, audience, None))


def _audience(stream: str, timeline: Timeline[Any]) -> Audience | None:
    if stream.startswith(_AUTHORITY):
        return audience_of_authority(stream.removeprefix(_AUTHORITY))
    return audience_by_name(stream, timeline.applied) if stream.startswith(_NAMED) else audience_of(timeline.applied)


def _line(stream: str, audience: Audience, opened_by: str | None) -> bytes:
    return b"\t".join(
        (
            copying.text(stream),
            copying.text(opened_by),
            copying.text(audience.author),
            copying.array(list(audience.subjects)),
            copying.array(list(audience.issuers)),
            copying.array(list(audience.places)),
            copying.text(audience.region),
            copying.boolean(audience.region_stays),
            copying.array(list(audience.participants)),
        )
    )
