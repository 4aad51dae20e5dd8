"""One spelling or refusal: Base 64 of RFC 4648 section 3.5, decimals without leading zeros, JSON of RFC 8785.

Whatever a stranger hands in is bounded and read once, so that a flipped bit can never be read as the same thing.
"""

import base64
import binascii
import json
import re
from typing import Any

MAXIMUM_INTEGER = 2**63 - 1
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class EvidenceError(ValueError):
    """The material is malformed or proves nothing; the message says why."""


def decode_base64(text: str) -> bytes:
    """Return the octets of standard Base 64 with padding and zero trailing bits, or raise."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise EvidenceError("not Base 64") from error
    if encode_base64(raw) != text:
        raise EvidenceError("Base 64 has another spelling")
    return raw


def encode_base64(raw: bytes) -> str:
    """Return the standard Base 64 of octets."""
    return base64.b64encode(raw).decode("ascii")


def decode_hash(text: str) -> bytes:
    """Return a SHA-256 value from its Base 64, or raise."""
    raw = decode_base64(text)
    if len(raw) != 32:
        raise EvidenceError("a hash has 32 octets")
    return raw


def decode_decimal(text: str) -> int:
    """Return an integer of 0 … 2**63 - 1 from its only decimal spelling, or raise."""
    if not _DECIMAL.fullmatch(text) or (value := int(text)) > MAXIMUM_INTEGER:
        raise EvidenceError("not a decimal of 0 … 2^63 - 1 without leading zeros")
    return value


def decode_text(raw: bytes, limit: int) -> str:
    """Return UTF-8 text of at most ``limit`` octets, or raise."""
    if len(raw) > limit:
        raise EvidenceError(f"more than {limit} octets")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise EvidenceError("not UTF-8") from error


def canonical_json(value: Any) -> bytes:
    """Return the RFC 8785 bytes of a value with ASCII keys, no floats and integers within 2**53."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def parse_canonical_json(raw: bytes, limit: int) -> Any:
    """Return the value of canonical JSON bytes, or raise; duplicate keys, floats and other spellings are refused."""
    value = parse_json(raw, limit)
    try:
        same = canonical_json(value) == raw
    except (ValueError, RecursionError) as error:
        raise EvidenceError("not canonical JSON") from error
    if not same:
        raise EvidenceError("not canonical JSON")
    return value


def parse_json(raw: bytes, limit: int) -> Any:
    """Return the value of JSON bytes without floats, or raise."""
    text = decode_text(raw, limit)
    try:
        return json.loads(text, parse_float=_no_float, parse_constant=_no_float)
    except RecursionError as error:
        raise EvidenceError("JSON nested too deeply") from error
    except ValueError as error:
        raise EvidenceError("not JSON of the profile") from error


def _no_float(text: str) -> Any:
    raise EvidenceError(f"not an integer: {text[:20]}")
