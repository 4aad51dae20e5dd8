"""A closed case with a penalty is reported within 20 days, with six fields and the decision's text."""

import pytest

from ledger.cases import CaseState
from ledger.cases.duties import Duty, report_duty
from ledger.codes.reporting import Obligation, obligations, obligations_after
from ledger.service import Ledger
from tests.support.statements import accept, refusal, register_of, say
from tests.support.supervising import COUNTY, DOCUMENT, case, report_of, said, whole_course

STREAM = f"case:{COUNTY}:1"
CLOSED = "2031-04-01"


@pytest.fixture
def ledger() -> Ledger:
    ledger = register_of()
    accept(ledger, *whole_course(closed=CLOSED))
    return ledger


def duty(ledger: Ledger, day: str) -> Duty:
    state: CaseState = ledger.timeline(STREAM).tip
    found = report_duty(state, day)
    assert found is not None
    return found


@pytest.mark.requirement("S1-97")
@pytest.mark.parametrize(("submitted", "standing"), [("2031-04-21", "on_time"), ("2031-04-22", "late")])
def test_a_report_on_day_20_is_in_time_and_on_day_21_late(ledger: Ledger, submitted: str, standing: str) -> None:
    assert duty(ledger, "2031-04-21").due == "2031-04-21"
    assert (duty(ledger, "2031-04-21").standing, duty(ledger, "2031-04-21").is_overdue) == ("due", False)
    assert (duty(ledger, "2031-04-22").standing, duty(ledger, "2031-04-22").is_overdue) == ("overdue", True)
    accept(ledger, case("report_submitted", submitted))
    assert (duty(ledger, "2031-05-01").standing, duty(ledger, "2031-05-01").is_overdue) == (standing, False)


@pytest.mark.requirement("S1-100", "S1-99")
@pytest.mark.parametrize(
    "missing",
    ["case_source", "case_information", "penalty_basis", "penalty_type", "penalty_amount", "case_description"],
)
def test_a_report_without_one_of_the_six_fields_is_refused(missing: str) -> None:
    fields = report_of(**{missing: None})
    with pytest.raises(AssertionError, match=missing):
        said("case.report_submitted", STREAM, "2031-04-10", **fields)


def test_an_amount_of_nothing_is_an_amount(ledger: Ledger) -> None:
    accept(ledger, case("report_submitted", "2031-04-10", penalty_amount="0", penalty_type=["warning"]))


@pytest.mark.requirement("S1-101")
def test_a_report_without_the_decisions_text_stays_incomplete_until_it_comes(ledger: Ledger) -> None:
    bare = said("case.report_submitted", STREAM, "2031-04-10", **report_of(document=None))
    accept(ledger, bare)
    assert duty(ledger, "2031-04-15").standing == "incomplete"
    assert duty(ledger, "2031-04-22").is_overdue
    taken = case("report_acknowledged", "2031-04-15", source="CNCA")
    assert accept(ledger, taken)[0].waits == "report_incomplete"
    another = case("report_submitted", "2031-04-16", document={**DOCUMENT, "sha256": "b" * 64})
    assert refusal(ledger, another).code == "document_differs"
    accept(ledger, case("report_submitted", "2031-04-14"))
    assert duty(ledger, "2031-05-01").standing == "acknowledged"


@pytest.mark.requirement("S1-98")
def test_what_is_sent_again_is_the_same_report_and_the_register_takes_it_once(ledger: Ledger) -> None:
    report = case("report_submitted", "2031-04-10")
    first, second = accept(ledger, report)[0], accept(ledger, report)[0]
    assert (second.position, second.duplicate) == (first.position, True)
    assert refusal(ledger, case("report_acknowledged", "2031-04-11")).code == "not_competent"
    accept(ledger, case("report_acknowledged", "2031-04-11", source="CNCA"))
    assert duty(ledger, "2031-05-01").standing == "acknowledged"
    assert refusal(ledger, case("report_submitted", "2031-04-12")).code == "report_acknowledged"


def test_a_returned_report_counts_from_the_day_on_which_it_was_completed(ledger: Ledger) -> None:
    accept(ledger, case("report_submitted", "2031-04-10"))
    accept(ledger, case("report_returned", "2031-04-12", source="CNCA", reason="缺案情"))
    assert duty(ledger, "2031-04-22").is_overdue
    accept(ledger, case("report_submitted", "2031-04-25"))
    assert duty(ledger, "2031-05-01").standing == "late"


def test_a_case_without_a_penalty_owes_no_report() -> None:
    ledger = register_of()
    accept(ledger, case("opened", "2031-02-01"), case("closed", CLOSED, outcome="no_violation"))
    assert report_duty(ledger.timeline(STREAM).tip, "2031-12-31") is None


def test_nothing_is_reported_before_closure() -> None:
    ledger = register_of()
    accept(ledger, *whole_course()[:5])
    assert say(ledger, case("report_submitted", "2031-03-10"))[0].waits == "case_not_closed"  # type: ignore[union-attr]


@pytest.mark.requirement("S1-94")
def test_a_trigger_makes_the_obligations_of_its_rows(ledger: Ledger) -> None:
    table = {each.trigger: each for each in obligations() if each.trigger}
    assert {"case.closed", "case.flagged_major", "report.instruction_requested"} <= set(table)
    assert all(each.source and each.zh and each.en for each in obligations())
    (row,) = obligations_after("case.closed", CLOSED)
    assert (row.days, row.count, row.to, row.content) == (20, "calendar", "CNCA", "six fields and the penalty decision")
    assert duty(ledger, CLOSED).obligation == row.id
    assert duty(ledger, CLOSED).due == row.due(CLOSED)


@pytest.mark.requirement("S0-59")
def test_what_stands_in_documents_that_are_not_held_is_named_and_not_presumed() -> None:
    (row,) = [each for each in obligations() if each.status == "text_not_held"]
    assert isinstance(row, Obligation)
    assert (row.days, row.to, row.trigger) == (None, "", "")
    assert row.documents == ("国质检认联〔2007〕146号", "国认法〔2008〕14号")
