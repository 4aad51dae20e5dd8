"""The sample set in the repository shows what its README says."""

from pathlib import Path

from api.importer.findings import Finding
from api.importer.run import import_directory
from infra.open_ledger import open_memory_ledger

DEMO = Path(__file__).parents[3] / "infra" / "demo"


def test_the_sample_set_shows_faults_held_facts_spellings_and_formats() -> None:
    findings: list[Finding] = []
    report = import_directory(open_memory_ledger(), DEMO / "reports", submitter="demo", on_finding=findings.append)
    readme = (DEMO / "README.md").read_text("utf-8")
    faults = [f for f in findings if f.kind == "fault"]
    assert len(faults) == 7
    assert all(f"| `{f.file}` | {f.line} | {f.column} |" in readme for f in faults)
    assert report.findings.get("refused", 0) == 0
    assert report.still_held > 0
    assert len([f for f in findings if f.kind == "note"]) == 3
    assert list(DEMO.rglob("*.xlsx"))
