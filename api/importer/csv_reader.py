"""CSV files are read line by line, so that one bad line costs one row and never the file.

The header decides on the encoding: its Chinese names are UTF-8 or GB18030, never both.
"""

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from api.importer.records import FileRefused, Record

_MAXIMUM_LINES = 200  # more physical lines in one quoted cell are a forgotten quote


class CsvTable:
    """A CSV file in UTF-8 (with or without byte order mark) or GB18030."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done = 0

    def bytes_done(self) -> int:
        """Return how many bytes have been read so far."""
        return self._done

    def records(self) -> Iterator[Record]:
        """Yield the header and every row that is not blank; a row that cannot be split carries its problem."""
        try:
            with self._path.open("rb") as file:
                lines = _Lines(file, _encoding_of(file))
                yield from self._split(lines)
        except OSError as error:
            raise FileRefused("file_unreadable", reason=error.strerror or str(error)) from error

    def _split(self, lines: "_Lines") -> Iterator[Record]:
        reader = csv.reader(lines)
        width = 0
        while True:
            lines.begin()
            try:
                cells = next(reader)
                broken = len(lines.taken) > 1 and len(cells) != width != 0
            except StopIteration:
                return
            except csv.Error:
                cells, broken = [], True
            self._done = lines.bytes_read
            if broken and len(lines.taken) > 1:
                # A forgotten quote swallowed whole lines: only the first of them is lost.
                lines.give_back()
            damaged = lines.undecodable_here() if lines.undecodable else None
            if damaged is not None:
                yield Record(damaged, [], "bytes_undecodable", {"encoding": lines.encoding.upper()})
            elif broken:
                yield Record(lines.first, [], "quoting_broken")
            elif any(cells):
                width = width or len(cells)
                yield Record(lines.first, cells)


class _Lines:
    """Decoded physical lines with their numbers; those of a broken record can be given back."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self._number = 0
        self.encoding = encoding
        self.bytes_read = 0
        self.first = 1
        self.taken: list[str] = []
        self.undecodable: set[int] = set()

    def begin(self) -> None:
        """Begin a record on the next line."""
        self.first = self._number + 1
        self.taken.clear()

    def give_back(self) -> None:
        """Read the lines of this record again, all but its first."""
        self._again.extendleft(reversed(self.taken[1:]))
        self._number = self.first
        del self.taken[1:]

    def undecodable_here(self) -> int | None:
        """Return the first line of this record that could not be decoded, and forget the record's lines."""
        here = self.undecodable.intersection(range(self.first, self._number + 1))
        self.undecodable -= here
        return min(here, default=None)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) >= _MAXIMUM_LINES:
            raise csv.Error("a quoted cell does not end")
        if self._again:
            line = self._again.popleft()
        else:
            raw = self._file.readline()
            if not raw:
                raise StopIteration
            self.bytes_read += len(raw)
            line = self._decoded(raw)
        self._number += 1
        self.taken.append(line)
        return line

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode(self.encoding)
        except UnicodeDecodeError:
            self.undecodable.add(self._number + 1)
            return raw.decode(self.encoding, "replace")


def _encoding_of(file: BinaryIO) -> str:
    header = file.readline()
    start = len(codecs.BOM_UTF8) if header.startswith(codecs.BOM_UTF8) else 0
    file.seek(start)
    if not header[start:].strip():
        raise FileRefused("file_empty")
    for encoding in ("utf-8", "gb18030"):
        try:
            header[start:].decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise FileRefused("file_unreadable", reason="UTF-8 / GB18030")
