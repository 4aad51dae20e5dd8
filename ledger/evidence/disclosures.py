"""A personal field stands in an event as a digest alone; a disclosure opens it (SD-JWT, RFC 9901 section 4.2).

A disclosure is the Base64url of ``[salt, path, value]``; the digest is the Base64url of SHA-256 over those characters.
Without the salt the digest tells nothing: what was erased cannot be guessed from a list of names.
"""

import base64
import binascii
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from ledger.evidence.strict import EvidenceError, canonical_json, parse_json

MEMBER = "_sd"
"""The member of an event's data that holds the digests, sorted, so that their order tells nothing."""
MAXIMUM_DISCLOSURE = 8_192
MAXIMUM_DIGESTS = 64
MAXIMUM_DISCLOSURES = 2 * MAXIMUM_DIGESTS * MAXIMUM_DISCLOSURE
"""Octets of a file of disclosures."""
_SALT = 32
_LEAST_SALT = 16
_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_PARTS = 3


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One opened field: ``text`` is what travels, ``path`` the field (``contact/name``), ``value`` what it says."""

    text: str
    path: str
    value: str

    @property
    def digest(self) -> str:
        """The digest by which an event holds this field."""
        return digest_of(self.text)


def digest_of(text: str) -> str:
    """Return the digest of a disclosure's characters."""
    return _encode(sha256(text.encode("ascii")).digest())


def disclose(path: str, value: str, salt: bytes | None = None) -> Disclosure:
    """Return the disclosure of a field, with a new salt of 256 bits unless one is given."""
    parts = [_encode(salt or secrets.token_bytes(_SALT)), path, value]
    return Disclosure(_encode(canonical_json(parts)), path, value)


def decoy() -> str:
    """Return a digest that opens to nothing; with some of them nobody counts the fields (RFC 9901 section 4.2.5)."""
    return _encode(sha256(secrets.token_bytes(_SALT)).digest())


def commit(disclosures: Iterable[Disclosure], decoys: int = 0) -> list[str]:
    """Return the sorted digests of disclosures, with decoys among them."""
    return sorted([*(each.digest for each in disclosures), *(decoy() for _ in range(decoys))])


def parse_disclosure(text: str) -> Disclosure:
    """Return the field in a disclosure's characters, or raise; one spelling is read, no other."""
    if len(text) > MAXIMUM_DISCLOSURE:
        raise EvidenceError(f"a disclosure has at most {MAXIMUM_DISCLOSURE} characters")
    raw = _decode(text)
    parts = parse_json(raw, MAXIMUM_DISCLOSURE)
    if not isinstance(parts, list) or len(parts) != _PARTS or not all(isinstance(part, str) for part in parts):
        raise EvidenceError("a disclosure is an array of salt, path and value")
    salt, path, value = parts
    if canonical_json(parts) != raw or not value:
        raise EvidenceError("a disclosure is written in RFC 8785, and its value is not empty")
    if len(_decode(salt)) < _LEAST_SALT:
        raise EvidenceError(f"a salt has at least {_LEAST_SALT} octets")
    return Disclosure(text, path, value)


def is_digest(value: object) -> bool:
    """Tell whether a value is spelled like a digest."""
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def digests_in(data: Mapping[str, Any]) -> frozenset[str]:
    """Return the digests that an event's data holds, or that a correction puts in place of others."""
    replacement = data.get("replacement")
    found = {*_listed(data), *(_listed(replacement) if isinstance(replacement, Mapping) else ())}
    return frozenset(each for each in found if is_digest(each))


def parse_disclosures(raw: bytes, limit: int = MAXIMUM_DISCLOSURES) -> list[str]:
    """Return the disclosures, not yet opened, of a file ``disclosures/INDEX``: a JSON array of texts; or raise."""
    value = parse_json(raw, limit)
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise EvidenceError("disclosures are an array of texts")
    return value


def disclosures_json(texts: Iterable[str]) -> bytes:
    """Return the content of a file ``disclosures/INDEX``."""
    return json.dumps(sorted(texts), separators=(",", ":")).encode()


def _listed(data: Mapping[str, Any]) -> list[Any]:
    found = data.get(MEMBER)
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise EvidenceError("not Base64url") from error
    if _encode(raw) != text:
        raise EvidenceError("Base64url has another spelling")
    return raw
