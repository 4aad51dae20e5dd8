"""Events on their way from a feed to being read stream by stream: in memory while few, in files when many.

A stream's events are all in one of the files, so that no sorting is needed and one file at a time is in memory.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from struct import Struct
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import BinaryIO, Self
from zlib import crc32

from ledger.envelope import open_recorded
from projections.feed import Delivered

EVENTS_IN_MEMORY = 10_000
FILES = 256
_HEAD = Struct("<QBHI")


class Spool:
    """Collects events of each stream in order, then gives them back stream by stream."""

    def __init__(self) -> None:
        self.events = 0
        self._memory: dict[str, list[Delivered]] = {}
        self._files: list[BinaryIO] = []
        self._held = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()

    def add(self, delivered: Delivered) -> None:
        """Add an event; each stream's events come in order."""
        self.events += 1
        if self._files:
            self._write(delivered)
            return
        self._memory.setdefault(delivered.recorded.stream, []).append(delivered)
        if self.events == EVENTS_IN_MEMORY:
            self._spill()

    def streams(self) -> Iterator[tuple[str, list[Delivered]]]:
        """Yield each stream with all its events; afterwards the spool is empty."""
        if not self._files:
            while self._memory:
                yield self._memory.popitem()
            return
        for file in self._files:
            for stream, packed in _grouped(file).items():
                yield stream, [Delivered(lane, open_recorded(position, raw)) for position, lane, raw in packed]

    def _spill(self) -> None:
        folder = Path(self._held.enter_context(TemporaryDirectory(prefix="certledger-rebuild-")))
        for number in range(FILES):
            self._files.append(self._held.enter_context((folder / str(number)).open("w+b", buffering=1 << 14)))
        for events in self._memory.values():
            for delivered in events:
                self._write(delivered)
        self._memory.clear()

    def _write(self, delivered: Delivered) -> None:
        recorded = delivered.recorded
        stream = recorded.stream.encode()
        head = _HEAD.pack(recorded.position, delivered.lane, len(stream), len(recorded.raw))
        self._files[crc32(stream) % FILES].write(head + stream + recorded.raw)


def _grouped(file: BinaryIO) -> dict[str, list[tuple[int, int, bytes]]]:
    file.seek(0)
    packed = file.read()
    found: dict[str, list[tuple[int, int, bytes]]] = {}
    at = 0
    while at < len(packed):
        position, lane, stream_length, raw_length = _HEAD.unpack_from(packed, at)
        at += _HEAD.size
        stream = packed[at : at + stream_length].decode()
        at += stream_length
        found.setdefault(stream, []).append((position, lane, packed[at : at + raw_length]))
        at += raw_length
    return found
