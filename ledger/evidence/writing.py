"""How a bundle's files are written: under a name of its own first, so that a bundle is there whole or not at all.

Every file's SHA-256 is kept for the manifest; memory grows with the number of files, never with their size.
"""

import os
import shutil
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from ledger.evidence.disclosures import MEMBER, disclosures_json
from ledger.evidence.strict import EvidenceError, canonical_json

FOLDER = "disclosures/"
"""What the personal fields of the entry of an index say, a file for each."""
Disclose = Callable[[Sequence[tuple[int, bytes]]], Iterable[tuple[int, Sequence[str]]]]
"""Gives the disclosures of some of these (index, recorded event's bytes), by index; the rest stays withheld."""
_HOLDS_FIELDS = f'"{MEMBER}"'.encode()

README = """认证状态账本证据包 / Certification Status Ledger evidence bundle

核验（离线，无需数据库） / Verify (offline, no database):
    certledger verify THIS [--policy FILE] [--since OLD_CHECKPOINT] [--max-age SECONDS] [--json]

退出码 / Exit codes: 0 完好 sound · 1 已被改动 tampered · 2 无法读取 unreadable
    · 3 不完整或已过时 incomplete or stale · 4 用法错误 usage
格式 / Formats: c2sp.org/tlog-tiles · c2sp.org/tlog-checkpoint · c2sp.org/tlog-proof · RFC 6962 · DSSE v1.0.2
"""


class _Sink(Protocol):
    def add(self, name: str, data: bytes) -> None: ...

    def close(self) -> None: ...


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir()

    def add(self, name: str, data: bytes) -> None:
        place = self._path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def close(self) -> None:
        """Every file was closed as it was written."""


class _Tar:
    def __init__(self, path: Path) -> None:
        # The tar stays open across calls; close() ends it.
        self._tar = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115

    def add(self, name: str, data: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        self._tar.addfile(member, BytesIO(data))

    def close(self) -> None:
        self._tar.close()


class BundleFiles:
    """The files of a bundle that is being written."""

    def __init__(self, sink: _Sink, disclose: Disclose | None = None) -> None:
        self._sink = sink
        self._digests: dict[str, str] = {}
        self._disclose = disclose

    def disclose(self, entries: Iterable[tuple[int, bytes]]) -> None:
        """Write what the personal fields of (index, entry) say, as far as it is given.

        The manifest does not list these: they prove themselves, and can be deleted without spoiling the bundle.
        """
        holding = [each for each in entries if _HOLDS_FIELDS in each[1]] if self._disclose is not None else []
        if holding and self._disclose is not None:
            for index, texts in self._disclose(holding):
                if texts:
                    self._sink.add(f"{FOLDER}{index}", disclosures_json(texts))

    def add(self, name: str, data: bytes) -> None:
        """Write one file; raise when there is one of this name."""
        if name in self._digests:
            raise EvidenceError(f"{name} is written twice")
        self._digests[name] = sha256(data).hexdigest()
        self._sink.add(name, data)

    def finish(self, **members: Any) -> None:
        """Write the reader's note and the manifest, which holds every file's SHA-256 and these members."""
        self.add("README", README.encode())
        self._sink.add("manifest.json", canonical_json({"files": self._digests, **members}))


@contextmanager
def new_bundle(target: Path, disclose: Disclose | None = None) -> Iterator[BundleFiles]:
    """Lend the files of a bundle, a folder or, where the name ends in ``.tar``, a tar; raise when the name is taken.

    ``disclose`` opens personal fields; without it they stay withheld. What a killed process left unfinished under the
    name beside is removed.
    """
    if target.exists() or target.is_symlink():
        raise EvidenceError(f"{target} exists")
    unfinished = target.with_name(target.name + ".unfinished")
    _remove(unfinished)
    sink: _Sink = _Tar(unfinished) if target.suffix == ".tar" else _Folder(unfinished)
    try:
        try:
            yield BundleFiles(sink, disclose)
        finally:
            sink.close()
        # The name must not outlive a crash in which the contents do not.
        os.sync()
        unfinished.rename(target)
    except BaseException:
        _remove(unfinished)
        raise


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
