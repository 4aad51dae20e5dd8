"""The nonce that a key's owner signs: made for one owner, good for ten minutes, known again without a store.

It is an HMAC-SHA256 (RFC 2104) under a secret of the deployment over ledger, owner, expiry and 16 random octets.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from ledger.days import instant_text, parse_instant

VALID_FOR = timedelta(minutes=10)
MINIMUM_SECRET = 16
_LABEL = b"certledger key challenge v1"
_TIME, _RANDOM, _MAC = 8, 16, 32


def make_nonce(secret: bytes, ledger: str, owner: str, now: datetime) -> tuple[bytes, str]:
    """Return a nonce of 56 octets for an owner and the instant from which it is no longer good."""
    expires = (now + VALID_FOR).replace(microsecond=0)
    body = int(expires.timestamp()).to_bytes(_TIME, "big") + secrets.token_bytes(_RANDOM)
    return body + _mac(secret, ledger, owner, body), instant_text(expires)


def is_good(secret: bytes, ledger: str, owner: str, nonce: bytes, now: str) -> bool:
    """Tell whether a nonce was made here for this owner and is still good at an instant."""
    if len(secret) < MINIMUM_SECRET or len(nonce) != _TIME + _RANDOM + _MAC:
        return False
    body, mac = nonce[: _TIME + _RANDOM], nonce[_TIME + _RANDOM :]
    if not hmac.compare_digest(mac, _mac(secret, ledger, owner, body)):
        return False
    return parse_instant(now).timestamp() < int.from_bytes(body[:_TIME], "big")


def _mac(secret: bytes, ledger: str, owner: str, body: bytes) -> bytes:
    if len(secret) < MINIMUM_SECRET:
        raise ValueError(f"a secret has at least {MINIMUM_SECRET} octets")
    message = b"\0".join((_LABEL, ledger.encode(), owner.encode(), body))
    return hmac.new(secret, message, sha256).digest()
