"""What supervision submits by rule is submitted once, however often it is delivered and wherever it is killed."""

from collections.abc import Callable, Iterator

import pytest

from consumers.policies.notices import notices
from consumers.policies.run import Policies
from consumers.policies.supervision import failed_rectifications, unapproved_issues, unknown_certificates
from ledger.codes.cases import violations
from ledger.envelope import open_recorded
from ledger.log import LogUnavailable
from ledger.service import Ledger
from projections.feed import Batch, Delivered, lane_of
from tests.support.reacting import Remembered, events, react, told
from tests.support.statements import BODY, LAW, about_body, accept, certificate, issued, register_of
from tests.support.supervising import COUNTY, found, way

WAY = "rectification:i-1:F1"
UNKNOWN = certificate("NEVER")


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = register_of()
    yield ledger
    ledger.close()


def recorded(ledger: Ledger) -> list[Delivered]:
    rows = ledger.event_log.read(0, 10_000)
    return [Delivered(lane_of(row.stream), open_recorded(row.position, row.raw)) for row in rows]


def policies(ledger: Ledger, store: Remembered) -> Policies:
    made = Policies(ledger, store, [failed_rectifications, unknown_certificates, unapproved_issues])
    made.bookmarks()
    return made


def by_the_clock(ledger: Ledger) -> list[tuple[str, str]]:
    events = (each.recorded.event for each in recorded(ledger))
    return [(each["type"], each["subject"]) for each in events if each["source"] == "clock"]


def failure(ledger: Ledger) -> None:
    accept(ledger, issued(), issued("B2"), *found(certificates=[certificate(), certificate("B2")]))
    accept(ledger, way("opened", "2031-02-02", certificates=[certificate(), certificate("B2")]))
    accept(ledger, way("cause_analysed", "2031-02-03"), way("plan_submitted", "2031-02-04"))
    accept(ledger, way("verified", "2031-02-20", outcome="failed"))


def stranger(ledger: Ledger) -> None:
    accept(ledger, issued(), *found(certificates=[certificate(), UNKNOWN]))


def reached_back(ledger: Ledger) -> None:
    accept(ledger, issued(day="2031-01-05"), issued("B2", "2031-03-05"))
    accept(ledger, about_body("approval_withdrawn", "2031-02-01", reason="出具虚假认证结论", legal_basis=LAW))


@pytest.mark.parametrize("cause", [failure, stranger, reached_back])
def test_each_follows_once_from_three_deliveries_and_from_deaths_between_any_two_steps(
    ledger: Ledger, cause: Callable[[Ledger], None]
) -> None:
    cause(ledger)
    caused = recorded(ledger)
    for each in caused:
        store = Remembered()
        store.fails = True
        with pytest.raises(LogUnavailable):
            policies(ledger, store).apply(Batch([each], {}))
    for _ in range(3):
        policies(ledger, Remembered()).apply(Batch(caused, {}))
    expected = [("rectification.decision_demanded", WAY)] * 2 if cause is failure else [("case.lead_registered", "")]
    said = by_the_clock(ledger)
    assert len(said) == len(expected)
    assert {kind for kind, _ in said} == {expected[0][0]}


def test_a_failed_verification_demands_a_decision_on_each_certificate(ledger: Ledger) -> None:
    failure(ledger)
    store = Remembered()
    policies(ledger, store).apply(Batch(recorded(ledger), {}))
    state = ledger.timeline(WAY).tip
    assert set(state.demanded) == {certificate(), certificate("B2")} == set(state.outstanding)
    assert store.refused == []


def test_the_body_of_each_certificate_is_told_of_the_demand_once_and_owes_an_answer(ledger: Ledger) -> None:
    failure(ledger)
    rules = (failed_rectifications, notices)
    react(ledger, policies=rules)
    react(ledger, policies=rules)
    assert told(ledger, "decision_demanded") == [BODY, BODY]
    assert all(event["data"]["answer"] for event in events(ledger, "notice.created"))


def test_a_passed_verification_demands_nothing(ledger: Ledger) -> None:
    accept(ledger, issued(), *found(), way("opened", "2031-02-02"))
    accept(
        ledger, way("cause_analysed", "2031-02-03"), way("plan_submitted", "2031-02-04"), way("verified", "2031-02-20")
    )
    policies(ledger, Remembered()).apply(Batch(recorded(ledger), {}))
    assert by_the_clock(ledger) == []


@pytest.mark.requirement("S4-106")
def test_a_certificate_that_the_ledger_does_not_know_is_a_lead_of_forgery_for_the_bureau(ledger: Ledger) -> None:
    stranger(ledger)
    policies(ledger, Remembered()).apply(Batch(recorded(ledger), {}))
    ((kind, stream),) = by_the_clock(ledger)
    (lead,) = ledger.timeline(stream).applied
    assert (kind, stream.split(":")[1]) == ("case.lead_registered", COUNTY)
    assert (lead.data["lead"], lead.data["violations"]) == ("ledger_check", ["forgery_certificate"])
    assert lead.data["certificates"] == [UNKNOWN]
    six = {f"{verb}_{thing}" for verb in ("forgery", "fraudulent_use", "trading") for thing in ("certificate", "mark")}
    assert six <= set(violations())


def test_a_certificate_that_is_reported_after_the_inspection_does_not_change_what_is_said_of_it(ledger: Ledger) -> None:
    stranger(ledger)
    caused = recorded(ledger)
    accept(ledger, issued("NEVER"))
    policies(ledger, Remembered()).apply(Batch(caused, {}))
    assert len(by_the_clock(ledger)) == 1


@pytest.mark.requirement("S4-105")
def test_a_certificate_of_a_body_that_had_no_approval_on_its_day_is_a_lead(ledger: Ledger) -> None:
    reached_back(ledger)
    policies(ledger, Remembered()).apply(Batch(recorded(ledger), {}))
    ((_, stream),) = by_the_clock(ledger)
    (lead,) = ledger.timeline(stream).applied
    assert stream.startswith("case:SAMR-350102:")
    assert (lead.data["target"], lead.data["violations"]) == (f"body:{BODY}", ["illegal_activity"])
    late = ledger.timeline(certificate("B2")).applied[0]
    assert lead.data["causes"][0] == {"source": late.source, "id": late.id}
