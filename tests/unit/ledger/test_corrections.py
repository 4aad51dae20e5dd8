"""Facts are never edited: a correction is an event that points at what it corrects, and is judged like any other."""

from typing import Any

import pytest

from ledger.codes.statuses import Status
from ledger.service import Ledger
from tests.support.statements import (
    BODY,
    DETAILS,
    HOLDER,
    accept,
    corrected,
    decided,
    issued,
    refusal,
    register_of,
    say,
    statement,
    status_on,
    suspended,
    timeline_of,
)


@pytest.fixture
def ledger() -> Ledger:
    return register_of()


def test_a_correction_may_move_the_effective_day(ledger: Ledger) -> None:
    wrong = suspended()
    accept(ledger, issued(), wrong, corrected(wrong, {**wrong.data, "effective": "2031-04-01"}))
    assert status_on(ledger, "2031-03-15") is Status.VALID
    assert status_on(ledger, "2031-04-01") is Status.SUSPENDED


def test_a_corrected_fact_is_corrected_again_by_its_first_identity(ledger: Ledger) -> None:
    wrong = suspended()
    first = corrected(wrong, {**wrong.data, "until": "2031-05-01"})
    accept(ledger, issued(), wrong, first)
    accept(ledger, corrected(wrong, {**wrong.data, "until": "2031-05-15"}, "correction-2"))
    fact = timeline_of(ledger).applied[-1]
    assert (fact.data["until"], fact.corrected_by, fact.version) == ("2031-05-15", 4, 2)


def test_a_correction_itself_is_not_corrected_and_what_is_void_stays_void(ledger: Ledger) -> None:
    wrong = suspended()
    first = corrected(wrong, None)
    accept(ledger, issued(), wrong, first)
    assert refusal(ledger, corrected(first, None, "correction-2")).code == "nothing_to_correct"
    assert refusal(ledger, corrected(wrong, dict(wrong.data), "correction-3")).code == "nothing_to_correct"


def test_an_issue_is_not_taken_back_under_the_facts_that_rest_on_it(ledger: Ledger) -> None:
    first = issued()
    accept(ledger, first, suspended())
    assert refusal(ledger, corrected(first, None)).code == "contradicts_later_fact"
    assert refusal(ledger, corrected(first, {**first.data, "effective": "2031-03-02"})).code == "contradicts_later_fact"
    accept(ledger, corrected(suspended(), None, "correction-2"), corrected(first, None, "correction-3"))
    assert status_on(ledger, "2031-03-01") is Status.NOT_ISSUED
    accept(ledger, issued(day="2031-02-05", expires="2034-02-04"))
    assert status_on(ledger, "2031-03-01") is Status.VALID


def test_a_correction_that_would_make_an_applied_fact_illegal_names_it(ledger: Ledger) -> None:
    first = suspended()
    accept(ledger, issued(), first, decided("restored", "2031-05-20"))
    outcome = refusal(ledger, corrected(first, {**first.data, "until": "2031-05-19"}))
    assert outcome.code == "contradicts_later_fact"
    assert dict(outcome.params)["later"] == "certificate.restored"


@pytest.mark.parametrize("source", ["CNCA", "organisation:M000100Y4", "clock"])
def test_only_the_party_that_said_it_corrects_it(ledger: Ledger, source: str) -> None:
    first = issued()
    accept(ledger, first)
    assert refusal(ledger, corrected(first, None, source=source)).code == "not_own_statement"


def test_an_annulled_certificate_takes_corrections_still(ledger: Ledger) -> None:
    data = {
        "effective": "2032-01-01",
        "reason": "x",
        "legal_basis": [{"rule": "r", "article": "1", "version": "2023-01-01"}],
    }
    annulled = statement("certificate.annulled", issued().subject, data)
    first = issued()
    accept(ledger, first, annulled, corrected(first, {**first.data, "expires": "2033-01-04"}))
    assert status_on(ledger, "2031-02-01") is Status.WITHDRAWN
    accept(ledger, corrected(annulled, None, "correction-2"))
    assert status_on(ledger, "2031-02-01") is Status.VALID
    assert status_on(ledger, "2033-01-05") is Status.EXPIRED


@pytest.mark.parametrize(
    "replacement",
    [
        {},
        {"signers": [{}]},
        {"signers": ["x"]},
        {"signers": {"number": "S1"}},
        {"signers": [{"number": {}}]},
        {"from_body": "x"},
        {"details": "x"},
        {"details": {"holder": {"code": "abc"}}},
        {"details": {"holder": {"code": 5}}},
        {"changes": {"holder": {"code": ["a"]}}},
        {"effective": "2031-01-05", "unknown": 1},
    ],
)
def test_a_replacement_of_any_form_is_answered_and_sinks_no_neighbour(
    ledger: Ledger, replacement: dict[str, Any]
) -> None:
    first = issued()
    accept(ledger, first)
    refused, taken = say(ledger, corrected(first, replacement), suspended())
    assert getattr(refused, "code", "") == "data_invalid"
    assert getattr(taken, "decision", "") == "applied"


def test_a_correction_is_judged_by_the_standing_of_the_day_that_it_names(ledger: Ledger) -> None:
    first = issued()
    accept(ledger, first)
    before_approval = {**first.data, "effective": "2014-12-31", "first_issued": "2014-12-31", "expires": "2017-01-01"}
    assert refusal(ledger, corrected(first, before_approval)).code == "body_not_approved_for_scheme"
    unknown_signer = {**first.data, "signers": [{"register": "CCAA", "number": "S999999", "role": "decision"}]}
    assert refusal(ledger, corrected(first, unknown_signer)).code == "signatory_not_registered"


def test_a_fact_with_a_long_identifier_in_chinese_can_be_corrected(ledger: Ledger) -> None:
    accept(ledger, issued())
    identity = "月报 2031-03 第17行 " + "甲" * 180
    named = statement("certificate.suspended", issued().subject, dict(suspended().data), identity=identity)
    accept(ledger, named, corrected(named, None))
    assert status_on(ledger, "2031-03-01") is Status.VALID


def test_a_correction_that_changes_the_holder_keeps_the_rest(ledger: Ledger) -> None:
    first = issued()
    details = {**DETAILS, "holder": {**HOLDER, "name_zh": "更正后的名称有限公司"}}
    accept(ledger, first, corrected(first, {**first.data, "details": details}))
    tip = timeline_of(ledger).tip
    assert tip.details["holder"]["name_zh"] == "更正后的名称有限公司"
    assert tip.expires == first.data["expires"]
    assert first.source == BODY
