"""Evidence (T21): inspections, findings, samples, cases and penalties; none of them changes a certificate's status."""

from typing import Any

import pytest

from ledger.codes.statuses import Status
from ledger.envelope import Submission
from ledger.inspections import InspectionState
from ledger.service import Ledger
from tests.support.statements import (
    ANSWERABLE,
    BODY,
    LAW,
    OTHER_BODY,
    accept,
    certificate,
    corrected,
    issued,
    refusal,
    register_of,
    statement,
    status_on,
)

LOCAL = "SAMR-440604"


@pytest.fixture
def ledger() -> Ledger:
    return register_of()


def inspection(kind: str, day: str, source: str = LOCAL, **data: Any) -> Submission:
    identity = f"{kind}:{day}:{source}:{data.get('finding', data.get('sample'))}"
    body = {"effective": day, **data}
    return statement(f"inspection.{kind}", "inspection:i-1", body, source=source, identity=identity)


def performed(source: str = LOCAL, **data: Any) -> Submission:
    said = {"mode": "special_spot_check", "organisation": "M000100Y4", "region": "440604", "result": "nonconforming"}
    return inspection("performed", "2031-02-01", source, certificates=[certificate()], **{**said, **data})


def finding(day: str = "2031-02-01", source: str = LOCAL, code: str = "F1") -> Submission:
    return inspection(
        "finding_recorded", day, source, finding=code, grade="major", text="关键件不一致", responsible=ANSWERABLE
    )


def case(kind: str, day: str, source: str = LOCAL, number: str = "1", **data: Any) -> Submission:
    subject = f"case:{LOCAL}:粤案〔2031〕{number}号"
    return statement(
        f"case.{kind}", subject, {"effective": day, **data}, source=source, identity=f"{kind}:{day}:{number}"
    )


OPENED = {"target": f"body:{BODY}", "region": "440604", "lead": "complaint", "violation": "减少认证程序"}
PENALTY = {
    "document_number": "粤处〔2031〕1号",
    "penalties": ["fine"],
    "amount": "50000.00",
    "description": "罚款",
    "legal_basis": LAW,
}


def test_a_failed_inspection_changes_no_status(ledger: Ledger) -> None:
    sample = inspection(
        "sample_result_recorded", "2031-02-05", "LAB-1A", sample="S1", standard="GB 4943.1", passed=False, grave=True
    )
    accept(ledger, issued(), performed(), finding(), sample)
    assert status_on(ledger, "2031-02-05") is Status.VALID


def test_a_finding_is_closed_once_and_by_its_number(ledger: Ledger) -> None:
    closed = inspection("finding_closed", "2031-03-01", finding="F1")
    assert accept(ledger, performed(), closed)[1].waits == "finding_not_open"
    assert accept(ledger, finding())[0].releases == (2,)
    assert refusal(ledger, finding("2031-04-01")).code == "finding_already_recorded"
    tip = ledger.timeline("inspection:i-1").tip
    assert isinstance(tip, InspectionState)
    assert tip.closed_findings == {"F1"}


def test_a_body_neither_finds_nor_closes_in_an_inspection_of_others(ledger: Ledger) -> None:
    accept(ledger, performed(), finding())
    foreign = inspection("finding_closed", "2031-03-01", OTHER_BODY, finding="F1")
    assert refusal(ledger, foreign).code == "not_own_inspection"
    assert refusal(ledger, finding("2031-03-01", BODY, "F2")).code == "not_own_inspection"


def test_a_body_inspects_and_closes_by_itself(ledger: Ledger) -> None:
    accept(ledger, performed(BODY, mode="surveillance"), finding("2031-02-01", BODY))
    accept(ledger, inspection("finding_closed", "2031-03-01", BODY, finding="F1"))


def test_an_inspection_takes_place_once_and_its_findings_wait_for_it(ledger: Ledger) -> None:
    assert accept(ledger, finding("2031-02-02", "CNCA"))[0].waits == "inspection_not_performed"
    assert accept(ledger, performed())[0].releases == (1,)
    assert refusal(ledger, performed("CNCA")).code == "inspection_already_performed"


STRANGERS = ["SAMR-440605", "SAMR-330000", OTHER_BODY]


@pytest.mark.parametrize("source", STRANGERS)
@pytest.mark.parametrize("kind", ["finding_recorded", "finding_closed", "sample_result_recorded"])
def test_a_stranger_is_not_told_whether_there_is_such_an_inspection(source: str, kind: str) -> None:
    more = {
        "finding_recorded": {"finding": "F1", "grade": "major", "text": "不一致", "responsible": ANSWERABLE},
        "finding_closed": {"finding": "F1"},
        "sample_result_recorded": {"sample": "S1", "standard": "GB 4943.1", "passed": True},
    }[kind]
    there, not_there = register_of(), register_of()
    accept(there, performed(), finding())
    said = inspection(kind, "2031-03-01", source, **more)
    answers = [refusal(each, said) for each in (there, not_there)]
    assert answers[0] == answers[1]
    assert (answers[0].code, answers[0].status) == ("not_own_inspection", 403)


@pytest.mark.parametrize("source", STRANGERS)
def test_a_stranger_who_corrects_is_not_told_either(source: str) -> None:
    there, not_there = register_of(), register_of()
    accept(there, performed())
    said = corrected(performed(), None, source=source)
    assert refusal(there, said) == refusal(not_there, said)


def named(kind: str, party: str, source: str, **data: Any) -> Submission:
    said = {"mode": "surveillance", "organisation": "M000100Y4", "region": "440604", "result": "conforming"}
    body = {"effective": "2031-02-01", **(said if kind == "performed" else {}), **data}
    return statement(f"inspection.{kind}", f"inspection:{party}-2031-7", body, source=source)


@pytest.mark.parametrize("party", [LOCAL, BODY])
def test_under_its_own_name_a_partys_findings_wait_and_nobody_else_takes_or_probes_the_identifier(
    ledger: Ledger, party: str
) -> None:
    early = named(
        "finding_recorded",
        party,
        party,
        finding="F1",
        grade="minor",
        text="记录不全",
        responsible=ANSWERABLE,
        effective="2031-02-02",
    )
    assert accept(ledger, early)[0].waits == "inspection_not_performed"
    before = [refusal(ledger, named("performed", party, source)) for source in STRANGERS]
    assert accept(ledger, named("performed", party, party))[0].releases == (1,)
    after = [refusal(ledger, named("performed", party, source)) for source in STRANGERS]
    assert before == after
    assert {each.code for each in after} == {"not_own_inspection"}


def published(source: str = LOCAL, **data: Any) -> Submission:
    said = {
        "mode": "special_spot_check",
        "organisation": "M000100Y4",
        "performed": "2031-02-01",
        "result": "nonconforming",
        "findings": [{"finding": "F1", "grade": "major"}],
    }
    return inspection("published", "2031-04-01", source, **{**said, **data})


@pytest.mark.parametrize("source", [LOCAL, "SAMR-440600", "SAMR-440000", "SAMR"])
def test_an_authority_of_the_place_publishes_what_was_recorded(ledger: Ledger, source: str) -> None:
    accept(ledger, performed(), finding())
    accept(ledger, published(source, organisation="91350100M000100Y43"))


@pytest.mark.parametrize("source", ["SAMR-440605", "SAMR-330000", BODY, "LAB-1A"])
def test_nobody_else_publishes(ledger: Ledger, source: str) -> None:
    accept(ledger, performed(), finding())
    assert refusal(ledger, published(source)).status == 403


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"mode": "joint"}, "/data/mode"),
        ({"organisation": "91350100M00010102K"}, "/data/organisation"),
        ({"performed": "2031-02-02"}, "/data/performed"),
        ({"result": "conforming"}, "/data/result"),
        ({"findings": [{"finding": "F1", "grade": "minor"}]}, "/data/findings/0"),
        ({"findings": [{"finding": "F1", "grade": "major"}, {"finding": "F2", "grade": "minor"}]}, "/data/findings/1"),
    ],
)
def test_a_publication_repeats_what_was_recorded_and_adds_nothing(
    ledger: Ledger, wrong: dict[str, Any], where: str
) -> None:
    accept(ledger, performed(), finding())
    said = refusal(ledger, published(**wrong))
    assert (said.code, said.pointer) == ("publication_differs", where)
    right = published()
    accept(ledger, right)
    assert refusal(ledger, corrected(right, {**right.data, **wrong})).code == "publication_differs"
    accept(ledger, corrected(right, None))


def test_nothing_is_published_before_it_was_recorded(ledger: Ledger) -> None:
    assert refusal(ledger, published("CNCA")).code == "nothing_to_publish"
    assert refusal(ledger, published()).code == "not_own_inspection"


def test_an_inspection_that_was_published_can_still_be_corrected(ledger: Ledger) -> None:
    said = performed()
    accept(ledger, said, finding(), published())
    accept(ledger, corrected(said, {**said.data, "result": "conforming"}))


@pytest.mark.parametrize("code", ["nonsense", "91350100M000100Y4Z", "M000100Y5", ""])
def test_an_inspected_organisation_is_named_by_a_sound_code(code: str) -> None:
    with pytest.raises(AssertionError, match="organisation_code_wrong"):
        performed(organisation=code)


def test_a_laboratory_reports_samples_and_nothing_else(ledger: Ledger) -> None:
    accept(ledger, performed())
    assert refusal(ledger, finding(source="LAB-1A")).code == "not_competent"


def test_a_case_is_opened_decided_and_closed_in_this_order(ledger: Ledger) -> None:
    assert accept(ledger, case("penalty_decided", "2031-03-01", **PENALTY))[0].waits == "case_not_opened"
    accept(ledger, case("opened", "2031-02-01", **OPENED), case("closed", "2031-04-01", outcome="executed"))
    late = case("penalty_decided", "2031-04-02", **{**PENALTY, "document_number": "二号"})
    assert refusal(ledger, late).code == "case_closed"
    earlier = case("penalty_decided", "2031-03-20", **{**PENALTY, "document_number": "三号"})
    assert accept(ledger, earlier)[0].decision == "applied"
    again = case("penalty_decided", "2031-03-21", **PENALTY)
    assert refusal(ledger, again).code == "decision_already_recorded"
    assert refusal(ledger, case("opened", "2031-05-01", **OPENED)).code == "case_already_opened"


def test_a_closed_case_opens_again_by_a_correction_only(ledger: Ledger) -> None:
    closed = case("closed", "2031-04-01", outcome="executed")
    accept(ledger, case("opened", "2031-02-01", **OPENED), closed, corrected(closed, None))
    accept(ledger, case("penalty_decided", "2031-05-01", **PENALTY))


@pytest.mark.parametrize("source", ["SAMR-440605", "CNCA"])
def test_an_authority_records_its_own_cases_only(ledger: Ledger, source: str) -> None:
    assert refusal(ledger, case("opened", "2031-02-01", source, **OPENED)).code == "not_own_case"


@pytest.mark.parametrize("amount", ["1.5", "-1.00", "1e5", "０.00", "01.00", "1,000.00", "9" * 16])
def test_an_amount_is_a_decimal_of_yuan_and_fen(amount: str) -> None:
    with pytest.raises(AssertionError, match="string_pattern_mismatch"):
        case("penalty_decided", "2031-03-01", **{**PENALTY, "amount": amount})
