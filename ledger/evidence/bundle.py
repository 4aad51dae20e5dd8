"""The offline bundle: files under the paths of the C2SP tlog-tiles HTTP layout, so a static server over it is a log.

``manifest.json`` holds the SHA-256 of every other file. The leaf of index ``position - 1`` is the recorded event's
stored bytes; a position that has no event is written as an empty entry, which no tree of the ledger ever signed.
"""

import shutil
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Protocol

from ledger.evidence.keyfile import IssuerKey, KeyFile
from ledger.evidence.merkle import leaf_hash
from ledger.evidence.notes import Checkpoint, Verifier, parse_checkpoint, parse_note
from ledger.evidence.strict import EvidenceError, canonical_json
from ledger.evidence.tiles import ENTRIES, WIDTH, Tile, TileBuilder, encode_entries, tiles_of, width_of

FORMAT = "certledger-bundle/1"
README = """认证状态账本证据包 / Certification Status Ledger evidence bundle

核验（离线，无需数据库） / Verify (offline, no database):
    certledger verify THIS [--policy FILE] [--since OLD_CHECKPOINT] [--max-age SECONDS] [--json]

退出码 / Exit codes: 0 完好 sound · 1 已被改动 tampered · 2 无法读取 unreadable
    · 3 不完整或已过时 incomplete or stale · 4 用法错误 usage
格式 / Formats: c2sp.org/tlog-tiles · c2sp.org/tlog-checkpoint · RFC 6962 · DSSE v1.0.2
"""
Sign = Callable[[int, bytes], bytes]


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


class _Writer:
    def __init__(self, sink: _Sink) -> None:
        self._sink = sink
        self.digests: dict[str, str] = {}

    def add(self, name: str, data: bytes) -> None:
        if name in self.digests:
            raise EvidenceError(f"{name} is written twice")
        self.digests[name] = sha256(data).hexdigest()
        self._sink.add(name, data)


def write_bundle(
    target: Path,
    entries: Iterable[tuple[int, bytes]],
    sign: Sign,
    *,
    log_keys: Sequence[Verifier],
    issuers: Sequence[IssuerKey] = (),
    history: Iterable[bytes] = (),
    tiles: bool | Callable[[Tile], bytes] = True,
) -> Checkpoint:
    """Write a bundle as a folder, or as a tar when the name ends in ``.tar``, and return its checkpoint.

    ``entries`` are (position, recorded event's bytes) from position 1 on; ``sign(size, root)`` returns the
    checkpoint's note, freshly signed or as it was stored; ``history`` holds older notes. Tiles are left out, made
    from the entries, or fetched from where the notary keeps them, which is what shows that an entry was edited.
    The bundle appears under its name once it is whole. Raises when the name is taken or positions do not rise.
    """
    if target.exists():
        raise EvidenceError(f"{target} exists")
    unfinished = target.with_name(target.name + ".unfinished")
    sink: _Sink = _Tar(unfinished) if target.suffix == ".tar" else _Folder(unfinished)
    try:
        try:
            checkpoint = _write(
                _Writer(sink), sink, entries, sign, KeyFile(tuple(log_keys), tuple(issuers)), history, tiles
            )
        finally:
            sink.close()
        unfinished.rename(target)
    except BaseException:
        if unfinished.is_dir():
            shutil.rmtree(unfinished)
        else:
            unfinished.unlink(missing_ok=True)
        raise
    return checkpoint


def _write(
    writer: _Writer,
    sink: _Sink,
    entries: Iterable[tuple[int, bytes]],
    sign: Sign,
    keys: KeyFile,
    history: Iterable[bytes],
    tiles: bool | Callable[[Tile], bytes],
) -> Checkpoint:
    def keep(tile: Tile, data: bytes, _root: bytes) -> None:
        if tiles is True:
            writer.add(tile.path, data)

    builder = TileBuilder(keep)
    index, last = 0, [b""]
    for block in _blocks(entries):
        builder.extend(b"".join(map(leaf_hash, block)))
        last = block
        if len(block) == WIDTH:
            writer.add(Tile(ENTRIES, index).path, encode_entries(block))
            index += 1
    note = sign(builder.size, builder.root())
    checkpoint = parse_checkpoint(parse_note(note).text)
    if checkpoint.size < builder.size:
        raise EvidenceError("there are more entries than the checkpoint covers")
    if builder.size % WIDTH:
        writer.add(Tile(ENTRIES, index, width_of(ENTRIES, index, checkpoint.size)).path, encode_entries(last))
    if tiles is True:
        for tile, data in builder.unfinished():
            writer.add(tile.path, data)
    elif tiles:
        for tile in tiles_of(checkpoint.size):
            writer.add(tile.path, tiles(tile))
    for older in history:
        writer.add(f"checkpoints/{parse_checkpoint(parse_note(older).text).size}", older)
    writer.add("checkpoint", note)
    writer.add("keys.json", keys.to_json())
    writer.add("README", README.encode())
    manifest = {"files": writer.digests, "format": FORMAT, "origin": checkpoint.origin, "size": checkpoint.size}
    sink.add("manifest.json", canonical_json(manifest))
    return checkpoint


def _blocks(entries: Iterable[tuple[int, bytes]]) -> Iterator[list[bytes]]:
    block: list[bytes] = []
    expected = 1
    for position, raw in entries:
        if position < expected:
            raise EvidenceError(f"position {position} comes after {expected - 1}")
        for entry in (*(b"" for _ in range(position - expected)), raw):
            block.append(entry)
            if len(block) == WIDTH:
                yield block
                block = []
        expected = position + 1
    if block:
        yield block
