"""Cells of an export hold data only: no spreadsheet that opens it takes one for a formula (OWASP, CSV injection)."""

from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(value: Any) -> Any:
    """Return a cell's value, with an apostrophe before a text that a spreadsheet would work out."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
