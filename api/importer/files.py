"""A directory of reports is read body by body, and for each body in the order of its folders, which months name.

A certificate has one body and one kind of report, so its rows come in order of time and close to each other: the ledger
judges them from memory.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from api.importer import register
from api.importer.csv_reader import CsvTable
from api.importer.records import Table
from api.importer.xlsx_reader import XlsxTable

_READERS: dict[str, type[CsvTable] | type[XlsxTable]] = {".csv": CsvTable, ".xlsx": XlsxTable}
_NAME = re.compile(r"(CNCA-RF?-\d{4}-\d{2,4})-(?:ms|product)")


class UnusableDirectory(Exception):  # noqa: N818 - says what the directory is
    """There is nothing to import; the two texts say what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One report: ``name`` is its path inside the directory; ``body`` the approval number in its name, if any."""

    path: Path
    name: str
    size: int
    body: str

    def table(self) -> Table:
        """Return the reader of the file's format."""
        return _READERS[self.path.suffix.lower()](self.path)


@dataclass(frozen=True, slots=True)
class Files:
    """What a directory holds for an import; ``personal``: the contact's columns are read too."""

    register: Path | None
    reports: tuple[ReportFile, ...]
    personal: bool = False

    @property
    def size(self) -> int:
        """Bytes of all reports."""
        return sum(report.size for report in self.reports)


def files_of(directory: Path) -> Files:
    """Return the register and the reports of a directory, or raise :class:`UnusableDirectory`."""
    if not directory.is_dir():
        raise UnusableDirectory(f"目录不存在:{directory}", f"There is no such directory: {directory}")
    found = sorted(
        (path for path in directory.rglob("*") if path.suffix.lower() in _READERS and _is_visible(path, directory)),
        key=lambda path: (path.name, path.relative_to(directory).as_posix()),
    )
    beside = directory / register.NAME
    if not found and not beside.is_file():
        raise UnusableDirectory(
            f"{directory} 中没有月报(.csv 或 .xlsx),也没有 {register.NAME}。请指定存放月报的目录。",
            f"{directory} holds no monthly report (.csv or .xlsx) and no {register.NAME}. Name their folder.",
        )
    return Files(beside if beside.is_file() else None, tuple(_report(path, directory) for path in found))


def _report(path: Path, directory: Path) -> ReportFile:
    match = _NAME.match(path.stem)
    return ReportFile(path, path.relative_to(directory).as_posix(), path.stat().st_size, match[1] if match else "")


def _is_visible(path: Path, directory: Path) -> bool:
    return not any(part.startswith((".", "~$")) for part in path.relative_to(directory).parts)
