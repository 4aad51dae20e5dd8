"""Validity periods are half-open, ``[valid_from, valid_to)``, in days of China time; an empty end is open.

Days are ISO 8601 texts, which sort by time; every public function of this package also takes a ``date``.
"""

import json
from datetime import date
from importlib.resources import files
from typing import Any

Moment = date | str


def day_of(moment: Moment) -> str:
    """Return the ISO 8601 day of a ``date``; a text is taken to be one already."""
    return moment if isinstance(moment, str) else moment.isoformat()


def holds(valid_from: str, valid_to: str, day: str) -> bool:
    """Return whether ``day`` lies in the period; an empty bound is open."""
    return valid_from <= day and (not valid_to or day < valid_to)


def packaged_text(name: str) -> str:
    """Return the text of one data file of this package, which is UTF-8."""
    return (files("ledger.codes") / "data" / name).read_text(encoding="utf-8")


def packaged_json(name: str) -> Any:
    """Return the content of one JSON data file of this package."""
    return json.loads(packaged_text(name))
