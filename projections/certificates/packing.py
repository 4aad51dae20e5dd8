"""A certificate's state in bytes and back, without loss: what a reader needs to answer for any day of a period.

Absent members are left out; the certificate's details travel apart, because they seldom change.
"""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import md5
from typing import Any

import orjson

from ledger.certificates.state import CertificateState
from ledger.codes.statuses import Status


def pack(state: CertificateState) -> bytes:
    """Return a state, less its details, as JSON bytes; equal states give equal bytes."""
    plain = {name: value for name, value in vars(state).items() if value}
    plain.pop("details", None)
    return orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)


def unpack(packed: str | bytes, details: Mapping[str, Any]) -> CertificateState:
    """Return the state that :func:`pack` was given."""
    plain = orjson.loads(packed)
    plain["status"] = _status(plain["status"])
    # A state that was packed before it said who placed a hold is one that nobody is known to have placed.
    plain.setdefault("held_by", ("",) * len(plain.get("holds", ())))
    for name in ("holds", "held_by", "appeals"):
        if name in plain:
            plain[name] = tuple(plain[name])
    if "orders" in plain:
        plain["orders"] = tuple(tuple(order) for order in plain["orders"])
    return CertificateState(**plain, details=details)


def digest_of(details: bytes) -> bytes:
    """Return the name of these details, 32 hexadecimal digits; it separates contents, and guards nothing."""
    return md5(details, usedforsecurity=False).hexdigest().encode()


@lru_cache(maxsize=16)
def _status(word: str) -> Status:
    return Status(word)
