"""The keys of one log: its Ed25519 key and, beside it, keys of other kinds that sign the same checkpoints.

Each key adds one line to a checkpoint; who does not know a kind passes its line over. All bear the log's name.
"""

from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from ledger.evidence.mldsa import ML_DSA_44, cosigned_tree
from ledger.evidence.notes import SECRET, NoteSigner, Verifier, parse_checkpoint, parse_secret
from ledger.evidence.strict import EvidenceError, decode_base64, encode_base64


@dataclass(frozen=True, slots=True)
class MlDsaSigner:
    """A private ML-DSA-44 key, kept as the seed of 32 octets that FIPS 204 makes it from."""

    name: str
    private: MLDSA44PrivateKey

    @classmethod
    def generate(cls, name: str) -> "MlDsaSigner":
        """Make a key for a log of this name."""
        try:
            return cls(name, MLDSA44PrivateKey.generate())
        except UnsupportedAlgorithm as error:
            raise EvidenceError("ML-DSA-44 is not in this build of OpenSSL") from error

    @property
    def verifier(self) -> Verifier:
        """The key that verifies what this one signs."""
        return Verifier(self.name, ML_DSA_44, self.private.public_key().public_bytes_raw())

    def line(self, text: str) -> str:
        """Return the signature line over a checkpoint's text; it states no time (0), which witnesses do."""
        tree = parse_checkpoint(text)
        signature = self.private.sign(cosigned_tree(self.name, 0, tree.origin, tree.size, tree.root))
        return f"— {self.name} {encode_base64(self.verifier.id + bytes(8) + signature)}\n"

    @property
    def secret(self) -> str:
        """The key as text; whoever reads it signs in this name."""
        raw = bytes([ML_DSA_44]) + self.private.private_bytes_raw()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.id.hex()}+{encode_base64(raw)}"


def parse_log_secret(text: str) -> NoteSigner | MlDsaSigner:
    """Return the signer of any kind that a private key's text (``PRIVATE+KEY+name+id+key``) names, or raise."""
    match = SECRET.fullmatch(text)
    raw = decode_base64(match[3]) if match is not None else b""
    if match is None or len(raw) != 33 or raw[0] != ML_DSA_44:
        return parse_secret(text)
    try:
        signer = MlDsaSigner(match[1], MLDSA44PrivateKey.from_seed_bytes(raw[1:]))
    except UnsupportedAlgorithm as error:
        raise EvidenceError("ML-DSA-44 is not in this build of OpenSSL") from error
    if signer.verifier.id.hex() != match[2]:
        raise EvidenceError("the private key's ID does not fit the key")
    return signer
