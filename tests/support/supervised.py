"""A supervised street: producers, certificates of two bodies from one factory, samples, findings, a case."""

from typing import Any

from ledger.envelope import Submission
from ledger.families import organisation_stream
from tests.support.access import LAB, OWN
from tests.support.statements import (
    ANSWERABLE,
    BODY,
    CCC_DETAILS,
    HOLDER,
    LAW,
    OTHER_BODY,
    SIGNERS,
    approved,
    certificate,
    issued,
    statement,
)

COUNTY, CITY = "440604", "440600"
FACTORY = {"code": "91440600M00010209B", "name_zh": "南海示例制造厂", "region": COUNTY, "factory_code": "V000001"}
FACTORY_STREAM, HOLDER_STREAM = (organisation_stream(each["code"]) for each in (FACTORY, HOLDER))
FIRST, SECOND, OTHERS = "2031900901000001", "2031900901000002", "10231Q00009R0M"
OTHER_SIGNER = [{"register": "CCAA", "number": "S102001", "role": "decision"}]
REPORT = {"uri": "urn:example:report-1", "media_type": "application/pdf", "size": 10, "sha256": "a" * 64}
INSPECTION = "inspection:i-1"
DETAILS = {
    **CCC_DETAILS,
    "holder": {**HOLDER, "region": COUNTY},
    "producer": {key: value for key, value in FACTORY.items() if key != "factory_code"},
    "factory": FACTORY,
    "product": {"name": "微型计算机", "models": "PC-1、PC-2"},
}


def bodies() -> list[Submission]:
    return [*approved(), *approved(OTHER_BODY, "S102001")]


def certificates() -> list[Submission]:
    """Two compulsory ones of one factory, the second of another model too, and a system's of another body."""
    second = {**DETAILS, "product": {"name": "微型计算机", "models": "PC-2,PC-3"}}
    system = {**issued().data["details"], "holder": DETAILS["producer"], "factory": FACTORY}
    return [
        issued(FIRST, details=DETAILS, expires="2036-01-04", evidence=[REPORT]),
        issued(SECOND, details=second, expires="2036-01-04"),
        statement(
            "certificate.issued",
            certificate(OTHERS, OTHER_BODY),
            {**issued().data, "details": system, "signers": OTHER_SIGNER},
            source=OTHER_BODY,
        ),
    ]


def performed(stream: str = INSPECTION, day: str = "2031-03-01", **data: Any) -> Submission:
    said = {
        "effective": day,
        "mode": "routine_patrol",
        "organisation": FACTORY["code"],
        "region": COUNTY,
        "result": "nonconforming",
        **data,
    }
    return statement("inspection.performed", stream, said, source=OWN)


def found(stream: str = INSPECTION, name: str = "F1", day: str = "2031-03-01", **data: Any) -> Submission:
    said = {
        "effective": day,
        "finding": name,
        "grade": "major",
        "text": "关键件与型式试验样品不一致",
        "responsible": ANSWERABLE,
        **data,
    }
    return statement("inspection.finding_recorded", stream, said, source=OWN, identity=f"{stream} {name}")


def closed(stream: str = INSPECTION, name: str = "F1", day: str = "2031-03-20") -> Submission:
    said = {"effective": day, "finding": name}
    return statement("inspection.finding_closed", stream, said, source=OWN, identity=f"{stream} {name} closed")


def sampled(stream: str = INSPECTION, name: str = "S1", day: str = "2031-03-05", **data: Any) -> Submission:
    said = {"effective": day, "sample": name, "standard": "GB 4943.1-2022", "passed": False, **data}
    return statement("inspection.sample_result_recorded", stream, said, source=LAB, identity=f"{stream} {name}")


def case(stream: str = f"case:{OWN}:2031-1", day: str = "2031-03-06", **data: Any) -> Submission:
    said = {
        "effective": day,
        "target": FACTORY_STREAM,
        "region": COUNTY,
        "lead": "spot_check",
        "violation": "生产与证书不一致的产品",
        "inspections": [INSPECTION],
        **data,
    }
    return statement("case.opened", stream, said, source=OWN, identity=stream)


def penalised(stream: str = f"case:{OWN}:2031-1", day: str = "2031-03-25") -> Submission:
    said = {
        "effective": day,
        "document_number": "市监处〔2031〕1号",
        "penalties": ["warning"],
        "description": "责令改正",
        "legal_basis": LAW,
    }
    return statement("case.penalty_decided", stream, said, source=OWN, identity=f"{stream} penalty")


def archived(event: str, day: str, organisation: str = FACTORY_STREAM, by: str = OWN, **data: Any) -> Submission:
    if event == "opened":
        data = {"region": COUNTY, **data}
    said = {"effective": day, **data}
    return statement(f"archive.{event}", f"archive:{by}:{organisation}", said, source=by)


def classified(event: str, day: str, about: str = FACTORY_STREAM, by: str = OWN, **data: Any) -> Submission:
    said = {"effective": day, **data}
    stream = f"classification:{by}:{about}"
    return statement(
        f"classification.{event}",
        stream,
        said,
        source=by,
        identity=f"{event} {stream} {day} {sorted(data.items())}"[:190],
    )


def listed(event: str, day: str, kind: str, entry: str, by: str = OWN, **data: Any) -> Submission:
    extra = {"interval_months": 3} if event == "entry_added" else {}
    said = {"effective": day, "kind": kind, "entry": entry, "basis": "省局目录", **extra, **data}
    stream = f"keylist:{by}:key"
    return statement(f"keylist.{event}", stream, said, source=by, identity=f"{event} {entry} {day} {by}")


__all__ = ["BODY", "LAB", "OTHER_BODY", "OWN", "SIGNERS"]
