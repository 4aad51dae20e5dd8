"""SM2 with SM3 by Tongsuo, the optional extra ``national``: signing, and verifying as fast as statements come in.

An auditor needs it not: :mod:`ledger.evidence.sm2` verifies in integers.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from infra.services.errors import ServiceUnavailableError
from ledger.evidence import sm2
from ledger.evidence.notes import SECRET, Verifier
from ledger.evidence.signatures import PublicKey
from ledger.evidence.strict import EvidenceError, decode_base64, encode_base64
from ledger.terms import VerifySm2


@dataclass(frozen=True, slots=True)
class Sm2Signer:
    """A private SM2 key of a log; ``private`` is Tongsuo's."""

    name: str
    private: Any

    @classmethod
    def generate(cls, name: str) -> "Sm2Signer":
        """Make a key for a log of this name."""
        ec, _ = _tongsuo()
        return cls(name, ec.generate_private_key(ec.SM2()))

    @property
    def verifier(self) -> Verifier:
        """The key that verifies what this one signs."""
        numbers = self.private.public_key().public_numbers()
        return Verifier(self.name, sm2.SM2, sm2.public_of(numbers.x, numbers.y))

    def line(self, text: str) -> str:
        """Return the signature line over a note's text."""
        ec, hashes = _tongsuo()
        r, s = decode_dss_signature(self.private.sign(text.encode(), ec.ECDSA(hashes.SM3())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return f"— {self.name} {encode_base64(self.verifier.id + signature)}\n"

    @property
    def secret(self) -> str:
        """The key as text; whoever reads it signs in this name."""
        scalar = self.private.private_numbers().private_value.to_bytes(32, "big")
        raw = bytes([sm2.SM2]) + sm2.IDENTIFIER + scalar
        return f"PRIVATE+KEY+{self.name}+{self.verifier.id.hex()}+{encode_base64(raw)}"


@dataclass(frozen=True, slots=True)
class Sm2Key:
    """A private SM2 key of a body or a signatory; ``private`` is Tongsuo's."""

    private: Any

    @classmethod
    def generate(cls) -> "Sm2Key":
        """Make a key."""
        ec, _ = _tongsuo()
        return cls(ec.generate_private_key(ec.SM2()))

    @classmethod
    def load(cls, pem: bytes, passphrase: bytes | None) -> "Sm2Key | None":
        """Return the key of a PKCS #8 file in PEM, ``None`` where it holds another; raises ``ValueError``."""
        ec, _ = _tongsuo()
        private = _serialization().load_pem_private_key(pem, passphrase)
        return cls(private) if isinstance(getattr(private, "curve", None), ec.SM2) else None

    @property
    def public(self) -> PublicKey:
        """The key that verifies what this one signs."""
        numbers = self.private.public_key().public_numbers()
        return PublicKey("sm2", b"\x04" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big"))

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message, in DER as GM/T 0009 writes it."""
        ec, hashes = _tongsuo()
        return bytes(self.private.sign(message, ec.ECDSA(hashes.SM3())))

    def to_pem(self, passphrase: bytes) -> bytes:
        """Return the key as a PKCS #8 file, encrypted where there is a passphrase."""
        form = _serialization()
        encryption = form.BestAvailableEncryption(passphrase) if passphrase else form.NoEncryption()
        return bytes(self.private.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, encryption))


@lru_cache(maxsize=1)
def sm2_verification() -> VerifySm2 | None:
    """Return what verifies SM2 signatures of statements, ``None`` where the extra is not installed."""
    try:
        ec, hashes = _tongsuo()
    except ServiceUnavailableError:
        return None
    algorithm = ec.ECDSA(hashes.SM3())

    @lru_cache(maxsize=4096)
    def key_of(raw: bytes) -> Any:
        return ec.EllipticCurvePublicKey.from_encoded_point(ec.SM2(), raw)

    def verify(raw: bytes, signature: bytes, message: bytes) -> None:
        # Tongsuo tells a malformed signature by an error of its own making, so its form is looked at first.
        sm2.signature_of_der(signature)
        try:
            key_of(raw).verify(signature, message, algorithm)
        except _invalid_signature() as error:
            raise EvidenceError("the signature does not fit") from error

    return verify


def parse_sm2_secret(text: str) -> Sm2Signer | None:
    """Return the SM2 signer that a private key's text names, ``None`` where it is of another kind, or raise."""
    match, head = SECRET.fullmatch(text), bytes([sm2.SM2]) + sm2.IDENTIFIER
    raw = decode_base64(match[3]) if match is not None else b""
    if match is None or not raw.startswith(head):
        return None
    if len(raw) != len(head) + 32:
        raise EvidenceError("an SM2 private key has 32 octets")
    ec, _ = _tongsuo()
    try:
        signer = Sm2Signer(match[1], ec.derive_private_key(int.from_bytes(raw[len(head) :], "big"), ec.SM2()))
    except ValueError as error:
        raise EvidenceError("not an SM2 private key") from error
    if signer.verifier.id.hex() != match[2]:
        raise EvidenceError("the private key's ID does not fit the key")
    return signer


def _tongsuo() -> tuple[Any, Any]:
    try:
        from tongsuopy.crypto import hashes  # noqa: PLC0415 - an optional extra
        from tongsuopy.crypto.asymciphers import ec  # noqa: PLC0415 - likewise
    except ImportError as error:
        raise ServiceUnavailableError(
            "以 SM2 签名需要可选组件:pip install 'certledger[national]'。",
            "Signing with SM2 needs the optional extra: pip install 'certledger[national]'.",
        ) from error
    return ec, hashes


def _serialization() -> Any:
    from tongsuopy.crypto import serialization  # noqa: PLC0415 - an optional extra

    return serialization


def _invalid_signature() -> type[Exception]:
    from tongsuopy.crypto.exceptions import InvalidSignature  # noqa: PLC0415 - an optional extra

    found: type[Exception] = InvalidSignature
    return found
