"""The port by which evidence is read: a log's checkpoints, tiles and entry bundles, wherever they are kept.

What is read is material to verify and never trusted: the same port serves a table, a live address and a bundle.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol, Self

from ledger.evidence.disclosures import MAXIMUM_DISCLOSURES, parse_disclosures
from ledger.evidence.entries import place_of
from ledger.evidence.keyfile import MAXIMUM_KEYS, parse_keys
from ledger.evidence.notes import Verifier
from ledger.evidence.sources import Source
from ledger.evidence.strict import EvidenceError
from ledger.evidence.tiles import ENTRIES, MAXIMUM_BUNDLE, WIDTH, Tile, decode_entries, width_of
from ledger.evidence.writing import FOLDER

HISTORY = 1_000
MAXIMUM_TILE = 8_192


class LogReader(Protocol):
    """One log; every operation raises :class:`EvidenceError` for what is not there."""

    def note(self, size: int | None = None) -> bytes:
        """Return the note of a checkpoint with all its signatures, the newest where no size is asked for."""
        ...

    def history(self, size: int) -> Iterator[bytes]:
        """Yield older notes below a size, in order of size, at most :data:`HISTORY`, evenly chosen."""
        ...

    def recent(self, size: int) -> Iterator[bytes]:
        """Yield notes below a size, newest first, as far as a quorum of witnesses may be found on one of them."""
        ...

    def fetch(self, tile: Tile) -> bytes:
        """Return a tile's hashes or an entry bundle, cut to the tile's width."""
        ...

    def log_keys(self) -> Sequence[Verifier]:
        """Return the log's own keys as it states them."""
        ...

    def entries_of(self, streams: Collection[str], size: int) -> Iterator[tuple[int, bytes]]:
        """Yield (index, recorded event's bytes) of whole streams within a tree's size, in order."""
        ...


def read_entries(log: LogReader, begin: int, end: int, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield (index, bytes) of the entries from ``begin`` to before ``end`` in the tree of ``size`` leaves."""
    for index in range(begin // WIDTH, -(-end // WIDTH)):
        tile = Tile(ENTRIES, index, width_of(ENTRIES, index, size))
        for at, raw in enumerate(decode_entries(log.fetch(tile)), index * WIDTH):
            if begin <= at < end:
                yield at, raw


class BundleReader:
    """The files of a bundle, or of a mirror, as a log."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """The source closes its file by itself."""

    def note(self, size: int | None = None) -> bytes:
        """Return a checkpoint's note."""
        return self._read("checkpoint" if size is None else f"checkpoints/{size}", 1 << 18)

    def history(self, size: int) -> Iterator[bytes]:
        """Yield the older notes."""
        names = (name.removeprefix("checkpoints/") for name in self._source.names if name.startswith("checkpoints/"))
        for older in sorted(int(name) for name in names if name.isdecimal()):
            if older < size:
                yield self.note(older)

    def recent(self, size: int) -> Iterator[bytes]:
        """Yield the older notes, newest first."""
        yield from reversed(list(self.history(size)))

    def fetch(self, tile: Tile) -> bytes:
        """Return a tile or an entry bundle; a full one also serves a narrower one."""
        for path in (tile.path, Tile(tile.level, tile.index).path):
            if path in self._source.names:
                limit = MAXIMUM_BUNDLE if tile.level == ENTRIES else MAXIMUM_TILE
                return cut(tile, self._source.read(path, limit))
        raise EvidenceError(f"no {tile.path}")

    def log_keys(self) -> Sequence[Verifier]:
        """Return the keys that the bundle brings along."""
        return parse_keys(self._read("keys.json", MAXIMUM_KEYS)).logs if "keys.json" in self._source.names else ()

    def entries_of(self, streams: Collection[str], size: int) -> Iterator[tuple[int, bytes]]:
        """Yield the entries of streams, found by reading every entry."""
        for index, raw in read_entries(self, 0, size, size):
            if place_of(raw).get("stream") in streams:
                yield index, raw

    def disclosures(self, entries: Sequence[tuple[int, bytes]]) -> Iterator[tuple[int, list[str]]]:
        """Yield the disclosures that the bundle brings along, by index."""
        for index, _ in entries:
            if f"{FOLDER}{index}" in self._source.names:
                yield index, parse_disclosures(self._read(f"{FOLDER}{index}", MAXIMUM_DISCLOSURES))

    def _read(self, name: str, limit: int) -> bytes:
        if name not in self._source.names:
            raise EvidenceError(f"no {name}")
        return self._source.read(name, limit)


def cut(tile: Tile, data: bytes) -> bytes:
    """Return what a narrower tile holds of a wider one's octets."""
    if tile.level != ENTRIES:
        return data[: tile.width * 32]
    at = 0
    for _ in range(tile.width):
        at += 2 + int.from_bytes(data[at : at + 2], "big")
    return data[:at]
