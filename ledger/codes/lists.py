"""The small code lists of the filed reports: a code means what its list says on a day, in both languages.

Countries are ISO 3166-1 by numeric code; the other lists are those of the certification information reports.
"""

import csv
from functools import lru_cache
from io import StringIO
from typing import Any, NamedTuple, cast

from ledger.codes.dated import Moment, day_of, holds, packaged_json, packaged_text


class Label(NamedTuple):
    """What one code says, in both languages."""

    zh: str
    en: str


class _CodeList(NamedTuple):
    valid_from: str
    valid_to: str
    source: str
    codes: dict[str, Label]


@lru_cache(maxsize=1)
def _countries() -> tuple[dict[str, str], ...]:
    return tuple(csv.DictReader(StringIO(packaged_text("countries.csv"))))


@lru_cache(maxsize=1)
def _lists() -> dict[str, _CodeList]:
    lists = {}
    for name, entry in cast("dict[str, Any]", packaged_json("lists.json")).items():
        labels = {code: Label(**texts) for code, texts in entry.pop("codes").items()}
        lists[name] = _CodeList(codes=labels, **entry)
    lists["country"] = _CodeList(
        "", "", "ISO 3166-1", {row["code"]: Label(row["zh"], row["en"]) for row in _countries()}
    )
    return lists


def list_names() -> tuple[str, ...]:
    """Return the names of the lists."""
    return tuple(_lists())


def codes(list_name: str) -> dict[str, Label]:
    """Return a list's codes with their labels; raises ``KeyError`` if there is no such list."""
    return dict(_lists()[list_name].codes)


def source(list_name: str) -> str:
    """Return where a list comes from; raises ``KeyError`` if there is no such list."""
    return _lists()[list_name].source


def label(list_name: str, code: str, on: Moment | None = None) -> Label | None:
    """Return what a code says, on a day if one is given, or ``None`` if the list has no such code then.

    Raises ``KeyError`` if there is no such list.
    """
    found = _lists()[list_name]
    if on is not None and not holds(found.valid_from, found.valid_to, day_of(on)):
        return None
    return found.codes.get(code)


@lru_cache(maxsize=1)
def _alpha() -> dict[str, str]:
    return {row["code"]: row["alpha_2"] for row in _countries()}


def country_alpha(numeric: str) -> str | None:
    """Return the two letters of a numeric country code (ISO 3166-1), or ``None`` if there is none."""
    return _alpha().get(numeric)
