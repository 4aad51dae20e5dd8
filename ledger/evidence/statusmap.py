"""The verifiable map: which event of a certificate is the latest one, or that its number was never registered.

A sparse Merkle tree over SHA-256 of stream names. A subtree of one leaf is that leaf, so a path ends where a key is
alone; every root leads each key to one leaf or to nothing, and no root can show both. Hashes bear prefixes of their
own (0x02 to 0x05), so that none can pass for a hash of the log's tree (RFC 9162 section 2.1.1: 0x00 and 0x01).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from ledger.evidence.strict import MAXIMUM_INTEGER, EvidenceError

KEY_BITS = 256
EMPTY = sha256(b"\x04").digest()
NO_HISTORY = bytes(32)
VALUE = 48


@dataclass(frozen=True, slots=True)
class Value:
    """A stream's latest event: its version, its leaf index, and the digest of the stream's whole history."""

    version: int
    index: int
    digest: bytes

    def encode(self) -> bytes:
        """Return the 48 octets that are hashed: version and index in 8 each, the digest."""
        if not 0 < self.version <= MAXIMUM_INTEGER or not 0 <= self.index <= MAXIMUM_INTEGER or len(self.digest) != 32:
            raise EvidenceError("not a value of the status map")
        return self.version.to_bytes(8, "big") + self.index.to_bytes(8, "big") + self.digest


def decode_value(raw: bytes) -> Value:
    """Return the value of 48 octets, or raise."""
    if len(raw) != VALUE:
        raise EvidenceError("a value of the status map has 48 octets")
    return Value(int.from_bytes(raw[:8], "big"), int.from_bytes(raw[8:16], "big"), raw[16:])


def key_of(stream: str) -> bytes:
    """Return the key of a stream."""
    return sha256(stream.encode()).digest()


def map_leaf(key: bytes, value: bytes) -> bytes:
    """Return the hash of a leaf: the whole key is bound, so that a leaf cannot stand for another key."""
    return sha256(b"\x02" + key + value).digest()


def map_node(left: bytes, right: bytes) -> bytes:
    """Return the hash of a subtree of two leaves or more."""
    return sha256(b"\x03" + left + right).digest()


def history_digest(before: bytes, leaf: bytes) -> bytes:
    """Return the digest of a stream's history after one more event, whose leaf hash in the log's tree is given."""
    return sha256(b"\x05" + before + leaf).digest()


@dataclass(frozen=True, slots=True)
class MapProof:
    """The way from the root to where a key's path ends: siblings from the top, and whose leaf is there, if any."""

    siblings: tuple[bytes, ...]
    key: bytes | None = None
    value: bytes | None = None

    def root(self, key: bytes) -> bytes:
        """Return the root to which the proof leads for a key, or raise when its form fits no map."""
        if len(key) != 32 or len(self.siblings) > KEY_BITS or any(len(each) != 32 for each in self.siblings):
            raise EvidenceError("not a proof of the status map")
        if self.siblings and self.siblings[-1] == EMPTY:
            raise EvidenceError("a path ends as soon as its key is alone")
        if self.key is None or self.value is None:
            found = EMPTY
        else:
            if len(self.key) != 32 or common_bits(self.key, key) < len(self.siblings):
                raise EvidenceError("the leaf that is shown does not stand on the key's path")
            found = map_leaf(self.key, decode_value(self.value).encode())
        for depth in range(len(self.siblings) - 1, -1, -1):
            pair = (self.siblings[depth], found) if bit(key, depth) else (found, self.siblings[depth])
            found = map_node(*pair)
        return found

    def verify(self, key: bytes, root: bytes) -> Value | None:
        """Return the value that the map of this root holds for a key, ``None`` where it holds none, or raise."""
        if self.root(key) != root:
            raise EvidenceError("the proof leads to another root of the status map")
        return decode_value(self.value) if self.key == key and self.value is not None else None


def bit(key: bytes, depth: int) -> int:
    """Return a key's bit, counted from the most significant one."""
    return key[depth >> 3] >> (7 - (depth & 7)) & 1


def common_bits(one: bytes, other: bytes) -> int:
    """Return how many leading bits two keys share."""
    differing = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return KEY_BITS - differing.bit_length()


def history_of(leaves: Sequence[bytes]) -> bytes:
    """Return the digest of a history from the leaf hashes of its events, in order."""
    digest = NO_HISTORY
    for leaf in leaves:
        digest = history_digest(digest, leaf)
    return digest
