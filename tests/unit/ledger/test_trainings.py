"""A training has one of the listed forms, and a review of case files rests on reviews recorded in the cases."""

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.codes.trainings import forms
from ledger.service import Ledger
from tests.support.mechanisms import TRAINING, ill_formed, training
from tests.support.statements import accept, corrected, refusal, register_of
from tests.support.supervising import CITY, COUNTY, LEGAL, case, whole_course

CASE = f"case:{COUNTY}:1"
REVIEWED = case("file_reviewed", "2031-05-01", findings=["送达回证缺页"], by=LEGAL)
REVIEWS = [{"source": COUNTY, "id": REVIEWED.identity[1]}]


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = register_of()
    accept(ledger, *whole_course("1"), REVIEWED)
    yield ledger
    ledger.close()


@pytest.mark.requirement("S0-65")
def test_the_forms_are_the_four_of_the_text_and_other(ledger: Ledger) -> None:
    assert {code: row.zh for code, row in forms().items()} == {
        "professional_training": "业务培训",
        "regulation_briefing": "法规宣贯",
        "case_file_review": "案卷评查",
        "legal_lecture": "法制讲座",
        "other": "其他形式",
    }
    for number, code in enumerate(forms()):
        named = {"cases": [CASE], "reviews": REVIEWS} if code == "case_file_review" else {}
        receipt = accept(ledger, training(code, "2031-05-10", f"training:{CITY}:{number}", **named))[0]
        assert receipt.decision == "applied", code
    unknown = ill_formed(training("other", "2031-05-10"), form="seminar")
    assert [(each.pointer, each.code) for each in unknown.problems] == [("/data/form", "training_form_unknown")]


@pytest.mark.requirement("S0-65")
def test_a_review_of_case_files_names_its_cases_and_the_findings_recorded_in_them(ledger: Ledger) -> None:
    whole = training("case_file_review", "2031-05-10", cases=[CASE], reviews=REVIEWS)
    for missing, problem in (("cases", "training_case_missing"), ("reviews", "training_review_missing")):
        found = ill_formed(whole, **{missing: None})
        assert (found.code, [each.code for each in found.problems]) == ("data_invalid", [problem])
    accept(ledger, whole)
    assert ledger.timeline(TRAINING).tip.form == "case_file_review"


@pytest.mark.parametrize(
    ("named", "code", "pointer"),
    [
        ({"cases": [f"case:{COUNTY}:unknown"], "reviews": REVIEWS}, "case_unknown", "/data/cases/0"),
        ({"cases": [CASE], "reviews": [{"source": COUNTY, "id": "no"}]}, "training_review_unknown", "/data/reviews/0"),
    ],
)
def test_cases_and_reviews_that_nobody_recorded_are_refused(
    named: dict[str, Any], code: str, pointer: str, ledger: Ledger
) -> None:
    found = refusal(ledger, training("case_file_review", "2031-05-10", **named))
    assert (found.code, found.pointer) == (code, pointer)


def test_a_correction_is_judged_by_the_reviews_that_it_names(ledger: Ledger) -> None:
    said = training("case_file_review", "2031-05-10", cases=[CASE], reviews=REVIEWS)
    accept(ledger, said)
    wrong = corrected(said, {**said.data, "reviews": [{"source": COUNTY, "id": "no"}]}, "wrong")
    assert refusal(ledger, wrong).code == "training_review_unknown"
    accept(ledger, corrected(said, {**said.data, "participants": 12}, "right"))


def test_no_other_form_names_cases_and_a_training_is_held_once(ledger: Ledger) -> None:
    found = ill_formed(training("legal_lecture", "2031-05-10"), cases=[CASE])
    assert [each.code for each in found.problems] == ["training_takes_no_case"]
    accept(ledger, training("legal_lecture", "2031-05-10"))
    assert refusal(ledger, training("legal_lecture", "2031-05-11")).code == "training_already_held"
    assert refusal(ledger, training("legal_lecture", "2031-05-10", source=COUNTY)).code == "not_own_mechanism"
