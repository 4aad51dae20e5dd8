"""What the notary stored, read for an answer: checkpoints with their newest cosignatures, and tiles of hashes."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.readers import Connection
from ledger.days import instant_text
from ledger.evidence.strict import encode_base64
from ledger.evidence.tiles import HASH, Tile

_COSIGNED = """
    SELECT size, root, note || coalesce((
        SELECT string_agg(line, '' ORDER BY name, key_id) FROM (
            SELECT DISTINCT ON (name, key_id) name, key_id, line FROM notary.cosignature AS c
            WHERE c.size = p.size ORDER BY name, key_id, received DESC) AS newest), ''),
        signed
    FROM notary.checkpoint AS p
"""
_NEWEST = f"{_COSIGNED} ORDER BY size DESC LIMIT 1"
_ONE = f"{_COSIGNED} WHERE size = %s"
_PAGE = f"{_COSIGNED} WHERE size > %s ORDER BY size LIMIT %s"
_SIZE = "SELECT coalesce(max(size), 0) FROM notary.checkpoint"
_TILES = """
    SELECT level, idx, substr(hashes, 1, width * 32) FROM notary.tile
    JOIN unnest(%s::smallint[], %s::bigint[], %s::int[]) AS asked (level, idx, width) USING (level, idx)
    WHERE octet_length(hashes) >= width * 32
"""
_STATE = """
    SELECT newest.size, newest.signed, (SELECT count(*) FROM notary.alarm WHERE cleared IS NULL), through, passes
    FROM notary.scrub
    LEFT JOIN (SELECT size, signed FROM notary.checkpoint ORDER BY size DESC LIMIT 1) AS newest ON true
"""


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint; ``note`` holds the log's signatures and the newest cosignature of each witness."""

    size: int
    root: bytes
    note: bytes
    signed: datetime

    def as_dict(self) -> dict[str, object]:
        """Return the plain form of an answer."""
        root, note = encode_base64(self.root), self.note.decode()
        return {"size": self.size, "root": root, "signed": instant_text(self.signed), "note": note}


@dataclass(frozen=True, slots=True)
class TreeState:
    """The newest checkpoint's size and time, how many alarms stand, and how far the scrubber is in which round."""

    size: int
    signed: datetime | None
    alarms: int
    scrubbed: int
    rounds: int


async def newest(connection: Connection) -> Signed | None:
    """Return the newest checkpoint."""
    row = await (await connection.execute(_NEWEST)).fetchone()
    return _signed(row) if row else None


async def of_size(connection: Connection, size: int) -> Signed | None:
    """Return the checkpoint of a size."""
    row = await (await connection.execute(_ONE, (size,))).fetchone()
    return _signed(row) if row else None


async def page(connection: Connection, after: int, limit: int) -> list[Signed]:
    """Return up to ``limit`` checkpoints of more than ``after`` leaves, in order."""
    return [_signed(row) for row in await (await connection.execute(_PAGE, (after, limit))).fetchall()]


async def covered(connection: Connection) -> int:
    """Return how many events the newest checkpoint covers."""
    row = await (await connection.execute(_SIZE)).fetchone()
    return int(row[0]) if row else 0


async def tiles(connection: Connection, asked: Collection[Tile]) -> dict[tuple[int, int], bytes]:
    """Return the hashes of tiles as far as all of their width is there; every stored hash is under a checkpoint."""
    columns = [[each.level for each in asked], [each.index for each in asked], [each.width for each in asked]]
    rows: Sequence[tuple[int, int, bytes]] = await (await connection.execute(_TILES, columns, binary=True)).fetchall()
    return {(level, index): bytes(hashes) for level, index, hashes in rows if len(hashes) % HASH == 0}


async def state(connection: Connection) -> TreeState:
    """Return how far the tree is, and whether it may grow."""
    row = await (await connection.execute(_STATE)).fetchone()
    return TreeState(row[0] or 0, *row[1:]) if row else TreeState(0, None, 0, 0, 0)


def _signed(row: Sequence[Any]) -> Signed:
    size, root, note, signed = row
    return Signed(size, bytes(root), note.encode(), signed)
