"""One row as its builder reads it: by column name, each cell normalised and noted, each fault collected at its place.

Only the columns asked for are ever read, so that personal data of the other columns stay in the file.
"""

from typing import Any

from api.importer.columns import Layout
from api.importer.findings import Finding, fault, note
from api.importer.normalise import code_of, day_of, padded, signers_of, standards_of, text_of
from ledger.codes.identifiers import is_credit_code, is_organisation_code
from ledger.codes.reasons import Table, reason
from ledger.codes.regions import region_problem
from ledger.codes.statuses import Status
from ledger.days import FOREVER, Day

STATUS_CODES = frozenset(status.code for status in Status) - {Status.NOT_ISSUED.code}
_TABLES = {"suspension": "暂停", "withdrawal": "撤销", "cancellation": "注销"}
HOME = "156"


class Row:
    """The cells of one row with their layout; ``findings`` are its faults and notes, in order of reading."""

    __slots__ = ("_cells", "_index", "file", "findings", "is_faulty", "layout", "line")

    def __init__(self, layout: Layout, file: str, line: int, cells: list[str]) -> None:
        self.layout = layout
        self.file = file
        self.line = line
        self._index = layout.index
        self._cells = cells
        self.findings: list[Finding] = []
        self.is_faulty = False

    def code(self, column: str) -> str:
        """Return a code in its one spelling, ``""`` where the cell is empty."""
        cell = self._cells[self._index[column]]
        if not cell:
            return ""
        code = code_of(cell)
        if code != cell:
            self._note(column, cell, code)
        return code

    def paired(self, column: str) -> str:
        """Return a numeric code of pairs of digits, its dropped leading zero restored."""
        cell = self._cells[self._index[column]]
        if not cell:
            return ""
        code = padded(code_of(cell))
        if code != cell:
            self._note(column, cell, code)
        return code

    def text(self, column: str) -> str:
        """Return a text in NFC on one line."""
        cell = self._cells[self._index[column]]
        text = text_of(cell)
        if text != cell:
            self._note(column, cell, text)
        return text

    def private(self, column: str) -> str:
        """Return a text that no finding quotes, not even to say that its spelling was normalised."""
        return text_of(self._cells[self._index[column]])

    def day(self, column: str) -> Day:
        """Return an ISO 8601 day, ``""`` where the cell is empty or, with a fault, no day."""
        cell = self._cells[self._index[column]]
        if not cell:
            return ""
        day = day_of(cell)
        if day is None:
            if not code_of(cell):
                return ""
            self.fault(column, "day_wrong", cell)
            return ""
        if day != cell:
            self._note(column, cell, day)
        return day

    def needed_day(self, column: str) -> Day:
        """Return an ISO 8601 day; an empty cell is a fault."""
        day = self.day(column)
        if not day and not self._cells[self._index[column]].strip():
            self.fault(column, "cell_missing")
        return day

    def count(self, column: str) -> int | None:
        """Return a whole number, ``None`` where the cell is empty or, with a fault, no number."""
        code = self.code(column)
        if not code:
            return None
        if not code.isdigit():
            self.fault(column, "number_wrong", code)
            return None
        return int(code)

    def is_filled(self, column: str) -> bool:
        """Tell whether the cell holds anything but space."""
        cell = self._cells[self._index[column]]
        return bool(cell) and not cell.isspace()

    def status(self, column: str) -> str:
        """Return the month-end status code, which is checked although nothing follows from it."""
        code = self.paired(column)
        if code not in STATUS_CODES:
            self.fault(column, "unknown_status", code)
        return code

    def organisation_code(self, column: str, *, is_abroad: bool) -> str:
        """Return a sound credit code or organisation code; only an organisation abroad may have none."""
        code = self.code(column)
        if len(code) == 10 and code[8] == "-":
            self._note(column, code, code := code[:8] + code[9])
        if not code:
            if not is_abroad:
                self.fault(column, "cell_missing")
        elif not (is_credit_code(code) or is_organisation_code(code)):
            self.fault(column, "organisation_code_wrong", code)
        return code

    def region(self, column: str, day: Day) -> str:
        """Return a region code (GB/T 2260) in force on a day, or once in force: old certificates keep old codes."""
        code = self.code(column)
        if code and region_problem(code, day or FOREVER) in {"unknown", "not_yet"}:
            self.fault(column, "unknown_region", code, day=day or "-")
        return code

    def reason(self, column: str, scheme_class: str, table: Table, day: Day) -> str:
        """Return a reason code that its table holds on a day."""
        code = self.paired(column)
        if not code:
            self.fault(column, "cell_missing")
        elif day and reason(scheme_class, table, code, day) is None:
            self.fault(column, "unknown_reason", code, day=day, table=_TABLES[table])
        return code

    def signers(self, column: str) -> list[dict[str, str]]:
        """Return the signatories by register number; anything else in the cell is a fault and is never quoted."""
        cell = self._cells[self._index[column]]
        numbers = signers_of(cell)
        if numbers is None:
            self.fault(column, "signer_not_a_register_number")
            return []
        if cell and not all(number in cell for number in numbers):
            self._note(column, cell, ";".join(numbers))
        return [{"number": number, "register": "CCAA", "role": "decision"} for number in numbers]

    def standards(self, column: str) -> list[str]:
        """Return the standards, one each: a cell may hold several, by line or by punctuation."""
        cell = self._cells[self._index[column]]
        standards = list(standards_of(cell))
        if not all(standard in cell for standard in standards):
            self._note(column, cell, ";".join(standards))
        return standards

    def organisation(
        self,
        *,
        name: str,
        code: str,
        country: str,
        region: str,
        address: str,
        day: Day,
        english: str = "",
        factory: str = "",
    ) -> dict[str, Any]:
        """Return an organisation as a certificate names it, from these columns."""
        abroad = self.code(country)
        is_abroad = bool(abroad) and abroad != HOME
        return given(
            name_zh=self.text(name),
            name_en=self.text(english) if english else "",
            code=self.organisation_code(code, is_abroad=is_abroad),
            country=abroad,
            region="" if is_abroad else self.region(region, day),
            address=self.text(address),
            factory_code=self.code(factory) if factory else "",
        )

    def fault(self, column: str, code: str, value: str = "", **params: str) -> None:
        """Collect a fault at a column."""
        self.is_faulty = True
        number = self.layout.number(column)
        self._collect(fault(self.file, self.line, number, column, code, value=value, **params))

    def _note(self, column: str, value: str, becomes: str) -> None:
        self._collect(note(self.file, self.line, self.layout.number(column), column, value, becomes))

    def _collect(self, finding: Finding) -> None:
        # A cell that is read twice is reported once.
        if finding not in self.findings:
            self.findings.append(finding)


def given(**members: Any) -> dict[str, Any]:
    """Return the members that are given: neither empty nor ``None``."""
    return {name: value for name, value in members.items() if value or value == 0}
