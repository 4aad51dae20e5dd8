"""An organisation is one under both its codes; while it is barred nobody certifies it."""

import pytest

from ledger.envelope import Submission
from ledger.families import organisation_stream
from ledger.organisations import OrganisationState
from ledger.service import Ledger
from tests.support.statements import (
    DETAILS,
    HOLDER,
    accept,
    decided,
    issued,
    refusal,
    register_of,
    statement,
)

STREAM = organisation_stream(str(HOLDER["code"]))


@pytest.fixture
def ledger() -> Ledger:
    return register_of()


def about_holder(event: str, day: str, source: str = "CNCA", identity: str | None = None, **data: object) -> Submission:
    body = {"effective": day, **data}
    return statement(f"organisation.{event}", STREAM, body, source=source, identity=identity)


def barred(day: str, identity: str | None = None, **data: object) -> Submission:
    return about_holder("barred", day, identity=identity, kind="own_cause", reason="因自身原因被撤销", **data)


def test_a_barred_organisation_is_not_certified_under_either_code(ledger: Ledger) -> None:
    accept(ledger, barred("2031-01-01", until="2031-12-31"))
    for code in ("91350100M000100Y43", "M000100Y4"):
        details = {**DETAILS, "holder": {**HOLDER, "code": code}}
        outcome = refusal(ledger, issued(details=details))
        assert (outcome.code, dict(outcome.params)["bar"]) == ("holder_barred", "own_cause")
    accept(ledger, issued("A1", "2032-01-01", expires="2034-12-31"))


def test_a_bar_holds_on_its_last_day_and_ends_when_it_is_lifted(ledger: Ledger) -> None:
    accept(ledger, barred("2031-01-01", until="2031-12-31"))
    assert refusal(ledger, issued("A1", "2031-12-31", expires="2034-12-30")).code == "holder_barred"
    accept(ledger, about_holder("bar_lifted", "2031-06-01", kind="own_cause"))
    accept(ledger, issued("A1", "2031-06-01", expires="2034-05-31"))


def test_a_second_bar_of_the_kind_never_shortens_the_first(ledger: Ledger) -> None:
    accept(ledger, barred("2031-01-01", until="2031-12-31"), barred("2031-02-01", "second", until="2031-03-01"))
    assert refusal(ledger, issued("A1", "2031-12-31", expires="2034-12-30")).code == "holder_barred"


def test_a_barred_holder_keeps_what_it_has_but_takes_over_nothing(ledger: Ledger) -> None:
    accept(ledger, issued("A1"))
    other = {"code": "71526726X", "name_zh": "另一公司"}
    accept(ledger, issued("B1", details={**DETAILS, "holder": other}))
    accept(ledger, barred("2031-02-01"))
    renamed = {"holder": {**HOLDER, "name_zh": "新名"}}
    accept(ledger, decided("changed", "2031-03-01", "A1", change_code="01", changes=renamed))
    taken = decided("changed", "2031-03-01", "B1", change_code="01", changes={"holder": HOLDER})
    assert refusal(ledger, taken).code == "holder_barred"


def test_a_bar_that_was_not_placed_is_lifted_once_it_is_reported(ledger: Ledger) -> None:
    waiting = accept(ledger, about_holder("bar_lifted", "2031-06-01", kind="own_cause"))[0]
    assert waiting.waits == "not_barred"
    assert accept(ledger, barred("2031-01-01"))[0].releases == (waiting.version,)


def test_names_and_places_follow_the_register(ledger: Ledger) -> None:
    accept(ledger, about_holder("registered", "2030-01-01", organisation=HOLDER))
    accept(ledger, about_holder("moved", "2031-02-01", region="440604", address="新址"))
    accept(ledger, about_holder("renamed", "2031-01-01", name_zh="新名"))
    tip = ledger.timeline(STREAM).tip
    assert isinstance(tip, OrganisationState)
    assert (tip.name_zh, tip.region, tip.credit_code) == ("新名", "440604", HOLDER["code"])


@pytest.mark.parametrize("source", ["CNCA-R-2031-101", "CNAS", "organisation:M000100Y4"])
def test_only_authorities_speak_of_organisations(ledger: Ledger, source: str) -> None:
    assert refusal(ledger, about_holder("renamed", "2031-01-01", source, name_zh="x")).code == "not_competent"
