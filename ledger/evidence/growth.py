"""The tree's next step is computed twice: grown from the entries, then anew from what was stored; only then signed.

A bit that flipped in memory or on disk in between can therefore never get into a signed root, where it would stay.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Protocol

from ledger.evidence.merkle import prove_consistency, tree_root, verify_consistency
from ledger.evidence.notes import Checkpoint
from ledger.evidence.report import Finding, Report
from ledger.evidence.strict import EvidenceError, encode_base64
from ledger.evidence.tiles import HASH, WIDTH, Tile, TileHashes, full_root, width_of

Fetch = Callable[[Tile], bytes]
"""Returns the hashes of a tile, at least as many as its width, fewer where they are not there."""


class SigningRefused(EvidenceError):  # noqa: N818 - says what happens
    """What is stored contradicts what was signed: nothing more is signed until a person has looked at it."""

    def __init__(self, *findings: Finding) -> None:
        self.report = Report(findings=list(findings))
        super().__init__("\n".join(each.as_text() for each in findings))


class StoredCheckpoint(Protocol):
    """A checkpoint as it is stored: what its columns say, beside the note that was signed."""

    @property
    def size(self) -> int:
        """How many leaves the tree has."""
        ...

    @property
    def root(self) -> bytes:
        """The tree's root, 32 octets."""
        ...

    @property
    def note(self) -> bytes:
        """The signed note's octets, without cosignatures."""
        ...


def refuse(code: str, first: int | None = None, last: int | None = None, **more: str) -> SigningRefused:
    """Return the refusal to raise for one finding of the catalogue."""
    return SigningRefused(Finding(code, first, last, path=more.get("path"), detail=more.get("detail")))


def recheck(before: Checkpoint, after: Checkpoint, pages: Iterable[Sequence[bytes]], fetch: Fetch) -> None:
    """Raise :class:`SigningRefused` unless the stored tiles hold the tree of ``after``, grown from ``before``.

    ``pages`` are the entries from index ``before.size`` on, read afresh; ``fetch`` reads whole rows afresh.
    """
    tiles = _Tiles(fetch, after.size)
    _check_leaves(before.size, after.size, pages, tiles)
    _check_parents(before.size, after.size, tiles)
    read = TileHashes(after.size, tiles)
    for checkpoint in (before, after):
        root = tree_root(checkpoint.size, TileHashes(checkpoint.size, tiles))
        if root != checkpoint.root:
            raise refuse("ROOT_MISMATCH", 0, checkpoint.size - 1, detail=contrast(root, checkpoint))
    if before.size:
        proof = prove_consistency(before.size, after.size, read)
        verify_consistency(before.size, after.size, before.root, after.root, proof)


def contrast(root: bytes, checkpoint: Checkpoint) -> str:
    """Return a finding's detail: the root that was found beside the one that the checkpoint states."""
    return f"size {checkpoint.size}: root {encode_base64(root)}, signed {encode_base64(checkpoint.root)}"


class _Tiles:
    """Reads each tile once, and only as long as it must be: a row that is longer was never covered."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._read: dict[tuple[int, int], bytes] = {}

    def __call__(self, tile: Tile) -> bytes:
        key = (tile.level, tile.index)
        if key not in self._read:
            whole = Tile(*key, width_of(*key, self._size))
            data = self._fetch(whole)
            if len(data) != whole.width * HASH:
                raise refuse("TILE_MISMATCH", path=whole.path, detail=f"{len(data)} octets")
            self._read[key] = data
        return self._read[key]


def _check_leaves(begin: int, end: int, pages: Iterable[Sequence[bytes]], tiles: _Tiles) -> None:
    at, held, stored = begin, -1, b""
    for page in pages:
        for entry in page:
            place = at % WIDTH * HASH
            if at // WIDTH != held:
                held = at // WIDTH
                stored = tiles(Tile(0, held, width_of(0, held, end)))
            if stored[place : place + HASH] != sha256(b"\x00" + entry).digest():
                raise refuse("TILE_MISMATCH", at, path=Tile(0, held).path)
            at += 1
    if at != end:
        raise refuse("TRUNCATED", at, end - 1)


def _check_parents(begin: int, end: int, tiles: _Tiles) -> None:
    level = 0
    while full := end >> (8 * (level + 1)):
        for index in range(begin >> (8 * (level + 1)), full):
            above, place = divmod(index, WIDTH)
            parent = tiles(Tile(level + 1, above, width_of(level + 1, above, end)))
            if full_root(tiles(Tile(level, index))) != parent[place * HASH :][:HASH]:
                raise refuse("TILE_MISMATCH", path=Tile(level, index).path)
        level += 1
