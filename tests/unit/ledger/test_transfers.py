"""IAF MD 2: a valid certificate moves to another body, a suspended one never, and after a body's loss in six months."""

from typing import Any

import pytest

from ledger.codes.statuses import Status
from ledger.envelope import Submission
from ledger.service import Ledger
from tests.support.statements import (
    BODY,
    DETAILS,
    OTHER_BODY,
    about_body,
    accept,
    answer_on,
    certificate,
    corrected,
    decided,
    issued,
    refusal,
    register_of,
    statement,
    status_on,
    suspended,
    timeline_of,
)

OLD, NEW = "10131Q00001R0M", "10231Q00009R0M"


@pytest.fixture
def ledger() -> Ledger:
    ledger = register_of(BODY, OTHER_BODY)
    accept(ledger, issued(OLD))
    return ledger


def moved_in(day: str = "2031-05-01", **changes: Any) -> Submission:
    data = {
        "effective": day,
        "first_issued": "2031-01-05",
        "expires": "2034-01-04",
        "details": DETAILS,
        "signers": [{"register": "CCAA", "number": "S101002", "role": "decision"}],
        "from_body": BODY,
        "from_number": OLD,
        **changes,
    }
    subject = certificate(NEW, OTHER_BODY)
    return statement("certificate.transferred_in", subject, data, source=OTHER_BODY, identity=f"in:{day}")


def test_t14_a_transfer_links_both_certificates_and_is_no_cancellation_for_cause(ledger: Ledger) -> None:
    accept(ledger, moved_in(), decided("transferred_out", "2031-05-01", OLD, to_body=OTHER_BODY, to_number=NEW))
    out = answer_on(ledger, "2031-05-01", OLD)
    assert out.status is Status.CANCELLED
    assert "transferred" in out.flags
    assert status_on(ledger, "2031-05-01", NEW, OTHER_BODY) is Status.VALID
    assert timeline_of(ledger, OLD).tip.linked_to == f"{OTHER_BODY}:{NEW}"
    assert timeline_of(ledger, NEW, OTHER_BODY).tip.linked_to == f"{BODY}:{OLD}"


def test_the_new_body_may_report_before_or_after_the_old_one(ledger: Ledger) -> None:
    accept(ledger, decided("transferred_out", "2031-05-01", OLD, to_body=OTHER_BODY, to_number=NEW), moved_in())
    assert status_on(ledger, "2031-05-01", NEW, OTHER_BODY) is Status.VALID


@pytest.mark.parametrize(
    "end",
    [
        suspended(OLD),
        decided("withdrawn", "2031-04-01", OLD, reason_code="0101"),
        decided("cancelled", "2031-04-01", OLD, reason_code="0122"),
    ],
)
def test_a_certificate_that_is_not_valid_does_not_move(ledger: Ledger, end: Submission) -> None:
    accept(ledger, end)
    assert refusal(ledger, moved_in()).code == "transfer_not_from_valid"


def test_an_unknown_or_expired_certificate_does_not_move(ledger: Ledger) -> None:
    assert refusal(ledger, moved_in(from_number="X9")).code == "transfer_not_from_valid"
    assert refusal(ledger, moved_in("2034-01-05", expires="2035-01-01")).code == "transfer_not_from_valid"
    accept(ledger, moved_in("2034-01-04", expires="2035-01-01"))


@pytest.mark.parametrize(("day", "code"), [("2031-08-01", None), ("2031-08-02", "transfer_too_late")])
def test_after_the_bodys_loss_a_certificate_moves_within_six_months(ledger: Ledger, day: str, code: str | None) -> None:
    accept(ledger, about_body("approval_withdrawn", "2031-02-01", reason="撤销批准"))
    if code is None:
        accept(ledger, moved_in(day))
    else:
        assert refusal(ledger, moved_in(day)).code == code


def test_what_is_learnt_later_of_the_old_certificate_leaves_the_transfer_recorded(ledger: Ledger) -> None:
    accept(ledger, moved_in())
    accept(ledger, suspended(OLD))
    assert status_on(ledger, "2031-05-01", NEW, OTHER_BODY) is Status.VALID
    moved = moved_in()
    assert (
        refusal(ledger, corrected(moved, {**moved.data, "effective": "2031-05-02"})).code == "transfer_not_from_valid"
    )


@pytest.mark.parametrize("number", ["a:b", "x\ty", "编号 一", "N" * 400])
def test_an_odd_number_of_the_old_certificate_is_merely_unknown(ledger: Ledger, number: str) -> None:
    assert refusal(ledger, moved_in(from_number=number)).code == "transfer_not_from_valid"


def test_a_certificate_that_went_to_another_body_cannot_be_taken_in_by_a_third(ledger: Ledger) -> None:
    accept(ledger, issued())
    accept(ledger, decided("transferred_out", "2031-05-01", to_body="CNCA-R-2031-109", to_number="X"))
    assert refusal(ledger, moved_in("2031-05-01")).code == "transferred_elsewhere"
