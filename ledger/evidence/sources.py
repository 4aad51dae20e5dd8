"""Where a bundle's files come from: a folder, or a plain tar of POSIX.1-1988 (ustar), read strictly and finitely.

Only regular files are opened, only under names of the bundle's layout; nothing is unpacked and no link is followed.
"""

import os
import re
import stat
from pathlib import Path
from typing import Protocol

from ledger.evidence.strict import EvidenceError

MAXIMUM_FILES = 4_000_000
_BLOCK = 512
_NAME = re.compile(
    r"manifest\.json|keys\.json|checkpoint|README|(?:checkpoints|consistency|disclosures|entry|proof)/[0-9]{1,19}"
    r"|tile/[0-9a-z/.]{1,60}",
    re.ASCII,
)


def is_bundle_name(name: str) -> bool:
    """Whether a name belongs to the bundle's layout."""
    return _NAME.fullmatch(name) is not None and ".." not in name


class Source(Protocol):
    """A set of named files."""

    names: set[str]

    def read(self, name: str, limit: int) -> bytes:
        """Return a file of at most ``limit`` octets, or raise."""
        ...


def open_source(path: Path) -> Source:
    """Return the files of a folder or of a tar file, or raise."""
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return FolderSource(path)
        if stat.S_ISREG(mode):
            return TarSource(path)
    except OSError as error:
        raise EvidenceError(f"cannot be opened: {error.strerror}") from error
    raise EvidenceError("neither a folder nor a file")


class FolderSource:
    """The files below a folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.names: set[str] = set()
        for folder, _, files in os.walk(path):
            inside = Path(folder).relative_to(path).as_posix()
            self.names.update(name if inside == "." else f"{inside}/{name}" for name in files)
            if len(self.names) > MAXIMUM_FILES:
                raise EvidenceError("too many files")

    def read(self, name: str, limit: int) -> bytes:
        """Return a regular file's octets, or raise."""
        try:
            # Without O_NONBLOCK a named pipe in the place of a file would hold the verifier for ever.
            handle = os.open(self._path / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(handle, "rb") as file:  # noqa: PTH123 - the descriptor was opened without following links
                status = os.fstat(handle)
                if not stat.S_ISREG(status.st_mode):
                    raise EvidenceError("not a regular file")
                # The limit of its kind is often a hundred times the file, and memory is taken before it is filled.
                data = file.read(min(status.st_size, limit) + 1)
        except OSError as error:
            raise EvidenceError(f"cannot be read: {error.strerror}") from error
        if len(data) > limit:
            raise EvidenceError(f"more than {limit} octets")
        return data


class TarSource:
    """The files of an uncompressed tar."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._places: dict[str, tuple[int, int]] = {}
        try:
            self._index(path.stat().st_size)
        except BaseException:
            self._file.close()
            raise
        self.names = set(self._places)

    def __del__(self) -> None:
        self._file.close()

    def read(self, name: str, limit: int) -> bytes:
        """Return a member's octets, or raise."""
        place, size = self._places[name]
        if size > limit:
            raise EvidenceError(f"more than {limit} octets")
        self._file.seek(place)
        data = self._file.read(size)
        if len(data) != size:
            raise EvidenceError("the file was cut while it was read")
        return data

    def _index(self, end: int) -> None:
        at = 0
        while at < end:
            self._file.seek(at)
            header = self._file.read(_BLOCK)
            if not header.strip(b"\0"):
                self._check_end(at, end)
                return
            name, kind, size = _parse_header(header)
            at += _BLOCK
            if at + size > end or len(self._places) >= MAXIMUM_FILES:
                raise EvidenceError("the tar is cut short or has too many members")
            if kind in {b"0", b"\0"}:
                if name in self._places:
                    raise EvidenceError("the tar holds a name twice")
                self._places[name] = (at, size)
                self._check_padding(at + size)
            elif kind not in {b"5", b"x", b"g"}:
                raise EvidenceError("the tar holds something other than files and folders")
            at += -(-size // _BLOCK) * _BLOCK
        raise EvidenceError("the tar has no end")

    def _check_padding(self, end: int) -> None:
        self._file.seek(end)
        if self._file.read(-end % _BLOCK).strip(b"\0"):
            raise EvidenceError("the tar hides octets after a file")

    def _check_end(self, at: int, end: int) -> None:
        if end - at > 1 << 20:
            raise EvidenceError("the tar goes on after its end")
        self._file.seek(at)
        if self._file.read().strip(b"\0"):
            raise EvidenceError("the tar hides octets after its end")


def _parse_header(header: bytes) -> tuple[str, bytes, int]:
    """Return name, kind and size of a member; the header's checksum must hold."""
    if len(header) != _BLOCK or header[257:262] != b"ustar":
        raise EvidenceError("not a tar of the ustar form")
    total = sum(header[:148]) + 8 * 32 + sum(header[156:])
    if header[148:156] not in {b"%06o\0 " % total, b"%07o\0" % total}:
        raise EvidenceError("a tar header's checksum does not fit")
    digits = header[124:136].rstrip(b"\0 ")
    if not digits or digits.strip(b"01234567"):
        raise EvidenceError("a tar header's size is not octal")
    try:
        name = header[:100].split(b"\0")[0].decode("ascii")
        prefix = header[345:500].split(b"\0")[0].decode("ascii")
    except UnicodeDecodeError as error:
        raise EvidenceError("a tar member's name is not ASCII") from error
    name = f"{prefix}/{name}" if prefix else name
    return name.removeprefix("./"), header[156:157], int(digits, 8)
