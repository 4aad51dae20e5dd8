"""The log's evidence read out of PostgreSQL, read-only: tiles and checkpoints of the notary, entries of the store.

Nothing is checked here: a row that was edited or removed is handed over as it is, and the verifier names it.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Self
from uuid import uuid4

import psycopg
from psycopg.rows import tuple_row

from infra.postgres_log import PLANNING
from ledger.evidence.notes import Verifier
from ledger.evidence.reader import HISTORY
from ledger.evidence.strict import EvidenceError
from ledger.evidence.tiles import ENTRIES, WIDTH, Tile, encode_entries

_NOTE = """
    SELECT note, (SELECT coalesce(string_agg(line, '' ORDER BY name, key_id), '') FROM (
                      SELECT DISTINCT ON (name, key_id) name, key_id, line FROM notary.cosignature AS c
                      WHERE c.size = checkpoint.size ORDER BY name, key_id, received DESC) AS newest)
    FROM notary.checkpoint WHERE %b::bigint IS NULL OR size = %b ORDER BY size DESC LIMIT 1
"""
# The newest checkpoint of each of so many equal parts of the log.
_HISTORY = """
    SELECT max(size) FROM notary.checkpoint WHERE size < %b
    GROUP BY width_bucket(size, 0, greatest(%b, 1), %b) ORDER BY 1
"""
_COSIGNED = "SELECT DISTINCT size FROM notary.cosignature WHERE size < %b ORDER BY size DESC LIMIT 64"
_TILE = "SELECT substr(hashes, 1, %b) FROM notary.tile WHERE level = %b AND idx = %b"
_ENTRIES = "SELECT notification_id, state FROM ledger_events WHERE notification_id BETWEEN %b AND %b ORDER BY 1"
_STREAMS = """
    SELECT notification_id - 1, state FROM ledger_events
    WHERE originator_id = ANY(%b::text[]) AND notification_id <= %b ORDER BY 1
"""


class PostgresLogReader:
    """The evidence in a database; a context that closes its connection."""

    def __init__(self, database_url: str, log_keys: Sequence[Verifier] = ()) -> None:
        options = f"{PLANNING} -c default_transaction_read_only=on"
        self._connection: psycopg.Connection[Any] = psycopg.connect(
            database_url, autocommit=True, connect_timeout=10, options=options, row_factory=tuple_row
        )
        self._log_keys = log_keys

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def note(self, size: int | None = None) -> bytes:
        """Return the note of a checkpoint with the newest cosignature of each witness."""
        row = self._connection.execute(_NOTE, (size, size)).fetchone()
        if row is None:
            raise EvidenceError("no checkpoint" if size is None else f"no checkpoint of size {size}")
        return f"{row[0]}{row[1]}".encode()

    def history(self, size: int) -> Iterator[bytes]:
        """Yield older notes, the newest of each of :data:`HISTORY` equal parts of the log."""
        for (older,) in self._connection.execute(_HISTORY, (size, size, HISTORY)).fetchall():
            yield self.note(older)

    def recent(self, size: int) -> Iterator[bytes]:
        """Yield cosigned notes below a size, newest first."""
        for (older,) in self._connection.execute(_COSIGNED, (size,)).fetchall():
            yield self.note(older)

    def fetch(self, tile: Tile) -> bytes:
        """Return a tile, or the bundle of its entries, where a missing row is an empty entry."""
        if tile.level != ENTRIES:
            row = self._connection.execute(_TILE, (tile.width * 32, tile.level, tile.index)).fetchone()
            return bytes(row[0]) if row else b""
        first = tile.index * WIDTH + 1
        rows = dict(self._connection.execute(_ENTRIES, (first, first + tile.width - 1)).fetchall())
        return encode_entries(bytes(rows.get(position, b"")) for position in range(first, first + tile.width))

    def log_keys(self) -> Sequence[Verifier]:
        """Return the keys that the caller knows to be the log's."""
        return self._log_keys

    def entries_of(self, streams: Collection[str], size: int) -> Iterator[tuple[int, bytes]]:
        """Yield the entries of whole streams, in order."""
        with (
            self._connection.transaction(),
            self._connection.cursor(f"entries_{uuid4().hex}", row_factory=tuple_row) as cursor,
        ):
            for index, raw in cursor.execute(_STREAMS, (list(streams), size)):
                yield index, bytes(raw)
