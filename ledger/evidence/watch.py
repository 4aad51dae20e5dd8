"""One who watches a log remembers the last checkpoint it accepted, and moves on only to one that extends it.

What does not extend it is shown with both signed notes, which convict the log before anybody; the memory stays where
it was. A cosignature's time, or that of the first sight, tells how old a view is.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ledger.evidence.merkle import prove_consistency, tree_root, verify_consistency
from ledger.evidence.notes import Checkpoint, parse_checkpoint, parse_note
from ledger.evidence.policy import Accepted, Policy
from ledger.evidence.report import Report
from ledger.evidence.strict import EvidenceError, encode_base64
from ledger.evidence.tiles import Tile, TileHashes


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look at the log came to: the report, and the note to remember from now on."""

    report: Report
    remember: bytes | None
    offered: bytes

    @property
    def contradicts(self) -> bool:
        """Whether both notes are signed by the log and cannot both be true."""
        return any(each.code in {"SPLIT_VIEW", "INCONSISTENT", "ROLLED_BACK"} for each in self.report.findings)


def look(
    kept: bytes | None,
    offered: bytes,
    policy: Policy,
    fetch: Callable[[Tile], bytes],
    *,
    now: float,
    max_age: int | None = None,
) -> Sight:
    """Judge the checkpoint that a log offers against the one kept from before, if any; ``now`` is seconds since 1970.

    Never raises for what the log says; ``fetch`` reads its tiles, from which the proof of consistency is made.
    """
    report = Report()
    newest = _accept(report, offered, policy, "checkpoint")
    if newest is None:
        return Sight(report, kept, offered)
    checkpoint = newest.checkpoint
    report.origin, report.size, report.root = checkpoint.origin, checkpoint.size, encode_base64(checkpoint.root)
    report.witnesses = newest.cosigned
    if not newest.quorum:
        report.add("QUORUM_NOT_MET", detail=policy.quorum)
    for kind in newest.lacking:
        report.add("LOG_SIGNATURE_MISSING", detail=kind)
    before = _accept(report, kept, policy, "kept") if kept is not None else None
    if kept is not None and before is None:
        return Sight(report, kept, offered)
    moved = before is None or _extends(report, before, newest, fetch)
    if max_age is not None:
        _age(report, newest, now, max_age)
    return Sight(report, offered if moved and newest.sufficient else kept, offered)


def _accept(report: Report, raw: bytes, policy: Policy, name: str) -> Accepted | None:
    try:
        note = parse_note(raw)
        parse_checkpoint(note.text)
    except EvidenceError as error:
        report.add("CHECKPOINT_UNREADABLE", path=name, detail=str(error))
        return None
    try:
        return policy.accept(note)
    except EvidenceError as error:
        report.add("CHECKPOINT_SIGNATURE_INVALID", path=name, detail=str(error))
        return None


def _extends(report: Report, before: Accepted, newest: Accepted, fetch: Callable[[Tile], bytes]) -> bool:
    """Report why a checkpoint does not extend the one before; whether it is the one to remember."""
    old, new = before.checkpoint, newest.checkpoint
    if old.origin != new.origin:
        report.add("WRONG_ORIGIN", detail=f"{new.origin}, {old.origin} before")
        return False
    if old.size == new.size:
        if old.root != new.root:
            report.add("SPLIT_VIEW", detail=_roots(old, new))
        return old.root == new.root
    if new.size < old.size:
        code = "ROLLED_BACK" if _is_later(before, newest) else "TRUNCATED"
        report.add(code, new.size, old.size - 1, detail=f"trusted size {old.size}, log's size {new.size}")
        return False
    if old.size == 0:
        return True
    read = TileHashes(new.size, fetch)
    try:
        proof = prove_consistency(old.size, new.size, read)
        tiles_fit = tree_root(new.size, read) == new.root
    except EvidenceError as error:
        report.add("CONSISTENCY_UNCHECKED", detail=str(error))
        return False
    try:
        verify_consistency(old.size, new.size, old.root, new.root, proof)
    except EvidenceError:
        if not tiles_fit:
            # Spoilt tiles convict nobody of a second history: the notes may both be true.
            report.add("TILE_MISMATCH", detail=f"the tiles do not make the root of size {new.size}")
            return False
        report.add("INCONSISTENT", old.size, new.size - 1, detail=_roots(old, new))
        return False
    return True


def _is_later(before: Accepted, newest: Accepted) -> bool:
    """Whether a witness cosigned the smaller tree after the larger one."""
    return any(newest.cosigned.get(name, 0) > time for name, time in before.cosigned.items())


def _age(report: Report, newest: Accepted, now: float, limit: int) -> None:
    if not newest.cosigned:
        report.add("STALE", detail="no witness says when")
        return
    age = int(now - max(newest.cosigned.values()))
    if age > limit:
        report.add("STALE", detail=f"{age} s old, {limit} s allowed")


def _roots(old: Checkpoint, new: Checkpoint) -> str:
    return f"size {old.size}: {encode_base64(old.root)}; size {new.size}: {encode_base64(new.root)}"
