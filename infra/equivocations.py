"""Reads what was kept of contradictory statements: both, each in its own bytes and with its own signatures."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
import psycopg

from ledger.evidence.entries import event_bytes

_READ = """
    SELECT other.received_at, other.source, other.event_id, other.digest, other.event, other.signatures,
        other.first_position, first.state
    FROM ledger_equivocations AS other JOIN ledger_events AS first ON first.notification_id = other.first_position
    WHERE (%(source)s::text IS NULL OR other.source = %(source)s)
        AND (other.received_at, other.source, other.event_id, other.digest) > (%(after)s, %(name)s, %(id)s, %(digest)s)
    ORDER BY 1, 2, 3, 4 LIMIT %(limit)s
"""
Place = tuple[datetime, str, str, bytes]


@dataclass(frozen=True, slots=True)
class Statement:
    """What was said: its exact bytes and its signatures, and the position where it was recorded."""

    event: bytes
    signatures: list[dict[str, str]]
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Equivocation:
    """Two statements of one source under one id; ``other`` came after ``first`` was recorded."""

    source: str
    id: str
    received: datetime
    digest: bytes
    first: Statement
    other: Statement

    @property
    def place(self) -> Place:
        """Where it stands among all: the next page begins after it."""
        return (self.received, self.source, self.id, self.digest)


async def equivocations(
    connection: psycopg.AsyncConnection[Any], source: str | None, after: Place, limit: int
) -> list[Equivocation]:
    """Return up to ``limit`` contradictions of a source, or of all where it is ``None``, oldest first."""
    received, name, identity, digest = after
    params = {
        "source": source, "after": received, "name": name, "id": identity, "digest": digest, "limit": limit
    }  # fmt: skip
    cursor = await connection.execute(_READ, params)
    return [_equivocation(*row) for row in await cursor.fetchall()]


def _equivocation(
    received: datetime,
    source: str,
    identity: str,
    digest: bytes,
    event: bytes,
    signatures: bytes,
    position: int,
    first: bytes,
) -> Equivocation:
    recorded = Statement(event_bytes(bytes(first)), orjson.loads(first)["signatures"], position)
    other = Statement(bytes(event), orjson.loads(signatures))
    return Equivocation(source, identity, received, bytes(digest), recorded, other)
