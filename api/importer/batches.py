"""Rows become batches of submissions; what cannot become one is a finding of the batch, and every row is counted.

Nothing here talks to the ledger, so that the next batch is made while the last one is being recorded.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from api.importer import management_system, product, register
from api.importer.columns import HeaderUnusable, Layout, layout_of
from api.importer.contacts import contact_of
from api.importer.files import Files, ReportFile
from api.importer.findings import Finding, fault
from api.importer.records import FileRefused, Record, Table
from api.importer.row import Row
from api.importer.statement import Statement, column_of, problems_in, submission_of
from ledger.envelope import Submission
from ledger.refusals import Problem
from ledger.values import quickly_made

BATCH = 500
REGISTER_KIND = "register"
_BUILDERS = {"management_system": management_system.statement_of, "product": product.statement_of}
Group = tuple[str, str]


@quickly_made
@dataclass(frozen=True, slots=True)
class Pending:
    """A submission on its way to the ledger, with the place that it came from.

    ``personal`` are path and value of the contact's cells, where they are taken.
    """

    submission: Submission
    line: int | None
    effective_column: str
    origin: "Origin"
    personal: tuple[tuple[str, str], ...] = ()

    def place(self, pointer: str) -> tuple[int | None, str]:
        """Return the column's number and name for a JSON Pointer into the event."""
        layout = self.origin.layout
        column = column_of(pointer, self.origin.columns, self.effective_column)
        return (layout.number(column) if layout else None), column or pointer


@dataclass(frozen=True, slots=True)
class Origin:
    """Where submissions come from: their file, its layout, and the columns of their parts."""

    file: str
    group: Group
    layout: Layout | None
    columns: Mapping[str, str]


@dataclass(slots=True)
class Batch:
    """Submissions and findings in the order of rows; ``rows`` and ``faulty`` count rows by body and kind."""

    pending: list[Pending] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    rows: dict[Group, int] = field(default_factory=dict)
    faulty: dict[Group, int] = field(default_factory=dict)
    file: str = ""
    bytes_done: int = 0

    def count(self, group: Group, *, is_faulty: bool) -> None:
        """Count one row, faulty or not."""
        self.rows[group] = self.rows.get(group, 0) + 1
        if is_faulty:
            self.faulty[group] = self.faulty.get(group, 0) + 1


class Batches:
    """Iterates over the batches of a directory: the register first, then the reports in order."""

    def __init__(self, files: Files, size: int = BATCH) -> None:
        self._files = files
        self._size = size
        self._batch = Batch()
        self._origins: list[Origin] = []

    def __iter__(self) -> Iterator[Batch]:
        if self._files.register is not None:
            yield from self._register()
        done = 0
        for report in self._files.reports:
            table = report.table()
            self._batch.file = report.name
            try:
                for _ in self._report(report, table):
                    if len(self._batch.pending) >= self._size or len(self._batch.findings) >= self._size:
                        yield self._full(done + table.bytes_done())
            except FileRefused as refused:
                self._refuse(report.name, refused.code, **refused.params)
            done += report.size
        yield self._full(done)

    def _full(self, bytes_done: int) -> Batch:
        batch, self._batch = self._batch, Batch(file=self._batch.file)
        batch.bytes_done = bytes_done
        return batch

    def _refuse(self, name: str, code: str, **params: str) -> None:
        self._batch.findings.append(fault(name, None, None, "", code, **params))

    def _register(self) -> Iterator[Batch]:
        self._batch.file = register.NAME
        try:
            for pointer, body in register.read_register(self._files.register or register.NAME):  # type: ignore[arg-type]
                group = (body.approval_number if isinstance(body, register.Body) else "", REGISTER_KIND)
                if isinstance(body, str):
                    self._wrong_entry(pointer, body, group)
                    continue
                for statement in register.statements_of(body):
                    submission = submission_of(statement)
                    if isinstance(submission, Submission):
                        self._batch.count(group, is_faulty=False)
                        origin = Origin(register.NAME, group, None, {})
                        self._batch.pending.append(Pending(submission, None, "", origin))
                    else:
                        wrong = problems_in(submission)[0]
                        self._wrong_entry(pointer, f"{wrong.pointer} {wrong.zh} / {wrong.en}", group)
                if len(self._batch.pending) >= self._size:
                    yield self._full(0)
        except FileRefused as refused:
            self._refuse(register.NAME, refused.code, **refused.params)
        yield self._full(0)

    def _wrong_entry(self, pointer: str, reason: str, group: Group) -> None:
        self._batch.count(group, is_faulty=True)
        self._batch.findings.append(fault(register.NAME, None, None, pointer, "register_entry_wrong", reason=reason))

    def _report(self, report: ReportFile, table: Table) -> Iterator[None]:
        """Take in the rows of a file one by one."""
        records = table.records()
        header = next(records, None)
        if header is None:
            raise FileRefused("file_empty")
        try:
            layout = layout_of(header.cells)
        except HeaderUnusable as unusable:
            named = "、".join(unusable.missing[:5]) + ("…" if len(unusable.missing) > 5 else "")
            raise FileRefused("header_unusable", missing=named) from unusable
        for record in records:
            self._record(report, layout, record)
            yield

    def _record(self, report: ReportFile, layout: Layout, record: Record) -> None:
        findings = self._batch.findings
        group = (report.body, layout.kind.name)
        cells = record.cells
        if record.problem:
            findings.append(fault(report.name, record.line, None, "", record.problem, **record.params))
        elif len(cells) != layout.width and any(cells[layout.width :] or [len(cells) < layout.width]):
            found, expected = str(len(cells)), str(layout.width)
            findings.append(
                fault(report.name, record.line, None, "", "cell_count_wrong", found=found, expected=expected)
            )
        else:
            del cells[layout.width :]
            cells.append("")
            row = Row(layout, report.name, record.line, cells)
            self._row(row, report, record)
            return
        self._batch.count(group, is_faulty=True)

    def _origin(self, file: str, group: Group, layout: Layout, columns: Mapping[str, str]) -> Origin:
        if self._origins and self._origins[0].layout is not layout:
            self._origins.clear()
        for origin in self._origins:
            if origin.columns is columns and origin.group == group:
                return origin
        self._origins.append(Origin(file, group, layout, columns))
        return self._origins[-1]

    def _row(self, row: Row, report: ReportFile, record: Record) -> None:
        layout = row.layout
        statement = _BUILDERS[layout.kind.name](row)
        group = (report.body or statement.source, layout.kind.name)
        for at in record.damaged:
            name = next((column for column, index in layout.index.items() if index == at), "")
            if name in statement.columns.values():
                row.fault(name, "digits_lost")
        if report.body and statement.source != report.body and not row.is_faulty:
            source = statement.source
            row.fault(statement.columns["/source"], "approval_number_of_another_body", source, body=report.body)
        personal = contact_of(row, statement.type) if self._files.personal else ()
        if not row.is_faulty:
            submission = submission_of(statement)
            if isinstance(submission, Submission):
                origin = self._origin(row.file, group, layout, statement.columns)
                self._batch.pending.append(Pending(submission, row.line, statement.effective_column, origin, personal))
            else:
                for problem in problems_in(submission):
                    _fault_of(row, statement, problem)
        self._batch.count(group, is_faulty=row.is_faulty)
        if row.findings:
            self._batch.findings.extend(row.findings)


def _fault_of(row: Row, statement: Statement, problem: Problem) -> None:
    column = statement.column_of(problem.pointer)
    row.is_faulty = True
    row.findings.append(
        Finding("fault", row.file, row.line, row.layout.number(column), column, problem.code, problem.zh, problem.en)
    )
