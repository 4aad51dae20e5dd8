"""Identifying numbers are judged by their form alone: alphabet, length, check character (GB 32100, GB 11714).

The meaning of positions 1 and 2 of a credit code is no rule, because classes were added after the standard
was printed. Every function is pure and expects the number already trimmed.
"""

import re
from functools import lru_cache
from operator import mul
from typing import Literal, NamedTuple

CREDIT_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
ORGANISATION_CODE_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_FOREIGN = 255
_CREDIT_VALUES = bytes(
    CREDIT_CODE_ALPHABET.index(chr(octet)) if chr(octet) in CREDIT_CODE_ALPHABET else _FOREIGN for octet in range(256)
)
# The check character enters with weight 1, so that the weighted sum of a sound code is a multiple of 31.
_CREDIT_WEIGHTS = (*(pow(3, position, 31) for position in range(17)), 1)
_ORGANISATION_VALUES = {character: value for value, character in enumerate(ORGANISATION_CODE_ALPHABET)}
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_CHECKS = "0123456789X"

_APPROVAL_NUMBER = re.compile(r"CNCA-RF?-(?:19|20)[0-9]{2}-[0-9]{2,4}")
_CCC_NUMBER = re.compile(r"(20[0-9]{2})([0-9]{2})([0-9]{4})([0-9]{6})")

CreditCodeProblem = Literal["length", "character", "check_character"]


class CccNumber(NamedTuple):
    """The parts of a compulsory product certificate's number; the year is that of the first issue."""

    year: int
    body_code: str
    product_class: str
    serial: str


def credit_code_check(head: str) -> str:
    """Return the 18th character for the first 17 of a unified social credit code (GB 32100-2015, 5).

    Raises ``ValueError`` if ``head`` is not 17 characters of the code's alphabet.
    """
    values = head.encode("ascii", "replace").translate(_CREDIT_VALUES)
    if len(values) != 17 or _FOREIGN in values:
        raise ValueError(f"not the first 17 characters of a credit code: {head!r}")
    return CREDIT_CODE_ALPHABET[-sum(map(mul, values, _CREDIT_WEIGHTS)) % 31]


@lru_cache(maxsize=1 << 16)
def credit_code_problem(code: str) -> CreditCodeProblem | None:
    """Return what is wrong with a unified social credit code (GB 32100-2015), or ``None`` if nothing is."""
    if len(code) != 18:
        return "length"
    values = code.encode("ascii", "replace").translate(_CREDIT_VALUES)
    if _FOREIGN in values:
        return "character"
    return "check_character" if sum(map(mul, values, _CREDIT_WEIGHTS)) % 31 else None


def is_credit_code(code: str) -> bool:
    """Return whether ``code`` is a sound unified social credit code (GB 32100-2015)."""
    return credit_code_problem(code) is None


def organisation_code_check(head: str) -> str:
    """Return the ninth character for the first eight of an organisation code (GB 11714-1997).

    Raises ``ValueError`` if ``head`` is not eight characters 0-9 or A-Z.
    """
    try:
        values = [_ORGANISATION_VALUES[character] for character in head]
    except KeyError:
        values = []
    if len(values) != 8:
        raise ValueError(f"not the first eight characters of an organisation code: {head!r}")
    return _ORGANISATION_CHECKS[-sum(map(mul, values, _ORGANISATION_WEIGHTS)) % 11]


@lru_cache(maxsize=1 << 16)
def is_organisation_code(code: str) -> bool:
    """Return whether ``code`` is a sound organisation code of nine characters, no hyphen (GB 11714-1997)."""
    if len(code) != 9:
        return False
    try:
        return organisation_code_check(code[:8]) == code[8]
    except ValueError:
        return False


def organisation_key(code: str) -> str:
    """Return the nine characters that name one organisation, however its code is spelt.

    They are characters 9 to 17 of a credit code, or the organisation code itself, with or without its hyphen.
    Raises ``ValueError`` for any other length; check characters are not looked at.
    """
    if len(code) == 18:
        return code[8:17]
    if len(code) == 10 and code[8] == "-":
        return code[:8] + code[9]
    if len(code) == 9:
        return code
    raise ValueError(f"neither a credit code nor an organisation code: {code!r}")


def is_approval_number(number: str) -> bool:
    """Return whether ``number`` has the shape of a certification body's approval, ``CNCA-R-YYYY-NNN``.

    ``CNCA-RF`` marks foreign investment; between two and four digits have been seen at the end.
    """
    return _APPROVAL_NUMBER.fullmatch(number) is not None


def ccc_number(number: str) -> CccNumber | None:
    """Return the parts of a 16-digit compulsory product certificate number, or ``None`` if it is not one.

    Such a number has no check digit: whether the body code is the issuer's and the class was on the catalogue
    is for the caller to ask.
    """
    match = _CCC_NUMBER.fullmatch(number)
    return None if match is None else CccNumber(int(match[1]), match[2], match[3], match[4])
