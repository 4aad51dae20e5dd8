"""What the notary leaves in the database, made in one go for tests of those who only read it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from ledger.evidence.merkle import leaf_hash
from ledger.evidence.notes import Checkpoint, NoteSigner, sign_checkpoint
from ledger.evidence.tiles import TileBuilder
from tests.unit.evidence.making import LOG


def notarise(url: str, sizes: Sequence[int] = (), signer: NoteSigner = LOG) -> list[bytes]:
    """Store tiles over all events and a checkpoint at each size and at the end; the notes in order of size."""
    notes = []
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT state FROM ledger_events ORDER BY notification_id").fetchall()
        tiles: dict[tuple[int, int], bytes] = {}
        builder = TileBuilder(lambda tile, data, _root: tiles.__setitem__((tile.level, tile.index), data))
        for size, (raw,) in enumerate(rows, 1):
            builder.extend(leaf_hash(bytes(raw)))
            if size in sizes or size == len(rows):
                root = builder.root()
                notes.append(sign_checkpoint(Checkpoint(signer.name, size, root), signer))
                connection.execute(
                    "INSERT INTO notary.checkpoint (size, root, note) VALUES (%s, %s, %s)",
                    (size, root, notes[-1].decode()),
                )
        tiles.update({(tile.level, tile.index): data for tile, data in builder.unfinished()})
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO notary.tile (level, idx, hashes) VALUES (%s, %s, %s)",
                [(level, index, data) for (level, index), data in tiles.items()],
            )
    return notes


@contextmanager
def as_administrator(url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection on which no trigger stands in the way: what an administrator with all passwords can do."""
    with psycopg.connect(url) as connection:
        for table in ("ledger_events", "notary.tile", "notary.checkpoint", "notary.cosignature"):
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        yield connection
