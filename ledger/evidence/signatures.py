"""Signed statements: DSSE v1.0.2 over the exact bytes of an event, with Ed25519 (RFC 8032), ECDSA P-256 or SM2.

P-256 is FIPS 186-5 with SHA-256; SM2 is GB/T 32918 with SM3 and the signer's identity of GM/T 0009. A key is admitted
once its owner has signed a nonce with it; what a signature covers always names its kind, so that no signature can serve
as another.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal, Protocol, get_args

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

from ledger.evidence import sm2
from ledger.evidence.edwards import check_public_key
from ledger.evidence.strict import EvidenceError, canonical_json, decode_base64, encode_base64, parse_json

EVENT_TYPE = "application/vnd.certledger.event.v1+json"
POSSESSION_TYPE = "application/vnd.certledger.key-possession.v1+json"
MAXIMUM_ENVELOPE = 131_072
MAXIMUM_SIGNATURES = 16
MINIMUM_NONCE = 16
_MAXIMUM_SIGNATURE = 512
Algorithm = Literal["ed25519", "ecdsa-p256", "sm2"]
ALGORITHMS = frozenset(get_args(Algorithm))


class ForeignKey(Protocol):
    """A private key that another library holds, as one of SM2 is."""

    @property
    def public(self) -> "PublicKey":
        """The key that verifies what this one signs."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message."""
        ...


PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | ForeignKey


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the DSSE v1.0.2 pre-authentication encoding, which is what is signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An admitted key: 32 octets for Ed25519, the uncompressed point of 65 octets for P-256 and SM2."""

    algorithm: Algorithm
    raw: bytes

    def __post_init__(self) -> None:
        """Refuse what is not an honest key of its algorithm."""
        if self.algorithm == "ed25519":
            check_public_key(self.raw)
        elif self.algorithm == "ecdsa-p256":
            if len(self.raw) != 65 or self.raw[0] != 4:
                raise EvidenceError("a P-256 key is an uncompressed point of 65 octets")
            _p256(self.raw)
        elif self.algorithm == "sm2":
            sm2.check_key(sm2.IDENTIFIER + self.raw)
        else:
            raise EvidenceError("no such algorithm")

    @property
    def keyid(self) -> str:
        """The key's name: hexadecimal SHA-256 over algorithm, line feed and octets."""
        return sha256(self.algorithm.encode() + b"\n" + self.raw).hexdigest()

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raise unless the signature (for P-256 and SM2: DER) is this key's over the message.

        SM2 is computed in integers here and takes milliseconds. Raises :class:`~ledger.evidence.sm3.Sm3Missing` where
        it cannot be told.
        """
        if len(signature) > _MAXIMUM_SIGNATURE:
            raise EvidenceError("the signature is too long")
        if self.algorithm == "sm2":
            if not sm2.verify(sm2.IDENTIFIER + self.raw, sm2.signature_of_der(signature), message):
                raise EvidenceError("the signature does not fit")
            return
        try:
            if self.algorithm == "ed25519":
                _ed25519(self.raw).verify(signature, message)
            else:
                _p256(self.raw).verify(signature, message, ec.ECDSA(SHA256()))
        except (InvalidSignature, ValueError) as error:
            raise EvidenceError("the signature does not fit") from error


@lru_cache(maxsize=4096)
def _ed25519(raw: bytes) -> ed25519.Ed25519PublicKey:
    return ed25519.Ed25519PublicKey.from_public_bytes(raw)


@lru_cache(maxsize=4096)
def _p256(raw: bytes) -> ec.EllipticCurvePublicKey:
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw)
    except ValueError as error:
        raise EvidenceError("the key is not a point of P-256") from error


def public_key_of(private: PrivateKey) -> PublicKey:
    """Return the public half of a private key."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return _checked("ed25519", private.public_key().public_bytes_raw())
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        return private.public
    form = serialization.PublicFormat.UncompressedPoint
    return _checked("ecdsa-p256", private.public_key().public_bytes(serialization.Encoding.X962, form))


@lru_cache(maxsize=256)
def _checked(algorithm: Algorithm, raw: bytes) -> PublicKey:
    """Return a key that was checked once: who signs thousands of statements does not pay for it each time."""
    return PublicKey(algorithm, raw)


def sign(private: PrivateKey, message: bytes) -> bytes:
    """Return the signature over a message."""
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return private.sign(message, ec.ECDSA(SHA256()))
    return private.sign(message)


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of an envelope; ``keyid`` is a hint and proves nothing."""

    keyid: str
    value: bytes

    def as_json(self) -> dict[str, str]:
        """Return the member of ``signatures`` in an envelope and in a recorded event."""
        return {"keyid": self.keyid, "sig": encode_base64(self.value)}


@dataclass(frozen=True, slots=True)
class Envelope:
    """A DSSE envelope: the exact bytes that were signed, and the signatures over them."""

    payload: bytes
    signatures: tuple[Signature, ...]
    payload_type: str = EVENT_TYPE

    def message(self) -> bytes:
        """Return the octets that each signature covers."""
        return pae(self.payload_type, self.payload)

    def to_json(self) -> bytes:
        """Return the envelope as DSSE JSON."""
        return canonical_json(
            {
                "payload": encode_base64(self.payload),
                "payloadType": self.payload_type,
                "signatures": [each.as_json() for each in self.signatures],
            }
        )


def seal_event(payload: bytes, *keys: PrivateKey) -> Envelope:
    """Return the envelope of an event's canonical bytes signed by each key."""
    message = pae(EVENT_TYPE, payload)
    return Envelope(payload, tuple(Signature(public_key_of(key).keyid, sign(key, message)) for key in keys))


def parse_envelope(raw: bytes, payload_type: str = EVENT_TYPE) -> Envelope:
    """Return the envelope that JSON bytes contain, or raise; nothing is verified yet."""
    return open_envelope(parse_json(raw, MAXIMUM_ENVELOPE), payload_type)


def open_envelope(value: Any, payload_type: str = EVENT_TYPE) -> Envelope:
    """Return the envelope that a parsed JSON value is, or raise; nothing is verified yet."""
    if not isinstance(value, dict) or set(value) != {"payload", "payloadType", "signatures"}:
        raise EvidenceError("not a DSSE envelope")
    if value["payloadType"] != payload_type:
        raise EvidenceError("the envelope holds another kind of payload")
    if not isinstance(value["payload"], str):
        raise EvidenceError("the payload is not text")
    return Envelope(decode_base64(value["payload"]), parse_signatures(value["signatures"], least=1), payload_type)


def parse_signatures(value: Any, least: int = 0) -> tuple[Signature, ...]:
    """Return the signatures of a parsed JSON list, or raise."""
    if not isinstance(value, list) or not least <= len(value) <= MAXIMUM_SIGNATURES:
        raise EvidenceError(f"{least} to {MAXIMUM_SIGNATURES} signatures are expected")
    found = []
    for each in value:
        if not isinstance(each, dict) or set(each) != {"keyid", "sig"}:
            raise EvidenceError("a signature has keyid and sig")
        if not isinstance(each["keyid"], str) or not isinstance(each["sig"], str) or len(each["keyid"]) > 200:
            raise EvidenceError("keyid and sig are text")
        found.append(Signature(each["keyid"], decode_base64(each["sig"])))
    return tuple(found)


def possession_message(ledger: str, owner: str, key: PublicKey, nonce: bytes) -> bytes:
    """Return what an owner signs to show that a key is held: this ledger's nonce, the owner's and the key's name."""
    if len(nonce) < MINIMUM_NONCE:
        raise EvidenceError(f"a nonce has at least {MINIMUM_NONCE} octets")
    said = {"keyid": key.keyid, "ledger": ledger, "nonce": encode_base64(nonce), "owner": owner}
    return pae(POSSESSION_TYPE, canonical_json(said))


def admit_key(algorithm: Algorithm, raw: bytes, *, ledger: str, owner: str, nonce: bytes, proof: bytes) -> PublicKey:
    """Return the key once it is honest and its owner has proved to hold it, or raise."""
    key = PublicKey(algorithm, raw)
    key.verify(proof, possession_message(ledger, owner, key, nonce))
    return key
