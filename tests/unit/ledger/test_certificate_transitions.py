"""Every transition of the certificate (T1 to T17): from which status, on which day, by which rule it may not be."""

from typing import Any

import pytest

from ledger.codes.statuses import Status
from ledger.envelope import Submission
from ledger.service import Ledger
from tests.support.statements import (
    AUTOMOTIVE_DETAILS,
    CCC_NUMBER,
    DETAILS,
    accept,
    answer_on,
    certificate,
    decided,
    issued,
    issued_ccc,
    refusal,
    register_of,
    statement,
    status_on,
    suspended,
    timeline_of,
)

RESTORED = decided("restored", "2031-05-01")
WITHDRAWN = decided("withdrawn", "2031-05-01", reason_code="0101")
CANCELLED = decided("cancelled", "2031-05-01", reason_code="0122")
REPLACED = decided("replaced", "2031-05-01", replaced_by="10131Q00002R0M", replacement_reason="04")


@pytest.fixture
def ledger() -> Ledger:
    return register_of()


def test_t1_an_issued_certificate_is_valid_from_its_day_on(ledger: Ledger) -> None:
    accept(ledger, issued())
    assert status_on(ledger, "2031-01-04") is Status.NOT_ISSUED
    assert answer_on(ledger, "2031-01-04").flags == ()
    assert status_on(ledger, "2031-01-05") is Status.VALID


def test_t1_a_number_is_never_used_again(ledger: Ledger) -> None:
    accept(ledger, issued(), WITHDRAWN)
    again = issued(day="2032-01-05", expires="2035-01-04")
    assert refusal(ledger, again).code == "number_already_used"


@pytest.mark.parametrize(
    ("details", "expires", "code"),
    [
        (DETAILS, "2034-01-05", None),
        (DETAILS, "2034-01-06", "validity_too_long"),
        (AUTOMOTIVE_DETAILS, "2034-01-06", "validity_too_long"),
        ({**DETAILS, "scheme_class": "food", "project_code": "B010101"}, "2032-01-05", None),
        ({**DETAILS, "scheme_class": "service", "project_code": "C010101"}, "2034-01-05", None),
    ],
)
def test_t1_validity_lasts_no_longer_than_the_scheme_allows(
    ledger: Ledger, details: dict[str, Any], expires: str, code: str | None
) -> None:
    submission = issued(details=details, expires=expires)
    if code is None:
        accept(ledger, submission)
    else:
        assert refusal(ledger, submission).code == code


def test_t1_a_compulsory_product_certificate_lasts_five_years_at_most(ledger: Ledger) -> None:
    assert refusal(ledger, issued_ccc(expires="2036-01-06")).code == "validity_too_long"
    accept(ledger, issued_ccc(expires="2036-01-05"))


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("2032900901000001", "the year of first issue lies ahead"),
        ("2031910901000001", "another body's two digits"),
        ("2031900702000001", "another product class"),
        ("20319009010000011", "17 digits"),
        ("２031900901000001", "a full-width digit"),
        ("CCC-1", "no number at all"),
    ],
)
def test_t1_a_compulsory_product_number_names_year_body_and_class(ledger: Ledger, number: str, why: str) -> None:
    assert refusal(ledger, issued_ccc(number=number)).code == "ccc_number_wrong", why


def test_t2_a_refusal_ends_the_matter(ledger: Ledger) -> None:
    accept(ledger, decided("refused", "2031-01-05", reason="审核不通过", details=DETAILS))
    assert status_on(ledger, "2031-01-05") is Status.REFUSED
    assert refusal(ledger, issued(day="2031-02-01", expires="2033-01-01")).code == "number_already_used"
    assert refusal(ledger, suspended()).code == "certificate_has_ended"
    annulled = statement(
        "certificate.annulled",
        certificate(),
        {
            "effective": "2031-02-01",
            "reason": "x",
            "legal_basis": [{"rule": "r", "article": "1", "version": "2023-01-01"}],
        },
    )
    assert refusal(ledger, annulled).code == "certificate_has_ended"


def test_t3_surveillance_is_overdue_after_twelve_months_and_a_day(ledger: Ledger) -> None:
    accept(ledger, issued())
    assert "surveillance_overdue" not in answer_on(ledger, "2032-01-05").flags
    assert "surveillance_overdue" in answer_on(ledger, "2032-01-06").flags
    accept(ledger, decided("maintained", "2032-01-05"))
    assert "surveillance_overdue" not in answer_on(ledger, "2033-01-05").flags
    assert "surveillance_overdue" in answer_on(ledger, "2033-01-06").flags


@pytest.mark.parametrize(
    ("submission", "limit_day", "day_after", "code"),
    [
        (issued(), "2031-09-01", "2031-09-02", "0111"),
        (issued(details=AUTOMOTIVE_DETAILS), "2031-06-19", "2031-06-20", "0111"),
    ],
)
def test_t4_a_suspension_lasts_no_longer_than_the_scheme_allows(
    ledger: Ledger, submission: Submission, limit_day: str, day_after: str, code: str
) -> None:
    accept(ledger, submission)
    too_long = decided("suspended", "2031-03-01", until=day_after, reason_code=code)
    assert refusal(ledger, too_long).code == "suspension_too_long"
    accept(ledger, decided("suspended", "2031-03-01", until=limit_day, reason_code=code))


@pytest.mark.parametrize(
    ("code", "last", "too_late"), [("0201", "2031-06-01", "2031-06-02"), ("0208", "2032-03-01", "2032-03-02")]
)
def test_t4_a_holder_may_ask_for_twelve_months_but_a_cause_gives_three(
    ledger: Ledger, code: str, last: str, too_late: str
) -> None:
    accept(ledger, issued_ccc())
    long = decided("suspended", "2031-03-01", CCC_NUMBER, until=too_late, reason_code=code)
    assert refusal(ledger, long).code == "suspension_too_long"
    accept(ledger, decided("suspended", "2031-03-01", CCC_NUMBER, until=last, reason_code=code))


def test_t4_a_suspension_that_outlives_the_certificate_waits_for_a_renewal(ledger: Ledger) -> None:
    accept(ledger, issued())
    receipt = accept(ledger, suspended(day="2033-12-01", until="2034-02-01"))[0]
    assert (receipt.decision, receipt.waits) == ("held", "suspension_beyond_expiry")
    released = accept(ledger, decided("renewed", "2033-11-01", expires="2037-01-04"))[0]
    assert released.releases == (receipt.version,)
    assert status_on(ledger, "2033-12-01") is Status.SUSPENDED


def test_t5_an_extension_counts_from_the_first_day_and_never_shortens(ledger: Ledger) -> None:
    accept(ledger, issued(), suspended())
    shorter = decided("suspension_extended", "2031-04-01", until="2031-06-01", reason_code="0111")
    assert refusal(ledger, shorter).code == "extension_shortens_suspension"
    longer = decided("suspension_extended", "2031-04-01", until="2031-09-02", reason_code="0111")
    assert refusal(ledger, longer).code == "suspension_too_long"
    accept(ledger, decided("suspension_extended", "2031-05-01", until="2031-09-01", reason_code="0111"))
    assert answer_on(ledger, "2031-09-01").flags == ("head_signature_missing",)


def test_t5_a_compulsory_product_suspension_is_not_extended(ledger: Ledger) -> None:
    accept(ledger, issued_ccc(), decided("suspended", "2031-03-01", CCC_NUMBER, until="2031-05-01", reason_code="0201"))
    extended = decided("suspension_extended", "2031-04-01", CCC_NUMBER, until="2031-05-20", reason_code="0201")
    assert refusal(ledger, extended).code == "extension_not_allowed"


def test_t6_a_suspension_is_lifted_on_its_last_day_but_not_after(ledger: Ledger) -> None:
    accept(ledger, issued(), suspended())
    late = accept(ledger, decided("restored", "2031-06-02"))[0]
    assert (late.decision, late.waits) == ("held", "restoration_after_term")
    accept(ledger, decided("restored", "2031-06-01"))
    assert status_on(ledger, "2031-05-31") is Status.SUSPENDED
    assert status_on(ledger, "2031-06-01") is Status.VALID


def test_t6_an_expired_certificate_is_not_restored(ledger: Ledger) -> None:
    accept(ledger, issued(), suspended(day="2033-12-01", until="2034-01-04"))
    assert accept(ledger, decided("restored", "2034-01-05"))[0].waits == "after_expiry"
    assert answer_on(ledger, "2034-01-05").flags == ("was_suspended_at_expiry", "head_signature_missing")


@pytest.mark.parametrize("before", [(), (suspended(),)])
@pytest.mark.parametrize(
    ("end", "status", "flag"),
    [
        (WITHDRAWN, Status.WITHDRAWN, None),
        (CANCELLED, Status.CANCELLED, None),
        (REPLACED, Status.WITHDRAWN, "replaced"),
    ],
)
def test_t7_t8_t11_a_certificate_ends_from_valid_and_from_suspended(
    ledger: Ledger, before: tuple[Submission, ...], end: Submission, status: Status, flag: str | None
) -> None:
    accept(ledger, issued(), *before, end)
    answer = answer_on(ledger, "2031-05-01")
    assert answer.status is status
    assert ("replaced" in answer.flags) is (flag == "replaced")
    assert refusal(ledger, decided("restored", "2031-05-20")).code == "certificate_has_ended"


def test_withdrawn_cancelled_and_expired_are_told_apart(ledger: Ledger) -> None:
    for number, end in (("A1", "withdrawn"), ("B1", "cancelled"), ("C1", None)):
        accept(ledger, issued(number))
        if end:
            accept(ledger, decided(end, "2031-05-01", number, reason_code="0101"))
    answers = {number: answer_on(ledger, "2034-01-05", number) for number in ("A1", "B1", "C1")}
    assert [a.status.zh for a in answers.values()] == ["撤销", "注销", "过期失效"]
    assert [a.status.code for a in answers.values()] == ["03", "04", "05"]


def test_t7_the_replacement_reason_of_a_withdrawal_is_no_punishment(ledger: Ledger) -> None:
    accept(ledger, issued(), decided("withdrawn", "2031-05-01", reason_code="0120"))
    assert timeline_of(ledger).tip.ended_by == "replacement"
    assert "replaced" in answer_on(ledger, "2031-05-01").flags


def test_t11_a_replacement_gives_no_other_reason(ledger: Ledger) -> None:
    accept(ledger, issued())
    data = {"replaced_by": "X2", "replacement_reason": "02"}
    assert (
        refusal(ledger, decided("replaced", "2031-05-01", reason_code="0101", **data)).code
        == "reason_is_no_replacement"
    )
    wrong = decided("replaced", "2031-05-01", replaced_by="X2", replacement_reason="77")
    assert refusal(ledger, wrong).code == "code_not_in_table"
    accept(ledger, decided("replaced", "2031-05-02", reason_code="0120", **data))
    assert timeline_of(ledger).tip.linked_to == "X2"


def test_t9_expiry_follows_from_the_calendar_and_needs_no_event(ledger: Ledger) -> None:
    accept(ledger, issued())
    assert status_on(ledger, "2034-01-04") is Status.VALID
    assert status_on(ledger, "2034-01-05") is Status.EXPIRED
    early = statement("certificate.expired", certificate(), {"effective": "2034-01-03"}, source="clock")
    assert refusal(ledger, early).code == "expiry_on_another_day"
    accept(ledger, statement("certificate.expired", certificate(), {"effective": "2034-01-04"}, source="clock"))
    assert status_on(ledger, "2034-01-04") is Status.VALID
    assert status_on(ledger, "2034-01-05") is Status.EXPIRED


def test_t9_the_marker_does_not_stop_a_renewal_that_is_reported_late(ledger: Ledger) -> None:
    marker = statement("certificate.expired", certificate(), {"effective": "2034-01-04"}, source="clock")
    accept(ledger, issued(), marker, decided("renewed", "2033-12-20", expires="2037-01-04"))
    assert status_on(ledger, "2034-01-05") is Status.VALID
    assert accept(ledger, decided("maintained", "2034-06-01"))[0].decision == "applied"


def test_t10_a_renewal_lasts_from_the_old_expiry_no_longer_than_the_scheme_allows(ledger: Ledger) -> None:
    accept(ledger, issued())
    assert refusal(ledger, decided("renewed", "2033-12-01", expires="2034-01-04")).code == "renewal_shortens_validity"
    assert refusal(ledger, decided("renewed", "2033-12-01", expires="2037-01-05")).code == "validity_too_long"
    audited = decided("renewed", "2033-12-01", expires="2037-01-04", audit_end="2034-01-05")
    assert refusal(ledger, audited).code == "renewal_audit_after_expiry"
    accept(ledger, decided("renewed", "2034-01-04", expires="2037-01-04"))
    assert status_on(ledger, "2037-01-04") is Status.VALID


def test_t12_a_scope_grows_only_while_valid_and_shrinks_while_suspended_too(ledger: Ledger) -> None:
    accept(ledger, issued(), suspended())
    assert accept(ledger, decided("scope_extended", "2031-04-01", scope_zh="更宽"))[0].waits == "not_in_this_status"
    accept(ledger, decided("scope_reduced", "2031-04-01", scope_zh="更窄", change_code="06"))
    assert timeline_of(ledger).tip.details["scope_zh"] == "更窄"


@pytest.mark.parametrize("spelling", ["01", "0101", "101", "1"])
def test_t13_a_change_code_is_known_in_every_spelling_of_the_offices(ledger: Ledger, spelling: str) -> None:
    accept(ledger, issued())
    holder = {**DETAILS["holder"], "name_zh": "新名称有限公司"}  # type: ignore[dict-item]  # a mapping
    accept(ledger, decided("changed", "2031-04-01", change_code=spelling, changes={"holder": holder}))
    tip = timeline_of(ledger).tip
    assert tip.details["holder"]["name_zh"] == "新名称有限公司"
    assert tip.details["scope_zh"] == DETAILS["scope_zh"]


def test_t13_a_change_code_names_a_change_of_its_table_and_never_a_status(ledger: Ledger) -> None:
    accept(ledger, issued())
    assert refusal(ledger, decided("changed", "2031-04-01", change_code="42")).code == "code_not_in_table"
    assert refusal(ledger, decided("changed", "2031-04-01", change_code="97_03")).code == "change_is_a_status"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("suspended", {"until": "2031-04-01", "reason_code": "0201"}),
        ("withdrawn", {"reason_code": "0299"}),
    ],
)
def test_a_reason_of_the_other_scheme_is_refused_by_its_table(ledger: Ledger, kind: str, data: dict[str, Any]) -> None:
    accept(ledger, issued())
    outcome = refusal(ledger, decided(kind, "2031-03-01", **data))
    assert (outcome.code, outcome.pointer) == ("code_not_in_table", "/data/reason_code")
    assert dict(outcome.params)["scheme"] == "management_system"


def test_the_catch_all_reasons_of_both_schemes_are_known(ledger: Ledger) -> None:
    accept(ledger, issued(), decided("suspended", "2031-03-01", until="2031-04-01", reason_code="0199"))
    accept(ledger, issued_ccc(), decided("cancelled", "2031-03-01", CCC_NUMBER, reason_code="0299"))
    assert refusal(ledger, decided("withdrawn", "2031-03-02", reason_code="0299")).code == "code_not_in_table"


def test_t16_restoration_after_expiry_closed_with_the_rule_of_2026(ledger: Ledger) -> None:
    old = {"expires": "2025-06-30", "first_issued": "2022-07-01"}
    accept(
        ledger, issued("A1", "2022-07-01", **old), issued("B1", "2022-07-01", **old), issued("C1", "2022-07-01", **old)
    )
    open_days = decided("restored_after_expiry", "2025-12-30", "A1", expires="2028-06-30")
    accept(ledger, open_days)
    assert status_on(ledger, "2025-12-29", "A1") is Status.EXPIRED
    assert status_on(ledger, "2025-12-30", "A1") is Status.VALID
    late = decided("restored_after_expiry", "2025-12-31", "B1", expires="2028-06-30")
    assert refusal(ledger, late).code == "restoration_after_expiry_closed"
    too_long = decided("restored_after_expiry", "2025-12-30", "C1", expires="2028-07-01")
    assert refusal(ledger, too_long).code == "validity_too_long"
    assert accept(ledger, decided("restored_after_expiry", "2025-06-30", "C1", expires="2028-06-30"))[0].waits
    accept(ledger, issued())
    closed = decided("restored_after_expiry", "2034-01-05", expires="2037-01-04")
    assert refusal(ledger, closed).code == "restoration_after_expiry_closed"


def test_t17_annulment_works_from_the_day_of_issue_and_ends_all(ledger: Ledger) -> None:
    annulled = statement(
        "certificate.annulled",
        certificate(),
        {
            "effective": "2032-02-01",
            "reason": "虚假认证",
            "legal_basis": [{"rule": "认证认可条例", "article": "61", "version": "2023-07-20"}],
        },
    )
    accept(ledger, issued(), annulled)
    answer = answer_on(ledger, "2031-01-05")
    assert (answer.status, answer.validity.value) == (Status.WITHDRAWN, "invalid")
    assert "annulled" in answer.flags
    assert refusal(ledger, decided("restored", "2032-03-01")).code == "certificate_has_ended"
    assert accept(ledger, decided("maintained", "2031-12-01"))[0].decision == "applied"
    assert status_on(ledger, "2031-12-01") is Status.WITHDRAWN


def test_an_ended_certificate_is_annulled_too(ledger: Ledger) -> None:
    data = {
        "effective": "2032-02-01",
        "reason": "x",
        "legal_basis": [{"rule": "r", "article": "1", "version": "2023-01-01"}],
    }
    accept(ledger, issued(), CANCELLED, statement("certificate.annulled", certificate(), data))
    assert status_on(ledger, "2031-02-01") is Status.WITHDRAWN
    again = statement("certificate.annulled", certificate(), {**data, "effective": "2032-03-01"}, identity="again")
    assert refusal(ledger, again).code == "certificate_has_ended"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("maintained", {}),
        ("suspended", {"until": "2031-07-01", "reason_code": "0111"}),
        ("renewed", {"expires": "2036-01-04"}),
        ("changed", {"change_code": "01"}),
        ("scope_extended", {"scope_zh": "x"}),
        ("transferred_out", {"to_body": "CNCA-R-2031-102", "to_number": "N1"}),
    ],
)
def test_a_suspended_certificate_admits_nothing_that_needs_a_valid_one(
    ledger: Ledger, kind: str, data: dict[str, Any]
) -> None:
    accept(ledger, issued(), suspended())
    receipt = accept(ledger, decided(kind, "2031-04-01", **data))[0]
    assert receipt.decision == ("applied" if kind == "changed" else "held")


def test_the_rules_that_a_decision_used_are_recorded(ledger: Ledger) -> None:
    accept(ledger, issued())
    rows = ledger.event_log.read(0, 100)
    assert b'"rules":"management_system@2026-01-01"' in rows[-1].raw


def test_a_body_does_not_choose_the_rules_it_is_measured_by() -> None:
    details = {**DETAILS, "scheme_class": "automotive"}
    with pytest.raises(AssertionError, match="scheme_class_wrong"):
        issued(details=details)
