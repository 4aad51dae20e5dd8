"""A signed submission is a DSSE v1.0.2 envelope over the exact bytes of its CloudEvent; nothing is verified here.

The bytes are taken as they stand: what is not canonical inside an envelope is refused, never brought into form.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ledger import canonical
from ledger.envelope import MAXIMUM_BYTES, Submission, canonical_submission, parse_submission
from ledger.evidence.signatures import (
    MAXIMUM_ENVELOPE,
    Envelope,
    PrivateKey,
    Signature,
    open_envelope,
    parse_envelope,
    seal_event,
)
from ledger.evidence.strict import EvidenceError, canonical_json
from ledger.refusals import Refusal

MEDIA_TYPE = "application/vnd.dsse+json"
MAXIMUM_SIGNATURES = 8
# Ed25519 has 64 octets, ECDSA P-256 in DER at most 72. An entry of the log has room for eight, not for more.
_MAXIMUM_SIGNATURE = 72
_KEYID = re.compile(r"[0-9a-f]{64}", re.ASCII)


def is_envelope(value: Any) -> bool:
    """Tell whether a parsed JSON value is meant as an envelope, well-formed or not."""
    return isinstance(value, dict) and "payloadType" in value and "specversion" not in value


def parse_sealed(raw: bytes) -> Submission | Refusal:
    """Return the submission in the JSON bytes of an envelope, or the refusal that says what is wrong with it."""
    return _opened(lambda: parse_envelope(raw))


def sealed_submission(value: Any) -> Submission | Refusal:
    """Return the submission in an envelope that was parsed already, or the refusal."""
    return _opened(lambda: open_envelope(value))


def parse_any(raw: bytes) -> Submission | Refusal:
    """Return the submission in JSON bytes: an envelope, or an event in canonical bytes."""
    # A member of that name is rare enough to look twice; most events never pay for a second parsing.
    if b'"payloadType"' in raw[:MAXIMUM_ENVELOPE] and not raw.startswith(b'{"data":'):
        return parse_sealed(raw)
    return parse_submission(raw)


def sign_submission(submission: Submission, ledger: str, *keys: PrivateKey, **chain: Any) -> Submission | Refusal:
    """Return the same statement, made for one ledger and signed with each key; ``chain`` are the issuer's two members.

    The keys' owners are the source and the signatories; whether they are is the ledger's to decide.
    """
    event = canonical.parse(submission.raw) | {"ledger": ledger} | chain
    made = canonical_submission(event)
    if isinstance(made, Refusal):
        return made
    return replace(made, signatures=seal_event(made.raw, *keys).signatures)


def envelope_of(submission: Submission) -> bytes:
    """Return a signed submission as the bytes of its envelope."""
    return Envelope(submission.raw, submission.signatures).to_json()


def signatures_json(signatures: tuple[Signature, ...]) -> bytes:
    """Return the ``signatures`` of a recorded event."""
    return canonical_json([each.as_json() for each in signatures])


def _opened(parse: Callable[[], Envelope]) -> Submission | Refusal:
    try:
        envelope = parse()
    except EvidenceError as error:
        return Refusal("envelope_wrong", params=(("reason", str(error)),))
    if len(envelope.payload) > MAXIMUM_BYTES:
        return Refusal("event_too_large", params=(("bytes", str(MAXIMUM_BYTES)),))
    found = parse_submission(envelope.payload)
    if isinstance(found, Refusal):
        return found
    signatures = envelope.signatures
    for index, each in enumerate(signatures):
        if not _KEYID.fullmatch(each.keyid) or len(each.value) > _MAXIMUM_SIGNATURE:
            reason = "keyid is the SHA-256 of a registered key, sig has at most 72 octets"
            return Refusal("envelope_wrong", f"/signatures/{index}", (("reason", reason),), *found.identity)
    if len(signatures) > MAXIMUM_SIGNATURES or len({each.keyid for each in signatures}) < len(signatures):
        reason = f"at most {MAXIMUM_SIGNATURES} signatures, each of another key"
        return Refusal("envelope_wrong", "/signatures", (("reason", reason),), *found.identity)
    return replace(found, signatures=signatures)
