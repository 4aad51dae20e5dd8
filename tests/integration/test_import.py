"""The monthly reports against a real PostgreSQL: what is true and sound is recorded once, faults have a place."""

import csv
import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook

from api.importer.command import import_command
from api.importer.findings import Finding
from api.importer.report import ImportReport
from api.importer.run import import_directory
from infra.open_ledger import open_ledger
from ledger.certificates.answer import answer, periods
from ledger.log import LogUnavailable
from ledger.outcomes import Outcome
from ledger.service import Incoming, Ledger
from tests.support.make_reports import make_reports
from tests.support.truth import Happened, legal, recorded_facts, status_on, truth_of

START, END = date(2021, 1, 1), date(2026, 6, 1)


def run(ledger: Ledger, folder: Path) -> tuple[ImportReport, list[Finding]]:
    findings: list[Finding] = []
    report = import_directory(ledger, folder, submitter="import", on_finding=findings.append)
    return report, findings


def ledger_status(ledger: Ledger, stream: str, day: str) -> str | None:
    begun = [period for period in periods(ledger.timeline(stream)) if period.begins <= day]
    return answer(begun[-1].state, day).status.value if begun else None


def random_pairs(streams: list[str], seed: int, count: int) -> list[tuple[str, str]]:
    rng = random.Random(seed)
    days = (END - START).days
    return [(rng.choice(streams), (START + timedelta(days=rng.randrange(days))).isoformat()) for _ in range(count)]


def assert_answers_agree(ledger: Ledger, truth: dict[str, list[Happened]], streams: list[str], seed: int) -> None:
    for stream, day in random_pairs(streams, seed, 1000):
        assert ledger_status(ledger, stream, day) == status_on(truth[stream], day), (stream, day)


def applied_and_held(ledger: Ledger, streams: list[str]) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    applied, held = set(), set()
    for stream in streams:
        timeline = ledger.timeline(stream)
        applied |= {(stream, fact.version) for fact in timeline.applied}
        held |= {(stream, fact.version) for fact in timeline.held}
    return applied, held


@pytest.mark.requirement("S0-69")
@pytest.mark.parametrize(("seed", "organisations", "months"), [(7, 120, 24), (2311, 60, 12)])
def test_an_import_records_the_truth_once_and_reports_every_fault_at_its_place(
    database_url: str, tmp_path: Path, seed: int, organisations: int, months: int
) -> None:
    filed, corrected = tmp_path / "filed", tmp_path / "corrected"
    for folder, share in ((filed, 0.03), (corrected, 0.0)):
        make_reports(folder, organisations=organisations, months=months, seed=seed, faults=share)
    truth = truth_of(filed)
    happened = [each for life in truth.values() for each in life]
    ledger = open_ledger(database_url)
    try:
        report, findings = run(ledger, filed)

        planted = [json.loads(line) for line in (filed / "faults.jsonl").read_text("utf-8").splitlines()]
        kept_out = [f for f in findings if f.kind in {"fault", "refused"}]
        assert Counter((f.file, f.line, f.column) for f in kept_out) == Counter(
            (row["file"], row["line"], row["column"]) for row in planted
        )
        assert all(f.zh and f.en and f.name for f in kept_out)
        assert not report.is_clean

        facts = recorded_facts(ledger)
        assert Counter(key for key, _, _ in facts) == Counter(each.key for each in happened if each.is_sound)
        of_version = {(key[0], version): key for key, _, version in facts}
        applied, held = applied_and_held(ledger, sorted(truth))
        standing, waiting = set(), set()
        for life in truth.values():
            fits, waits = legal(life)
            standing |= {each.key for each in fits}
            waiting |= {each.key for each in waits}
        assert {of_version[at] for at in applied} == standing
        assert {of_version[at] for at in held} == waiting
        assert report.still_held == len(waiting) > 0
        assert_answers_agree(ledger, truth, [s for s, life in truth.items() if all(e.is_sound for e in life)], seed)

        again, repeated = run(ledger, filed)
        assert again.total.recorded == 0
        assert again.total.duplicates == report.total.recorded
        assert [f for f in repeated if f.kind == "fault"] == [f for f in findings if f.kind == "fault"]

        mended, _ = run(ledger, corrected)
        assert mended.is_clean
        assert mended.total.recorded == len(planted)
        assert mended.released >= report.still_held
        assert Counter(key for key, _, _ in recorded_facts(ledger)) == Counter(each.key for each in happened)
        assert applied_and_held(ledger, sorted(truth))[1] == set()
        assert_answers_agree(ledger, truth, sorted(truth), seed + 1)
    finally:
        ledger.close()


def test_other_encodings_and_workbooks_make_the_same_events(database_url: str, tmp_path: Path) -> None:
    as_filed, otherwise = tmp_path / "csv", tmp_path / "other"
    for folder in (as_filed, otherwise):
        make_reports(folder, organisations=30, months=3, seed=11, faults=0.0)
    for at, path in enumerate(sorted(otherwise.rglob("*.csv"))):
        text = path.read_text("utf-8")
        if at % 3 == 0:
            path.write_bytes(text.encode("gb18030"))
        elif at % 3 == 1:
            path.write_bytes(text.encode("utf-8-sig"))
        else:
            book = Workbook()
            for row in csv.reader(text.splitlines()):
                book.active.append(row)  # type: ignore[union-attr] - a new workbook has a sheet
            book.save(path.with_suffix(".xlsx"))
            path.unlink()
    ledger = open_ledger(database_url)
    try:
        first, findings = run(ledger, as_filed)
        second, more = run(ledger, otherwise)
    finally:
        ledger.close()
    assert not [f for f in (*findings, *more) if f.kind != "held"]
    assert second.total.recorded == 0
    assert second.total.duplicates == first.total.recorded == first.total.rows


def test_rows_of_a_body_that_is_not_approved_are_refused_one_by_one(database_url: str, tmp_path: Path) -> None:
    make_reports(tmp_path / "r", organisations=30, months=3, seed=3, faults=0.0)
    register = tmp_path / "r" / "bodies.json"
    bodies = json.loads(register.read_text("utf-8"))
    unknown = bodies.pop(0)["approval_number"]
    register.write_text(json.dumps(bodies), "utf-8")
    ledger = open_ledger(database_url)
    try:
        report, findings = run(ledger, tmp_path / "r")
    finally:
        ledger.close()
    refused = [f for f in findings if f.kind == "refused"]
    rows = sum(counts.rows for (body, _), counts in report.counts.items() if body == unknown)
    assert len(refused) == rows > 0
    assert {f.name for f in refused} == {"认证机构批准号"}
    assert all(f.column == 1 and f.line and f"{unknown}-" in f.file for f in refused)


def test_a_row_in_the_file_of_another_body_is_a_fault(database_url: str, tmp_path: Path) -> None:
    make_reports(tmp_path / "r", organisations=10, months=1, seed=3, bodies=2, faults=0.0)
    folder = tmp_path / "r" / "2024-01"
    (folder / "CNCA-R-2031-101-ms.csv").rename(folder / "CNCA-R-2031-199-ms.csv")
    ledger = open_ledger(database_url)
    try:
        _, findings = run(ledger, tmp_path / "r")
    finally:
        ledger.close()
    faults = [f for f in findings if f.kind == "fault"]
    assert faults
    assert {(f.code, f.column) for f in faults} == {("approval_number_of_another_body", 1)}


class Restarting:
    """A ledger whose database goes away now and then, once after it had recorded the batch."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._calls = 0

    def submit_all(self, batches: Iterable[Sequence[Incoming]]) -> Iterator[list[Outcome]]:
        for incoming in batches:
            self._calls += 1
            if self._calls == 2:
                self._ledger.submit(incoming)
            if self._calls in {2, 4}:
                raise LogUnavailable("the database is starting up")
            yield self._ledger.submit(incoming)


def test_no_row_is_lost_or_doubled_when_the_database_restarts(database_url: str, tmp_path: Path) -> None:
    make_reports(tmp_path / "r", organisations=30, months=3, seed=5, faults=0.0)
    ledger = open_ledger(database_url)
    try:
        report = import_directory(Restarting(ledger), tmp_path / "r", submitter="import", batch_size=50)
        happened = [each for life in truth_of(tmp_path / "r").values() for each in life]
        assert Counter(key for key, _, _ in recorded_facts(ledger)) == Counter(each.key for each in happened)
        assert report.total.rows == report.total.recorded + report.total.duplicates
        with pytest.raises(LogUnavailable):
            import_directory(Gone(), tmp_path / "r", submitter="import", patience_seconds=0.2)
    finally:
        ledger.close()


class Gone:
    """A ledger whose database never comes back."""

    def submit_all(self, batches: Iterable[Sequence[Incoming]]) -> Iterator[list[Outcome]]:
        raise LogUnavailable("connection refused")


def test_the_command_tells_people_and_programs_what_it_did(
    database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    folder = tmp_path / "r"
    make_reports(folder, organisations=30, months=3, seed=9, faults=0.05)
    planted = len((folder / "faults.jsonl").read_text("utf-8").splitlines())
    ledger = open_ledger(database_url)
    try:
        assert import_command(folder, lambda: ledger) == 1
        shown = capsys.readouterr().out
        assert "有误的行 Faulty rows" in shown
        assert "CNCA-R-2031-101" in shown
        assert import_command(folder, lambda: ledger, as_json=True, report=tmp_path / "all.ndjson") == 1
        document = json.loads(capsys.readouterr().out)
        assert document["findings"]["fault"] == document["total"]["faulty"] == planted
        assert {"file", "line", "column", "name", "code", "zh", "en"} <= document["faults"][0].keys()
        lines = (tmp_path / "all.ndjson").read_text("utf-8").splitlines()
        assert sum(json.loads(line)["kind"] == "fault" for line in lines) == planted
        assert import_command(tmp_path / "nowhere", lambda: ledger) == 2
        assert "目录不存在" in capsys.readouterr().err
    finally:
        ledger.close()
