"""A token is read strictly before anything in it is believed: three parts, small, and no member named twice."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any

LONGEST_TOKEN = 8 * 1024
_LONGEST_NAME = 200
_COMPACT = re.compile(rb"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
# A token of another kind that the same provider signed (logout, events, proofs) must not pass for an access token.
_TYPES = frozenset({"at+jwt", "application/at+jwt", "jwt", "application/jwt"})


class TokenRefusedError(Exception):
    """A bearer token is not believed; ``reason`` is one fixed word, so that nothing of the token reaches a log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Header:
    """What a token says about its signature (RFC 7515, section 4.1)."""

    algorithm: str
    key: str


def read_header(token: bytes) -> Header:
    """Return the header of a compact JWS. Raises :class:`TokenRefusedError`.

    ``jku``, ``jwk``, ``x5u`` and ``x5c`` are passed over: keys come from the provider's own set alone (RFC 8725, 3.10).
    A critical extension is refused, since none is understood here (RFC 7515, 4.1.11).
    """
    if len(token) > LONGEST_TOKEN:
        raise TokenRefusedError("too_long")
    if not _COMPACT.fullmatch(token):
        raise TokenRefusedError("malformed")
    header = read_object(_decoded(token.partition(b".")[0]))
    algorithm, key, type_ = header.get("alg"), header.get("kid"), header.get("typ", "JWT")
    if "crit" in header or "b64" in header:
        raise TokenRefusedError("extension_unknown")
    if not isinstance(type_, str) or type_.lower() not in _TYPES:
        raise TokenRefusedError("type_wrong")
    if not isinstance(algorithm, str) or not isinstance(key, str) or not 0 < len(key) <= _LONGEST_NAME:
        raise TokenRefusedError("malformed")
    return Header(algorithm, key)


def read_object(content: bytes) -> dict[str, Any]:
    """Return a JSON object in which no member is named twice at any depth. Raises :class:`TokenRefusedError`."""
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_members, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise TokenRefusedError("malformed") from error
    if not isinstance(found, dict):
        raise TokenRefusedError("malformed")
    return found


def _decoded(part: bytes) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except binascii.Error as error:
        raise TokenRefusedError("malformed") from error


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is named twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
