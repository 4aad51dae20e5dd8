"""Folds the life of every key, and every statement that its source counted, into one row each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any

import psycopg

from ledger.envelope import Recorded
from ledger.evidence.entries import event_bytes
from ledger.signatures import speaker
from projections import copying
from projections.copying import Lines
from projections.feed import Delivered

_KEY = "key:"
# A key ends once; what is said of it afterwards can only move the beginning of its compromise.
_END = """
    UPDATE key SET ended = coalesce(ended, %b::timestamptz), ended_by = coalesce(ended_by, %b::text),
        ended_position = coalesce(ended_position, %b::bigint), reason = coalesce(reason, %b::text),
        compromised_since = coalesce(%b::timestamptz, compromised_since)
    WHERE stream = %b
"""


class Keys:
    """The view ``keys``."""

    name = "keys"
    tables = files(__package__).joinpath("tables.sql").read_text("utf-8")
    indexes = files(__package__).joinpath("indexes.sql").read_text("utf-8")
    contents = ("key", "link")

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        """Write what a batch changes."""
        lines, ended = Lines(), []
        for delivered in batch:
            recorded = delivered.recorded
            lines["link"].extend(_links(recorded))
            if recorded.event["type"] == "key.registered":
                lines["key"].append(_Key(recorded).line())
            elif recorded.stream.startswith(_KEY):
                ended.append(recorded)
        lines.write(connection)
        for recorded in ended:
            event = recorded.event
            end = (recorded.recorded, event["source"], recorded.position, event["data"]["reason"])
            connection.execute(_END, (*end, event["data"].get("compromised_since"), recorded.stream))

    def whole(self, stream: str, events: Sequence[Delivered], lines: Lines) -> None:
        """Add the rows of one whole stream."""
        key: _Key | None = None
        for delivered in events:
            recorded = delivered.recorded
            lines["link"].extend(_links(recorded))
            if recorded.event["type"] == "key.registered":
                key = _Key(recorded)
            elif key is not None and stream.startswith(_KEY):
                key.end(recorded)
        if key is not None:
            lines["key"].append(key.line())

    def forget(self) -> None:
        """Drop nothing: no row follows from more than its own event and the row before."""


@dataclass(slots=True)
class _Key:
    registered: Recorded
    ended: Recorded | None = None
    compromised_since: str | None = None

    def end(self, recorded: Recorded) -> None:
        self.ended = self.ended or recorded
        self.compromised_since = recorded.event["data"].get("compromised_since") or self.compromised_since

    def line(self) -> bytes:
        """Return the row."""
        recorded, ended = self.registered, self.ended
        data = recorded.event["data"]
        end = (copying.NULL,) * 4
        if ended is not None:
            said = ended.event
            end = (
                copying.day(ended.recorded),
                copying.text(said["source"]),
                b"%d" % ended.position,
                copying.text(said["data"]["reason"]),
            )
        return b"\t".join(
            (
                copying.text(recorded.stream),
                copying.text(speaker(data["owner"])),
                data["algorithm"].encode(),
                data["public_key"].encode(),
                copying.text(recorded.event["source"]),
                b"%d" % recorded.position,
                recorded.recorded.encode(),
                copying.day(data.get("valid_from")),
                copying.day(data.get("valid_until")),
                *end,
                copying.day(self.compromised_since),
            )
        )


def _links(recorded: Recorded) -> Iterator[bytes]:
    event = recorded.event
    sequence = event.get("issuersequence")
    if sequence is not None:
        yield b"\t".join(
            (
                copying.text(event["source"]),
                b"%d\t%d" % (sequence, recorded.position),
                sha256(event_bytes(recorded.raw)).hexdigest().encode(),
                copying.text(event.get("issuerprevious")),
                copying.text(recorded.stream),
                b"%d" % recorded.version,
                copying.text(event["id"]),
                recorded.recorded.encode(),
                copying.json_text(recorded.signed_by),
            )
        )
