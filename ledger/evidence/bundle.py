"""The offline bundle: files under the paths of the C2SP tlog-tiles HTTP layout, so a static server over it is a log.

The leaf of index ``position - 1`` is the recorded event's stored bytes; a position that has no event is written as an
empty entry, which no tree of the ledger ever signed. A bundle of a range holds the tiles that lead from the root down.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ledger.evidence.keyfile import IssuerKey, KeyFile
from ledger.evidence.merkle import HashReader, leaf_hash, prove_consistency
from ledger.evidence.notes import Checkpoint, Verifier, parse_checkpoint, parse_note
from ledger.evidence.proofs import ConsistencyProof
from ledger.evidence.strict import EvidenceError
from ledger.evidence.tiles import (
    ENTRIES,
    WIDTH,
    Tile,
    TileBuilder,
    TileHashes,
    decode_entries,
    encode_entries,
    tiles_of,
    width_of,
)
from ledger.evidence.writing import BundleFiles, Disclose, new_bundle

FORMAT = "certledger-bundle/1"
Sign = Callable[[int, bytes], bytes]
Fetch = Callable[[Tile], bytes]


def write_bundle(
    target: Path,
    entries: Iterable[tuple[int, bytes]],
    sign: Sign,
    *,
    log_keys: Sequence[Verifier],
    issuers: Sequence[IssuerKey] = (),
    history: Iterable[bytes] = (),
    tiles: bool | Fetch = True,
    disclose: Disclose | None = None,
) -> Checkpoint:
    """Write a bundle as a folder, or as a tar when the name ends in ``.tar``, and return its checkpoint.

    ``entries`` are (position, recorded event's bytes) from position 1 on; ``sign(size, root)`` returns the
    checkpoint's note, freshly signed or as it was stored; ``history`` holds older notes. Tiles are left out, made
    from the entries, or fetched from where the notary keeps them, which is what shows that an entry was edited.
    ``disclose`` opens personal fields. The bundle appears under its name once it is whole. Raises when the name is
    taken or positions do not rise.
    """
    with new_bundle(target, disclose) as files:
        return _write(files, entries, sign, KeyFile(tuple(log_keys), tuple(issuers)), history, tiles)


def write_range(  # noqa: PLR0913 - a bundle's parts, by name
    target: Path,
    note: bytes,
    begin: int,
    end: int,
    fetch: Fetch,
    *,
    log_keys: Sequence[Verifier],
    since: bytes | None = None,
    progress: Callable[[int], None] = lambda _entries: None,
    disclose: Disclose | None = None,
) -> None:
    """Write the entries of indexes ``begin`` to before ``end``, in whole blocks of 256, under a checkpoint's note.

    ``fetch`` reads tiles and entry bundles as they are kept. With the entries go the tiles on the way from the
    checkpoint's root down to them, so that the rest of the log need not be there, and the proof that the checkpoint
    extends the older one of ``since``. ``progress`` hears how many entries are written, ``disclose`` opens personal
    fields.
    """
    checkpoint = parse_checkpoint(parse_note(note).text)
    if not 0 <= begin < end <= checkpoint.size:
        raise EvidenceError(f"no entries {begin} to {end} in a tree of {checkpoint.size}")
    first, last = begin // WIDTH, (end - 1) // WIDTH
    with new_bundle(target, disclose) as files:
        for index in range(first, last + 1):
            tile = Tile(ENTRIES, index, width_of(ENTRIES, index, checkpoint.size))
            data = fetch(tile)
            files.add(tile.path, data)
            if disclose is not None:
                files.disclose(enumerate(decode_entries(data), index * WIDTH))
            progress(min((index + 1 - first) * WIDTH, end - begin))
        if since is not None:
            files.add(*consistency_file(since, note, TileHashes(checkpoint.size, fetch)))
        for tile in way_down(first, last, checkpoint.size):
            files.add(tile.path, fetch(tile))
        shown = [first * WIDTH, min((last + 1) * WIDTH, checkpoint.size)]
        _finish(files, note, checkpoint, KeyFile(tuple(log_keys)), range=shown)


def consistency_file(since: bytes, note: bytes, read: HashReader) -> tuple[str, bytes]:
    """Return name and content of the proof that a checkpoint extends an older one."""
    older, newer = (parse_checkpoint(parse_note(raw).text) for raw in (since, note))
    steps = prove_consistency(older.size, newer.size, read)
    return f"consistency/{older.size}", ConsistencyProof(tuple(steps), since, note).to_json()


def way_down(first: int, last: int, size: int) -> Iterator[Tile]:
    """Yield the tiles that lead from a tree's root to blocks ``first`` to ``last`` of 256 leaves, leaves first."""
    level = 0
    while size >> (8 * level):
        edge = (size >> (8 * level)) // WIDTH
        wanted = set(range(first >> (8 * level), (last >> (8 * level)) + 1)) | {edge}
        for index in sorted(wanted):
            width = width_of(level, index, size)
            if width:
                yield Tile(level, index, width)
        level += 1


def _write(
    files: BundleFiles,
    entries: Iterable[tuple[int, bytes]],
    sign: Sign,
    keys: KeyFile,
    history: Iterable[bytes],
    tiles: bool | Fetch,
) -> Checkpoint:
    def keep(tile: Tile, data: bytes, _root: bytes) -> None:
        if tiles is True:
            files.add(tile.path, data)

    builder = TileBuilder(keep)
    index, last = 0, [b""]
    for block in _blocks(entries):
        files.disclose(enumerate(block, builder.size))
        builder.extend(b"".join(map(leaf_hash, block)))
        last = block
        if len(block) == WIDTH:
            files.add(Tile(ENTRIES, index).path, encode_entries(block))
            index += 1
    note = sign(builder.size, builder.root())
    checkpoint = parse_checkpoint(parse_note(note).text)
    if checkpoint.size < builder.size:
        raise EvidenceError("there are more entries than the checkpoint covers")
    if builder.size % WIDTH:
        files.add(Tile(ENTRIES, index, width_of(ENTRIES, index, checkpoint.size)).path, encode_entries(last))
    if tiles is True:
        for tile, data in builder.unfinished():
            files.add(tile.path, data)
    elif tiles:
        for tile in tiles_of(checkpoint.size):
            files.add(tile.path, tiles(tile))
    for older in history:
        files.add(f"checkpoints/{parse_checkpoint(parse_note(older).text).size}", older)
    _finish(files, note, checkpoint, keys)
    return checkpoint


def _finish(files: BundleFiles, note: bytes, checkpoint: Checkpoint, keys: KeyFile, **members: object) -> None:
    files.add("checkpoint", note)
    files.add("keys.json", keys.to_json())
    files.finish(format=FORMAT, origin=checkpoint.origin, size=checkpoint.size, **members)


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
