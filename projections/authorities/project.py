"""Folds each authority's stream into its periods: what a batch touched is written anew, from its own timeline alone."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any, TypeVar

import psycopg
from psycopg import sql

from ledger.access.jurisdiction import area
from ledger.authorities.state import MACHINE, AuthorityState
from ledger.days import FOREVER, Day
from ledger.parties import party_of
from ledger.timeline import Timeline, states
from projections import copying
from projections.certificates.timelines import Timelines, whole
from projections.copying import Lines
from projections.feed import Delivered

_PREFIX = "authority:"
_ROWS = ("period", "unit", "item", "duty", "predecessor")
_DELETE = "DELETE FROM {} WHERE stream = ANY(%b)"
Value = TypeVar("Value", bound=Hashable)


class Authorities:
    """The view ``authorities``."""

    name = "authorities"
    tables = files(__package__).joinpath("tables.sql").read_text("utf-8")
    indexes = files(__package__).joinpath("indexes.sql").read_text("utf-8")
    contents = (*_ROWS, "fact")

    def __init__(self, timelines: Timelines | None = None) -> None:
        self._timelines = timelines or Timelines()

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        """Write what a batch changes."""
        lines = Lines()
        touched: dict[str, Timeline[AuthorityState]] = {}
        mine = [delivered for delivered in batch if delivered.recorded.stream.startswith(_PREFIX)]
        for step in self._timelines.walk(connection, mine):
            lines["fact"].append(step.fact_line)
            touched[step.delivered.recorded.stream] = step.after
        if touched:
            for table in _ROWS:
                connection.execute(sql.SQL(_DELETE).format(sql.Identifier(table)), (list(touched),))
        for stream, timeline in touched.items():
            _add(stream, timeline, lines)
        lines.write(connection)

    def whole(self, stream: str, events: Sequence[Delivered], lines: Lines) -> None:
        """Add the rows of one whole stream."""
        if not stream.startswith(_PREFIX):
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


def intervals(
    timeline: Timeline[AuthorityState], parts: Callable[[AuthorityState], Mapping[Hashable, Value]]
) -> Iterator[tuple[Value, Day, Day]]:
    """Yield each part of an authority's states with its first day and the first day no more, empty where it goes on."""
    began: dict[Hashable, tuple[Value, Day]] = {}
    for day, state in _last_of_each_day(timeline):
        now = parts(state)
        for key in [key for key, (value, _) in began.items() if now.get(key) != value]:
            value, first = began.pop(key)
            yield value, first, day
        for key, value in now.items():
            began.setdefault(key, (value, day))
    for value, first in began.values():
        yield value, first, ""


def _last_of_each_day(timeline: Timeline[AuthorityState]) -> Iterator[tuple[Day, AuthorityState]]:
    walk = states(MACHINE, timeline.applied)
    for index, (fact, state) in enumerate(walk):
        if index + 1 == len(walk) or walk[index + 1][0].effective != fact.effective:
            yield fact.effective, state


def _add(stream: str, timeline: Timeline[AuthorityState], lines: Lines) -> None:
    name = stream.removeprefix(_PREFIX)
    owner = copying.text(stream) + b"\t" + copying.text(name)
    for table, parts in _PARTS.items():
        for said, begins, ends in intervals(timeline, parts):
            lines[table].append(b"%b\t[%b,%b)\t%b" % (owner, begins.encode(), ends.encode(), said))


def _fields(*fields: bytes) -> bytes:
    return b"\t".join(fields)


def _period(state: AuthorityState) -> Mapping[Hashable, bytes]:
    if not state.registered:
        return {}
    text = copying.text
    return {
        "period": _fields(
            text(state.kind),
            text(state.level),
            text(state.region),
            text(state.name_zh),
            text(state.name_en),
            text(state.successor),
            text(state.focal),
            copying.boolean(state.division),
        )
    }


def _units(state: AuthorityState) -> Mapping[Hashable, bytes]:
    text = copying.text
    return {
        each.code: _fields(
            text(each.code), text(each.kind), text(each.name_zh), text(each.name_en), copying.array(sorted(each.roles))
        )
        for each in state.units
    }


def _items(state: AuthorityState) -> Mapping[Hashable, bytes]:
    text = copying.text
    return {
        (each.list_name, each.code): _fields(
            text(each.list_name),
            text(each.code),
            text(each.text),
            copying.array(list(each.events)),
            copying.json_text([{"rule": rule, "article": article} for rule, article in each.legal_basis]),
        )
        for each in state.items
    }


def _duties(state: AuthorityState) -> Mapping[Hashable, bytes]:
    text = copying.text
    return {each.scope: _fields(text(each.scope), text(each.unit), text(each.officer)) for each in state.duties}


def _predecessors(state: AuthorityState) -> Mapping[Hashable, bytes]:
    return {each: _fields(copying.text(each), copying.text(_area_of(each))) for each in state.predecessors}


def _area_of(authority: str) -> str:
    """Return the region of an authority with the codes that ever belonged to it, by its own region alone."""
    party = party_of(authority)
    if party is None or party.region is None:
        return ""
    # A retired region has no area of its own any more; its code still names the place.
    return ",".join(dict.fromkeys((party.region, *area(party.region, FOREVER))))


_PARTS: dict[str, Callable[[AuthorityState], Mapping[Hashable, bytes]]] = {
    "period": _period,
    "unit": _units,
    "item": _items,
    "duty": _duties,
    "predecessor": _predecessors,
}
