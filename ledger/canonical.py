"""Canonical JSON: RFC 8785 restricted to ASCII keys, NFC text, no floats and |integer| <= 2**53 - 1.

Text holds no control character but tab, line feed and return. Inside this profile ``orjson`` with sorted keys is
RFC 8785 byte for byte; outside it nothing is accepted.
"""

import re
import unicodedata
from typing import Any

import orjson

_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
MAXIMUM_DEPTH = 16
# Their escapes in canonical bytes, after an even number of backslashes; tab, line feed and return are text.
_CONTROL = re.compile(rb"(?<!\\)(?:\\\\)*\\(?:u00|b|f)")
_CONTROLS = frozenset(map(chr, range(32))) - {"\t", "\n", "\r"}


class NotCanonical(ValueError):  # noqa: N818 - the name is the verdict, as in the profile's text
    """The value or the bytes lie outside the profile; ``reason`` is a key of the message catalogue."""

    def __init__(self, reason: str, pointer: str = "") -> None:
        super().__init__(f"{reason} at {pointer or '/'}")
        self.reason = reason
        self.pointer = pointer


def canonical(value: Any) -> bytes:
    """Return the canonical bytes of a JSON value, or raise :class:`NotCanonical`."""
    check_profile(value)
    return dumps(value)


def dumps(value: Any) -> bytes:
    """Return canonical bytes of a value that is known to lie inside the profile."""
    return orjson.dumps(value, option=_OPTIONS)


def check_profile(value: Any, pointer: str = "", depth: int = 0) -> None:
    """Raise :class:`NotCanonical` naming the JSON Pointer (RFC 6901) of the first offence."""
    if depth > MAXIMUM_DEPTH:
        raise NotCanonical("too_deep", pointer)
    if isinstance(value, str):
        if not unicodedata.is_normalized("NFC", value):
            raise NotCanonical("not_nfc", pointer)
        if not value.isprintable():
            if any("\ud800" <= character <= "\udfff" for character in value):
                raise NotCanonical("not_unicode", pointer)
            if not _CONTROLS.isdisjoint(value):
                raise NotCanonical("control_character", pointer)
    elif isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise NotCanonical("key_not_ascii", pointer)
            check_profile(member, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}", depth + 1)
    elif isinstance(value, list | tuple):
        for index, member in enumerate(value):
            check_profile(member, f"{pointer}/{index}", depth + 1)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if abs(value) > 2**53 - 1:
            raise NotCanonical("integer_too_large", pointer)
    else:
        raise NotCanonical("float" if isinstance(value, float) else "not_json", pointer)


def parse(raw: bytes) -> Any:
    """Return the value of canonical bytes, or raise :class:`NotCanonical`.

    Equality with the re-encoded value also excludes duplicate keys, which a parser would drop in silence.
    Floats and keys are left to the strict event models, which admit neither.
    """
    try:
        text = raw.decode("utf-8")
        value = orjson.loads(raw)
        same = orjson.dumps(value, option=_OPTIONS) == raw
    except (UnicodeDecodeError, orjson.JSONDecodeError) as error:
        raise NotCanonical("not_json") from error
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise NotCanonical("outside_profile") from error
    if not same:
        raise NotCanonical("not_canonical")
    if b"\\" in raw and _CONTROL.search(raw):
        raise NotCanonical("control_character")
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        check_profile(value)
    return value
