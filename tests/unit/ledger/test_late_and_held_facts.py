"""Legality is judged on the effective timeline: late facts find their place, early ones wait and are released."""

from dataclasses import replace
from itertools import permutations

import pytest

from ledger.codes.schemes import rules
from ledger.codes.statuses import Status
from ledger.envelope import Submission
from ledger.service import Ledger
from tests.support.statements import (
    BODY,
    CCC_NUMBER,
    DETAILS,
    LAW,
    accept,
    answer_on,
    certificate,
    corrected,
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


@pytest.fixture
def ledger() -> Ledger:
    return register_of()


LIFE = (
    issued(),
    suspended(),
    decided("restored", "2031-05-01"),
    decided("maintained", "2031-12-20"),
    decided("withdrawn", "2032-04-01", reason_code="0101"),
)


@pytest.mark.parametrize("arrival", list(permutations(range(5))))
def test_every_order_of_arrival_gives_the_same_life(arrival: tuple[int, ...]) -> None:
    ledger = register_of()
    for index in arrival:
        accept(ledger, LIFE[index])
    timeline = timeline_of(ledger)
    assert not timeline.held
    assert [fact.type for fact in timeline.applied] == [each.type.name for each in LIFE]
    days = ["2031-01-04", "2031-01-05", "2031-03-01", "2031-05-01", "2032-03-31", "2032-04-01"]
    found = [status_on(ledger, day).value for day in days]
    assert found == ["not_issued", "valid", "suspended", "valid", "valid", "withdrawn"]


def test_a_late_fact_changes_answers_for_later_knowledge_only(ledger: Ledger) -> None:
    accept(ledger, issued(), decided("maintained", "2031-12-20"))
    known = timeline_of(ledger)
    late = accept(ledger, suspended(until="2031-05-01"), decided("restored", "2031-04-01"))
    assert late[0].waits == "contradicts_later_fact"
    assert late[1].releases == (late[0].version,)
    assert known.tip.status is Status.VALID
    assert len(known.applied) == 2
    assert status_on(ledger, "2031-03-15") is Status.SUSPENDED


def test_facts_of_one_day_stand_in_the_order_of_recording(ledger: Ledger) -> None:
    accept(ledger, issued(), suspended(), decided("restored", "2031-03-01"))
    assert status_on(ledger, "2031-03-01") is Status.VALID
    other = register_of()
    accept(other, issued(), decided("restored", "2031-03-01"), suspended())
    assert status_on(other, "2031-03-01") is Status.SUSPENDED
    assert [fact.type for fact in timeline_of(other).held] == ["certificate.restored"]


def test_what_was_applied_stays_applied_against_a_late_fact_that_denies_it(ledger: Ledger) -> None:
    accept(ledger, issued(), decided("withdrawn", "2031-06-01", reason_code="0101"))
    outcome = refusal(ledger, decided("cancelled", "2031-05-01", reason_code="0101"))
    assert outcome.code == "contradicts_later_fact"
    assert status_on(ledger, "2031-06-01") is Status.WITHDRAWN


def test_a_renewal_that_arrives_before_the_issue_is_held_and_released(ledger: Ledger) -> None:
    renewed = accept(ledger, decided("renewed", "2033-12-01", expires="2037-01-04"))[0]
    assert (renewed.decision, renewed.waits) == ("held", "certificate_not_issued")
    assert accept(ledger, issued())[0].releases == (renewed.version,)
    assert status_on(ledger, "2036-12-31") is Status.VALID


def test_a_held_fact_changes_no_answer_while_it_waits(ledger: Ledger) -> None:
    accept(ledger, suspended())
    assert status_on(ledger, "2031-03-01") is Status.NOT_ISSUED
    accept(ledger, decided("refused", "2031-01-02", reason="x", details=DETAILS))
    assert status_on(ledger, "2031-03-01") is Status.REFUSED
    assert [fact.type for fact in timeline_of(ledger).held] == ["certificate.suspended"]


def test_a_held_fact_of_an_unknown_reason_is_not_released(ledger: Ledger) -> None:
    foreign = decided("suspended", "2031-03-01", until="2031-04-01", reason_code="0201")
    assert accept(ledger, foreign)[0].decision == "held"
    assert accept(ledger, issued())[0].releases == ()
    assert status_on(ledger, "2031-03-01") is Status.VALID


def test_a_held_fact_is_corrected_while_it_waits_and_released_as_corrected(ledger: Ledger) -> None:
    wrong = decided("suspended", "2031-03-01", until="2032-12-31", reason_code="0111")
    accept(ledger, wrong)
    receipt = accept(ledger, corrected(wrong, {**wrong.data, "until": "2031-04-01"}))[0]
    assert receipt.releases == ()
    assert accept(ledger, issued())[0].releases == (1,)
    assert timeline_of(ledger).tip.suspended_until == "2031-04-01"


def test_a_correction_releases_the_held_fact_that_it_makes_legal(ledger: Ledger) -> None:
    first = suspended(until="2031-04-01")
    accept(ledger, issued(), first)
    waiting = accept(ledger, decided("restored", "2031-05-01"))[0]
    assert waiting.waits == "restoration_after_term"
    receipt = accept(ledger, corrected(first, {**first.data, "until": "2031-06-01"}))[0]
    assert receipt.releases == (waiting.version,)
    assert status_on(ledger, "2031-05-01") is Status.VALID


def test_a_held_fact_may_be_taken_back(ledger: Ledger) -> None:
    waiting = suspended()
    accept(ledger, waiting, corrected(waiting, None), issued())
    assert status_on(ledger, "2031-03-01") is Status.VALID
    assert not timeline_of(ledger).held


def test_a_thousand_and_more_held_facts_are_released_at_once(ledger: Ledger) -> None:
    data = {"effective": "2031-03-01", "signers": issued().data["signers"]}
    many = [statement("certificate.maintained", certificate(), data, identity=f"m{number}") for number in range(1_100)]
    accept(ledger, *many)
    assert len(accept(ledger, issued())[0].releases) == 1_100


@pytest.mark.timeout(20)
def test_side_facts_that_wait_by_the_dozen_do_not_make_a_decision_last_for_ever(ledger: Ledger) -> None:
    refused = decided("refused", "2031-05-01", reason="x", details=DETAILS)
    holds = [
        statement(
            "certificate.hold_placed",
            certificate(),
            {"effective": "2031-03-01", "document_number": f"d{n}", "reason": "r", "legal_basis": LAW},
            source="CNCA",
            identity=f"h{n}",
        )
        for n in range(40)
    ]
    accept(ledger, refused, *holds)
    assert refusal(ledger, issued()).code == "contradicts_later_fact"


@pytest.mark.parametrize("count", [2, 3])
def test_suspension_and_restoration_pairs_slip_in_between_known_facts(ledger: Ledger, count: int) -> None:
    pairs: list[Submission] = []
    for month in range(2, 2 + count):
        pairs += [
            decided("suspended", f"2031-{month:02}-05", until=f"2031-{month:02}-20", reason_code="0111"),
            decided("restored", f"2031-{month:02}-10"),
        ]
    accept(ledger, issued(), suspended(day="2031-08-01", until="2031-09-01"), *pairs[::-1])
    assert not timeline_of(ledger).held
    assert answer_on(ledger, "2031-02-07").status is Status.SUSPENDED


def test_a_compulsory_product_suspension_before_its_issue_waits_too(ledger: Ledger) -> None:
    early = decided("suspended", "2031-03-01", CCC_NUMBER, until="2031-05-01", reason_code="0201")
    assert accept(ledger, early)[0].decision == "held"
    assert accept(ledger, issued_ccc())[0].releases == (1,)


def test_a_fact_recorded_under_the_rules_of_its_day_stands_when_the_tables_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger = register_of(BODY)
    accept(ledger, issued(), suspended(until="2031-06-01"))
    stricter = replace(rules("management_system", "2031-03-01"), suspension_limits={"": 30})
    monkeypatch.setattr("ledger.certificates.state.rules", lambda *_: stricter)
    assert status_on(ledger, "2031-04-01") is Status.SUSPENDED
    late = issued("LATE")
    assert [r.decision for r in accept(ledger, late, decided("maintained", "2031-02-01"))] == ["applied", "applied"]
    assert refusal(ledger, suspended("LATE", until="2031-06-01")).code == "suspension_too_long"
    assert accept(ledger, decided("restored", "2031-05-01"))[0].decision == "applied"
