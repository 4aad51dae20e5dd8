"""Statements of invented authorities about invented cases and rectifications, for tests of every layer."""

from itertools import count
from typing import Any

from ledger.envelope import Submission
from tests.support.statements import ANSWERABLE, BODY, HOLDER, LAW, certificate, statement

COUNTY, SIBLING, CITY, PROVINCE, ELSEWHERE = (f"SAMR-{r}" for r in ("440604", "440605", "440600", "440000", "330106"))
ENFORCEMENT = {"role": "enforcement", "unit": "team-1"}
LEGAL = {"role": "legal", "unit": "legal-1"}
SUPERVISION = {"role": "supervision", "unit": "section-1"}
PAPER = {
    "authority": "示例县市场监督管理局",
    "template": "penalty_decision",
    "version": "1",
    "officers": ["Z-1", "Z-2"],
}
DOCUMENT = {"uri": "urn:example:decision-1", "media_type": "application/pdf", "size": 4, "sha256": "a" * 64}
_numbers = count()


def said(type_: str, subject: str, day: str, source: str = COUNTY, /, **data: Any) -> Submission:
    """A statement with an identity of its own."""
    return statement(type_, subject, {"effective": day, **data}, source=source, identity=f"said-{next(_numbers)}")


def case(kind: str, day: str, /, number: str = "1", source: str = COUNTY, owner: str = "", **data: Any) -> Submission:
    defaults: dict[str, Any] = {
        "opened": {
            "target": f"organisation:{HOLDER['code']}",
            "region": "440604",
            "lead": "patrol",
            "violation": "未经认证擅自出厂",
            "violations": ["uncertified"],
            "procedure": "ordinary",
            "act_date": "2031-01-20",
        },
        "lead_registered": {"region": "440604", "lead": "complaint", "violation": "举报未经认证"},
        "investigated": {"facts": "事实清楚", "unit": ENFORCEMENT},
        "penalty_proposed": {"proposal": "P1", "penalties": ["fine"], "legal_basis": LAW, "unit": ENFORCEMENT},
        "legally_reviewed": {"proposal": "P1", "outcome": "approved", "unit": LEGAL},
        "penalty_decided": {
            "document_number": "处1号",
            "penalties": ["fine"],
            "amount": "50000.00",
            "description": "罚款",
            "legal_basis": LAW,
            "proposal": "P1",
            "paper": PAPER,
            "document": DOCUMENT,
        },
        "penalty_executed": {"document_number": "处1号"},
        "closed": {"outcome": "executed"},
        "flagged_major": {"reason": "金额特别巨大"},
        "major_reported": {"to": CITY, "text": "已立案"},
        "supervision_ordered": {"document_number": "督1号", "due": "2031-06-01", "demands": "限期办结"},
        "supervision_lifted": {"document_number": "督1号"},
        "transferred": {"to": "公安机关", "document_number": "移1号"},
        "transfer_returned": {"reason": "不构成犯罪"},
        "published": {
            "document_number": "处1号",
            "party": HOLDER["name_zh"],
            "violation": "未经认证擅自出厂",
            "penalties": ["fine"],
            "amount": "50000.00",
            "legal_basis": LAW,
            "decided": "2031-03-01",
        },
        "report_submitted": report_of(),
        "report_acknowledged": {"number": "R-1"},
        "evidence_requested": {"request": "Q1", "of": BODY, "what": "工厂检查报告", "due": "2031-03-01"},
    }
    subject = f"case:{owner or COUNTY}:{number}"
    return said(f"case.{kind}", subject, day, source, **{**defaults.get(kind, {}), **data})


def report_of(**changes: Any) -> dict[str, Any]:
    """The six fields and the document; ``None`` takes a member out."""
    fields: dict[str, Any] = {
        "case_source": "patrol",
        "case_information": {
            "case_number": f"case:{COUNTY}:1",
            "title": "未经认证擅自出厂案",
            "parties": [HOLDER["name_zh"]],
            "opened": "2031-02-01",
            "closed": "2031-04-01",
        },
        "penalty_basis": LAW,
        "penalty_type": ["fine"],
        "penalty_amount": "50000.00",
        "case_description": "该企业未经认证擅自出厂",
        "document": DOCUMENT,
    }
    return {name: value for name, value in {**fields, **changes}.items() if value is not None}


def whole_course(number: str = "1", closed: str = "2031-04-01", **opened: Any) -> list[Submission]:
    """A case from its opening to its closure."""
    return [
        case("opened", "2031-02-01", number, **opened),
        case("investigated", "2031-02-10", number),
        case("penalty_proposed", "2031-02-15", number),
        case("legally_reviewed", "2031-02-20", number),
        case("penalty_decided", "2031-03-01", number),
        case("penalty_executed", "2031-03-20", number),
        case("closed", closed, number),
    ]


def found(
    name: str = "F1", grade: str = "major", number: str = "i-1", source: str = COUNTY, day: str = "2031-02-01",
    certificates: list[str] | None = None, region: str = "440604",
) -> list[Submission]:  # fmt: skip
    """An inspection with one finding."""
    named = [certificate()] if certificates is None else certificates
    performed = {
        "mode": "routine_patrol", "organisation": HOLDER["code"], "region": region, "result": "nonconforming",
    }  # fmt: skip
    return [
        said("inspection.performed", f"inspection:{number}", day, source, certificates=named, **performed),
        said(
            "inspection.finding_recorded",
            f"inspection:{number}",
            day,
            source,
            finding=name,
            grade=grade,
            text="不符",
            responsible=ANSWERABLE,
        ),
    ]


def way(kind: str, day: str, /, stream: str = "i-1:F1", source: str = COUNTY, **data: Any) -> Submission:
    """A statement about the way of a finding."""
    defaults: dict[str, Any] = {
        "opened": {
            "organisation": HOLDER["code"],
            "region": "440604",
            "severity": "serious",
            "certificates": [certificate()],
        },
        "cause_analysed": {"cause": "ignorance_of_law", "analysis": "不了解规定"},
        "plan_submitted": {"measures": "更换并培训"},
        "service_provided": {"service": "现场指导"},
        "admonition_issued": {"document_number": "告1号", "reason": "标志使用不当", "legal_basis": LAW},
        "verified": {"outcome": "passed"},
    }
    return said(f"rectification.{kind}", f"rectification:{stream}", day, source, **{**defaults.get(kind, {}), **data})


def upward(kind: str, day: str, /, number: str = "1", source: str = COUNTY, owner: str = "", **data: Any) -> Submission:
    """A statement about a return or a report."""
    return said(f"report.{kind}", f"report:{owner or source}:{number}", day, source, **data)
