"""Proofs that travel alone: C2SP tlog-proof text and the same as JSON, with the checkpoint that they lead to.

A proof without its checkpoint's signature is a list of hashes; verifying always starts from keys that are known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ledger.evidence.merkle import leaf_hash, verify_consistency, verify_inclusion
from ledger.evidence.notes import MAXIMUM_NOTE, parse_checkpoint, parse_note
from ledger.evidence.policy import Accepted, Policy
from ledger.evidence.strict import (
    EvidenceError,
    canonical_json,
    decode_base64,
    decode_decimal,
    decode_hash,
    decode_text,
    encode_base64,
    parse_canonical_json,
)
from ledger.evidence.tiles import MAXIMUM_ENTRY

MAXIMUM_PROOF = 64
MAXIMUM_DOCUMENT = 2 * MAXIMUM_NOTE + 2 * MAXIMUM_ENTRY + 65_536
_FIRST_LINE = "c2sp.org/tlog-proof@v1"
_INCLUSION = {
    "v", "type", "origin", "leaf_index", "tree_size", "leaf_hash", "root_hash", "proof", "checkpoint",
}  # fmt: skip
_CONSISTENCY = {"v", "type", "size1", "size2", "root1", "root2", "proof", "checkpoint1", "checkpoint2"}


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """An entry's place in the tree of a checkpoint; ``checkpoint`` is the note's exact octets.

    ``leaf`` is the entry's hash where the proof travels without the entry: who holds the entry compares it.
    """

    index: int
    proof: tuple[bytes, ...]
    checkpoint: bytes
    entry: bytes | None = None
    extra: bytes | None = None
    leaf: bytes | None = None

    def verify(self, policy: Policy, entry: bytes | None = None) -> Accepted:
        """Return the accepted checkpoint that holds the entry, or raise; the policy's quorum must be met."""
        entry = self.entry if entry is None else entry
        if entry is None:
            raise EvidenceError("the proof needs its entry")
        accepted = _accept(self.checkpoint, policy)
        checkpoint = accepted.checkpoint
        verify_inclusion(self.index, checkpoint.size, leaf_hash(entry), checkpoint.root, self.proof)
        return accepted

    def to_text(self) -> bytes:
        """Return the ``.tlog-proof`` text, which does not hold the entry."""
        lines = [_FIRST_LINE]
        if self.extra is not None:
            lines.append(f"extra {encode_base64(self.extra)}")
        lines += [f"index {self.index}", *map(encode_base64, self.proof), "", ""]
        return "\n".join(lines).encode() + self.checkpoint

    def to_json(self) -> bytes:
        """Return the proof as JSON, with its entry where it is at hand, else with the hash of it alone."""
        leaf = self.leaf if self.entry is None else leaf_hash(self.entry)
        if leaf is None:
            raise EvidenceError("the JSON form holds the entry or its hash")
        checkpoint = parse_checkpoint(parse_note(self.checkpoint).text)
        return canonical_json(
            {
                "v": 1,
                "type": "inclusion",
                "origin": checkpoint.origin,
                "leaf_index": self.index,
                "tree_size": checkpoint.size,
                "leaf_hash": encode_base64(leaf),
                "root_hash": encode_base64(checkpoint.root),
                "proof": [encode_base64(each) for each in self.proof],
                "checkpoint": self.checkpoint.decode(),
                **({} if self.entry is None else {"entry": encode_base64(self.entry)}),
            }
        )


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the tree of a later checkpoint extends that of an earlier one."""

    proof: tuple[bytes, ...]
    earlier: bytes
    later: bytes

    def verify(self, policy: Policy) -> tuple[Accepted, Accepted]:
        """Return both accepted checkpoints, or raise; the quorum must have witnessed the later one."""
        earlier, later = policy.accept(parse_note(self.earlier)), _accept(self.later, policy)
        one, two = earlier.checkpoint, later.checkpoint
        if one.origin != two.origin:
            raise EvidenceError("the checkpoints are of two logs")
        verify_consistency(one.size, two.size, one.root, two.root, self.proof)
        return earlier, later

    def to_json(self) -> bytes:
        """Return the proof as JSON."""
        one, two = (parse_checkpoint(parse_note(raw).text) for raw in (self.earlier, self.later))
        return canonical_json(
            {
                "v": 1,
                "type": "consistency",
                "size1": one.size,
                "size2": two.size,
                "root1": encode_base64(one.root),
                "root2": encode_base64(two.root),
                "proof": [encode_base64(each) for each in self.proof],
                "checkpoint1": self.earlier.decode(),
                "checkpoint2": self.later.decode(),
            }
        )


def _accept(raw: bytes, policy: Policy) -> Accepted:
    accepted = policy.accept(parse_note(raw))
    if not accepted.quorum:
        raise EvidenceError("the policy's quorum of witnesses did not cosign the checkpoint")
    if accepted.lacking:
        raise EvidenceError(f"the log did not sign the checkpoint with {', '.join(accepted.lacking)}")
    return accepted


def parse_inclusion_text(raw: bytes) -> InclusionProof:
    """Return the proof of a ``.tlog-proof`` text, or raise."""
    head, found, checkpoint = decode_text(raw, MAXIMUM_DOCUMENT).partition("\n\n")
    lines = head.split("\n", MAXIMUM_PROOF + 4)
    if not found or lines.pop(0) != _FIRST_LINE:
        raise EvidenceError("not a tlog-proof")
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode_base64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise EvidenceError("the proof names no index")
    index = decode_decimal(lines.pop(0).removeprefix("index "))
    parse_checkpoint(parse_note(checkpoint.encode()).text)
    return InclusionProof(index, _hashes(lines), checkpoint.encode(), extra=extra)


def parse_inclusion_json(raw: bytes) -> InclusionProof:
    """Return the proof of an inclusion document, or raise when its members contradict each other."""
    value = _document(raw, "inclusion", _INCLUSION, "entry")
    proof = InclusionProof(
        _size(value["leaf_index"]),
        _hashes(value["proof"]),
        _text(value["checkpoint"]).encode(),
        decode_base64(_text(value["entry"])) if "entry" in value else None,
        leaf=None if "entry" in value else decode_hash(_text(value["leaf_hash"])),
    )
    if proof.to_json() != raw:
        raise EvidenceError("the document contradicts its checkpoint or its entry")
    return proof


def parse_consistency_json(raw: bytes) -> ConsistencyProof:
    """Return the proof of a consistency document, or raise when its members contradict each other."""
    value = _document(raw, "consistency", _CONSISTENCY)
    earlier, later = _text(value["checkpoint1"]), _text(value["checkpoint2"])
    proof = ConsistencyProof(_hashes(value["proof"]), earlier.encode(), later.encode())
    if proof.to_json() != raw:
        raise EvidenceError("the document contradicts its checkpoints")
    return proof


def _document(raw: bytes, kind: str, members: set[str], *more: str) -> dict[str, Any]:
    value = parse_canonical_json(raw, MAXIMUM_DOCUMENT)
    if (
        not isinstance(value, dict)
        or not members <= set(value) <= members | set(more)
        or value["v"] != 1
        or value["type"] != kind
    ):
        raise EvidenceError(f"not a document of {kind}")
    return value


def _hashes(values: Sequence[Any]) -> tuple[bytes, ...]:
    if not isinstance(values, list) or len(values) > MAXIMUM_PROOF:
        raise EvidenceError(f"a proof has at most {MAXIMUM_PROOF} hashes")
    return tuple(decode_hash(_text(each)) for each in values)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise EvidenceError("text is expected")
    return value


def _size(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise EvidenceError("an integer is expected")
    return value
