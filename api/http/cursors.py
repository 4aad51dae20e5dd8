"""A cursor carries where the next page begins and the position of the snapshot, so that pages never shift.

It grants nothing that the query itself does not, so it holds no secret and is good on every server for ever; what
comes back is checked as strictly as any other input, and belongs to the query that gave it out alone.
"""

import base64
import binascii
import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import orjson

_CHECK = 6
_LONGEST_TEXT = 300
_LONGEST_INSTANT = 40
_HEXADECIMAL = frozenset("0123456789abcdef")
_LAST = 2**63 - 1
Kind = Callable[[Any], bool]


class CursorInvalid(ValueError):  # noqa: N818 - says what is wrong with what the caller sent
    """The text is no cursor that this operation gave out."""


def is_position(value: Any) -> bool:
    """Whether a value is a position in the log, or a place before the first or after the last one."""
    return type(value) is int and -1 <= value <= _LAST


def is_text(value: Any) -> bool:
    """Whether a value is a text by which rows are sorted."""
    return isinstance(value, str) and len(value) <= _LONGEST_TEXT and value.isprintable()


def is_day(value: Any) -> bool:
    """Whether a value is a calendar day."""
    if not isinstance(value, str) or len(value) != 10:
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_instant(value: Any) -> bool:
    """Whether a value is an instant with its offset."""
    if not isinstance(value, str) or len(value) > _LONGEST_INSTANT:
        return False
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def is_digest(value: Any) -> bool:
    """Whether a value is a SHA-256 in hexadecimal."""
    return isinstance(value, str) and len(value) == 64 and _HEXADECIMAL.issuperset(value)


def encode(operation: str, values: list[Any]) -> str:
    """Return an opaque cursor; ``operation`` names the query that alone may read it."""
    body = orjson.dumps(values)
    return base64.urlsafe_b64encode(_check(operation, body) + body).rstrip(b"=").decode()


def decode(operation: str, cursor: str, *kinds: Kind) -> list[Any]:
    """Return the values that :func:`encode` took, each of its kind, or raise :class:`CursorInvalid`."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        check, body = raw[:_CHECK], raw[_CHECK:]
        if check != _check(operation, body):
            raise CursorInvalid(cursor)
        values = orjson.loads(body)
    except (binascii.Error, ValueError) as error:
        raise CursorInvalid(cursor) from error
    if not isinstance(values, list) or len(values) != len(kinds):
        raise CursorInvalid(cursor)
    if not all(is_kind(value) for is_kind, value in zip(kinds, values, strict=True)):
        raise CursorInvalid(cursor)
    return values


def _check(operation: str, body: bytes) -> bytes:
    """A checksum against truncation and against another query's cursor."""
    return hashlib.sha256(operation.encode() + b"\0" + body).digest()[:_CHECK]
