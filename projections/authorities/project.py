"""Folds each authority's stream into its periods."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import TypeVar

from ledger.access.jurisdiction import area
from ledger.authorities.state import MACHINE, AuthorityState
from ledger.days import FOREVER, Day
from ledger.parties import party_of
from ledger.timeline import Timeline, states
from projections import copying
from projections.authorities.organising import PARTS, superintended
from projections.certificates.timelines import Known
from projections.copying import Lines
from projections.feed import Delivered
from projections.streams import StreamView

Value = TypeVar("Value", bound=Hashable)


class Authorities(StreamView):
    """The view ``authorities``."""

    name = "authorities"
    families = ("authority",)
    rows = ("period", "unit", "item", "duty", "predecessor", *PARTS, "superintended")

    def add_rows(self, stream: str, known: Known, latest: Delivered, lines: Lines) -> None:
        """Add an authority's periods, with all that it had in them, and each act by which it was superintended."""
        del latest
        name = stream.removeprefix("authority:")
        owner = copying.text(stream) + b"\t" + copying.text(name)
        for table, parts in _PARTS.items():
            for said, begins, ends in intervals(known.timeline, parts):
                lines[table].append(b"%b\t[%b,%b)\t%b" % (owner, begins.encode(), ends.encode(), said))
        lines["superintended"].extend(b"%b\t%b" % (owner, each) for each in superintended(known.timeline))


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
    **PARTS,
}
