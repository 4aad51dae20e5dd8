"""Merkle trees of RFC 9162 section 2.1 (the same as RFC 6962 section 2.1) with SHA-256.

A node is named by its height above the leaves and its index at that height; proofs are planned as nodes and read
through a port, so that one code serves a list in memory, tiles in a table and tiles in a bundle.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from ledger.evidence.strict import MAXIMUM_INTEGER, EvidenceError

EMPTY_ROOT = sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class Node:
    """A complete subtree: ``2**height`` leaves from leaf ``index * 2**height``."""

    height: int
    index: int


HashReader = Callable[[Sequence[Node]], Sequence[bytes]]


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry, RFC 9162 section 2.1.1."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node, RFC 9162 section 2.1.1."""
    return sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The least set of complete subtrees that covers leaves ``begin`` to ``end``: at most two a height."""

    def __init__(self, begin: int = 0) -> None:
        self.begin = begin
        self.end = begin
        self.nodes: list[tuple[int, bytes]] = []

    def append(self, leaf: bytes) -> None:
        """Add the next leaf's hash."""
        self._push(0, leaf)

    def merge(self, following: "CompactRange") -> None:
        """Add a range that begins where this one ends."""
        if following.begin != self.end:
            raise EvidenceError(f"a range from {following.begin} does not follow one to {self.end}")
        for height, value in following.nodes:
            self._push(height, value)

    def root(self) -> bytes:
        """Return the tree's root; only a range from leaf 0 has one."""
        if self.begin:
            raise EvidenceError("only a range from leaf 0 has a root")
        return fold([value for _, value in self.nodes]) if self.nodes else EMPTY_ROOT

    def _push(self, height: int, value: bytes) -> None:
        start = self.end
        self.end += 1 << height
        # Two neighbours of one height join only under a common parent, which begins at a multiple of its width.
        while self.nodes and self.nodes[-1][0] == height and not start - (1 << height) & ((2 << height) - 1):
            start -= 1 << height
            value = node_hash(self.nodes.pop()[1], value)
            height += 1
        self.nodes.append((height, value))


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the hash over neighbouring subtrees of falling size, joined from the right."""
    value = hashes[-1]
    for left in reversed(hashes[:-1]):
        value = node_hash(left, value)
    return value


def root_of(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaf hashes; of no leaves it is the hash of nothing."""
    span = CompactRange()
    for leaf in leaves:
        span.append(leaf)
    return span.root()


def _cover(begin: int, end: int) -> list[Node]:
    """Return the complete subtrees that make the tree over leaves ``begin`` to ``end``, widest first."""
    nodes = []
    while begin < end:
        height = (end - begin).bit_length() - 1
        nodes.append(Node(height, begin >> height))
        begin += 1 << height
    return nodes


def _split(width: int) -> int:
    """Return the largest power of two below ``width``."""
    return 1 << ((width - 1).bit_length() - 1)


def inclusion_plan(index: int, size: int) -> list[list[Node]]:
    """Return the nodes behind each hash of an inclusion proof, leaf's sibling first (RFC 9162 section 2.1.3.1)."""
    if not 0 <= index < size <= MAXIMUM_INTEGER:
        raise EvidenceError(f"no leaf {index} in a tree of {size}")
    plan: list[list[Node]] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            plan.append(_cover(middle, end))
            end = middle
        else:
            plan.append(_cover(begin, middle))
            begin = middle
    return plan[::-1]


def consistency_plan(old: int, new: int) -> list[list[Node]]:
    """Return the nodes behind each hash of a consistency proof (RFC 9162 section 2.1.4.1)."""
    if not 0 < old <= new <= MAXIMUM_INTEGER:
        raise EvidenceError(f"no consistency proof from size {old} to {new}")
    plan: list[list[Node]] = []
    begin, end = 0, new
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            plan.append(_cover(middle, end))
            end = middle
        else:
            plan.append(_cover(begin, middle))
            begin = middle
    if begin:
        plan.append(_cover(begin, end))
    return plan[::-1]


def prove_inclusion(index: int, size: int, read: HashReader) -> list[bytes]:
    """Return the inclusion proof of a leaf in the tree of ``size`` leaves."""
    return _carry_out(inclusion_plan(index, size), read)


def prove_consistency(old: int, new: int, read: HashReader) -> list[bytes]:
    """Return the proof that the tree of ``new`` leaves extends the one of ``old``; ``old`` 0 is refused."""
    return _carry_out(consistency_plan(old, new), read)


def tree_root(size: int, read: HashReader) -> bytes:
    """Return the root of the tree of ``size`` leaves from its complete subtrees."""
    if not 0 <= size <= MAXIMUM_INTEGER:
        raise EvidenceError("no such tree size")
    return fold(read(_cover(0, size))) if size else EMPTY_ROOT


def _carry_out(plan: list[list[Node]], read: HashReader) -> list[bytes]:
    values = iter(read([node for group in plan for node in group]))
    return [fold([next(values) for _ in group]) for group in plan]


def root_from_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root that an inclusion proof leads to, or raise when its form fits no tree (section 2.1.3.2)."""
    if not 0 <= index < size <= MAXIMUM_INTEGER:
        raise EvidenceError(f"no leaf {index} in a tree of {size}")
    _check_hashes([leaf, *proof])
    at, last, value = index, size - 1, leaf
    for each in proof:
        if last == 0:
            raise EvidenceError("the proof is too long")
        if at & 1 or at == last:
            value = node_hash(each, value)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            value = node_hash(value, each)
        at, last = at >> 1, last >> 1
    if last:
        raise EvidenceError("the proof is too short")
    return value


def verify_inclusion(index: int, size: int, leaf: bytes, root: bytes, proof: Sequence[bytes]) -> None:
    """Raise unless the proof shows that the leaf hash stands at ``index`` of the tree with this root."""
    if root_from_inclusion(index, size, leaf, proof) != root:
        raise EvidenceError("the proof leads to another root")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Raise unless the proof shows that the new tree extends the old one (RFC 9162 section 2.1.4.2)."""
    if not 0 < old <= new <= MAXIMUM_INTEGER:
        raise EvidenceError(f"no consistency from size {old} to {new}")
    _check_hashes([old_root, new_root, *proof])
    if old == new:
        if proof or old_root != new_root:
            raise EvidenceError("trees of one size must have one root and an empty proof")
        return
    path = [old_root, *proof] if not old & (old - 1) else list(proof)
    if not path:
        raise EvidenceError("the proof is too short")
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = path[0]
    for each in path[1:]:
        if last == 0:
            raise EvidenceError("the proof is too long")
        if at & 1 or at == last:
            before, after = node_hash(each, before), node_hash(each, after)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, each)
        at, last = at >> 1, last >> 1
    if last:
        raise EvidenceError("the proof is too short")
    if before != old_root or after != new_root:
        raise EvidenceError("the proof leads to other roots")


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(each) != 32 for each in hashes):
        raise EvidenceError("a hash has 32 octets")
