"""Folds every event into its row and one row for each of its subjects; rows are never changed but for one mark."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any

import orjson
import psycopg

from ledger.days import Day, days_between
from ledger.envelope import Recorded
from projections import copying
from projections.copying import Lines
from projections.feed import Delivered
from projections.register.rows import recorded_day
from projections.trail.subjects import Roles, access_of, roles_after, subjects

STREAMS_KEPT = 20_000
_LOAD = "SELECT stream, roles::text FROM party WHERE stream = ANY(%b)"
_FORGET = "DELETE FROM party WHERE stream = ANY(%b)"
_CORRECTED = """
    UPDATE trail SET corrected_by = correction.position
    FROM unnest(%b::text[], %b::text[], %b::text[], %b::bigint[]) AS correction (stream, source, event_id, position)
    WHERE trail.stream = correction.stream AND trail.source = correction.source
        AND trail.event_id = correction.event_id
"""


class Trail:
    """The view ``trail``."""

    name = "trail"
    tables = files(__package__).joinpath("tables.sql").read_text("utf-8")
    indexes = files(__package__).joinpath("indexes.sql").read_text("utf-8")
    contents = ("trail", "trail_subject", "party")

    def __init__(self) -> None:
        self._roles: OrderedDict[str, Roles] = OrderedDict()

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        """Write what a batch changes."""
        lines = Lines()
        before = self._load(connection, batch)
        after = dict(before)
        corrections = _add_events(batch, after, lines)
        changed = [stream for stream, roles in after.items() if roles is not before[stream]]
        stated_before = [stream for stream in changed if before[stream]]
        if stated_before:
            connection.execute(_FORGET, (stated_before,))
        _add_parties({stream: after[stream] for stream in changed}, lines)
        lines.write(connection)
        if corrections:
            streams, sources, identities = zip(*corrections, strict=True)
            targets = (list(streams), list(sources), list(identities), list(corrections.values()))
            connection.execute(_CORRECTED, targets)
        self._keep(after)

    def whole(self, stream: str, events: Sequence[Delivered], lines: Lines) -> None:
        """Add the rows of one whole stream."""
        roles: dict[str, Roles] = {stream: {}}
        own = Lines()
        corrections = _add_events(events, roles, own)
        rows = own["trail"]
        for index, delivered in enumerate(events):
            event = delivered.recorded.event
            by = corrections.get((stream, event["source"], event["id"]))
            if by is not None:
                fields = rows[index].split(b"\t")
                fields[-3] = b"%d" % by
                rows[index] = b"\t".join(fields)
        lines["trail"].extend(rows)
        lines["trail_subject"].extend(own["trail_subject"])
        if roles[stream]:
            _add_parties(roles, lines)

    def forget(self) -> None:
        """Drop what is kept in memory."""
        self._roles.clear()

    def _load(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> dict[str, Roles]:
        """Return the roles of the batch's streams; a stream's first event finds none."""
        found: dict[str, Roles] = {}
        missing = []
        for delivered in batch:
            recorded = delivered.recorded
            stream = recorded.stream
            if stream not in found:
                found[stream] = self._roles.get(stream, {})
                if recorded.version > 1 and stream not in self._roles:
                    missing.append(stream)
        if missing:
            for stream, roles in connection.execute(_LOAD, (missing,)).fetchall():
                found[stream] = {role: tuple(named) for role, named in orjson.loads(roles).items()}
        return found

    def _keep(self, roles: dict[str, Roles]) -> None:
        for stream in roles:
            self._roles.pop(stream, None)
        self._roles.update(roles)
        while len(self._roles) > STREAMS_KEPT:
            self._roles.popitem(last=False)


def _add_events(batch: Sequence[Delivered], roles: dict[str, Roles], lines: Lines) -> dict[tuple[str, str, str], int]:
    """Add the rows of events and subjects, and carry the roles on; return what is corrected, and by which position."""
    rows, subject_rows = lines["trail"], lines["trail_subject"]
    corrections = {}
    for delivered in batch:
        recorded = delivered.recorded
        stream, position = recorded.stream, recorded.position
        before = roles[stream]
        after = roles[stream] = roles_after(before, recorded)
        access = access_of(recorded, before).encode()
        rows.append(_line(recorded, stream, access))
        number = b"%d\t%b" % (position, access)
        for subject in subjects(recorded, before, after):
            subject_rows.append(copying.text(subject) + b"\t" + number)
        target = recorded.event["data"].get("corrects")
        if target is not None:
            corrections[stream, target["source"], target["id"]] = position
    return corrections


def _add_parties(changed: Mapping[str, Roles], lines: Lines) -> None:
    for stream, roles in changed.items():
        lines["party"].append(copying.text(stream) + b"\t" + copying.json_text(roles))


def _line(recorded: Recorded, stream: str, access: bytes) -> bytes:
    event, record = recorded.event, recorded.record
    effective = event["data"].get("effective")
    late = b"%d" % _late_days(effective, recorded_day(recorded.recorded)) if effective else copying.NULL
    return b"%d\t%b\t%d\t%b\t%b\t%b\t%b\t%b\t%b\t%b\t%b\t\\N\t%b\t%b" % (
        recorded.position,
        copying.text(stream),
        recorded.version,
        event["type"].encode(),
        copying.text(event["source"]),
        copying.text(event["id"]),
        copying.day(effective),
        recorded.recorded.encode(),
        record["decision"].encode(),
        copying.text(record.get("waits")),
        late,
        access,
        copying.verbatim(recorded.raw),
    )


@lru_cache(maxsize=1 << 14)
def _late_days(effective: Day, recorded: Day) -> int:
    return max(0, days_between(effective, recorded))
