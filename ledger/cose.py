"""COSE receipts of inclusion (RFC 9942) over the log's own tree, as SCITT takes them (RFC 9943): no second structure.

One signature over a root serves every receipt of that tree; its protected header names log, key and tree, so that it
cannot pass for another log's. The proof itself is unprotected: it leads to the signed root or to nothing.
"""

from collections.abc import Sequence
from typing import Any

import cbor2

from ledger.evidence.merkle import root_from_inclusion
from ledger.evidence.notes import NoteSigner, Verifier
from ledger.evidence.strict import EvidenceError

MEDIA_TYPE = "application/scitt-receipt+cose"
"""RFC 9943, section 9."""
_SIGN1 = 18
_ALG, _KID, _CLAIMS, _TREE, _PROOFS = 1, 4, 15, 395, 396
_EDDSA, _RFC9162_SHA256, _INCLUSION = -8, 1, -1
_ISSUER, _SUBJECT = 1, 2


def protected_header(key: Verifier, size: int) -> bytes:
    """Return the protected header of a tree's receipts: algorithm, key, kind of tree; log and size as claims.

    The key's name is its four octets in the signed note, so that the log's vkey leads to it.
    """
    claims = {_ISSUER: key.name, _SUBJECT: _subject(key.name, size)}
    header = {_ALG: _EDDSA, _KID: key.id, _CLAIMS: claims, _TREE: _RFC9162_SHA256}
    return cbor2.dumps(header, canonical=True)


def to_be_signed(protected: bytes, root: bytes) -> bytes:
    """Return the Sig_structure of RFC 9052, section 4.4, over a detached root."""
    return cbor2.dumps(["Signature1", protected, b"", root])


def sign_root(signer: NoteSigner, size: int, root: bytes) -> tuple[bytes, bytes]:
    """Return protected header and signature over a root that the log has signed as a checkpoint before."""
    protected = protected_header(signer.verifier, size)
    return protected, signer.private.sign(to_be_signed(protected, root))


def receipt(protected: bytes, signature: bytes, size: int, index: int, proof: Sequence[bytes]) -> bytes:
    """Return the receipt that an entry stands at ``index`` of the tree of ``size`` leaves."""
    proofs = {_INCLUSION: [cbor2.dumps([size, index, list(proof)])]}
    return cbor2.dumps(cbor2.CBORTag(_SIGN1, [protected, {_PROOFS: proofs}, None, signature]))


def root_of(raw: bytes, leaf: bytes) -> tuple[bytes, bytes, bytes]:
    """Return root, signed octets and signature of a receipt for a leaf hash, or raise; nothing is verified yet."""
    try:
        tag = cbor2.loads(raw)
        protected, unprotected, payload, signature = tag.value
        (encoded,) = unprotected[_PROOFS][_INCLUSION]
        size, index, proof = cbor2.loads(encoded)
        header: dict[int, Any] = cbor2.loads(protected)
        is_ours = tag.tag == _SIGN1 and payload is None and (header[_ALG], header[_TREE]) == (_EDDSA, _RFC9162_SHA256)
        # The proof's size is not signed, and one path may fit several sizes: the claim in the header decides.
        is_ours = is_ours and header[_CLAIMS][_SUBJECT] == _subject(header[_CLAIMS][_ISSUER], size)
    except (cbor2.CBORDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise EvidenceError("not a COSE receipt of inclusion") from error
    if not is_ours:
        raise EvidenceError("a receipt of another algorithm or tree")
    root = root_from_inclusion(index, size, leaf, proof)
    return root, to_be_signed(protected, root), signature


def _subject(origin: str, size: int) -> str:
    return f"{origin}/checkpoint/{size}"
