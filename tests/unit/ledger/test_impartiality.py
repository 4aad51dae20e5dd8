"""Whoever has an interest in a client neither audits nor certifies it, whatever comes first (S4-121)."""

from typing import Any

import pytest

from ledger.codes.interests import interest_kinds, months_after
from ledger.envelope import Submission
from ledger.service import Ledger
from tests.support.inspecting import performed
from tests.support.statements import (
    BODY,
    HOLDER,
    OTHER_BODY,
    SIGNER,
    accept,
    corrected,
    decided,
    issued,
    refusal,
    register_of,
    statement,
)

PERSON = f"person:CCAA:{SIGNER}"
DAY = "2031-03-05"


@pytest.fixture
def ledger() -> Ledger:
    return register_of(BODY, OTHER_BODY)


def declared(
    subject: str, kind: str = "consulting", day: str = "2029-01-01", source: str = "CNCA", **data: Any
) -> Submission:
    said = {"effective": day, "kind": kind, "organisation": HOLDER["code"], **data}
    family = subject.partition(":")[0]
    identity = f"{subject} {kind} {day} {source}"
    return statement(f"{family}.interest_declared", subject, said, source=source, identity=identity)


def audited(day: str = DAY, source: str = BODY, **data: Any) -> Submission:
    return performed(day=day, source=source, mode="surveillance", inspectors=[PERSON, "440604-17"], **data)


def on(day: str) -> Submission:
    return issued(day=day, expires="2031-11-30")


@pytest.mark.requirement("S4-121")
@pytest.mark.parametrize("kind", sorted(interest_kinds()))
def test_an_audit_by_a_conflicted_person_is_refused(ledger: Ledger, kind: str) -> None:
    accept(ledger, declared(PERSON, kind))
    refused = refusal(ledger, audited())
    assert (refused.code, refused.status, refused.pointer) == ("inspector_conflicted", 409, "/data/inspectors")
    assert dict(refused.params) == {
        "party": PERSON, "organisation": HOLDER["code"], "kind": kind, "day": DAY,
    }  # fmt: skip
    accept(ledger, performed(source=BODY, mode="surveillance", day=DAY, inspectors=["person:CCAA:S999999"]))


@pytest.mark.requirement("S4-121")
def test_an_authoritys_inspector_with_an_interest_is_refused_too(ledger: Ledger) -> None:
    accept(ledger, declared(PERSON, "ownership"))
    assert refusal(ledger, audited(source="SAMR-440604")).code == "inspector_conflicted"


@pytest.mark.requirement("S4-121")
def test_a_conflicted_person_evaluates_and_signs_nothing_about_the_client(ledger: Ledger) -> None:
    accept(ledger, on("2028-12-01"), declared(PERSON))
    refused = refusal(ledger, decided("maintained", DAY))
    assert (refused.code, refused.pointer) == ("signatory_conflicted", "/data/signers/0")
    assert PERSON in refused.title("zh")
    assert PERSON in refused.title("en")
    other = {**HOLDER, "code": "MA0000015", "name_zh": "无关电器有限公司"}
    accept(ledger, issued("10131Q00009R0M", details={**issued().data["details"], "holder": other}))


@pytest.mark.requirement("S4-121")
@pytest.mark.parametrize("kind", sorted(interest_kinds()))
def test_an_interest_conflicts_for_as_long_after_its_end_as_its_kind_does(ledger: Ledger, kind: str) -> None:
    accept(ledger, declared(PERSON, kind, until="2029-06-30"))
    last, first = {0: ("2029-06-30", "2029-07-01"), 24: ("2031-06-30", "2031-07-01")}[months_after(kind, DAY)]
    assert refusal(ledger, audited(last)).code == "inspector_conflicted"
    accept(ledger, audited(first))


def test_before_its_first_day_an_interest_conflicts_with_nothing(ledger: Ledger) -> None:
    accept(ledger, declared(PERSON, day="2031-03-06"))
    accept(ledger, audited("2031-03-05"))


@pytest.mark.requirement("S4-121")
def test_a_body_with_an_interest_lets_no_certificate_stand_and_may_still_end_what_it_issued(ledger: Ledger) -> None:
    accept(ledger, on("2028-12-01"), declared(f"body:{BODY}", "ownership"))
    refused = refusal(ledger, issued("10131Q00002R0M", day=DAY, expires="2034-01-01"))
    assert (refused.code, refused.pointer) == ("body_conflicted", "/source")
    accept(ledger, decided("withdrawn", DAY, reason_code="0115"))


def test_an_interest_that_is_taken_back_conflicts_no_more(ledger: Ledger) -> None:
    said = declared(PERSON)
    accept(ledger, said)
    assert refusal(ledger, audited()).code == "inspector_conflicted"
    accept(ledger, corrected(said, None, source="CNCA"), audited())


@pytest.mark.requirement("S4-121")
def test_a_correction_does_not_bring_a_conflicted_person_in(ledger: Ledger) -> None:
    accept(ledger, declared(PERSON))
    said = performed(source=BODY, mode="surveillance", day=DAY)
    accept(ledger, said)
    assert refusal(ledger, corrected(said, {**said.data, "inspectors": [PERSON]})).code == "inspector_conflicted"
    nonsense = corrected(said, {**said.data, "inspectors": [7, "person:"]})
    assert refusal(ledger, nonsense).code == "data_invalid"


@pytest.mark.parametrize(
    ("subject", "source", "code"),
    [
        (PERSON, BODY, None),
        (f"body:{BODY}", BODY, None),
        (f"body:{BODY}", "CNAS", None),
        (PERSON, "CCAA", None),
        (PERSON, OTHER_BODY, "interest_of_another"),
        (f"body:{OTHER_BODY}", BODY, "interest_of_another"),
        (f"body:{BODY}", "CCAA", "not_competent"),
        (PERSON, "SAMR-440604", "not_competent"),
    ],
)
def test_a_body_declares_for_itself_and_its_own_people_alone(
    ledger: Ledger, subject: str, source: str, code: str | None
) -> None:
    said = declared(subject, source=source, day=DAY)
    if code is None:
        accept(ledger, said)
    else:
        assert refusal(ledger, said).code == code


def test_a_body_does_not_learn_of_the_interests_of_other_bodies_people_by_trying(ledger: Ledger) -> None:
    def tried() -> tuple[str, int]:
        refused = refusal(ledger, audited(source=OTHER_BODY, certificates=None))
        return refused.code, refused.status

    before = tried()
    accept(ledger, declared(PERSON))
    assert before == tried() == ("inspector_of_another_body", 403)


def test_an_interest_shows_nothing_in_the_standing_that_everybody_reads(ledger: Ledger) -> None:
    before = ledger.timeline(PERSON).tip
    accept(ledger, declared(PERSON))
    assert ledger.timeline(PERSON).tip == before
