"""What a patrol saw is judged by the certificate as it was on the day of production."""

import pytest

from ledger.certificates.described import described_on
from ledger.codes.cases import violations
from ledger.rectification.checks import (
    FORGERY,
    MISMATCH,
    UNCERTIFIED,
    WHILE_INVALID,
    mismatches,
    uncertified,
    while_invalid,
)
from ledger.service import Ledger
from tests.support.statements import (
    BODY,
    CCC_DETAILS,
    CCC_NUMBER,
    accept,
    decided,
    issued_ccc,
    register_of,
    state_on,
    timeline_of,
)

MODELS = {"product": {"name": "微型计算机", "models": "PC-100、PC-200; PC-300"}}


@pytest.fixture
def ledger() -> Ledger:
    ledger = register_of()
    paused = decided("suspended", "2031-03-01", CCC_NUMBER, until="2031-05-01", reason_code="0201")
    accept(ledger, issued_ccc(), paused, decided("restored", "2031-05-01", CCC_NUMBER))
    return ledger


def status(ledger: Ledger, day: str) -> str:
    state = state_on(timeline_of(ledger, CCC_NUMBER), day)
    return str(described_on(f"certificate:{BODY}:{CCC_NUMBER}", day, state, approved=True)["status"])


@pytest.mark.requirement("S1-33")
def test_production_during_a_suspension_is_a_finding_and_before_or_after_it_is_none(ledger: Ledger) -> None:
    seen = {day: while_invalid(status(ledger, day)) for day in ("2031-02-28", "2031-03-01", "2031-04-30", "2031-05-01")}
    assert [each.code if each else None for each in seen.values()] == [None, WHILE_INVALID, WHILE_INVALID, None]
    assert seen["2031-03-01"].stated == "suspended"  # type: ignore[union-attr]


@pytest.mark.parametrize(("kind", "reason"), [("withdrawn", "0203"), ("cancelled", "0204")])
def test_production_after_the_end_of_a_certificate_is_a_finding_with_its_status(kind: str, reason: str) -> None:
    ledger = register_of()
    accept(ledger, issued_ccc(), decided(kind, "2031-03-01", CCC_NUMBER, reason_code=reason))
    assert while_invalid(status(ledger, "2031-02-28")) is None
    found = while_invalid(status(ledger, "2031-03-01"))
    assert found is not None
    assert (found.code, found.stated) == (WHILE_INVALID, kind)


def test_a_certificate_that_ran_out_is_no_certificate() -> None:
    assert while_invalid("expired") is None
    found = uncertified("0901", "2031-06-01", [("0901", "expired")])
    assert found is not None
    assert found.code == UNCERTIFIED


@pytest.mark.requirement("S1-32")
def test_a_catalogued_product_without_a_valid_certificate_on_the_day_is_a_finding(ledger: Ledger) -> None:
    def held(day: str) -> list[tuple[str, str | None]]:
        return [("0901", status(ledger, day))]

    assert uncertified("0901", "2031-02-01", held("2031-02-01")) is None
    assert uncertified("0901", "2031-03-15", held("2031-03-15")) is not None
    assert uncertified("0901", "2031-02-01", []) is not None
    assert uncertified("0901", "2031-02-01", [("0702", "valid")]) is not None
    assert uncertified("9999", "2031-02-01", []) is None, "what is in no catalogue needs no certificate"


@pytest.mark.requirement("S1-34")
def test_a_model_that_the_certificate_of_the_day_does_not_name_is_a_finding() -> None:
    ledger = register_of()
    accept(ledger, issued_ccc())
    narrower = {"product": {**MODELS["product"], "models": "PC-100"}}
    accept(ledger, decided("changed", "2031-02-01", CCC_NUMBER, change_code="01", changes=MODELS))
    accept(ledger, decided("changed", "2031-04-01", CCC_NUMBER, change_code="01", changes=narrower))

    def compared(day: str, **observed: str) -> list[str]:
        details = state_on(timeline_of(ledger, CCC_NUMBER), day).details
        return [each.code for each in mismatches(details, observed)]

    assert compared("2031-03-01", model="PC-200") == []
    assert compared("2031-04-01", model="PC-200") == [MISMATCH]
    assert compared("2031-03-01", model="pc-100", standard=CCC_DETAILS["standards"][0], product="微型计算机") == []
    assert compared("2031-03-01", model="PC-900", standard="GB 1") == [MISMATCH, MISMATCH]
    assert compared("2031-01-20", model="PC-900") == [], "what a certificate leaves open contradicts nothing"


def test_a_number_that_the_ledger_does_not_know_is_a_lead_of_forgery() -> None:
    found, early = while_invalid(None, is_known=False), while_invalid(None)
    assert found is not None
    assert early is not None
    assert (found.code, early.code) == (FORGERY, UNCERTIFIED)


def test_uncertified_and_counterfeit_certification_have_priority() -> None:
    assert {"uncertified", "counterfeit_certification"} <= {
        each.code for each in violations().values() if each.priority
    }
