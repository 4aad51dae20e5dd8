"""The tree over a bundle's entries, computed anew (RFC 9162 section 2.1), and where it leaves what the log signed.

Every loop runs over files that are there, never over numbers that a file states, so it always ends.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ledger.evidence.entries import EntryChecks, place_of
from ledger.evidence.files import Files
from ledger.evidence.merkle import leaf_hash
from ledger.evidence.report import Report
from ledger.evidence.strict import EvidenceError
from ledger.evidence.tiles import (
    ENTRIES,
    HASH,
    WIDTH,
    Tile,
    TileBuilder,
    decode_entries,
    full_root,
    leaf_hashes,
    parse_path,
    root_of_edge,
    split_hashes,
    width_of,
)


@dataclass(slots=True)
class Scan:
    """What the entries make: the root, the roots at asked sizes, hashes from height 8 up, and what is not there."""

    root: bytes | None = None
    roots: dict[int, bytes] = field(default_factory=dict)
    hashes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    withheld: list[tuple[int, int]] = field(default_factory=list)
    differing: list[int] = field(default_factory=list)


class Recomputation:
    """One pass over the entry bundles of a tree of ``size`` leaves."""

    def __init__(self, files: Files, report: Report, size: int) -> None:
        self._files = files
        self._report = report
        self.size = size
        self._shown = files.shown or (0, size)
        self._tiles = {tile for name in files.names if (tile := _expected(name, size)) is not None}

    def scan(self, checks: EntryChecks, sizes: Iterable[int]) -> Scan:
        """Hash and check every entry; ``sizes`` are earlier tree sizes whose roots are wanted."""
        scan = Scan()

        def filled(tile: Tile, _data: bytes, root: bytes) -> None:
            scan.hashes[tile.level + 1, tile.index] = root

        builder = TileBuilder(filled)
        wanted = sorted({size for size in sizes if 0 < size <= self.size}, reverse=True)
        following = 0
        for index in sorted({tile.index for tile in self._tiles if tile.level in {ENTRIES, 0}}):
            first, width = index * WIDTH, width_of(0, index, self.size)
            if not self._is_shown(first, first + width):
                continue
            if index != following:
                self._gap(scan, checks, following * WIDTH, first)
            following = index + 1
            block = self._leaves(index, scan, checks)
            if len(block) < width * HASH:
                self._gap(scan, checks, first + len(block) // HASH, first + width)
            if Tile(0, index, width) in self._tiles and self._files.read(Tile(0, index, width).path) != block:
                scan.differing.append(index)
            if builder.size != first:
                if len(block) == WIDTH * HASH:
                    scan.hashes[1, index] = full_root(block)
                continue
            at = 0
            while wanted and wanted[-1] <= first + len(block) // HASH:
                cut = (wanted[-1] - first) * HASH
                builder.extend(block[at:cut])
                scan.roots[wanted.pop()] = builder.root()
                at = cut
            builder.extend(block[at:])
        if following * WIDTH < self.size:
            self._gap(scan, checks, following * WIDTH, self.size)
        if builder.size == self.size:
            scan.root = builder.root()
        return scan

    def _gap(self, scan: Scan, checks: EntryChecks, begin: int, end: int) -> None:
        """Note what is not there, as far as the bundle says that it should be."""
        checks.withheld += end - begin
        begin, end = max(begin, self._shown[0]), min(end, self._shown[1])
        if begin < end:
            scan.gaps.append((begin, end))

    def _is_shown(self, begin: int, end: int) -> bool:
        return begin < self._shown[1] and self._shown[0] < end

    def check_tiles(self, scan: Scan) -> None:
        """Report the tiles that differ from a tree whose root is as signed."""
        for index in scan.differing:
            self._report.add("TILE_MISMATCH", path=Tile(0, index, width_of(0, index, self.size)).path)
        for tile in sorted(self._tiles, key=lambda each: (each.level, each.index)):
            if tile.level > 0:
                first = tile.index * WIDTH
                expected = [scan.hashes.get((tile.level, at), b"") for at in range(first, first + tile.width)]
                if self._files.read(tile.path) != b"".join(expected):
                    self._report.add("TILE_MISMATCH", path=tile.path)

    def locate(self, scan: Scan, root: bytes) -> bool:
        """Report what differs, walking down the tiles that make the signed root; ``False`` when they make another."""
        edge: list[bytes] = []
        while self.size >> (8 * len(edge)):
            level = len(edge)
            index, width = divmod(self.size >> (8 * level), WIDTH)
            edge.append(self._tile(Tile(level, index, width)) if width else b"")
        if root_of_edge(edge) != root:
            return False
        search = _Search(self, scan, self._report)
        todo = [
            (level, (self.size >> (8 * (level + 1))) * WIDTH + at, value)
            for level, data in enumerate(edge)
            if level
            for at, value in enumerate(split_hashes(data))
        ]
        if edge[0] and self._is_shown(self.size // WIDTH * WIDTH, self.size):
            search.compare(self.size // WIDTH, edge[0])
        while todo:
            level, index, value = todo.pop()
            if not self._is_shown(index << (8 * level), (index + 1) << (8 * level)):
                continue
            if scan.hashes.get((level, index)) == value:
                continue
            data = self._tile(Tile(level - 1, index))
            if len(data) != WIDTH * HASH or full_root(data) != value:
                search.range(index << (8 * level), (index + 1) << (8 * level))
            elif level == 1:
                search.compare(index, data)
            else:
                todo += ((level - 1, index * WIDTH + at, each) for at, each in enumerate(split_hashes(data)))
        search.name()
        return True

    def entries(self, index: int) -> list[bytes] | None:
        """Return the entries of a bundle, or ``None`` when it is not there or malformed."""
        tile = Tile(ENTRIES, index, width_of(ENTRIES, index, self.size))
        if tile not in self._tiles or (data := self._files.read(tile.path)) is None:
            return None
        try:
            return decode_entries(data)
        except EvidenceError:
            return None

    def _leaves(self, index: int, scan: Scan, checks: EntryChecks) -> bytes:
        first, width = index * WIDTH, width_of(0, index, self.size)
        if Tile(ENTRIES, index, width) not in self._tiles:
            scan.withheld.append((first, first + width))
            checks.withheld += width
            return self._tile(Tile(0, index, width))
        data = self._files.read(Tile(ENTRIES, index, width).path)
        try:
            if data is None:
                raise EvidenceError("it cannot be read")
            entries = decode_entries(data)
        except EvidenceError:
            self._report.add("ENTRY_BUNDLE_MALFORMED", first, first + width - 1)
            checks.withheld += width
            return b""
        if len(entries) > width:
            self._report.add("ENTRY_BUNDLE_TOO_LONG", first + width, first + len(entries) - 1)
        checks.check(first, entries[:width])
        return leaf_hashes(data)[: width * HASH]

    def _tile(self, tile: Tile) -> bytes:
        data = self._files.read(tile.path) if tile in self._tiles else None
        return data if data is not None and len(data) == tile.width * HASH else b""


class _Search:
    """Names each index whose entry is not the one that the signed tree holds there."""

    def __init__(self, tree: Recomputation, scan: Scan, report: Report) -> None:
        self._tree = tree
        self._gaps = scan.gaps
        self._report = report
        self._wrong: dict[int, tuple[bytes, bytes]] = {}
        self._read: tuple[int, list[bytes]] = (-1, [])

    def compare(self, index: int, expected: bytes) -> None:
        """Compare a bundle of entries with leaf hashes that the signed root vouches for."""
        entries = self._tree.entries(index)
        if entries is None:
            return
        for at, (value, raw) in enumerate(zip(split_hashes(expected), entries, strict=False), index * WIDTH):
            if leaf_hash(raw) != value:
                self._wrong[at] = (value, leaf_hash(raw))
        for at in range(index * WIDTH + len(entries), index * WIDTH + len(expected) // HASH):
            self._wrong[at] = (expected[(at % WIDTH) * HASH :][:HASH], b"")

    def range(self, begin: int, end: int) -> None:
        """Report a range below which no hash is vouched for."""
        there = not any(begin < gap_end and gap_begin < end for gap_begin, gap_end in self._gaps)
        self._report.add("RANGE_MISMATCH" if there else "UNCHECKED", begin, end - 1)

    def name(self) -> None:
        """Tell edited, inserted, moved and removed entries apart by where their hashes belong."""
        places = {expected: at for at, (expected, _) in self._wrong.items()}
        shown = {actual for _, actual in self._wrong.values()}
        empty = leaf_hash(b"")
        for at, (expected, actual) in sorted(self._wrong.items()):
            place = self._place(at)
            if actual in places:
                self._report.add("ENTRY_MOVED", at, detail=f"belongs at index {places[actual]}", **place)
            elif actual not in {b"", empty}:
                code = "ENTRY_INSERTED" if expected in shown else "ENTRY_EDITED"
                detail = f"leaf hash {actual.hex()}, signed {expected.hex()}"
                self._report.add(code, at, detail=detail, **place)
            if expected not in shown and actual in places:
                self._report.add("ENTRY_MISSING", at, detail=f"signed leaf hash {expected.hex()}")

    def _place(self, at: int) -> dict[str, Any]:
        index = at // WIDTH
        if self._read[0] != index:
            self._read = (index, self._tree.entries(index) or [])
        entries = self._read[1]
        return place_of(entries[at % WIDTH]) if at % WIDTH < len(entries) else {}


def _expected(name: str, size: int) -> Tile | None:
    """Return the tile that a name means in a tree of this size, or ``None``."""
    try:
        tile = parse_path(name)
    except EvidenceError:
        return None
    return tile if tile.width == width_of(tile.level, tile.index, size) else None
