"""Reason and change codes mean something only together with their scheme class and table.

The same digits say different things when a certificate is suspended, withdrawn or cancelled, and again for
CCC and management systems; every row carries its period and its source.
"""

import re
from functools import lru_cache
from typing import Any, Literal, NamedTuple, cast

from ledger.codes.dated import Moment, day_of, holds, packaged_json

Table = Literal["suspension", "withdrawal", "cancellation", "change", "replacement"]
Effect = Literal["suspended", "restored", "withdrawn", "cancelled", "expired", "corrected", "changed"]

# One office system writes change codes as 01, another as 0101, spreadsheets as 101 or 1; status changes carry
# a second pair of digits.
_CHANGE_CODE = {
    "management_system": re.compile(r"(?:0?1)?(97)[_-]?(\d{2})|(?:0?1)?(\d{2})|(\d)"),
    "ccc": re.compile(r"(0?8)[_-]?(\d{2})|(\d{2})|(\d)"),
}


class Reason(NamedTuple):
    """One code of one table in one period; ``source`` names the document, spelt out in the data file."""

    scheme_class: str
    table: Table
    code: str
    zh: str
    en: str
    valid_from: str
    valid_to: str
    source: str


class ChangeCode(NamedTuple):
    """A change code in its one spelling, and what it says has happened to the certificate."""

    code: str
    effect: Effect


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return cast("dict[str, Any]", packaged_json("reasons.json"))


@lru_cache(maxsize=1)
def _rows() -> dict[tuple[str, str, str], tuple[Reason, ...]]:
    rows: dict[tuple[str, str, str], tuple[Reason, ...]] = {}
    for entry in _data()["reasons"]:
        row = Reason(**{name: entry[name] for name in Reason._fields})
        key = row.scheme_class, row.table, row.code
        rows[key] = (*rows.get(key, ()), row)
    return rows


@lru_cache(maxsize=1)
def _effects() -> dict[tuple[str, str], Effect]:
    entries = _data()["reasons"]
    return {(entry["scheme_class"], entry["code"]): entry["effect"] for entry in entries if "effect" in entry}


def tables_of(scheme_class: str) -> str:
    """Return the scheme class whose tables a class files with: ``ccc`` or ``management_system``."""
    same: dict[str, str] = _data()["same_tables"]
    return same.get(scheme_class, scheme_class)


def reason(scheme_class: str, table: str, code: str, on: Moment) -> Reason | None:
    """Return what a code of a table says on a day, or ``None`` if the table has no such code then."""
    day = day_of(on)
    rows = _rows().get((tables_of(scheme_class), table, code), ())
    return next((row for row in rows if holds(row.valid_from, row.valid_to, day)), None)


def reasons(scheme_class: str, table: str, on: Moment) -> tuple[Reason, ...]:
    """Return the codes of a table on a day, in the order of the codes."""
    day, scheme_class = day_of(on), tables_of(scheme_class)
    rows = (row for key, row in _rows().items() if key[:2] == (scheme_class, table))
    return tuple(row for same in rows for row in same if holds(row.valid_from, row.valid_to, day))


@lru_cache(maxsize=1024)
def normalise_change_code(scheme_class: str, raw: str) -> ChangeCode | None:
    """Return a filed change code in its one spelling with its effect, or ``None`` if there is no such code.

    ``05``, ``0105``, ``105`` and ``5`` are one code; so are ``97_01``, ``0197_01`` and ``9701``.
    """
    tables = tables_of(scheme_class)
    match = _CHANGE_CODE[tables].fullmatch(raw.strip()) if tables in _CHANGE_CODE else None
    if match is None:
        return None
    main, detail, plain, digit = match.groups()
    code = f"{main.zfill(2)}_{detail}" if main else plain or digit.zfill(2)
    code = _data()["change_code_aliases"].get(tables, {}).get(code, code)
    effect = _effects().get((tables, code))
    return None if effect is None else ChangeCode(code, effect)
