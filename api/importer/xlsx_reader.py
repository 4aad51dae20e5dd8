"""XLSX files are streamed row by row; typed cells become the text that a CSV file would hold.

A whole number of more than 15 digits has lost its end in the spreadsheet: such a cell is damaged, not guessed.
"""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from api.importer.records import FileRefused, Record

_EXACT_DIGITS = 10**15


class XlsxTable:
    """The first sheet of an XLSX workbook."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._finished = False

    def bytes_done(self) -> int:
        """Return the size of the file once it has been read: a packed file has no meaningful middle."""
        return self._path.stat().st_size if self._finished else 0

    def records(self) -> Iterator[Record]:
        """Yield the header and every row that is not blank; ``line`` is the sheet's row number."""
        # Slow to load, and most reports are CSV.
        from openpyxl import load_workbook  # noqa: PLC0415 - said above
        from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415 - said above

        try:
            book = load_workbook(self._path, read_only=True, data_only=True)
        except (OSError, BadZipFile, KeyError, ValueError, InvalidFileException) as error:
            raise FileRefused("file_unreadable", reason=str(error) or "XLSX") from error
        try:
            width = 0
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            for line, values in enumerate(sheet.iter_rows(values_only=True), 1):
                cells = [_text(value) for value in values]
                while cells and not cells[-1]:
                    cells.pop()
                if not cells:
                    continue
                width = width or len(cells)
                cells.extend([""] * (width - len(cells)))
                yield Record(line, cells, damaged=_damaged(values))
        finally:
            book.close()
        if not width:
            raise FileRefused("file_empty")
        self._finished = True


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return value.date().isoformat() if value == datetime(value.year, value.month, value.day) else str(value)  # noqa: DTZ001 - cells have no zone
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _damaged(values: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(
        at
        for at, value in enumerate(values)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _EXACT_DIGITS
    )
