"""A cursor carries where the next page begins and the position of the snapshot, so that pages never shift."""

import base64
import binascii
import hashlib
from typing import Any

import orjson

_CHECK = 6


class CursorInvalid(ValueError):  # noqa: N818 - says what is wrong with what the caller sent
    """The text is no cursor that this operation gave out."""


def encode(operation: str, values: list[Any]) -> str:
    """Return an opaque cursor; ``operation`` names the query that alone may read it."""
    body = orjson.dumps(values)
    return base64.urlsafe_b64encode(_check(operation, body) + body).rstrip(b"=").decode()


def decode(operation: str, cursor: str) -> list[Any]:
    """Return the values that :func:`encode` took, or raise :class:`CursorInvalid`."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        check, body = raw[:_CHECK], raw[_CHECK:]
        if check != _check(operation, body):
            raise CursorInvalid(cursor)
        values = orjson.loads(body)
    except (binascii.Error, ValueError) as error:
        raise CursorInvalid(cursor) from error
    if not isinstance(values, list):
        raise CursorInvalid(cursor)
    return values


def _check(operation: str, body: bytes) -> bytes:
    """A checksum against truncation and mix-ups; a cursor grants nothing, so it needs no secret."""
    return hashlib.sha256(operation.encode() + b"\0" + body).digest()[:_CHECK]
