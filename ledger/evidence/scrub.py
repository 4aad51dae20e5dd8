"""One block of the store computed anew: its entries, the full tiles that end with it, the checkpoints in it.

A fault is named by what the signed root vouches for: the entry where its tile stands, the tile where it does not.
"""

from collections.abc import Iterator, Sequence

from ledger.evidence.growth import Fetch, SigningRefused, StoredCheckpoint, contrast
from ledger.evidence.guard import signed_by
from ledger.evidence.links import check_links
from ledger.evidence.merkle import leaf_hash, tree_root
from ledger.evidence.notes import Checkpoint, Verifier
from ledger.evidence.report import Finding
from ledger.evidence.store import TreeReader
from ledger.evidence.strict import EvidenceError
from ledger.evidence.tiles import HASH, WIDTH, Tile, TileHashes, full_root, width_of

_PAGE = 256


def scrub_block(
    index: int, tree: Checkpoint, rows: Sequence[tuple[int, bytes]], fetch: Fetch, *, vouched: bool
) -> list[Finding]:
    """Return what is wrong with block ``index``: its 256 entries, and the tiles that end with it.

    ``rows`` are (position, entry) from position ``256 * index + 1`` on; ``vouched`` says that the tiles at the
    tree's edge make its root, see :func:`scrub_edge`.
    """
    width = width_of(0, index, tree.size)
    stored = fetch(Tile(0, index, width))[: width * HASH]
    entries = dict(rows)
    first = index * WIDTH
    hashes = [leaf_hash(entries[at + 1]) if at + 1 in entries else b"" for at in range(first, first + width)]
    # A hash in a tile counts as signed where the tile makes its hash in the tile above, or the edge makes the root.
    signed = _stands(Tile(0, index, width), tree, fetch) if width == WIDTH else vouched
    findings = _compare_entries(first, hashes, stored) if signed else [_tile_or_range(index, hashes, tree, fetch)]
    level, ended = 1, index + 1
    while ended % WIDTH == 0:
        ended //= WIDTH
        tile = Tile(level, ended - 1)
        if not _stands(tile, tree, fetch):
            findings.append(Finding("TILE_MISMATCH", path=tile.path))
        level += 1
    return findings


def scrub_edge(tree: Checkpoint, fetch: Fetch) -> list[Finding]:
    """Return what is wrong with the tiles at the right edge: together they must make the tree's root."""
    try:
        root = tree_root(tree.size, TileHashes(tree.size, fetch))
    except EvidenceError as error:
        return [Finding("TILE_MISMATCH", detail=str(error))]
    return [] if root == tree.root else [Finding("ROOT_MISMATCH", 0, tree.size - 1, detail=contrast(root, tree))]


class Remembered:
    """Reads tiles through a small memory, since neighbouring checkpoints rest on the same ones."""

    def __init__(self, fetch: Fetch, most: int = 64) -> None:
        self._fetch = fetch
        self._most = most
        self._tiles: dict[tuple[int, int], bytes] = {}

    def __call__(self, tile: Tile) -> bytes:
        """Return the row of a tile as it was when it was first asked for with this width, or a greater one."""
        key = (tile.level, tile.index)
        data = self._tiles.get(key, b"")
        if len(data) < tile.width * HASH:
            if len(self._tiles) >= self._most:
                self._tiles.clear()
            data = self._tiles[key] = self._fetch(tile)
        return data


def scrub_checkpoints(
    stored: TreeReader, after: int, through: int, origin: str, keys: Sequence[Verifier]
) -> Iterator[Finding]:
    """Yield what is wrong with the checkpoints of more than ``after`` and at most ``through`` leaves."""
    fetch = Remembered(stored.tile)
    before = stored.newest(after) if after else None
    while page := stored.checkpoints(after, through, _PAGE):
        yield from check_links(before, page)
        for each in page:
            yield from scrub_checkpoint(each, origin, keys, fetch)
        before, after = page[-1], page[-1].size


def scrub_checkpoint(stored: StoredCheckpoint, origin: str, keys: Sequence[Verifier], fetch: Fetch) -> list[Finding]:
    """Return what is wrong with a stored checkpoint: its signature, its columns, and the tree of its size."""
    try:
        checkpoint = signed_by(origin, keys, stored)
    except SigningRefused as refusal:
        return refusal.report.findings
    try:
        root = tree_root(checkpoint.size, TileHashes(checkpoint.size, fetch))
    except EvidenceError as error:
        return [Finding("TILE_MISMATCH", path=f"checkpoints/{stored.size}", detail=str(error))]
    if root == checkpoint.root:
        return []
    return [
        Finding("OLDER_CHECKPOINT_INCONSISTENT", path=f"checkpoints/{stored.size}", detail=contrast(root, checkpoint))
    ]


def _compare_entries(first: int, hashes: Sequence[bytes], stored: bytes) -> list[Finding]:
    findings = []
    for at, actual in enumerate(hashes):
        expected = stored[at * HASH : (at + 1) * HASH]
        if not actual:
            findings.append(Finding("ENTRY_MISSING", first + at, detail=f"signed leaf hash {expected.hex()}"))
        elif actual != expected:
            detail = f"leaf hash {actual.hex()}, signed {expected.hex()}"
            findings.append(Finding("ENTRY_EDITED", first + at, detail=detail))
    return findings


def _tile_or_range(index: int, hashes: Sequence[bytes], tree: Checkpoint, fetch: Fetch) -> Finding:
    """Return whose fault it is that a tile is not the signed one: the tile's alone, where the entries are."""
    tile = Tile(0, index, len(hashes))
    if len(hashes) == WIDTH and all(hashes) and _above(tile, tree, fetch) == full_root(b"".join(hashes)):
        return Finding("TILE_MISMATCH", path=tile.path)
    return Finding("RANGE_MISMATCH", index * WIDTH, index * WIDTH + len(hashes) - 1, path=tile.path)


def _stands(tile: Tile, tree: Checkpoint, fetch: Fetch) -> bool:
    data = fetch(tile)[: WIDTH * HASH]
    return len(data) == WIDTH * HASH and full_root(data) == _above(tile, tree, fetch)


def _above(tile: Tile, tree: Checkpoint, fetch: Fetch) -> bytes:
    """Return a full tile's hash as it stands in the tile above it."""
    index, at = divmod(tile.index, WIDTH)
    parent = Tile(tile.level + 1, index, width_of(tile.level + 1, index, tree.size))
    return fetch(parent)[at * HASH : (at + 1) * HASH]
