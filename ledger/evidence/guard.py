"""Before the first signature of a run: what is stored must extend the checkpoint that was last signed.

The note of that checkpoint is kept outside the database, so that a restored dump, a cut tail or a rewritten table
is refused and never signed as if it had always been so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.evidence.growth import Fetch, StoredCheckpoint, contrast, refuse
from ledger.evidence.merkle import EMPTY_ROOT, tree_root
from ledger.evidence.notes import Checkpoint, Verifier, parse_checkpoint, parse_note
from ledger.evidence.strict import EvidenceError
from ledger.evidence.tiles import TileHashes

LAST_SIGNED = "last-signed"


@dataclass(frozen=True, slots=True)
class Resumption:
    """Where signing goes on: the stored tree, and the last signed checkpoint where it is ahead of that."""

    stored: Checkpoint
    ahead: Checkpoint | None


def resume(
    origin: str,
    keys: Sequence[Verifier],
    kept: bytes | None,
    newest: StoredCheckpoint | None,
    head: int,
    fetch: Fetch,
) -> Resumption:
    """Return where signing goes on, or raise :class:`~ledger.evidence.growth.SigningRefused`.

    ``kept`` is the note kept outside, ``newest`` the newest stored checkpoint, ``head`` the number of entries. A kept
    checkpoint ahead of the stored one is what a crash between the two writes leaves; the caller must make the tree of
    its size and find its root before anything else is signed.
    """
    stored = Checkpoint(origin, 0, EMPTY_ROOT) if newest is None else signed_by(origin, keys, newest)
    if kept is None:
        if newest is not None:
            raise refuse("LAST_SIGNED_MISSING", detail=f"size {newest.size}")
        return Resumption(stored, None)
    last = _own(kept, origin, keys, LAST_SIGNED)
    if head < last.size:
        # Older checkpoints went with the entries where a backup was restored; they stay where only a tail was cut.
        code = "ROLLED_BACK" if stored.size < last.size else "TRUNCATED"
        raise refuse(code, head, last.size - 1, detail=f"signed size {last.size}, stored size {head}")
    if head < stored.size:
        raise refuse("TRUNCATED", head, stored.size - 1, detail=f"signed size {stored.size}, stored size {head}")
    _check(stored, "ROOT_MISMATCH", fetch)
    if stored.size < last.size:
        return Resumption(stored, last)
    if stored.size == last.size and stored.root != last.root:
        raise refuse("SPLIT_VIEW", path=LAST_SIGNED, detail=contrast(stored.root, last))
    _check(last, "INCONSISTENT", fetch)
    return Resumption(stored, None)


def signed_by(origin: str, keys: Sequence[Verifier], stored: StoredCheckpoint) -> Checkpoint:
    """Return the checkpoint that a stored row holds, or raise unless note, columns and a log's key agree."""
    path = f"checkpoints/{stored.size}"
    checkpoint = _own(stored.note, origin, keys, path)
    if (checkpoint.size, checkpoint.root) != (stored.size, stored.root):
        raise refuse("CHECKPOINT_CONTRADICTED", path=path)
    return checkpoint


def _own(note: bytes, origin: str, keys: Sequence[Verifier], path: str) -> Checkpoint:
    try:
        parsed = parse_note(note)
        checkpoint = parse_checkpoint(parsed.text)
    except EvidenceError as error:
        code = "LAST_SIGNED_UNREADABLE" if path == LAST_SIGNED else "CHECKPOINT_UNREADABLE"
        raise refuse(code, path=path, detail=str(error)) from error
    if checkpoint.origin != origin:
        raise refuse("WRONG_ORIGIN", path=path, detail=checkpoint.origin)
    try:
        signed = parsed.verify(keys)
    except EvidenceError as error:
        raise refuse("CHECKPOINT_SIGNATURE_INVALID", path=path, detail=str(error)) from error
    if not signed:
        raise refuse("CHECKPOINT_SIGNATURE_INVALID", path=path, detail="none of the log's keys signed it")
    return checkpoint


def _check(checkpoint: Checkpoint, code: str, fetch: Fetch) -> None:
    """Raise unless the stored tiles make the checkpoint's root."""
    try:
        root = tree_root(checkpoint.size, TileHashes(checkpoint.size, fetch))
    except EvidenceError as error:
        raise refuse("TILE_MISMATCH", detail=str(error)) from error
    if root != checkpoint.root:
        raise refuse(code, 0, checkpoint.size - 1, detail=contrast(root, checkpoint))
