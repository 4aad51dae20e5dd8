"""A finding says what an import met at which file, line and column, and why, in both languages.

Faults and refusals keep a row out; held facts wait in the ledger; notes say what spelling was forgiven.
"""

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

FindingKind = Literal["fault", "refused", "held", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. ``line`` is the physical line on which the row begins, ``column`` counts from 1.

    A note reads ``value`` → ``becomes``. Cells with personal data are never quoted.
    """

    kind: FindingKind
    file: str
    line: int | None
    column: int | None
    name: str
    code: str
    zh: str
    en: str
    value: str = ""
    becomes: str = ""
    stream: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the plain form of the machine-readable report; empty members are left out."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in plain.items() if value != ""}


@lru_cache(maxsize=1)
def _texts() -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = json.loads(files("api.importer").joinpath("faults.json").read_text("utf-8"))
    return texts


def fault(
    file: str, line: int | None, column: int | None, name: str, code: str, *, value: str = "", **params: str
) -> Finding:
    """Return the fault of this code at a place; ``params`` fill its texts."""
    texts = _texts()[code]
    quoted = value if len(value) <= 80 else f"{value[:79]}…"
    zh, en = texts["zh"].format(**params), texts["en"].format(**params)
    return Finding("fault", file, line, column, name, code, zh, en, quoted)


def note(file: str, line: int, column: int | None, name: str, value: str, becomes: str) -> Finding:
    """Return the note of a spelling that was forgiven."""
    texts = _texts()["normalised"]
    return Finding("note", file, line, column, name, "normalised", texts["zh"], texts["en"], value, becomes)
