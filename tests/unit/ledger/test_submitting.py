"""One way in: the same bytes give the first receipt, other bytes are refused, and a refusal changes nothing."""

import pytest

from ledger.outcomes import Receipt
from ledger.refusals import Refusal
from ledger.service import Incoming, Ledger
from tests.support.statements import (
    accept,
    certificate,
    decided,
    issued,
    refusal,
    register_of,
    say,
    statement,
    suspended,
    timeline_of,
)


@pytest.fixture
def ledger() -> Ledger:
    return register_of()


def test_the_same_bytes_again_give_the_first_receipt(ledger: Ledger) -> None:
    first = accept(ledger, issued())[0]
    head = ledger.event_log.head()
    again = accept(ledger, issued(), issued())
    assert all(r.duplicate and r.position == first.position and r.recorded == first.recorded for r in again)
    assert ledger.event_log.head() == head


def test_the_same_bytes_twice_in_a_batch_are_recorded_once(ledger: Ledger) -> None:
    one, two = accept(ledger, issued(), issued())
    assert (one.duplicate, two.duplicate) == (False, True)
    assert one.position == two.position == ledger.event_log.head()


@pytest.mark.parametrize("together", [True, False])
def test_other_bytes_under_one_identity_are_refused(ledger: Ledger, *, together: bool) -> None:
    data = dict(suspended().data)
    one = statement("certificate.suspended", certificate(), data, identity="x")
    other = statement("certificate.suspended", certificate(), {**data, "until": "2031-05-01"}, identity="x")
    accept(ledger, issued())
    outcomes = say(ledger, one, other) if together else [*say(ledger, one), *say(ledger, other)]
    assert isinstance(outcomes[0], Receipt)
    assert isinstance(outcomes[1], Refusal)
    assert outcomes[1].code == "identity_reused"
    assert timeline_of(ledger).tip.suspended_until == "2031-06-01"


def test_what_is_refused_sinks_no_neighbour_and_changes_nothing(ledger: Ledger) -> None:
    refused = decided("suspended", "2031-03-01", until="2031-04-01", reason_code="9999")
    outcomes = say(ledger, issued(), refused, decided("maintained", "2031-12-01"))
    assert [isinstance(o, Receipt) for o in outcomes] == [True, False, True]
    assert [f.type for f in timeline_of(ledger).applied] == ["certificate.issued", "certificate.maintained"]
    assert refusal(ledger, refused).code == "code_not_in_table"


def test_an_atomic_batch_is_recorded_whole_or_not_at_all(ledger: Ledger) -> None:
    head = ledger.event_log.head()
    bad = decided("suspended", "2031-03-01", until="2031-04-01", reason_code="9999")
    outcomes = ledger.submit([Incoming(each, "test") for each in (issued(), bad)], atomic=True)
    assert [getattr(o, "code", "") for o in outcomes] == ["batch_refused", "code_not_in_table"]
    assert ledger.event_log.head() == head
    assert timeline_of(ledger).version == 0
    outcomes = ledger.submit([Incoming(each, "test") for each in (issued(), suspended())], atomic=True)
    assert all(isinstance(o, Receipt) for o in outcomes)


def test_facts_about_one_certificate_may_share_a_batch(ledger: Ledger) -> None:
    receipts = accept(ledger, decided("restored", "2031-05-01"), suspended(), issued())
    assert [r.decision for r in receipts] == ["held", "held", "applied"]
    assert receipts[2].releases == (1, 2)


def test_what_the_ledger_remembers_is_what_the_log_adds_up_to(ledger: Ledger) -> None:
    accept(ledger, issued(), suspended())
    remembered = ledger._cache[certificate()]
    assert remembered == timeline_of(ledger)
