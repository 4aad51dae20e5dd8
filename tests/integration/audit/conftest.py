from pathlib import Path

from ledger.evidence.report import Report
from ledger.evidence.verify import Question, verify_bundle
from tests.support.logs import OLD, SUBJECT, Log, log, notarised_template
from tests.support.statements import BODY, SIGNER
from tests.unit.evidence.making import NOW

__all__ = ["OLD", "PARTIES", "SUBJECT", "Log", "check", "found", "log", "notarised_template"]


def check(path: Path, **more: object) -> Report:
    return verify_bundle(path, Question(NOW, **more))


def found(report: Report) -> dict[str, list[int | None]]:
    answer: dict[str, list[int | None]] = {}
    for each in report.findings:
        answer.setdefault(each.code, []).append(each.first)
    return answer


PARTIES = (f"body:{BODY}", f"person:CCAA:{SIGNER}")
