"""Superiors supervise, review and have errors corrected, and nothing recorded is altered by it."""

import pytest

from ledger.access.jurisdiction import superior_of
from ledger.cases import CaseState
from ledger.cases.duties import major_duty
from ledger.envelope import open_recorded
from ledger.linked import is_above
from ledger.service import Ledger, rebuild
from tests.support.statements import LAW, accept, corrected, refusal, register_of
from tests.support.supervising import (
    CITY,
    COUNTY,
    ELSEWHERE,
    PROVINCE,
    SIBLING,
    case,
    upward,
    whole_course,
)

STREAM = f"case:{COUNTY}:1"


@pytest.fixture
def ledger() -> Ledger:
    return register_of()


def tip(ledger: Ledger) -> CaseState:
    state: CaseState = ledger.timeline(STREAM).tip
    return state


def test_reports_go_up_by_one_level() -> None:
    above = [COUNTY]
    while (one := superior_of(above[-1], "2031-01-01")) is not None:
        above.append(one)
    assert above == [COUNTY, CITY, PROVINCE, "SAMR"]
    assert [is_above(each, COUNTY, "2031-01-01") for each in (CITY, PROVINCE, "CNCA", SIBLING, COUNTY)] == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert is_above("SAMR", "CNCA", "2031-01-01")
    assert not is_above("CNCA", "SAMR", "2031-01-01")


@pytest.mark.requirement("S3-47")
def test_a_case_may_be_flagged_as_a_major_one(ledger: Ledger) -> None:
    accept(ledger, case("opened", "2031-02-01", severity="major"), case("flagged_major", "2031-02-02"))
    assert tip(ledger).major == "2031-02-02"


@pytest.mark.requirement("S1-96")
def test_the_flag_makes_a_report_due_one_level_up(ledger: Ledger) -> None:
    accept(ledger, case("opened", "2031-02-01"))
    assert major_duty(tip(ledger), "2031-03-01") is None
    accept(ledger, case("flagged_major", "2031-02-02"))
    duty = major_duty(tip(ledger), "2031-03-04")
    assert duty is not None
    assert (duty.is_overdue, duty.due, duty.age) == (True, None, 30)
    assert refusal(ledger, case("major_reported", "2031-02-03", to=PROVINCE)).code == "not_one_level_up"
    accept(ledger, case("major_reported", "2031-02-03"))
    reported = major_duty(tip(ledger), "2031-03-04")
    assert reported is not None
    assert not reported.is_overdue
    accident = upward("accident_reported", "2031-02-03", region="440604", to=CITY, text="起火")
    accept(ledger, accident)


@pytest.mark.requirement("S0-61")
def test_a_review_attaches_to_the_case_and_alters_no_event(ledger: Ledger) -> None:
    accept(ledger, *whole_course())
    before = [row.raw for row in ledger.event_log.read(0, 1000)]
    review = case("enforcement_reviewed", "2031-05-01", source=CITY, outcome="to_be_corrected", opinion="数额偏高")
    accept(ledger, review)
    after = [row.raw for row in ledger.event_log.read(0, 1000)]
    assert after[:-1] == before
    assert ledger.timeline(STREAM).applied[-1].type == "case.enforcement_reviewed"
    outside = case("enforcement_reviewed", "2031-05-01", source=ELSEWHERE, outcome="proper", opinion="-")
    assert refusal(ledger, outside).code == "outside_jurisdiction"


@pytest.mark.requirement("S3-76")
def test_a_corrected_act_stays_in_the_log_and_is_read_as_it_was_before_and_as_it_is_now(ledger: Ledger) -> None:
    course = whole_course()
    accept(ledger, *course)
    wrong = course[4]
    named = {"source": wrong.source, "id": wrong.id}
    ordered = {"order": "J1", "wrong": named, "reason": "数额有误", "legal_basis": LAW}
    assert refusal(ledger, case("correction_ordered", "2031-05-01", source=SIBLING, **ordered)).code in {
        "outside_jurisdiction", "not_superior",
    }  # fmt: skip
    assert refusal(ledger, case("correction_ordered", "2031-05-01", **ordered)).code == "not_superior"
    accept(ledger, case("correction_ordered", "2031-05-01", source=CITY, **ordered))
    known_before = ledger.event_log.head()
    right = corrected(wrong, {**wrong.data, "amount": "30000.00"}, "correction-J1")
    accept(ledger, right)
    done = {"order": "J1", "correction": {"source": right.source, "id": right.id}}
    accept(ledger, case("correction_made", "2031-05-10", **done))
    rows = [row for row in ledger.event_log.read(0, 1000) if row.stream == STREAM]
    assert any(open_recorded(row.position, row.raw).event["id"] == wrong.id for row in rows)

    def amount(rows_known: list[object]) -> str:
        facts = rebuild(STREAM, rows_known).applied  # type: ignore[arg-type]  # rows of the log, as the port gives them
        return next(str(fact.data["amount"]) for fact in facts if fact.type == "case.penalty_decided")

    assert amount([row for row in rows if row.position <= known_before]) == "50000.00"
    assert amount(list(rows)) == "30000.00"
    assert tip(ledger).corrected_orders == ("J1",)


def test_supervision_stands_until_it_is_lifted_by_who_ordered_it(ledger: Ledger) -> None:
    accept(ledger, case("opened", "2031-02-01"), case("supervision_ordered", "2031-02-10", source=CITY))
    assert tip(ledger).supervised == (("督1号", CITY, "2031-06-01"),)
    accept(ledger, case("supervision_progress", "2031-03-01", text="已取证"))
    assert accept(ledger, case("supervision_lifted", "2031-03-02", source=PROVINCE))[0].waits == "not_supervised"
    accept(ledger, case("supervision_lifted", "2031-03-03", source=CITY))
    assert tip(ledger).supervised == ()


@pytest.mark.requirement("S3-50")
def test_a_transferred_case_is_not_closed_by_a_fine_unless_it_came_back(ledger: Ledger) -> None:
    opened, investigated, proposed, reviewed, decided, executed, closed = whole_course()
    accept(ledger, opened, investigated, case("transferred", "2031-02-11"))
    accept(ledger, case("transfer_accepted", "2031-02-12"))
    for step in (proposed, reviewed, decided, executed, closed):
        assert refusal(ledger, step).code == "case_transferred"
    accept(ledger, case("transfer_returned", "2031-02-13"), proposed, reviewed, decided, executed, closed)
    assert tip(ledger).phase == "closed"


def test_a_transferred_case_is_closed_as_such_and_its_outcome_is_recorded_after(ledger: Ledger) -> None:
    accept(
        ledger,
        case("opened", "2031-02-01"),
        case("transferred", "2031-02-11"),
        case("closed", "2031-02-12", outcome="transferred"),
        case("criminal_outcome", "2031-08-01", outcome="convicted"),
    )
    assert tip(ledger).closed


def test_only_what_was_decided_is_published_and_a_publication_may_end(ledger: Ledger) -> None:
    course = whole_course()
    accept(ledger, *course[:4])
    assert accept(ledger, case("published", "2031-03-05"))[0].waits == "decision_unknown_here"
    accept(ledger, course[4])
    assert tip(ledger).published == ("处1号",)
    accept(ledger, case("publication_withdrawn", "2034-03-05", document_number="处1号", reason="期满"))
    assert tip(ledger).published == ()


def test_a_file_review_belongs_to_a_case_and_yields_findings(ledger: Ledger) -> None:
    reviewed = case("file_reviewed", "2031-05-01", findings=["送达回证缺页"], by={"role": "legal", "unit": "legal-1"})
    assert accept(ledger, reviewed)[0].waits == "case_not_opened"
    accept(ledger, *whole_course())
    assert ledger.timeline(STREAM).applied[-1].data["findings"] == ["送达回证缺页"]
