"""What an audit of the status map remembers, in a temporary database of which a bounded part is in memory.

SQLite keeps it in its page cache and spills what is more into a file of its own that has no name; nothing of it
outlives the audit. The file grows with the map, the memory does not.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence

from ledger.evidence.maprules import Change
from ledger.evidence.maptiles import Path

CACHE_KIBIBYTES = 32_768
_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA temp_store = FILE;
    PRAGMA locking_mode = EXCLUSIVE;
    CREATE TABLE tile (path BLOB PRIMARY KEY, children BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE waiting (idx INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL, leaf BLOB NOT NULL);
    CREATE TABLE refusal (source TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (source, id)) WITHOUT ROWID;
"""


class AuditStore:
    """Tiles of the map, changes that wait for their root, and refusals; every method may raise ``sqlite3.Error``."""

    def __init__(self) -> None:
        # An empty name is a file that is deleted as soon as it is closed.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute(f"PRAGMA cache_size = -{CACHE_KIBIBYTES}")
        self._database.executescript(_TABLES)
        # One transaction that never ends: nothing here is ever to be found again.
        self._database.execute("BEGIN")

    def tiles(self, paths: Collection[Path]) -> Mapping[Path, bytes]:
        """Return the tiles that there are of these."""
        ask = self._database.execute
        found = ((path, ask("SELECT children FROM tile WHERE path = ?", (path,)).fetchone()) for path in paths)
        return {path: row[0] for path, row in found if row is not None}

    def put(self, tiles: Mapping[Path, bytes]) -> None:
        """Keep tiles in place of those before."""
        self._database.executemany("INSERT OR REPLACE INTO tile VALUES (?, ?)", tiles.items())

    def wait(self, changes: Sequence[Change]) -> None:
        """Keep changes until a root covers them."""
        rows = ((each.index, each.stream, each.version, each.leaf) for each in changes)
        self._database.executemany("INSERT INTO waiting VALUES (?, ?, ?, ?)", rows)

    def due(self, size: int, most: int) -> list[Change]:
        """Take the first changes below an index, in order."""
        rows = self._database.execute(
            "SELECT stream, version, idx, leaf FROM waiting WHERE idx < ? ORDER BY idx LIMIT ?", (size, most)
        ).fetchall()
        if rows:
            self._database.execute("DELETE FROM waiting WHERE idx <= ?", (rows[-1][2],))
        return [Change(*row) for row in rows]

    def refuse(self, source: str, identity: str) -> None:
        """Remember an event that is a refusal."""
        self._database.execute("INSERT OR IGNORE INTO refusal VALUES (?, ?)", (source, identity))

    def is_refusal(self, source: str, identity: str) -> bool:
        """Tell whether an event is a refusal."""
        named = (source, identity)
        return self._database.execute("SELECT 1 FROM refusal WHERE source = ? AND id = ?", named).fetchone() is not None

    def close(self) -> None:
        """Forget everything."""
        self._database.close()
