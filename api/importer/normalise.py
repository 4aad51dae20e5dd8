"""How cells are spelt is forgiven where the meaning is beyond doubt; the caller notes every difference.

Codes become upper-case ASCII without spaces, days become ISO 8601, texts become NFC on one line.
"""

import re
import unicodedata
from datetime import date
from functools import lru_cache

_TO_ASCII = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_TO_ASCII |= dict.fromkeys(map(ord, "－—–‐‑−"), ord("-"))
_DAY = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年(\d{1,2})月(\d{1,2})日|(\d{2})(\d{2}))(?:00:00(?::00)?)?")
_SEPARATORS = re.compile(r"[;；,，、\s]+")
_REGISTER_NUMBER = re.compile(r"(?=.*\d)[0-9A-Z][0-9A-Z\-]{2,31}")
_STANDARDS = re.compile(r"[;；、,，\n]+")


@lru_cache(maxsize=1 << 15)
def code_of(cell: str) -> str:
    """Return a code in its one spelling: ASCII, upper case, no space or invisible character."""
    return "".join(c for c in cell.translate(_TO_ASCII) if not c.isspace() and c.isprintable()).upper()


@lru_cache(maxsize=1 << 10)
def padded(code: str) -> str:
    """Return a numeric code with the leading zero that spreadsheets drop; all such codes have pairs of digits."""
    return f"0{code}" if code.isdigit() and len(code) % 2 else code


@lru_cache(maxsize=1 << 15)
def day_of(cell: str) -> str | None:
    """Return the ISO 8601 day of a cell, or ``None`` where it is no day of the calendar."""
    match = _DAY.fullmatch(code_of(cell))
    if match is None:
        return None
    year, _, *parts = match.groups()
    month, day = (int(part) for part in parts if part)
    try:
        return date(int(year), month, day).isoformat()
    except ValueError:
        return None


def text_of(cell: str) -> str:
    """Return a text in NFC, on one line, without space at its ends and without control characters."""
    if cell.isprintable() and cell[:1] != " " and cell[-1:] != " " and unicodedata.is_normalized("NFC", cell):
        return cell
    line = " ".join(cell.split()) if not cell.isprintable() else cell.strip()
    return unicodedata.normalize("NFC", "".join(c for c in line if c.isprintable()))


@lru_cache(maxsize=1 << 14)
def signers_of(cell: str) -> tuple[str, ...] | None:
    """Return the register numbers of a cell, or ``None`` where an item is none: names are not taken in."""
    items = [code_of(item) for item in _SEPARATORS.split(cell) if item]
    if not all(_REGISTER_NUMBER.fullmatch(item) for item in items):
        return None
    return tuple(dict.fromkeys(items))


@lru_cache(maxsize=1 << 10)
def standards_of(cell: str) -> tuple[str, ...]:
    """Return the standards that a cell names, one each."""
    return tuple(filter(None, (text_of(item) for item in _STANDARDS.split(cell))))
