"""An import reads one batch ahead while the ledger records the last; no row is lost, and a second one changes nothing.

A row's identity follows from its content, so a batch whose fate is unknown is simply submitted again.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from api.importer.ahead import batches_ahead, rare_collections
from api.importer.batches import BATCH, Batch, Pending
from api.importer.files import files_of
from api.importer.findings import Finding
from api.importer.personal import PersonalFields
from api.importer.report import ImportReport
from api.importer.statement import problems_in
from ledger.envelope import Submission
from ledger.log import LogUnavailable
from ledger.outcomes import Outcome, Receipt
from ledger.privacy.disclosed import Disclosed, plain
from ledger.privacy.keeping import FieldsUnavailable, Keeping
from ledger.refusals import Refusal, message
from ledger.service import Incoming

Progress = Callable[[str, int, int], None]
Sink = Callable[[Finding], None]
Sign = Callable[[Sequence[Submission]], Sequence[Submission | Refusal]]
PATIENCE_SECONDS = 120.0
_LONGEST_PAUSE_SECONDS = 5.0


class Submits(Protocol):
    """The part of the ledger that an import needs."""

    def submit_all(self, batches: Iterable[Sequence[Incoming]]) -> Iterator[list[Outcome]]:
        """Yield one outcome for each submission of each batch, in order."""
        ...


def import_directory(  # noqa: PLR0913 - what an import is given
    ledger: Submits,
    directory: Path,
    *,
    submitter: str,
    progress: Progress | None = None,
    on_finding: Sink | None = None,
    batch_size: int = BATCH,
    patience_seconds: float = PATIENCE_SECONDS,
    sign: Sign | None = None,
    personal: PersonalFields | None = None,
) -> ImportReport:
    """Import the register and the reports of a directory into the ledger and return what was done.

    ``progress`` is told the file, the bytes done and the bytes in all; ``on_finding`` every finding as it is met;
    ``sign`` signs a batch of submissions as far as it has their sources' keys; ``personal`` takes the contact's
    columns, which otherwise stay in the files.
    Raises :class:`UnusableDirectory` where there is nothing to import, and ``LogUnavailable`` where the ledger stays
    away for ``patience_seconds``.
    """
    files = replace(files_of(directory), personal=personal is not None)
    report = ImportReport(files=len(files.reports) + (files.register is not None))
    tell = on_finding or (lambda _: None)
    began = time.monotonic()
    with rare_collections(), batches_ahead(files, batch_size) as batches:
        for batch, outcomes in _recorded(ledger, iter(batches), submitter, patience_seconds, sign, personal):
            _take_in(batch, report, tell)
            for pending, outcome in zip(batch.pending, outcomes, strict=True):
                _account(pending, outcome, report, tell)
            if progress is not None:
                progress(batch.file, batch.bytes_done, files.size)
    report.seconds = time.monotonic() - began
    return report


def _recorded(
    ledger: Submits,
    batches: Iterator[Batch],
    submitter: str,
    patience_seconds: float,
    sign: Sign | None,
    personal: PersonalFields | None,
) -> Iterator[tuple[Batch, list[Outcome]]]:
    """Yield each batch with its outcomes; while the ledger is away, what is unanswered waits and is submitted again."""
    unanswered: deque[Batch] = deque()
    keepings: deque[Keeping | None] = deque()

    def incoming(batch: Batch) -> list[Incoming]:
        given, keeping = _incoming(batch, submitter, sign, personal)
        keepings.append(keeping)
        return given

    def handed() -> Iterator[list[Incoming]]:
        keepings.clear()
        for batch in tuple(unanswered):
            yield incoming(batch)
        for batch in batches:
            unanswered.append(batch)
            yield incoming(batch)

    deadline, pause = time.monotonic() + patience_seconds, 0.1
    while True:
        try:
            for outcomes in ledger.submit_all(handed()):
                keeping = keepings.popleft()
                if keeping is not None:
                    keeping.after(outcomes)
                yield unanswered.popleft(), outcomes
                deadline, pause = time.monotonic() + patience_seconds, 0.1
        except (LogUnavailable, FieldsUnavailable) as error:
            if time.monotonic() + pause > deadline:
                raise LogUnavailable(str(error)) from error
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        else:
            return


def _incoming(
    batch: Batch, submitter: str, sign: Sign | None, personal: PersonalFields | None
) -> tuple[list[Incoming], Keeping | None]:
    """Return what the ledger takes in; personal fields are kept before, so that nothing recorded lacks them."""
    received = datetime.now(UTC)
    parsed: Sequence[Submission | Disclosed] = [pending.submission for pending in batch.pending]
    if personal is not None:
        parsed = personal.disclosed(batch.pending)
    said: list[Submission | Refusal] = list(map(plain, parsed))
    if sign:
        said = list(sign([each for each in said if isinstance(each, Submission)]))
    keeping = Keeping(personal.store, parsed, said) if personal is not None else None
    if keeping is not None:
        keeping.before()
    # What the reader made was looked through there; whatever was made of it since is another submission.
    made = {id(pending.submission) for pending in batch.pending}
    return [Incoming(each, submitter, None, received, False, id(each) in made) for each in said], keeping


def _take_in(batch: Batch, report: ImportReport, tell: Sink) -> None:
    for group, rows in batch.rows.items():
        counts = report.of(group)
        counts.rows += rows
        counts.faulty += batch.faulty.get(group, 0)
    for finding in batch.findings:
        report.add(finding)
        tell(finding)


def _account(pending: Pending, outcome: Outcome, report: ImportReport, tell: Sink) -> None:
    counts = report.of(pending.origin.group)
    if isinstance(outcome, Refusal):
        counts.refused += 1
        for problem in problems_in(outcome):
            column, name = pending.place(problem.pointer)
            finding = Finding(
                "refused", pending.origin.file, pending.line, column, name, problem.code, problem.zh, problem.en
            )
            report.add(finding)
            tell(finding)
        return
    if outcome.duplicate:
        counts.duplicates += 1
        return
    counts.recorded += 1
    if outcome.releases:
        report.release(outcome.stream, outcome.releases)
    if outcome.waits:
        counts.held += 1
        finding = _held(pending, outcome, outcome.waits)
        report.add(finding)
        report.hold(outcome.stream, outcome.version, finding)
        tell(finding)


def _held(pending: Pending, outcome: Receipt, waits: str) -> Finding:
    row = message(waits)
    column, name = pending.place("/data/effective")
    return Finding(
        "held",
        pending.origin.file,
        pending.line,
        column,
        name,
        waits,
        row.action["zh"],
        row.action["en"],
        stream=outcome.stream,
    )
