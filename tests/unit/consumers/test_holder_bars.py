"""After an own-cause decision, or the loss of its body's approval, a client waits before it is certified anew."""

from collections.abc import Iterator
from typing import Any

import pytest

from consumers.policies.holder_bars import holder_bars
from consumers.policies.run import Policies
from ledger.families import organisation_stream
from ledger.log import LogUnavailable
from ledger.organisations.state import Bar
from ledger.service import Ledger
from projections.store_feed import StoreFeed
from tests.support.reacting import Remembered
from tests.support.reacting import react as react_by
from tests.support.statements import (
    DETAILS,
    HOLDER,
    OTHER_BODY,
    about_body,
    accept,
    certificate,
    corrected,
    decided,
    issued,
    refusal,
    register_of,
    statement,
    suspended,
)

BARRED = organisation_stream(str(HOLDER["code"]))
QMS = ("A01",)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = register_of()
    yield ledger
    ledger.close()


def react(ledger: Ledger, store: Remembered | None = None) -> Remembered:
    """Let the policy react to everything recorded, what it submits included."""
    return react_by(ledger, store, [holder_bars])


def bars(ledger: Ledger, stream: str = BARRED) -> tuple[Bar, ...]:
    found: tuple[Bar, ...] = ledger.timeline(stream).tip.bars
    return found


def test_a_client_withdrawn_for_its_own_cause_waits_a_year_at_every_body(ledger: Ledger) -> None:
    accept(ledger, issued(), decided("withdrawn", "2031-02-01", reason_code="0112"))
    react(ledger)
    assert bars(ledger) == (Bar("own_cause", "2032-01-31", QMS),)
    assert refusal(ledger, issued("N2", "2032-01-31", expires="2035-01-30")).code == "holder_barred"
    accept(ledger, issued("N3", "2032-02-01", expires="2035-01-30"))


def test_the_bar_is_about_the_scheme_whose_rules_say_so(ledger: Ledger) -> None:
    accept(ledger, issued(), decided("withdrawn", "2031-02-01", reason_code="0112"))
    react(ledger)
    accept(ledger, issued("E1", "2031-03-01", details={**DETAILS, "project_code": "A020102"}))


@pytest.mark.parametrize("code", ["0120", "0122"])
def test_who_replaces_or_gives_up_a_certificate_is_not_barred(ledger: Ledger, code: str) -> None:
    accept(ledger, issued(), decided("withdrawn", "2031-02-01", reason_code=code))
    react(ledger)
    assert bars(ledger) == ()


def test_the_rule_bars_nobody_before_it_came_into_force(ledger: Ledger) -> None:
    accept(ledger, issued("OLD", "2024-01-05", expires="2027-01-04"))
    accept(ledger, decided("withdrawn", "2025-12-31", "OLD", reason_code="0112"))
    react(ledger)
    assert bars(ledger) == ()


def test_a_suspension_for_own_cause_bars_and_its_annulment_takes_the_bar_back(ledger: Ledger) -> None:
    accept(ledger, issued(), suspended())
    store = react(ledger)
    assert bars(ledger) == (Bar("own_cause", "2032-02-29", QMS),)
    accept(ledger, corrected(suspended(), None))
    react(ledger, store)
    assert bars(ledger) == ()
    assert store.refused == []


def test_a_corrected_day_moves_the_bar_with_it(ledger: Ledger) -> None:
    withdrawn = decided("withdrawn", "2031-02-01", reason_code="0112")
    accept(ledger, issued(), withdrawn)
    store = react(ledger)
    accept(ledger, corrected(withdrawn, {**withdrawn.data, "effective": "2031-03-01"}))
    react(ledger, store)
    assert bars(ledger) == (Bar("own_cause", "2032-02-29", QMS),)


def test_a_held_withdrawal_bars_once_it_is_released(ledger: Ledger) -> None:
    waiting = accept(ledger, decided("withdrawn", "2031-02-01", reason_code="0112"))[0]
    assert waiting.decision == "held"
    store = react(ledger)
    assert bars(ledger) == ()
    accept(ledger, issued())
    react(ledger, store)
    assert bars(ledger) == (Bar("own_cause", "2032-01-31", QMS),)


def test_the_clients_of_a_body_that_lost_its_approval_wait_three_months_or_move_at_once() -> None:
    ledger = register_of("CNCA-R-2031-101", OTHER_BODY)
    other = {"code": "71526726X", "name_zh": "另一公司"}
    accept(ledger, issued("A1"), issued("A2", details={**DETAILS, "project_code": "A020102", "holder": other}))
    lost = about_body("approval_withdrawn", "2031-05-01", reason="严重违法")
    accept(ledger, lost)
    store = react(ledger)
    assert bars(ledger) == (Bar("body_lost_approval", "2031-07-31", QMS),)
    assert bars(ledger, organisation_stream(other["code"])) == (), "it held no certificate of the scheme"
    assert refusal(ledger, at_other_body("certificate.issued", "B1", "2031-06-01")).code == "holder_barred"
    moved = at_other_body(
        "certificate.transferred_in", "B2", "2031-06-01", from_body="CNCA-R-2031-101", from_number="A1"
    )
    accept(ledger, moved)
    accept(ledger, corrected(lost, None))
    react(ledger, store)
    assert bars(ledger) == ()


def at_other_body(type_: str, number: str, day: str, **data: Any) -> Any:
    said = {
        "effective": day,
        "first_issued": "2031-01-05",
        "expires": "2034-01-04",
        "details": DETAILS,
        "signers": [{"register": "CCAA", "number": "S101002", "role": "decision"}],
        **data,
    }
    return statement(type_, certificate(number, OTHER_BODY), said, source=OTHER_BODY)


def test_an_event_that_comes_again_submits_the_same_and_records_it_once(ledger: Ledger) -> None:
    accept(ledger, issued(), decided("withdrawn", "2031-02-01", reason_code="0112"))
    store = Remembered()
    for _ in range(3):
        store.fails = True
        with pytest.raises(LogUnavailable):
            react(ledger, store)
    store.fails = False
    react(ledger, store)
    react(ledger)
    assert ledger.timeline(BARRED).version == 1


def test_what_the_ledger_refuses_is_kept_for_people_to_see(ledger: Ledger) -> None:
    store = Remembered()
    policies = Policies(ledger, store, [lambda recorded, _: [{"type": "nonsense", "source": "clock", "id": "x"}]])
    policies.bookmarks()
    policies.apply(next(StoreFeed(ledger.event_log, wait_seconds=0.01).batches(dict)))  # type: ignore[arg-type]
    assert {code for _, _, code in store.refused} == {"not_a_cloudevent"}
