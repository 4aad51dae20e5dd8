"""The edges of a stream follow from its facts and from one table of relations; new families join by how they name.

An edge points from what was found to where it came from. It holds from a day on, until a later fact states
otherwise or for ever: a certificate that ended still came from where it came from.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any

from ledger.access.visibility import class_of
from ledger.certificates.answer import periods
from ledger.codes.dated import packaged_json
from ledger.days import Day
from ledger.facts import Fact
from ledger.families import body_stream
from ledger.naming import named_in
from ledger.parties import BODY, LABORATORY, party_of
from ledger.signatures import speaker
from ledger.timeline import Timeline
from ledger.tracing.nodes import name_of, nodes_of, owner_of

_CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Edge:
    """``start`` came from ``end`` in a relation, from a day on until another (empty: for ever), as one fact stated."""

    start: str
    relation: str
    end: str
    begins: Day
    ends: Day
    version: int
    access: str
    source: str


@lru_cache(maxsize=1)
def table() -> Mapping[str, Any]:
    """Return the table of relations."""
    found: Mapping[str, Any] = packaged_json("relations.json")
    return found


def is_traced(stream: str) -> bool:
    """Tell whether the facts of a stream are part of the trace: registers, keys and classifications are not."""
    return stream.partition(":")[0] not in table()["left_out"]


def edges_of(stream: str, timeline: Timeline[Any]) -> frozenset[Edge]:
    """Return every edge that the facts of a stream come to, as far as they took effect."""
    family = stream.partition(":")[0]
    found = set(_of_details(stream, timeline)) if family == _CERTIFICATE else set()
    contexts = _contexts(stream, timeline.applied)
    for fact in timeline.applied:
        stated = Stated(stream, fact, contexts)
        found.update(stated.by_rows() if family == _CERTIFICATE else stated.by_names())
    return frozenset(found)


def _contexts(stream: str, facts: Iterable[Fact]) -> Mapping[str, Mapping[str, Any]]:
    """Return by part, and for the stream itself, what it named first of what later facts take for granted."""
    contexts: dict[str, dict[str, Any]] = {stream: {}}
    for fact in facts:
        context = contexts.setdefault(_part(stream, fact), {})
        for member in table()["inherited"]:
            if fact.data.get(member):
                context.setdefault(member, fact.data[member])
    return contexts


def _part(stream: str, fact: Fact) -> str:
    """Return the part of the stream that a fact is about, such as one finding; the stream itself where it is none."""
    for row in table()["parts"]:
        if fnmatchcase(fact.type, row["events"]) and isinstance(fact.data.get(row["member"]), str):
            return name_of(row["node"], stream.partition(":")[2], fact.data[row["member"]])
    return stream


@dataclass(frozen=True, slots=True)
class Stated:
    """One fact of a stream, and what the stream had said that it takes for granted."""

    stream: str
    fact: Fact
    contexts: Mapping[str, Mapping[str, Any]]

    def by_rows(self) -> Iterator[Edge]:
        """Yield the edges of a certificate's fact: by the rows of its type, and by members such as signatories."""
        data = self.fact.data
        for row in table()["facts"]:
            if not fnmatchcase(self.fact.type, row["events"]):
                continue
            value = self.stream.split(":", 2)[1] if row["path"] == "@body" else data.get(row["path"])
            if value is not None:
                within = {"@body": data[row["body"]]} if "body" in row else data
                for node, _ in nodes_of(row["node"], value, self.stream, "", within):
                    yield self._edge(self.stream, row["relation"], node, reverse=row.get("reverse", False))
        yield from self._members(self.stream, data)

    def by_names(self) -> Iterator[Edge]:
        """Yield the edges of any other fact: what it names, and for a part (a finding, a sample) what it is part of."""
        fact = self.fact
        start = _part(self.stream, fact)
        named: Mapping[str, Any] = fact.data
        if start != self.stream:
            yield self._edge(start, "part_of", self.stream)
            named = {**self.contexts[self.stream], **self.contexts[start], **fact.data}
        for member, stream in named_in(named):
            if stream != start:
                yield self._edge(start, member, stream)
        yield from self._members(start, fact.data)
        who = self._speaker()
        if who is not None:
            yield self._edge(start, "said_by", who)

    def _members(self, start: str, data: Mapping[str, Any]) -> Iterator[Edge]:
        owner = owner_of(self.contexts[self.stream].get("organisation"))
        for row in table()["members"]:
            value = data.get(row["member"])
            if value is not None:
                for node, role in nodes_of(row["node"], value, self.stream, owner, data):
                    yield self._edge(start, row["relation"].format(role=role), node)

    def _speaker(self) -> str | None:
        party = party_of(self.fact.source)
        if party is None or party.kind not in table()["said_by"]:
            return None
        if party.kind == BODY:
            return body_stream(party.id)
        return name_of("laboratory", party.id) if party.kind == LABORATORY else speaker(party.id)

    def _edge(self, start: str, relation: str, end: str, *, reverse: bool = False) -> Edge:
        ends = (end, start) if reverse else (start, end)
        fact = self.fact
        return Edge(ends[0], relation, ends[1], fact.effective, "", fact.version, class_of(fact.type), fact.source)


def _of_details(stream: str, timeline: Timeline[Any]) -> Iterator[Edge]:
    """Yield what a certificate says of itself, each for the days on which it says so."""
    facts = {fact.version: fact for fact in timeline.applied}
    walk = periods(timeline)
    begun: dict[tuple[str, str, str], Fact] = {}
    if not walk:
        return
    for period, following in zip(walk, [*walk[1:], None], strict=True):
        fact = facts[period.version]
        said = set(_said(stream, period.state.details))
        for key in said:
            begun.setdefault(key, fact)
        gone = [key for key in begun if key not in said]
        for key in gone:
            yield _lasting(key, begun.pop(key), period.begins)
        if following is None:
            for key, first in begun.items():
                yield _lasting(key, first, "")


def _lasting(key: tuple[str, str, str], first: Fact, ends: Day) -> Edge:
    return Edge(*key, first.effective, ends, first.version, class_of(first.type), first.source)


def _said(stream: str, details: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    owner = owner_of(details.get("producer") or details.get("holder"))
    for row in table()["details"]:
        value = _at(details, row["path"].split("."))
        if value is not None:
            for node, _ in nodes_of(row["node"], value, stream, owner, details):
                yield (node, row["relation"], stream) if row.get("reverse") else (stream, row["relation"], node)


def _at(data: Any, path: Sequence[str]) -> Any:
    for name in path:
        data = data.get(name) if isinstance(data, Mapping) else None
    return data
