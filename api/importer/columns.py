"""The two report formats are known by their header: 59 columns for management systems, 77 for products.

A header cell reads ``22.认证证书号``; the number, spaces and the width of digits and brackets do not matter.
"""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

_NUMBER = re.compile(r"^\d+[.、．:：]?")


class HeaderUnusable(Exception):  # noqa: N818 - says what the header is
    """The header names no known report, or lacks columns that it needs; ``missing`` are their names."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = tuple(missing)


@dataclass(frozen=True, slots=True)
class ReportKind:
    """One report format: its columns in their order, and those without which a file is of no use."""

    name: str
    zh: str
    en: str
    columns: tuple[str, ...]
    required: frozenset[str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the columns of one file are; a column that the file lacks points at the empty cell after the last."""

    kind: ReportKind
    width: int
    index: dict[str, int]

    def number(self, column: str) -> int | None:
        """Return the column's number in the file, from 1, or ``None`` where the file lacks it."""
        at = self.index.get(column, self.width)
        return at + 1 if at < self.width else None


@lru_cache(maxsize=1)
def report_kinds() -> dict[str, ReportKind]:
    """Return the report formats by name: ``management_system`` and ``product``."""
    packaged = json.loads(files("api.importer").joinpath("columns.json").read_text("utf-8"))
    return {
        name: ReportKind(name, row["zh"], row["en"], tuple(row["columns"]), frozenset(row["required"]))
        for name, row in packaged["reports"].items()
    }


def layout_of(header: Sequence[str]) -> Layout:
    """Return the layout that a header row describes; raise :class:`HeaderUnusable` where it is no report."""
    cells = list(header)
    while cells and not cells[-1].strip():
        cells.pop()
    found = {_folded(cell): at for at, cell in reversed(list(enumerate(cells)))}
    kinds = report_kinds().values()
    kind = max(kinds, key=lambda kind: sum(_folded(column) in found for column in kind.columns))
    missing = [c for c in kind.columns if c in kind.required and _folded(c) not in found]
    if missing:
        raise HeaderUnusable(missing)
    width = len(cells)
    return Layout(kind, width, {column: found.get(_folded(column), width) for column in kind.columns})


@lru_cache(maxsize=4096)
def _folded(cell: str) -> str:
    return _NUMBER.sub("", "".join(unicodedata.normalize("NFKC", cell).replace("\ufeff", "").split()))
