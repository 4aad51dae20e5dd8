"""Keys made from numbers, their registration, and statements signed with them, for tests of every layer."""

from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.envelope import Submission
from ledger.evidence.signatures import PrivateKey, possession_message, public_key_of, sign
from ledger.evidence.strict import encode_base64
from ledger.families import key_stream
from ledger.keys.challenge import make_nonce
from ledger.sealed import sign_submission
from ledger.terms import Terms
from tests.support.statements import BODY, SIGNER, statement

ORIGIN = "ledger.example.cn/test"
TERMS = Terms(ORIGIN, b"a secret of tests alone")
PERSON = f"person:CCAA:{SIGNER}"


def ed25519_key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


def p256_key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number, ec.SECP256R1())


def registration(
    key: PrivateKey,
    owner: str = BODY,
    *,
    source: str | None = None,
    terms: Terms = TERMS,
    now: datetime | None = None,
    **changes: Any,
) -> Submission:
    """The registration of a key by its owner, with a good proof unless `changes` say otherwise."""
    public = public_key_of(key)
    nonce, _ = make_nonce(terms.challenge_secret, terms.origin, owner, now or datetime.now(UTC))
    data = {
        "algorithm": public.algorithm,
        "public_key": encode_base64(public.raw),
        "owner": owner,
        "nonce": encode_base64(nonce),
        "proof": encode_base64(sign(key, possession_message(terms.origin, owner, public, nonce))),
        **changes,
    }
    subject = key_stream(public.keyid)
    return statement("key.registered", subject, data, source=source or owner, identity=f"register:{public.keyid[:40]}")


def ended(key: PrivateKey, kind: str = "revoked", *, source: str = BODY, **data: Any) -> Submission:
    """The revocation or compromise of a key."""
    keyid = public_key_of(key).keyid
    said = {"reason": "人员变动", **data}
    return statement(f"key.{kind}", key_stream(keyid), said, source=source, identity=f"{kind}:{keyid[:40]}:{data}")


def signed(submission: Submission, *keys: PrivateKey, ledger: str = ORIGIN, **chain: Any) -> Submission:
    """The same statement for a ledger, signed with each key."""
    made = sign_submission(submission, ledger, *keys, **chain)
    assert isinstance(made, Submission), made
    return made


def policy(requires: str, *, party: str = BODY, source: str = "CNCA", day: str = "2015-01-01") -> Submission:
    """What is asked of a party's statements from a day on."""
    data = {"effective": day, "requires": requires, "reason": "签名制度"}
    return statement("signing.policy_set", f"signing:{party}", data, source=source)
