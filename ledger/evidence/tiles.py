"""Tiles and entry bundles of C2SP tlog-tiles: a tile holds up to 256 hashes, its partial form is a prefix of it.

An entry is a recorded event's bytes, of at most 65,535 octets, since a bundle states its length in 16 bits. A
submission is therefore limited to :data:`MAXIMUM_SUBMISSION`, which leaves 8,191 octets for the record around it
(stream and submitter of 200 characters each, 16 signatures, and some 400 released versions).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct, pack

from ledger.evidence.merkle import EMPTY_ROOT, CompactRange, Node, fold
from ledger.evidence.strict import MAXIMUM_INTEGER, EvidenceError

WIDTH = 256
HASH = 32
ENTRIES = -1
MAXIMUM_ENTRY = 65_535
MAXIMUM_SUBMISSION = 57_344
MAXIMUM_BUNDLE = WIDTH * (2 + MAXIMUM_ENTRY)
_PAIRS = Struct(f"{2 * HASH}s")
_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tile:
    """The tile ``index`` of a level, cut to ``width`` hashes; level :data:`ENTRIES` is a bundle of entries."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """The path below the log's address: ``tile/0/x001/234/567.p/8``-like, groups of three digits."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        name = "/".join([*("x" + group for group in groups[:-1]), groups[-1]])
        level = "entries" if self.level == ENTRIES else str(self.level)
        return f"tile/{level}/{name}" + ("" if self.width == WIDTH else f".p/{self.width}")


def parse_path(path: str) -> Tile:
    """Return the tile that a path names, or raise when it is not the only spelling of one."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise EvidenceError("not a tile's path")
    level = ENTRIES if match[1] == "entries" else int(match[1])
    width = WIDTH if match[3] is None else int(match[3])
    tile = Tile(level, int(match[2].replace("x", "").replace("/", "")), width)
    if tile.path != path or level > 63 or not 0 < width <= WIDTH:
        raise EvidenceError("not a tile's path")
    return tile


def width_of(level: int, index: int, size: int) -> int:
    """Return how many hashes (or entries) a tile holds in the tree of ``size`` leaves; 0 when it does not exist."""
    hashes = size >> (8 * max(level, 0))
    return min(max(hashes - index * WIDTH, 0), WIDTH)


def tiles_of(size: int) -> Iterator[Tile]:
    """Yield every tile of a tree, level by level, without the entry bundles."""
    level = 0
    while size >> (8 * level):
        hashes = size >> (8 * level)
        for index in range(-(-hashes // WIDTH)):
            yield Tile(level, index, width_of(level, index, size))
        level += 1


def entry_bundles_of(size: int) -> Iterator[Tile]:
    """Yield every entry bundle of a tree."""
    for index in range(-(-size // WIDTH)):
        yield Tile(ENTRIES, index, width_of(ENTRIES, index, size))


def split_hashes(data: bytes) -> list[bytes]:
    """Return the hashes of a tile."""
    if len(data) % HASH:
        raise EvidenceError("a tile holds whole hashes")
    return [data[at : at + HASH] for at in range(0, len(data), HASH)]


def full_root(data: bytes) -> bytes:
    """Return the root over a power of two of hashes; for a full tile, its parent's hash."""
    # Neighbours lie side by side already, so node_hash's joining of two is spared.
    while len(data) > HASH:
        data = b"".join([sha256(b"\x01" + pair).digest() for (pair,) in _PAIRS.iter_unpack(data)])
    return data


def root_of_edge(edge: Sequence[bytes]) -> bytes:
    """Return the tree's root from its partial tile of every level, leaves first; a full level is empty there."""
    peaks: list[bytes] = []
    for data in reversed(edge):
        span = CompactRange()
        for value in split_hashes(data):
            span.append(value)
        peaks.extend(value for _, value in span.nodes)
    return fold(peaks) if peaks else EMPTY_ROOT


class TileBuilder:
    """A growing tree that keeps its unfinished tiles alone (8 KiB a level) and hands out each one as it is filled."""

    def __init__(self, filled: Callable[[Tile, bytes, bytes], None] | None = None) -> None:
        """``filled`` receives a full tile, its hashes and the root over them."""
        self.size = 0
        self.edge: list[bytearray] = []
        self._filled = filled

    @classmethod
    def resume(
        cls,
        size: int,
        fetch: Callable[[Tile], bytes],
        filled: Callable[[Tile, bytes, bytes], None] | None = None,
    ) -> "TileBuilder":
        """Return the builder of a tree whose unfinished tiles ``fetch`` reads."""
        builder = cls(filled)
        builder.size = size
        level = 0
        while size >> (8 * level):
            index, width = divmod(size >> (8 * level), WIDTH)
            data = fetch(Tile(level, index, width)) if width else b""
            if len(data) < width * HASH:
                raise EvidenceError(f"tile {Tile(level, index, width).path} is too short")
            builder.edge.append(bytearray(data[: width * HASH]))
            level += 1
        return builder

    def extend(self, hashes: bytes) -> None:
        """Add leaf hashes, 32 octets each."""
        if len(hashes) % HASH:
            raise EvidenceError("a hash has 32 octets")
        at = 0
        while at < len(hashes):
            room = WIDTH * HASH - (len(self.edge[0]) if self.edge else 0)
            part = hashes[at : at + room]
            self.size += len(part) // HASH
            self._add(0, part)
            at += room

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        return root_of_edge([bytes(data) for data in self.edge])

    def unfinished(self) -> Iterator[tuple[Tile, bytes]]:
        """Yield the partial tiles of the tree as it stands."""
        for level, data in enumerate(self.edge):
            if data:
                yield Tile(level, self.size >> (8 * (level + 1)), len(data) // HASH), bytes(data)

    def _add(self, level: int, part: bytes) -> None:
        if level == len(self.edge):
            self.edge.append(bytearray())
        self.edge[level] += part
        if len(self.edge[level]) == WIDTH * HASH:
            data = bytes(self.edge[level])
            self.edge[level].clear()
            root = full_root(data)
            if self._filled is not None:
                self._filled(Tile(level, (self.size >> (8 * (level + 1))) - 1), data, root)
            self._add(level + 1, root)


def tiles_under(nodes: Iterable[Node], size: int) -> set[Tile]:
    """Return the tiles that the hashes of these nodes are read from, in the tree of ``size`` leaves."""
    found = set()
    for node in nodes:
        level, index, _, _ = _place(node)
        found.add(Tile(level, index, width_of(level, index, size)))
    return found


def _place(node: Node) -> tuple[int, int, int, int]:
    """Return a node's tile by level and index, where its hashes begin in it, and how many they are."""
    level, above = divmod(node.height, 8)
    index, at = divmod(node.index << above, WIDTH)
    return level, index, at, 1 << above


class TileHashes:
    """A hash reader over the tiles of one tree size; each tile is fetched once (at most five for a proof of 2^24)."""

    def __init__(self, size: int, fetch: Callable[[Tile], bytes]) -> None:
        if not 0 <= size <= MAXIMUM_INTEGER:
            raise EvidenceError("no such tree size")
        self.size = size
        self._fetch = fetch
        self._tiles: dict[tuple[int, int], bytes] = {}

    def __call__(self, nodes: Sequence[Node]) -> list[bytes]:
        """Return the hashes of complete nodes of the tree."""
        return [self._node(node) for node in nodes]

    def _node(self, node: Node) -> bytes:
        level, index, at, count = _place(node)
        data = self._tile(level, index)
        part = data[at * HASH : (at + count) * HASH]
        if len(part) != HASH * count:
            raise EvidenceError(f"no node {node.index} at height {node.height} in a tree of {self.size}")
        return full_root(part)

    def _tile(self, level: int, index: int) -> bytes:
        if (level, index) not in self._tiles:
            tile = Tile(level, index, width_of(level, index, self.size))
            data = self._fetch(tile) if tile.width else b""
            if len(data) < tile.width * HASH:
                raise EvidenceError(f"tile {tile.path} is too short")
            self._tiles[level, index] = data[: tile.width * HASH]
        return self._tiles[level, index]


def encode_entries(entries: Iterable[bytes]) -> bytes:
    """Return the entry bundle: each entry after its length in 16 bits, big-endian."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAXIMUM_ENTRY:
            raise EvidenceError(f"an entry of {len(entry)} octets; {MAXIMUM_ENTRY} is the most")
        parts += (pack(">H", len(entry)), entry)
    return b"".join(parts)


def decode_entries(data: bytes) -> list[bytes]:
    """Return the entries of a bundle, at most 256, or raise when a length leads past the end."""
    entries: list[bytes] = []
    at, size = 0, len(data)
    while at < size:
        if at + 2 > size or len(entries) == WIDTH:
            raise EvidenceError("the entry bundle's lengths do not fit its size")
        begin = at + 2
        at = begin + (data[at] << 8 | data[at + 1])
        entries.append(data[begin:at])
    if at != size:
        raise EvidenceError("the entry bundle's lengths do not fit its size")
    return entries


def leaf_hashes(data: bytes) -> bytes:
    """Return the leaf hashes of a bundle whose lengths fit, as :func:`decode_entries` has checked."""
    # The octet before an entry is the end of its length: as a zero it is the prefix that a leaf is hashed with, and
    # no entry is copied to be hashed.
    octets = bytearray(data)
    view = memoryview(octets)
    found: list[bytes] = []
    at, size = 0, len(octets)
    while at < size:
        end = at + 2 + (octets[at] << 8) + octets[at + 1]
        octets[at + 1] = 0
        found.append(sha256(view[at + 1 : end]).digest())
        at = end
    return b"".join(found)
