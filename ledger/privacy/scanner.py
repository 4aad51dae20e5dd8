"""Finds identity numbers and telephone numbers in what would be recorded; most events cost one look at their bytes.

A hit is certain enough to refuse by: an identity number has a province, a birthday and a check character that fit; a
telephone number has the length, the beginning and the separators of one.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from operator import mul
from typing import Any, Literal
from unicodedata import normalize

import orjson

from ledger.codes.identifiers import is_credit_code

Kind = Literal["identity_number", "telephone_number"]

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_BEFORE, _AFTER = r"(?<![0-9A-Za-z])(?<![0-9A-Za-z]-)", r"(?!\.?[0-9A-Za-z])"
_GAP = r"[ \-‐-―]?"
_RESIDENT = re.compile(rf"{_BEFORE}[0-9]{{6}}{_GAP}[0-9]{{8}}{_GAP}[0-9]{{3}}[0-9Xx](?![0-9A-Za-z])")
_OLD_RESIDENT = re.compile(rf"{_BEFORE}[0-9]{{15}}{_AFTER}")
_COUNTRY = rf"(?:(?:\+|00)?86{_GAP})?"
_MOBILE = rf"{_COUNTRY}1[3-9][0-9]{_GAP}[0-9]{{4}}{_GAP}[0-9]{{4}}"
# Without a separator an area code and a number are any twelve digits; with one they are a telephone number.
_AREA = r"(?:\(0?(?:10|2[0-9]|[3-9][0-9]{2})\)[ \-]?|0(?:10|2[0-9]|[3-9][0-9]{2})[ \-‐-―])"
_ABROAD = r"(?:\+|00)86[ \-]?0?(?:10|2[0-9]|[3-9][0-9]{2})[ \-]"
_LANDLINE = rf"(?:{_AREA}|{_ABROAD})(?:[2-8][0-9]{{2}}|[2-8][0-9]{{3}}{_GAP})[0-9]{{4}}"
_TELEPHONE = re.compile(rf"{_BEFORE}(?:{_MOBILE}|{_LANDLINE}){_AFTER}")

# The bytes of an event with each digit as 0. Whatever may separate the groups of one number is left out, and what
# begins a full-width character counts as the digit that it may be: ten digits on end are worth a closer look.
_SHAPE = b"." * 0x30 + b"0" * 10 + b"." * (0xEF - 0x3A) + b"0" + b"." * 0x10
_LEFT_OUT = b" -()ghijklmnopqrstuvwyz" + bytes(octet for octet in range(0x80, 0x100) if octet != 0xEF)
_SHORTEST = 10
_PRODUCT = 16
_NAMES = ("id", "source", "subject")
_TEN = b"0" * _SHORTEST


@dataclass(frozen=True, slots=True)
class Hit:
    """Personal data at a JSON Pointer of an event; the number itself is not kept."""

    pointer: str
    kind: Kind


def scan(raw: bytes, event: Mapping[str, Any]) -> list[Hit]:
    """Return where an event holds personal data; ``raw`` are its bytes, ``event`` the members to be looked at."""
    return suspected(raw, event) if may_hold(raw) else []


def suspected(raw: bytes, event: Mapping[str, Any]) -> list[Hit]:
    """Return where an event whose bytes are suspicious holds personal data, looking at what made them so."""
    # Quotation marks inside a text are escaped, so that the last such octets are the event's own member.
    end = raw.rfind(b',"id":"')
    hits: list[Hit] = []
    if end < 0 or may_hold(raw[:end]):
        hits += _hits({name: value for name, value in event.items() if name not in _NAMES}, "", "")
    identity, source, subject = (str(event.get(name, "")) for name in _NAMES)
    number = subject[-_PRODUCT:]
    if number.isdecimal() and subject[-_PRODUCT - 1 : -_PRODUCT] == ":":
        # The number of a product certificate: sixteen digits on end are part of no number of a person,
        # and to what stands beside them one letter is as good.
        subject = f"{subject[:-_PRODUCT]}A"
        before, found, after = identity.partition(number)
        if found and not before[-1:].isalnum() and not after[:1].isalnum():
            identity = f"{before}A{after}"
    if may_hold(f"{identity}|{source}|{subject}".encode()):
        for name, text in zip(_NAMES, (identity, source, subject), strict=True):
            hits += _hits(text, f"/{name}", name)
    return list(dict.fromkeys(hits))


def may_hold(raw: bytes) -> bool:
    """Return whether the bytes may hold a number worth looking for; never false where there is one."""
    return _TEN in raw.translate(_SHAPE, _LEFT_OUT)


def _hits(value: Any, pointer: str, member: str) -> Iterator[Hit]:
    if isinstance(value, str):
        if len(value) >= _SHORTEST:
            yield from (Hit(pointer, kind) for kind in kinds_in(value, member))
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _hits(each, f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}", name)
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _hits(each, f"{pointer}/{index}", member)


def kinds_in(text: str, member: str = "") -> Iterator[Kind]:
    """Yield what kinds of personal numbers a text holds; ``member`` is the name under which it stands."""
    if not may_hold(text.encode()):
        return
    plain, rules = normalize("NFKC", text), _rules()
    if any(_is_resident(each[0], member) for each in _RESIDENT.finditer(plain)) or (
        any(_has_birthday(f"{each[0][:6]}19{each[0][6:]}") for each in _OLD_RESIDENT.finditer(plain))
        and any(word in plain.lower() for word in rules["identity_words"])
    ):
        yield "identity_number"
    if member not in rules["numbering_members"] and _TELEPHONE.search(plain):
        yield "telephone_number"


def _is_resident(found: str, member: str) -> bool:
    number = re.sub(r"[^0-9Xx]", "", found).upper()
    if _CHECKS[sum(map(mul, map(int, number[:17]), _WEIGHTS)) % 11] != number[17] or not _has_birthday(number):
        return False
    # Codes of enterprises begin as cards of foreign residents do.
    in_doubt = number[:2] in _rules()["foreigners"] or member in _rules()["credit_code_members"]
    return not (in_doubt and is_credit_code(number))


def _has_birthday(number: str) -> bool:
    rules = _rules()
    if number[:2] not in rules["provinces"] and number[:2] not in rules["foreigners"]:
        return False
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14])).year >= 1900
    except ValueError:
        return False


@lru_cache(maxsize=1)
def _rules() -> dict[str, frozenset[str]]:
    table = orjson.loads(files("ledger.privacy").joinpath("data/scanner.json").read_bytes())
    return {name: frozenset(row["values"]) for name, row in table.items()}
