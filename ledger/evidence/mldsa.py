"""ML-DSA-44 (FIPS 204) over a tree, as C2SP tlog-cosignature type 0x06: name, time, origin, size and root are covered.

A checkpoint's extension lines are not; whoever relies on such a line must not rely on this signature alone.
"""

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

from ledger.evidence.strict import EvidenceError

ML_DSA_44 = 0x06
PUBLIC_OCTETS = 1_312
SIGNATURE_OCTETS = 2_420
_LABEL = b"subtree/v1\n\0"


def cosigned_tree(name: str, time: int, origin: str, size: int, root: bytes) -> bytes:
    """Return the ``cosigned_message`` of a whole tree; ``time`` in seconds since 1970, 0 where none is stated."""
    return b"%b%b%b%b%b%b%b" % (
        _LABEL,
        _opaque(name),
        time.to_bytes(8, "big"),
        _opaque(origin),
        bytes(8),
        size.to_bytes(8, "big"),
        root,
    )


def check_key(public: bytes) -> None:
    """Raise unless the octets can be an ML-DSA-44 public key; every value of 1,312 octets is one."""
    if len(public) != PUBLIC_OCTETS:
        raise EvidenceError(f"an ML-DSA-44 key has {PUBLIC_OCTETS} octets")


def verify(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether the signature fits; raises where this build of OpenSSL does not know ML-DSA."""
    if len(signature) != SIGNATURE_OCTETS:
        return False
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    except UnsupportedAlgorithm as error:
        raise EvidenceError("ML-DSA-44 is not in this build of OpenSSL") from error
    return True


def _opaque(text: str) -> bytes:
    octets = text.encode()
    if not 0 < len(octets) < 256:
        raise EvidenceError("a name in a cosigned message has 1 to 255 octets")
    return bytes([len(octets)]) + octets
