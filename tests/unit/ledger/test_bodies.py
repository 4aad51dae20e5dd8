"""Approval, designation and accreditation are three gates; a body decides while it has the one that is asked for."""

import pytest

from ledger.bodies import MACHINE, BodyState
from ledger.bodies.responsible import responsible_for
from ledger.competence import state_on
from ledger.envelope import Submission
from ledger.service import Ledger
from tests.support.statements import (
    BODY,
    CCC_DETAILS,
    CCC_NUMBER,
    OTHER_BODY,
    about_body,
    accept,
    corrected,
    decided,
    issued,
    issued_ccc,
    refusal,
    register_of,
    statement,
    suspended,
)


@pytest.fixture
def ledger() -> Ledger:
    return register_of()


def standing(ledger: Ledger, body: str = BODY) -> BodyState:
    tip = ledger.timeline(f"body:{body}").tip
    assert isinstance(tip, BodyState)
    return tip


def test_a_body_that_nobody_approved_issues_nothing(ledger: Ledger) -> None:
    data = dict(issued().data)
    unknown = statement("certificate.issued", f"certificate:{OTHER_BODY}:A1", data, source=OTHER_BODY)
    assert refusal(ledger, unknown).code == "body_not_approved_for_scheme"
    early = statement(
        "certificate.suspended", f"certificate:{OTHER_BODY}:A1", dict(suspended().data), source=OTHER_BODY
    )
    assert refusal(ledger, early).code == "body_never_approved_for_scheme"


@pytest.mark.parametrize("kind", ["approval_withdrawn", "approval_cancelled", "approval_suspended"])
def test_a_body_without_approval_ends_certificates_but_begins_none(ledger: Ledger, kind: str) -> None:
    accept(ledger, issued("A1"), about_body(kind, "2031-02-01", reason="调查"))
    assert refusal(ledger, issued("A2", "2031-02-01", expires="2034-01-31")).code == "body_not_approved_for_scheme"
    accept(ledger, issued("A3", "2031-01-31", expires="2034-01-30"))
    assert refusal(ledger, decided("renewed", "2031-03-01", "A1", expires="2036-01-04")).code == (
        "body_not_approved_for_scheme"
    )
    accept(ledger, decided("withdrawn", "2031-03-01", "A1", reason_code="0101"))


def test_an_approval_that_is_restored_begins_again(ledger: Ledger) -> None:
    accept(
        ledger,
        about_body("approval_suspended", "2031-02-01", reason="x"),
        about_body("approval_restored", "2031-03-01"),
    )
    assert refusal(ledger, issued("A1", "2031-02-28", expires="2034-01-01")).code == "body_not_approved_for_scheme"
    accept(ledger, issued("A2", "2031-03-01", expires="2034-02-28"))


@pytest.mark.requirement("S4-66")
def test_a_compulsory_certificate_needs_the_designation_of_its_day(ledger: Ledger) -> None:
    other = {**CCC_DETAILS, "product_class": "0702"}
    undesignated = issued("2031900702000001", details=other, expires="2036-01-04")
    assert refusal(ledger, undesignated).code == "body_not_approved_for_scheme"
    accept(ledger, about_body("designation_removed", "2031-02-01", product_classes=["0901"], reason="x"))
    assert refusal(ledger, issued_ccc("2031-02-01", "2036-01-31")).code == "body_not_approved_for_scheme"
    accept(ledger, issued_ccc("2031-01-31", "2036-01-30"))
    assert refusal(ledger, issued_ccc("2014-12-31", "2016-01-01", "2014900901000001")).code == (
        "body_not_approved_for_scheme"
    )


def test_a_designation_ends_with_the_approval_and_does_not_come_back_with_it(ledger: Ledger) -> None:
    accept(ledger, about_body("approval_withdrawn", "2030-01-01", reason="x"))
    accept(ledger, about_body("approved", "2030-06-01", name_zh="第一示例认证有限公司", schemes=["A010102"]))
    assert refusal(ledger, issued_ccc()).code == "body_not_approved_for_scheme"
    accept(ledger, issued())


def test_an_approval_holds_through_its_last_day_and_may_be_given_anew_after_it(ledger: Ledger) -> None:
    accept(ledger, about_body("approval_changed", "2020-01-01", schemes=["A010102"], until="2031-01-31"))
    accept(ledger, issued("A1", "2031-01-31", expires="2034-01-30"))
    assert refusal(ledger, issued("A2", "2031-02-01", expires="2034-01-30")).code == "body_not_approved_for_scheme"
    anew = about_body("approved", "2031-01-31", name_zh="x", schemes=["A010102"])
    assert accept(ledger, anew)[0].waits == "body_already_approved"
    accept(ledger, about_body("approved", "2031-02-01", name_zh="y", schemes=["A010102"]))
    accept(ledger, issued("A2", "2031-02-01", expires="2034-01-31"))


def test_accreditation_is_the_accreditors_and_no_approval(ledger: Ledger) -> None:
    said = about_body("accreditation_changed", "2031-01-01", OTHER_BODY, "CNAS", status="granted", number="C101-M")
    accept(ledger, said)
    assert standing(ledger, OTHER_BODY).accreditation == "granted"
    assert not standing(ledger, OTHER_BODY).approved
    foreign = about_body("accreditation_changed", "2031-01-02", source="CNCA", status="granted", number="C1")
    assert refusal(ledger, foreign).code == "not_competent"


@pytest.mark.parametrize("source", [BODY, "SAMR-440604", "CNAS", "CCAA"])
def test_only_the_national_authority_approves(ledger: Ledger, source: str) -> None:
    said = about_body("approved", "2031-01-01", OTHER_BODY, source, name_zh="x", schemes=["A010102"])
    assert refusal(ledger, said).code == "not_competent"


def test_a_wrong_approval_is_corrected_and_counts_from_then_on(ledger: Ledger) -> None:
    removed = about_body("designation_removed", "2030-02-01", product_classes=["0901"], reason="x")
    accept(ledger, removed)
    assert refusal(ledger, issued_ccc()).code == "body_not_approved_for_scheme"
    accept(ledger, corrected(removed, None), issued_ccc())
    assert CCC_NUMBER


def test_facts_before_the_approval_wait_for_it() -> None:
    ledger = register_of()
    early = about_body("designated", "2031-01-01", OTHER_BODY, product_classes=["0901"])
    assert accept(ledger, early)[0].waits == "body_not_approved"
    receipt = accept(ledger, about_body("approved", "2030-01-01", OTHER_BODY, name_zh="x", schemes=["A010102"]))[0]
    assert receipt.releases == (1,)
    assert standing(ledger, OTHER_BODY).may_certify("ccc", "0901", "2031-01-01")


@pytest.mark.requirement("S4-120", "S2-29")
def test_who_a_body_was_merged_into_answers_for_its_certificates_and_history_keeps_who_issued() -> None:
    ledger = register_of(BODY, OTHER_BODY)
    accept(ledger, issued())
    subject = issued().subject

    def by(body: str, signer: str, day: str, kind: str = "maintained") -> Submission:
        signers = [{"register": "CCAA", "number": signer, "role": "decision"}]
        return statement(f"certificate.{kind}", subject, {"effective": day, "signers": signers}, source=body)

    def responsible(day: str) -> str:
        return responsible_for(subject, day, lambda body, on: state_on(MACHINE, ledger.timeline(f"body:{body}"), on))

    early = by(OTHER_BODY, "S101002", "2031-03-10")
    assert refusal(ledger, early).code == "not_own_certificate"
    accept(ledger, about_body("merged", "2031-04-01", into=OTHER_BODY))
    assert refusal(ledger, early).code == "not_own_certificate"
    accept(ledger, by(OTHER_BODY, "S101002", "2031-04-10"), by(BODY, "S101001", "2031-03-20"))
    assert refusal(ledger, by(BODY, "S101001", "2031-04-02")).code == "body_merged"
    assert (responsible("2031-03-31"), responsible("2031-04-01")) == (BODY, OTHER_BODY)
    assert [fact.source for fact in ledger.timeline(subject).applied] == [BODY, BODY, OTHER_BODY]
    accept(ledger, about_body("converted", "2031-05-01", OTHER_BODY, name_zh="集团公司", legal_form="有限责任公司"))
    assert standing(ledger, OTHER_BODY).name_zh == "集团公司"
