"""Status and validity are two answers; flags tell what is overdue or open, and decide nothing."""

import pytest

from ledger.codes.statuses import Status, Validity
from ledger.envelope import Submission
from ledger.service import Ledger, rebuild
from tests.support.statements import (
    AUTOMOTIVE_DETAILS,
    CCC_NUMBER,
    DETAILS,
    HOLDER,
    LAW,
    OTHER_BODY,
    SIGNER,
    accept,
    answer_on,
    certificate,
    corrected,
    decided,
    issued,
    issued_ccc,
    refusal,
    register_of,
    state_on,
    statement,
    status_on,
    suspended,
    timeline_of,
)


@pytest.fixture
def ledger() -> Ledger:
    return register_of()


def hold(kind: str, day: str, source: str = "SAMR-440604", number: str = "文〔2031〕1号") -> Submission:
    data = {"effective": day, "document_number": number}
    if kind == "hold_placed":
        data |= {"reason": "调查", "legal_basis": LAW, "place": "440604"}
    return statement(f"certificate.{kind}", certificate(), data, source=source)


def order(day: str, demands: str, due: str) -> Submission:
    data = {"effective": day, "document_number": "责令1号", "demands": demands, "due": due, "legal_basis": LAW}
    return statement("certificate.order_issued", certificate(), data, source="CNCA")


def appeal(kind: str, day: str, source: str, **data: str) -> Submission:
    body = {"effective": day, "appeal_number": "S1", **data}
    return statement(f"certificate.{kind}", certificate(), body, source=source)


def test_as_of_a_production_day_a_suspended_withdrawn_or_cancelled_certificate_is_told(ledger: Ledger) -> None:
    accept(ledger, issued_ccc())
    accept(ledger, decided("suspended", "2031-03-01", CCC_NUMBER, until="2031-05-01", reason_code="0201"))
    accept(ledger, decided("withdrawn", "2031-05-02", CCC_NUMBER, reason_code="0201"))
    days = ["2031-02-28", "2031-03-01", "2031-05-01", "2031-05-02"]
    answers = [answer_on(ledger, day, CCC_NUMBER) for day in days]
    assert [a.status.value for a in answers] == ["valid", "suspended", "suspended", "withdrawn"]
    assert [a.validity.value for a in answers] == ["valid", "invalid", "invalid", "invalid"]


@pytest.mark.parametrize(
    ("details", "validity"),
    [
        (DETAILS, Validity.INVALID),
        (AUTOMOTIVE_DETAILS, Validity.VALID),
        ({**DETAILS, "scheme_class": "food", "project_code": "B010101"}, Validity.INVALID),
        ({**DETAILS, "scheme_class": "service", "project_code": "C010101"}, Validity.INVALID),
    ],
)
def test_what_a_suspension_means_depends_on_the_scheme(
    ledger: Ledger, details: dict[str, object], validity: Validity
) -> None:
    expires = "2032-01-05"
    accept(ledger, issued(details=details, expires=expires), suspended())
    answer = answer_on(ledger, "2031-03-01")
    assert (answer.status, answer.validity) == (Status.SUSPENDED, validity)


def test_an_overdue_suspension_stays_suspended_and_is_flagged_from_the_next_day(ledger: Ledger) -> None:
    accept(ledger, issued(), suspended())
    assert "suspension_overdue" not in answer_on(ledger, "2031-06-01").flags
    overdue = answer_on(ledger, "2031-06-02")
    assert overdue.status is Status.SUSPENDED
    assert "suspension_overdue" in overdue.flags


def test_a_hold_and_an_order_stand_beside_the_status_and_change_nothing(ledger: Ledger) -> None:
    accept(ledger, issued(), hold("hold_placed", "2031-02-01"), order("2031-02-02", "suspend", "2031-02-10"))
    on_time, late = answer_on(ledger, "2031-02-10"), answer_on(ledger, "2031-02-11")
    assert on_time.status is late.status is Status.VALID
    assert {"regulatory_hold", "order_open"} <= set(on_time.flags)
    assert {"regulatory_hold", "order_overdue"} <= set(late.flags)
    accept(ledger, suspended(), hold("hold_lifted", "2031-03-02"))
    assert not {"regulatory_hold", "order_open", "order_overdue"} & set(answer_on(ledger, "2031-03-02").flags)


def test_a_hold_that_was_never_placed_is_lifted_once_it_is_reported(ledger: Ledger) -> None:
    accept(ledger, issued())
    lifted = accept(ledger, hold("hold_lifted", "2031-03-02"))[0]
    assert lifted.waits == "hold_not_placed"
    assert accept(ledger, hold("hold_placed", "2031-02-01"))[0].releases == (lifted.version,)


@pytest.mark.parametrize("source", ["CNCA", "SAMR-440604", "CNAS", "LAB-1A", "organisation:M000100Y4", "CCAA"])
def test_nobody_but_the_issuing_body_writes_a_status(ledger: Ledger, source: str) -> None:
    accept(ledger, issued())
    foreign = statement("certificate.suspended", certificate(), dict(suspended().data), source=source)
    assert refusal(ledger, foreign).code == "not_competent"
    assert status_on(ledger, "2031-03-01") is Status.VALID


def test_a_body_does_not_write_another_bodys_certificate(ledger: Ledger) -> None:
    accept(ledger, issued())
    foreign = statement("certificate.suspended", certificate(), dict(suspended().data), source=OTHER_BODY)
    assert refusal(ledger, foreign).code == "not_own_certificate"


@pytest.mark.parametrize(
    "source", ["", "nobody", "CNCA-R-２０３１-101", "SAMR-４４０６０４", "SAMR-4406", "cnca", "CNCA ", "organisation:x"]
)
def test_an_unknown_speaker_says_nothing(ledger: Ledger, source: str) -> None:
    if not source:
        with pytest.raises(AssertionError, match="not_a_cloudevent"):
            statement("certificate.hold_lifted", certificate(), {"effective": "2031-01-01"}, source=source)
        return
    assert refusal(ledger, hold("hold_placed", "2031-02-01", source)).code == "unknown_source"


def test_an_appeal_is_the_holders_and_leaves_the_status_alone(ledger: Ledger) -> None:
    accept(ledger, issued(), suspended())
    opened = {"against": "certificate.suspended"}
    stranger = appeal("appeal_opened", "2031-03-05", "organisation:19220382X", **opened)
    assert refusal(ledger, stranger).code == "not_the_holder"
    accept(ledger, appeal("appeal_opened", "2031-03-05", "organisation:91350100M000100Y43", **opened))
    assert "appeal_open" in answer_on(ledger, "2031-03-05").flags
    assert status_on(ledger, "2031-03-05") is Status.SUSPENDED
    accept(ledger, appeal("appeal_decided", "2031-03-20", "CNCA-R-2031-101", outcome="upheld"))
    assert "appeal_open" not in answer_on(ledger, "2031-03-20").flags
    assert status_on(ledger, "2031-03-20") is Status.SUSPENDED


def test_a_strangers_appeal_that_was_held_before_the_issue_opens_nothing(ledger: Ledger) -> None:
    stranger = appeal("appeal_opened", "2031-03-05", "organisation:19220382X", against="x")
    assert accept(ledger, stranger)[0].waits == "certificate_not_issued"
    accept(ledger, issued())
    assert "appeal_open" not in answer_on(ledger, "2031-03-05").flags


def test_a_decision_without_the_heads_signature_is_flagged(ledger: Ledger) -> None:
    head = [
        {"register": "CCAA", "number": SIGNER, "role": "decision"},
        {"register": "CCAA", "number": SIGNER, "role": "head"},
    ]
    accept(ledger, issued("A1"), issued("B1", signers=head))
    assert "head_signature_missing" in answer_on(ledger, "2031-01-05", "A1").flags
    assert "head_signature_missing" not in answer_on(ledger, "2031-01-05", "B1").flags


def test_old_and_new_certificate_name_each_other_after_a_replacement(ledger: Ledger) -> None:
    accept(ledger, issued("A1"), issued("A2", "2031-06-01", expires="2034-05-31", replaces="A1"))
    accept(ledger, decided("replaced", "2031-06-01", "A1", replaced_by="A2", replacement_reason="04"))
    assert timeline_of(ledger, "A1").tip.linked_to == "A2"
    assert timeline_of(ledger, "A2").tip.linked_to == "A1"
    assert "replaced" in answer_on(ledger, "2031-06-01", "A1").flags


@pytest.mark.requirement("S3-76")
def test_a_correction_changes_what_is_known_now_and_not_what_was_known(ledger: Ledger) -> None:
    wrong = suspended()
    accept(ledger, issued(), wrong)
    known_then = ledger.event_log.head()
    accept(ledger, corrected(wrong, None))
    assert status_on(ledger, "2031-03-01") is Status.VALID
    rows = [row for row in ledger.event_log.read(0, 100) if row.stream == certificate()]
    assert [row.type.rpartition(".")[2] for row in rows] == ["issued", "suspended", "corrected"]
    as_known_then = rebuild(certificate(), [row for row in rows if row.position <= known_then])
    assert state_on(as_known_then, "2031-03-01").status is Status.SUSPENDED


def test_the_holders_code_is_checked_in_its_form() -> None:
    with pytest.raises(AssertionError, match="organisation_code_wrong"):
        issued(details={**DETAILS, "holder": {**HOLDER, "code": "91350100M000100Y4Z"}})
    with pytest.raises(AssertionError, match="organisation_code_missing"):
        issued(details={**DETAILS, "holder": {"name_zh": "无代码"}})
    issued(details={**DETAILS, "holder": {"name_zh": "境外公司", "country": "392"}})


def test_a_region_that_never_was_is_refused_and_a_retired_one_is_not() -> None:
    with pytest.raises(AssertionError, match="region_unknown"):
        issued(details={**DETAILS, "holder": {**HOLDER, "region": "999999"}})
    issued(details={**DETAILS, "holder": {**HOLDER, "region": "350125"}})
    issued(details={**DETAILS, "holder": {**HOLDER, "region": "110103"}})


@pytest.mark.parametrize(("confirmed", "late"), [("2031-02-24", False), ("2031-02-23", True)])
def test_a_suspension_more_than_five_days_after_its_cause_was_confirmed_is_flagged(confirmed: str, late: bool) -> None:
    ledger = register_of()
    data = {**suspended().data, "confirmed": confirmed}
    accept(ledger, issued(), statement("certificate.suspended", certificate(), data))
    assert ("suspended_late" in answer_on(ledger, "2031-03-01").flags) is late
    accept(ledger, decided("restored", "2031-04-01"))
    assert "suspended_late" not in answer_on(ledger, "2031-04-01").flags
