"""Statements of an invented body about invented certificates, for tests of every layer."""

from typing import Any

from ledger.days import start_of_day
from ledger.envelope import Submission, canonical_submission, make_event
from ledger.outcomes import Outcome, Receipt
from ledger.refusals import Refusal
from ledger.service import Incoming, Ledger

BODY = "CNCA-R-2031-101"
OTHER_BODY = "CNCA-R-2031-102"
SIGNER = "S101001"
SIGNERS = [{"register": "CCAA", "number": SIGNER, "role": "decision"}]
HOLDER = {"code": "91350100M000100Y43", "name_zh": "恒远电器有限公司", "region": "350102"}
DETAILS = {
    "scheme_class": "management_system",
    "project_code": "A010102",
    "standards": ["GB/T 19001-2016/ISO 9001:2015"],
    "scope_zh": "电器的设计、生产和销售",
    "holder": HOLDER,
}


def certificate(number: str = "10131Q00001R0M", body: str = BODY) -> str:
    return f"certificate:{body}:{number}"


def statement(
    type_: str, subject: str, data: dict[str, Any], *, source: str = BODY, identity: str | None = None
) -> Submission:
    day = data.get("effective", "2031-01-01")
    event = make_event(
        type_=type_,
        source=source,
        identity=identity or f"{type_}:{subject}:{day}:{sorted(data)}",
        subject=subject,
        time=start_of_day(day),
        data=data,
    )
    submission = canonical_submission(event)
    assert isinstance(submission, Submission), submission
    return submission


def approved(body: str = BODY, signer: str = SIGNER) -> list[Submission]:
    """The register facts without which the body's statements would be refused."""
    return [
        statement(
            "body.approved",
            f"body:{body}",
            {
                "effective": "2015-01-01",
                "name_zh": "第一示例认证有限公司",
                "ccc_code": "90",
                "schemes": ["A010102", "A020102"],
            },
            source="CNCA",
        ),
        statement(
            "body.designated",
            f"body:{body}",
            {"effective": "2015-01-01", "product_classes": ["0901"]},
            source="CNCA",
        ),
        statement(
            "person.registered", f"person:CCAA:{signer}", {"effective": "2015-01-01", "body": body}, source="CCAA"
        ),
    ]


def issued(number: str = "10131Q00001R0M", day: str = "2031-01-05", **changes: Any) -> Submission:
    data = {
        "effective": day,
        "first_issued": day,
        "expires": f"{int(day[:4]) + 3}-01-04",
        "details": DETAILS,
        "signers": SIGNERS,
        **changes,
    }
    return statement("certificate.issued", certificate(number), data)


def suspended(number: str = "10131Q00001R0M", day: str = "2031-03-01", until: str = "2031-06-01") -> Submission:
    data = {"effective": day, "until": until, "reason_code": "0111", "signers": SIGNERS}
    return statement("certificate.suspended", certificate(number), data)


def decided(kind: str, day: str, number: str = "10131Q00001R0M", **data: Any) -> Submission:
    body = {"effective": day, "signers": SIGNERS, **data}
    return statement(f"certificate.{kind}", certificate(number), body)


def say(ledger: Ledger, *submissions: Submission) -> list[Outcome]:
    return ledger.submit([Incoming(submission, "test") for submission in submissions])


def accept(ledger: Ledger, *submissions: Submission) -> list[Receipt]:
    outcomes = say(ledger, *submissions)
    assert all(isinstance(outcome, Receipt) for outcome in outcomes), outcomes
    return [outcome for outcome in outcomes if isinstance(outcome, Receipt)]


def refusal(ledger: Ledger, submission: Submission) -> Refusal:
    outcome = say(ledger, submission)[0]
    assert isinstance(outcome, Refusal), outcome
    return outcome
