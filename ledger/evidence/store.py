"""A live store under the paths of the bundle's layout, so that one verifier judges both.

Only what the newest signed checkpoint covers is shown; entries that were recorded since are not its business.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

from ledger.evidence.bundle import FORMAT
from ledger.evidence.growth import StoredCheckpoint
from ledger.evidence.keyfile import IssuerKey, KeyFile
from ledger.evidence.links import LinkedCheckpoint
from ledger.evidence.notes import Verifier
from ledger.evidence.strict import MAXIMUM_INTEGER, EvidenceError, canonical_json
from ledger.evidence.tiles import (
    ENTRIES,
    HASH,
    WIDTH,
    Tile,
    encode_entries,
    entry_bundles_of,
    parse_path,
    tiles_of,
)


class TreeReader(Protocol):
    """What is stored of tree and log."""

    def head(self) -> int:
        """Return the last position of the log."""
        ...

    def newest(self, through: int = MAXIMUM_INTEGER) -> LinkedCheckpoint | None:
        """Return the checkpoint with the most leaves, of those with at most ``through`` where that is said."""
        ...

    def numbered(self, number: int) -> LinkedCheckpoint | None:
        """Return the checkpoint of a number."""
        ...

    def checkpoints(self, after: int, through: int, limit: int) -> Sequence[LinkedCheckpoint]:
        """Return checkpoints with more than ``after`` and at most ``through`` leaves, in order."""
        ...

    def rows(self, after: int, through: int) -> Iterator[Sequence[tuple[int, bytes]]]:
        """Yield pages of (position, recorded event's bytes)."""
        ...

    def tile(self, tile: Tile) -> bytes:
        """Return the whole row of a tile; empty where there is none."""
        ...


class StoreSource:
    """A :class:`ledger.evidence.sources.Source` over a store that nobody grows meanwhile, or that only grows.

    Older checkpoints are left out: there may be millions, which :func:`ledger.evidence.scrub.scrub_checkpoints`
    goes through one by one.
    """

    def __init__(
        self,
        stored: TreeReader,
        newest: StoredCheckpoint,
        log_keys: Sequence[Verifier],
        issuers: Sequence[IssuerKey] = (),
    ) -> None:
        self._stored = stored
        self._head = stored.head()
        self._checkpoint = newest
        self._keys = KeyFile(tuple(log_keys), tuple(issuers)).to_json()
        size = newest.size
        self.names = {tile.path for tile in tiles_of(size)}
        self.names.update(each.path for each in entry_bundles_of(size) if each.index * WIDTH < self._head)
        self.names |= {"checkpoint", "keys.json", "manifest.json"}

    def read(self, name: str, limit: int) -> bytes:
        """Return a file's octets, or raise."""
        data = self._read(name)
        if len(data) > limit:
            raise EvidenceError(f"more than {limit} octets")
        return data

    def _read(self, name: str) -> bytes:
        if name == "checkpoint":
            return self._checkpoint.note
        if name == "keys.json":
            return self._keys
        if name == "manifest.json":
            # No digests: here the signed root alone says what belongs.
            origin = self._checkpoint.note.split(b"\n", 1)[0].decode()
            return canonical_json({"files": {}, "format": FORMAT, "origin": origin, "size": self._checkpoint.size})
        tile = parse_path(name)
        if tile.level != ENTRIES:
            return self._stored.tile(tile)[: tile.width * HASH]
        first = tile.index * WIDTH
        through = min(first + tile.width, self._head)
        entries = {position: raw for page in self._stored.rows(first, through) for position, raw in page}
        # A position that is not there is shown as an empty entry, which no tree of the ledger ever signed.
        return encode_entries(entries.get(position, b"") for position in range(first + 1, through + 1))
