"""The scripted year of cases is taken line by line and shows what its lists are there for."""

from pathlib import Path

from infra.open_ledger import open_memory_ledger
from ledger.cases.duties import report_duty
from ledger.envelope import Submission, parse_submission
from tests.support.statements import accept

YEAR = Path(__file__).parents[2] / "infra" / "demo" / "year" / "03-case.jsonl"
NUMBER = "case:SAMR-440604:示例〔2025〕{}号"


def test_every_line_of_the_year_is_accepted_and_holds() -> None:
    ledger = open_memory_ledger()
    for line in YEAR.read_bytes().splitlines():
        submission = parse_submission(line)
        assert isinstance(submission, Submission), submission
        assert accept(ledger, submission)[0].decision == "applied", submission.id
    phases = [ledger.timeline(NUMBER.format(number)).tip.phase for number in (1, 2, 3)]
    assert phases == ["closed", "closed", "open"]
    standings = [report_duty(ledger.timeline(NUMBER.format(n)).tip, "2025-12-31") for n in (1, 2)]
    assert [each.standing for each in standings if each] == ["acknowledged", "overdue"]
    major = ledger.timeline(NUMBER.format(3)).tip
    assert (major.major_reported, major.transferred) == ("", "accepted")
    assert ledger.timeline("report:SAMR-440600:2025-inspection").tip.missing("2025-12-31") == ("SAMR-440605",)
    assert ledger.timeline("rectification:y03-patrol-2:F1").tip.disposition == "decision"
    first = ledger.timeline(NUMBER.format(1))
    assert [f.data["amount"] for f in first.applied if f.type == "case.penalty_decided"] == ["50000.00"]
