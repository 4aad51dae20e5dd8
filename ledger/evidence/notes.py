"""Signed notes, checkpoints and cosignatures: C2SP signed-note v1.0.0, tlog-checkpoint v1.0.0, tlog-cosignature.

A note counts only once a known key's signature over its exact text holds; a known key whose signature fails
condemns the whole note, unknown keys are passed over.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.evidence import mldsa, sm2
from ledger.evidence.edwards import check_public_key
from ledger.evidence.mldsa import ML_DSA_44, cosigned_tree
from ledger.evidence.sm2 import SM2
from ledger.evidence.strict import (
    MAXIMUM_INTEGER,
    EvidenceError,
    decode_base64,
    decode_decimal,
    decode_hash,
    decode_text,
    encode_base64,
)

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
MAXIMUM_NOTE = 262_144
MAXIMUM_SIGNATURES = 64
_VKEY = re.compile(r"([^+]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{1,4096})", re.ASCII)
SECRET = re.compile(r"PRIVATE\+KEY\+([^+]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/=]{1,4096})", re.ASCII)


def check_name(name: str) -> None:
    """Raise unless the name may stand for a key: no spaces, no plus, no control characters."""
    if not 0 < len(name) <= 255 or "+" in name or any(c.isspace() or ord(c) < 32 for c in name):
        raise EvidenceError("not a key's name")


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """Return the four octets that name a key beside its name, signed-note section "Signatures"."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]


_KEYS: dict[int, Callable[[bytes], None]] = {
    ED25519: check_public_key,
    COSIGNATURE_V1: check_public_key,
    ML_DSA_44: mldsa.check_key,
    SM2: sm2.check_key,
}


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that notes are verified with: its name, its kind of signature, its octets."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        """Refuse names and keys that are not honest."""
        check_name(self.name)
        check_key = _KEYS.get(self.kind)
        if check_key is None:
            raise EvidenceError(f"signatures of kind {self.kind:#04x} are not supported")
        check_key(self.public)

    @property
    def id(self) -> bytes:
        """The key's ID."""
        return key_id(self.name, self.kind, self.public)

    @property
    def vkey(self) -> str:
        """The key as text: name, hexadecimal ID, Base 64 of kind and key."""
        return f"{self.name}+{self.id.hex()}+{encode_base64(bytes([self.kind]) + self.public)}"

    def verify(self, text: str, signature: bytes) -> int | None:
        """Raise unless the signature holds; return the time of a cosignature, in seconds since 1970."""
        time = None
        if self.kind in {COSIGNATURE_V1, ML_DSA_44}:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            if time > MAXIMUM_INTEGER:
                raise EvidenceError(f"the cosignature of {self.name} has no possible time")
        if not self._fits(text, time or 0, signature):
            raise EvidenceError(f"the signature of {self.name} does not fit")
        return time

    def _fits(self, text: str, time: int, signature: bytes) -> bool:
        if self.kind == ML_DSA_44:
            tree = parse_checkpoint(text)
            message = cosigned_tree(self.name, time, tree.origin, tree.size, tree.root)
            return mldsa.verify(self.public, signature, message)
        if self.kind == SM2:
            return sm2.verify(self.public, signature, text.encode())
        message = cosigned_message(text, time) if self.kind == COSIGNATURE_V1 else text.encode()
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


def parse_vkey(text: str) -> Verifier:
    """Return the verifier that a vkey names, or raise."""
    match = _VKEY.fullmatch(text)
    if match is None:
        raise EvidenceError("not a vkey")
    key = decode_base64(match[3])
    if not key:
        raise EvidenceError("a vkey of an unsupported kind")
    verifier = Verifier(match[1], key[0], key[1:])
    if verifier.id.hex() != match[2]:
        raise EvidenceError("the vkey's ID does not fit its key")
    return verifier


@dataclass(frozen=True, slots=True)
class NoteSigner:
    """A private Ed25519 key with the name and the kind of its note signatures."""

    name: str
    private: Ed25519PrivateKey
    kind: int = ED25519

    @property
    def verifier(self) -> Verifier:
        """The key that verifies what this one signs."""
        return Verifier(self.name, self.kind, self.private.public_key().public_bytes_raw())

    def line(self, text: str, time: int | None = None) -> str:
        """Return the signature line over a note's text; a cosignature states ``time``, in seconds since 1970."""
        if (self.kind == COSIGNATURE_V1) != (time is not None):
            raise EvidenceError("a cosignature states its time, another signature states none")
        if time is None:
            signature = self.private.sign(text.encode())
        else:
            signature = time.to_bytes(8, "big") + self.private.sign(cosigned_message(text, time))
        key = key_id(self.name, self.kind, self.private.public_key().public_bytes_raw())
        return f"— {self.name} {encode_base64(key + signature)}\n"

    @property
    def secret(self) -> str:
        """The key as text, in the form of Go's ``note`` package; whoever reads it signs in this name."""
        raw = bytes([self.kind]) + self.private.private_bytes_raw()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.id.hex()}+{encode_base64(raw)}"


def parse_secret(text: str) -> NoteSigner:
    """Return the signer that a private key's text (``PRIVATE+KEY+name+id+key``) names, or raise."""
    match = SECRET.fullmatch(text)
    if match is None or len(key := decode_base64(match[3])) != 33:
        raise EvidenceError("not a private key of the form PRIVATE+KEY+name+id+key")
    signer = NoteSigner(match[1], Ed25519PrivateKey.from_private_bytes(key[1:]), key[0])
    if signer.verifier.id.hex() != match[2]:
        raise EvidenceError("the private key's ID does not fit the key")
    return signer


def cosigned_message(text: str, time: int) -> bytes:
    """Return what a cosignature/v1 covers: that text, observed at that time."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line as it stands: the key's name, its ID, the octets after it."""

    name: str
    id: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A note that was parsed but not verified: ``text`` must not be used before :meth:`verify`."""

    text: str
    signatures: tuple[NoteSignature, ...]
    raw: bytes

    def verify(self, known: Iterable[Verifier]) -> dict[Verifier, int | None]:
        """Return the known keys that signed, each with its cosignature's newest time, or raise.

        Raises when a known key's signature fails. No known signature at all gives an empty answer: the caller
        decides by its policy whether that is enough.
        """
        keys = {(each.name, each.id): each for each in known}
        found: dict[Verifier, int | None] = {}
        for signature in self.signatures:
            key = keys.get((signature.name, signature.id))
            if key is not None:
                time = key.verify(self.text, signature.value)
                found[key] = max(time, found.get(key) or 0) if time is not None else None
        return found


def sign_note(text: str, lines: Sequence[str]) -> bytes:
    """Return the note of a text and its signature lines, which :meth:`NoteSigner.line` makes."""
    raw = (text + "\n" + "".join(lines)).encode()
    parse_note(raw)
    return raw


def parse_note(raw: bytes) -> Note:
    """Return the note that octets contain, or raise; at most 64 signatures are accepted (16 must be)."""
    whole = decode_text(raw, MAXIMUM_NOTE)
    if any(ord(c) < 32 and c != "\n" for c in whole):
        raise EvidenceError("a note holds no control characters")
    text, found, block = whole.rpartition("\n\n")
    if not found or not text or not block.endswith("\n"):
        raise EvidenceError("not a signed note")
    lines = block[:-1].split("\n")
    if len(lines) > MAXIMUM_SIGNATURES:
        raise EvidenceError(f"more than {MAXIMUM_SIGNATURES} signatures")
    return Note(text + "\n", tuple(map(_parse_line, lines)), raw)


def _parse_line(line: str) -> NoteSignature:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise EvidenceError("not a signature line")
    check_name(parts[1])
    value = decode_base64(parts[2])
    if len(value) < 5:
        raise EvidenceError("the signature is too short")
    return NoteSignature(parts[1], value[:4], value[4:])


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log's signed note says: its origin, the size of its tree and the root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The note's text."""
        lines = (self.origin, str(self.size), encode_base64(self.root), *self.extensions)
        if any(not line or "\n" in line for line in lines):
            raise EvidenceError("a checkpoint's lines are not empty")
        return "\n".join(lines) + "\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Return the checkpoint that a note's text states, or raise."""
    lines = text[:-1].split("\n")
    if not text.endswith("\n") or len(lines) < 3 or not all(lines):
        raise EvidenceError("not a checkpoint")
    return Checkpoint(lines[0], decode_decimal(lines[1]), decode_hash(lines[2]), tuple(lines[3:]))


class LogSigner(Protocol):
    """What adds one of the log's own signature lines to a checkpoint; each bears the origin's name."""

    @property
    def name(self) -> str:
        """The name of the key."""
        ...

    def line(self, text: str) -> str:
        """Return the signature line over a note's text, its line feed included."""
        ...


def sign_checkpoint(checkpoint: Checkpoint, *signers: LogSigner) -> bytes:
    """Return the checkpoint as a note signed by each key of its log, all of which bear the origin's name."""
    if any(signer.name != checkpoint.origin for signer in signers):
        raise EvidenceError("a log's key bears the name of its origin")
    return sign_note(checkpoint.text, [signer.line(checkpoint.text) for signer in signers])


def cosign(raw: bytes, witness: NoteSigner, time: int) -> bytes:
    """Return a checkpoint's note with a witness's cosignature added; the witness has checked consistency before."""
    note = parse_note(raw)
    parse_checkpoint(note.text)
    raw += witness.line(note.text, time).encode()
    parse_note(raw)
    return raw
