"""Statements of an invented body about invented certificates, for tests of every layer."""

from typing import Any

from infra.open_ledger import open_memory_ledger
from ledger.certificates import CertificateState
from ledger.certificates.answer import Answer, answer, periods
from ledger.codes.statuses import Status
from ledger.days import start_of_day
from ledger.envelope import Submission, canonical_submission, make_event
from ledger.outcomes import Outcome, Receipt
from ledger.refusals import Refusal
from ledger.service import Incoming, Ledger
from ledger.timeline import Timeline

BODY = "CNCA-R-2031-101"
OTHER_BODY = "CNCA-R-2031-102"
SIGNER = "S101001"
SIGNERS = [{"register": "CCAA", "number": SIGNER, "role": "decision"}]
HOLDER = {"code": "91350100M000100Y43", "name_zh": "恒远电器有限公司", "region": "350102"}
ANSWERABLE = {"role": "responsible_party", "party": "organisation:M000100Y4"}
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


CCC_NUMBER = "2031900901000001"
CCC_DETAILS = {
    "scheme_class": "ccc",
    "product_class": "0901",
    "standards": ["GB 4943.1-2022"],
    "holder": HOLDER,
    "product": {"name": "微型计算机"},
}
AUTOMOTIVE_DETAILS = {**DETAILS, "scheme_class": "automotive", "project_code": "A010301"}
LAW = [{"rule": "认证认可条例", "article": "61", "version": "2023-07-20"}]


def register_of(*bodies: str) -> Ledger:
    """A ledger in memory that knows these bodies (or the one body), approved and designated, with one signer each."""
    ledger = open_memory_ledger()
    for number, body in enumerate(bodies or (BODY,)):
        accept(ledger, *approved(body, SIGNER[:-1] + str(number + 1)))
        codes = ["A010102", "A020102", "A010301", "B010101", "C010101"]
        accept(ledger, about_body("approval_changed", "2015-01-02", body, schemes=codes))
    return ledger


def about_body(kind: str, day: str, body: str = BODY, source: str = "CNCA", **data: Any) -> Submission:
    return statement(f"body.{kind}", f"body:{body}", {"effective": day, **data}, source=source)


def about_person(kind: str, day: str, signer: str = SIGNER, source: str = "CNCA", **data: Any) -> Submission:
    return statement(f"person.{kind}", f"person:CCAA:{signer}", {"effective": day, **data}, source=source)


def issued_ccc(day: str = "2031-01-05", expires: str = "2036-01-04", number: str = CCC_NUMBER) -> Submission:
    return issued(number, day, details=CCC_DETAILS, expires=expires)


def corrected(
    target: Submission, replacement: dict[str, Any] | None, identity: str = "correction-1", source: str | None = None
) -> Submission:
    """The correction of a statement by its own source, unless another is named."""
    return statement(
        f"{target.type.family}.corrected",
        target.subject,
        {
            "corrects": {"source": target.source, "id": target.id},
            "reason": "录入有误",
            "replacement": replacement,
        },
        source=source or target.source,
        identity=identity,
    )


def timeline_of(ledger: Ledger, number: str = "10131Q00001R0M", body: str = BODY) -> Timeline[CertificateState]:
    return ledger.timeline(certificate(number, body))


def state_on(timeline: Timeline[CertificateState], day: str) -> CertificateState:
    found = [period.state for period in periods(timeline) if period.begins <= day]
    return found[-1] if found else CertificateState()


def answer_on(ledger: Ledger, day: str, number: str = "10131Q00001R0M", body: str = BODY) -> Answer:
    return answer(state_on(timeline_of(ledger, number, body), day), day)


def status_on(ledger: Ledger, day: str, number: str = "10131Q00001R0M", body: str = BODY) -> Status:
    return answer_on(ledger, day, number, body).status
