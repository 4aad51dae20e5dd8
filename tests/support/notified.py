"""A county's patrol, a body's suspension, a warning, a risk and a request: everything from which notices follow."""

from typing import Any

from ledger.envelope import Submission
from tests.support.access import CITY, COUNTY, OWN, case_opened, public_facts
from tests.support.statements import (
    ANSWERABLE,
    BODY,
    CCC_NUMBER,
    HOLDER,
    OTHER_BODY,
    certificate,
    decided,
    issued_ccc,
    statement,
)

ABOVE = f"SAMR-{CITY}"
RISK, WARNING, REPORT, REQUEST = "risk:r-1", f"warning:{ABOVE}:1", "notice:report-1", "notice:request-1"
INSPECTED = "inspection:i-notices"
DEADLINE_DAY = "2031-03-20"


def founded() -> list[Submission]:
    """What must be known first."""
    return [*public_facts(), issued_ccc()]


def finding(name: str, **more: Any) -> Submission:
    said = {
        "effective": "2031-03-03",
        "finding": name,
        "grade": "major",
        "text": "与证书不一致",
        "responsible": ANSWERABLE,
        **more,
    }
    return statement("inspection.finding_recorded", INSPECTED, said, source=OWN, identity=f"finding {name}")


def told() -> list[Submission]:
    """What is said: each statement stands after those before it."""
    place = {"region": COUNTY}
    performed = {
        "effective": "2031-03-02",
        "mode": "routine_patrol",
        "organisation": HOLDER["code"],
        "certificates": [certificate(CCC_NUMBER)],
        "result": "nonconforming",
        **place,
    }
    report = {
        "effective": "2031-03-04",
        "kind": "problem_raised",
        "sender": OWN,
        "recipient": ABOVE,
        "basis": "S2-89",
        "statement": "人手不足",
        "about": [],
        "answer": True,
        "due": DEADLINE_DAY,
    }
    warning = {
        "effective": "2031-03-05",
        "level": "orange",
        "title": "电热水壶烫伤风险",
        "text": "请各地排查",
        "scope": {"regions": [CITY]},
        "raised_by": [{"source": OWN, "id": "finding F1"}],
        "risks": [RISK],
        "until": "2031-06-05",
    }
    risk = {"effective": "2031-03-03", "kind": "signal", "text": "同类问题多次出现", "about": [INSPECTED], **place}
    request = {"effective": "2031-03-06", "recipient": ABOVE, "organisation": HOLDER["code"], "purpose": "跟踪调查"}
    stream = f"adoption:{BODY}:{CCC_NUMBER}:a-1"
    adopted = {
        "effective": "2031-02-01",
        "certificate": certificate(CCC_NUMBER),
        "field": "insurance",
        "purpose": "产品责任险承保",
    }
    return [
        statement("adoption.recorded", stream, adopted, source=f"organisation:{HOLDER['code']}"),
        statement("inspection.performed", INSPECTED, performed, source=OWN),
        finding("F1"),
        finding("F2", due=DEADLINE_DAY),
        decided("suspended", "2031-03-04", CCC_NUMBER, reason_code="0201", until="2031-05-01"),
        statement("notice.created", REPORT, report, source=OWN),
        statement("risk.detected", RISK, risk, source=OWN),
        statement(
            "risk.assessed", RISK, {"effective": "2031-03-05", "level": "orange", "text": "可能致伤"}, source=OWN
        ),
        statement("warning.issued", WARNING, warning, source=ABOVE),
        statement("notice.requested", REQUEST, request, source=OTHER_BODY),
        case_opened(f"case:{OWN}:2031-9"),
        statement("case.closed", f"case:{OWN}:2031-9", {"effective": "2031-03-10", "outcome": "executed"}, source=OWN),
    ]
