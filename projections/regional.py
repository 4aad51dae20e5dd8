"""A view of one region: the same fold over those streams alone that ever concerned the region, whatever comes when.

A stream enters when one of its *keys* is in scope, a region it names or the organisation it is about, and then with
its whole history. It never leaves: what an authority once supervised stays in its database, and each list asks where
the enterprise is on the day. The lists of a region's database are therefore those of the national one, filtered (I-13).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import sql

from ledger.access.audience import party_key
from ledger.access.jurisdiction import area
from ledger.days import FOREVER
from ledger.envelope import open_recorded
from ledger.families import EVENT_TYPES
from ledger.log import EventLog
from ledger.parties import party_of
from projections.copying import Lines
from projections.feed import Delivered, lane_of
from projections.view import View

Histories = Callable[[Sequence[str], int], Iterable[Delivered]]
"""All events of some streams up to a position, a stream's in order: from the log, which has them all."""

TABLES = """
CREATE TABLE scope_region (region text PRIMARY KEY);
CREATE TABLE scope_key (key text COLLATE "C" PRIMARY KEY);
CREATE TABLE scope_stream (stream text COLLATE "C" PRIMARY KEY);
CREATE TABLE scope_about (key text COLLATE "C", stream text COLLATE "C", PRIMARY KEY (key, stream));
CREATE INDEX scope_about_stream ON scope_about (stream);
COMMENT ON TABLE scope_about IS 'what streams out of scope, and all organisations, are about: identifiers alone';
"""
_NATIONWIDE = frozenset({"organisation", "authority", "body", "person", "consultant", "emergency"})
"""Registers, whole in every database: where each enterprise is decides on all the rest, and plans bind those below."""
_ORGANISATION = "organisation:"
_REGION = "SELECT region FROM scope_region"
_BEGIN = "INSERT INTO scope_region VALUES (%b)"
_IN_SCOPE = "SELECT key FROM scope_key WHERE key = ANY(%b)"
_TAKEN_IN = "SELECT stream FROM scope_stream WHERE stream = ANY(%b)"
_ADD_KEYS = "INSERT INTO scope_key SELECT unnest(%b::text[]) ON CONFLICT DO NOTHING"
_ADD_STREAMS = "INSERT INTO scope_stream SELECT unnest(%b::text[]) ON CONFLICT DO NOTHING"
_ADD_ABOUT = "INSERT INTO scope_about SELECT * FROM unnest(%b::text[], %b::text[]) ON CONFLICT DO NOTHING"
_CONCERNED = "SELECT DISTINCT stream FROM scope_about WHERE key = ANY(%b)"
_ORGANISATIONS = """
    SELECT DISTINCT key FROM scope_about WHERE key LIKE 'organisation:%%'
        AND stream IN (SELECT stream FROM scope_about WHERE key = ANY(%b))
"""
_FORGET = "DELETE FROM scope_about WHERE stream = ANY(%b)"
Connection = psycopg.Connection[Any]
_AT_ONCE = 500


class ScopeChanged(Exception):  # noqa: N818 - says what happened
    """The database was made for another region."""

    def __init__(self, asked: str, found: str) -> None:
        super().__init__(
            f"此数据库属于辖区 {found},不能用于 {asked};请另用一个数据库。 "
            f"This database is that of region {found} and not of {asked}; use another one."
        )


class Regional:
    """A view for one region; its feed must give all lanes in one order of position, as the store's does."""

    def __init__(self, view: View, region: str, histories: Histories) -> None:
        self._view = view
        self._region = region
        self._histories = histories
        self._has_begun = False
        self.name = view.name
        self.tables = view.tables + TABLES
        self.indexes = view.indexes
        self.contents = view.contents

    def fold(self, connection: Connection, batch: Sequence[Delivered]) -> None:
        """Write what a batch changes, with the whole histories of the streams that it brings into scope."""
        self._begin(connection)
        keys: dict[str, set[str]] = {}
        for delivered in batch:
            keys.setdefault(delivered.recorded.stream, set()).update(keys_of(delivered))
        scope = self._widened(connection, batch, keys)
        placed = {stream for stream in keys if is_placed(stream)}
        there = _column(connection, _TAKEN_IN, placed)
        entering = {stream for stream in placed - there if keys[stream] & scope.all}
        entering |= {stream for stream in _column(connection, _CONCERNED, scope.new) if is_placed(stream)}
        if entering:
            connection.execute(_ADD_STREAMS, (sorted(entering),))
            connection.execute(_FORGET, (sorted(entering),))
        outside = placed - there - entering
        _note(connection, {stream: keys[stream] for stream in keys if stream in outside or _is_organisation(stream)})
        mine = [each for each in batch if each.recorded.stream in there or not is_placed(each.recorded.stream)]
        if entering:
            mine += self._histories(sorted(entering), max(delivered.position for delivered in batch))
            mine.sort(key=lambda delivered: delivered.position)
        if mine:
            self._view.fold(connection, mine)

    def whole(
        self,
        stream: str,  # noqa: ARG002 - the port names it
        events: Sequence[Delivered],  # noqa: ARG002 - likewise
        lines: Lines,  # noqa: ARG002 - likewise
    ) -> None:
        """Refuse: what is in scope is known only along the way, so that a region's view is built by following."""
        raise TypeError(f"{self.name}: a region's view is built by following from the beginning, not in bulk")

    def forget(self) -> None:
        """Drop what is kept in memory."""
        self._has_begun = False
        self._view.forget()

    def _begin(self, connection: Connection) -> None:
        """Put the region's own codes in scope, once. Raises :class:`ScopeChanged` in another region's database."""
        if self._has_begun:
            return
        found = connection.execute(_REGION).fetchone()
        if found is None:
            connection.execute(_BEGIN, (self._region,))
            connection.execute(_ADD_KEYS, (list(codes_of(self._region)),))
        elif found[0] != self._region:
            raise ScopeChanged(self._region, found[0])
        self._has_begun = True

    def _widened(self, connection: Connection, batch: Sequence[Delivered], keys: Mapping[str, set[str]]) -> "_Scope":
        """Put in scope what a batch adds: areas taken over, and the organisations of what names a region in it.

        All streams of an organisation belong together, so that what is counted of it is counted whole.
        """
        gained = {code for delivered in batch for code in _taken_over(delivered, self._region)}
        named = set().union(gained, *keys.values())
        before = _column(connection, _IN_SCOPE, named)
        new = gained - before
        for each in keys.values():
            if any(not _is_organisation(key) and key in before | new for key in each):
                new |= {key for key in each if _is_organisation(key)} - before
        if gained & new:
            new |= _column(connection, _ORGANISATIONS, gained & new)
        if new:
            connection.execute(_ADD_KEYS, (sorted(new),))
        return _Scope(frozenset(before | new), frozenset(new))


@dataclass(frozen=True, slots=True)
class _Scope:
    """The keys of a batch that are in scope, and those of them, and others, that became so by it."""

    all: frozenset[str]
    new: frozenset[str]


@lru_cache(maxsize=1)
def _placed_families() -> frozenset[str]:
    """Return the families whose statements name a place or an enterprise."""
    naming = {"region", "organisation", "target", "details"}
    found = {each.family for each in EVENT_TYPES.values() if naming & each.model.model_fields.keys()}
    return frozenset(found - _NATIONWIDE)


def region_of(connection: Connection, schema: str) -> str | None:
    """Return the region whose view is in a schema, ``None`` where nothing was folded into it yet."""
    statement = sql.SQL("SELECT region FROM {}").format(sql.Identifier(schema, "scope_region"))
    found = connection.execute(statement).fetchone()
    return str(found[0]) if found else None


def histories_of(log: EventLog) -> Histories:
    """Return what reads whole streams from an event log, as a feed would deliver them."""

    def histories(streams: Sequence[str], through: int) -> Iterator[Delivered]:
        for start in range(0, len(streams), _AT_ONCE):
            found = log.load(log.head(), streams[start : start + _AT_ONCE], ()).rows
            for stream, rows in found.items():
                for row in rows:
                    if row.position <= through:
                        yield Delivered(lane_of(stream), open_recorded(row.position, row.raw), row.traceparent)

    return histories


def is_placed(stream: str) -> bool:
    """Tell whether a stream belongs where its enterprise or its place is, and not to the whole nation."""
    return stream.partition(":")[0] in _placed_families()


def keys_of(delivered: Delivered) -> set[str]:
    """Return what an event is about, for a region's scope: codes of regions, and organisations by nine characters."""
    recorded = delivered.recorded
    found = {recorded.stream} if _is_organisation(recorded.stream) else set()
    data = recorded.event["data"]
    for said in (data, data.get("replacement")):
        if said:
            found.update(_named(said))
    return found


def codes_of(region: str) -> tuple[str, ...]:
    """Return every code that ever named a place in a region's area, its own included."""
    return tuple(dict.fromkeys((region, *area(region, FOREVER))))


def _named(data: Mapping[str, Any]) -> Iterable[str]:
    parties = [data.get("organisation"), (data.get("details") or data.get("changes") or {}).get("holder")]
    for party in parties:
        if isinstance(party, Mapping) and party.get("region"):
            yield party["region"]
        code = party.get("code") if isinstance(party, Mapping) else party
        if isinstance(code, str):
            yield party_key(_ORGANISATION + code)
    if isinstance(data.get("region"), str):
        yield data["region"]
    if _is_organisation(str(data.get("target"))):
        yield party_key(data["target"])


def _taken_over(delivered: Delivered, region: str) -> tuple[str, ...]:
    """Return the codes that come to a region because its authority took another's place."""
    event = delivered.recorded.event
    if event["type"] != "authority.took_over" or event["subject"] != f"authority:SAMR-{region}":
        return ()
    former = party_of(event["data"]["predecessor"])
    return codes_of(former.region) if former is not None and former.region else ()


def _note(connection: Connection, about: Mapping[str, set[str]]) -> None:
    pairs = [(key, stream) for stream, keys in about.items() for key in sorted(keys)]
    if pairs:
        connection.execute(_ADD_ABOUT, tuple(list(column) for column in zip(*pairs, strict=True)))


def _column(connection: Connection, statement: str, asked: Iterable[str]) -> set[str]:
    wanted = sorted(asked)
    if not wanted:
        return set()
    return {value for (value,) in connection.execute(statement.encode(), (wanted,)).fetchall()}


def _is_organisation(name: str) -> bool:
    return name.startswith(_ORGANISATION)
