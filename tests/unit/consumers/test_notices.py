"""Who is told what follows from the fact and the place on its day; once for each fact and recipient."""

from collections.abc import Iterator
from typing import Any

import pytest

from consumers.policies.notices import notices
from consumers.policies.run import Policies
from ledger.log import LogUnavailable
from ledger.service import Ledger
from projections.store_feed import StoreFeed
from tests.support.reacting import Remembered, events, notices_of, react, told
from tests.support.statements import (
    ANSWERABLE,
    BODY,
    CCC_NUMBER,
    HOLDER,
    accept,
    certificate,
    corrected,
    decided,
    issued,
    issued_ccc,
    refusal,
    register_of,
    statement,
    suspended,
)

ORGANISATION = "organisation:M000100Y4"
CITY = "SAMR-350100"
COUNTY = "SAMR-440604"
CODES = {"suspended": "0201", "withdrawn": "0203", "cancelled": "0204"}


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = register_of()
    accept(ledger, issued_ccc())
    yield ledger
    ledger.close()


def ended(kind: str, day: str = "2031-03-01") -> Any:
    more = {"until": "2031-05-01"} if kind == "suspended" else {}
    return decided(kind, day, CCC_NUMBER, reason_code=CODES[kind], **more)


def moved(day: str, region: str = "440604") -> Any:
    said = {"effective": day, "region": region, "address": "季华路一号"}
    return statement("organisation.moved", ORGANISATION, said, source="CNCA")


def inspected(source: str = COUNTY, region: str = "440604", **more: Any) -> Any:
    said = {
        "effective": "2031-03-02",
        "mode": "routine_patrol",
        "organisation": HOLDER["code"],
        "region": region,
        "certificates": [certificate(CCC_NUMBER)],
        "result": "nonconforming",
        **more,
    }
    return statement("inspection.performed", "inspection:i-1", said, source=source)


def found(source: str = COUNTY, grade: str = "major", name: str = "F1") -> Any:
    said = {
        "effective": "2031-03-03",
        "finding": name,
        "grade": grade,
        "text": "与证书不一致",
        "responsible": ANSWERABLE,
    }
    return statement("inspection.finding_recorded", "inspection:i-1", said, source=source)


@pytest.mark.requirement("S2-70")
@pytest.mark.parametrize("kind", ["suspended", "withdrawn", "cancelled"])
def test_each_end_of_a_compulsory_certificate_is_told_once_to_the_city_of_the_enterprise(
    ledger: Ledger, kind: str
) -> None:
    accept(ledger, ended(kind))
    react(ledger)
    assert told(ledger, "certificate_ended") == [CITY]
    ((_, _, state),) = notices_of(ledger, "certificate_ended")
    assert (state.sender, state.sent) == (BODY, frozenset({"inbox"}))


@pytest.mark.requirement("S2-70")
def test_an_enterprise_that_moved_before_is_told_of_to_its_new_city_and_one_that_moved_after_to_its_old_one(
    ledger: Ledger,
) -> None:
    accept(ledger, moved("2031-02-01"), ended("suspended", "2031-03-01"))
    react(ledger)
    assert told(ledger, "certificate_ended") == ["SAMR-440600"]
    accept(ledger, moved("2031-04-01", "330106"), decided("withdrawn", "2031-03-20", CCC_NUMBER, reason_code="0203"))
    react(ledger)
    assert told(ledger, "certificate_ended") == ["SAMR-440600", "SAMR-440600"]


def test_what_is_known_later_of_a_move_changes_nothing_of_a_notice_that_was_made(ledger: Ledger) -> None:
    accept(ledger, ended("suspended"))
    store = react(ledger)
    accept(ledger, moved("2031-02-01"))
    accept(ledger, decided("restored", "2031-04-01", CCC_NUMBER))
    react(ledger, store)
    react(ledger)
    assert told(ledger, "certificate_ended") == [CITY]
    assert store.refused == []


def test_a_certificate_of_another_scheme_makes_no_such_notice(ledger: Ledger) -> None:
    accept(ledger, issued(), suspended())
    react(ledger)
    assert told(ledger) == []


def adopted(number: str, source: str, day: str = "2031-02-01", named: str = CCC_NUMBER) -> Any:
    said = {
        "effective": day,
        "certificate": certificate(named),
        "field": "market_procurement",
        "purpose": "供应商准入",
    }
    return statement("adoption.recorded", f"adoption:{BODY}:{named}:{number}", said, source=source)


def test_nothing_is_told_of_a_decision_of_before_the_rule(ledger: Ledger) -> None:
    accept(ledger, issued("N1", "2016-01-05", expires="2019-01-04"), adopted("a-1", "CNCA", "2016-02-01", "N1"))
    accept(ledger, suspended("N1", "2017-03-01", "2017-06-01"))
    react(ledger)
    assert told(ledger) == []
    accept(ledger, decided("withdrawn", "2018-06-01", "N1", reason_code="0112"))
    react(ledger)
    assert told(ledger) == ["CNCA"]


def test_a_held_decision_is_told_once_it_takes_effect() -> None:
    ledger = register_of()
    assert accept(ledger, ended("suspended"))[0].decision == "held"
    store = react(ledger)
    assert told(ledger) == []
    accept(ledger, issued_ccc())
    react(ledger, store)
    assert told(ledger, "certificate_ended") == [CITY]


def test_a_decision_that_is_taken_back_takes_its_notice_back(ledger: Ledger) -> None:
    said = ended("suspended")
    accept(ledger, said)
    store = react(ledger)
    accept(ledger, corrected(said, None))
    react(ledger, store)
    assert told(ledger) == []
    assert [state.withdrawn for _, _, state in notices_of(ledger)] == [True]


def test_a_corrected_day_on_which_the_enterprise_was_elsewhere_moves_the_notice(ledger: Ledger) -> None:
    said = ended("suspended", "2031-03-01")
    accept(ledger, moved("2031-02-15"), said)
    store = react(ledger)
    accept(ledger, corrected(said, {**said.data, "effective": "2031-02-10"}, "c1"))
    react(ledger, store)
    assert told(ledger) == [CITY]
    accept(ledger, corrected(said, {**said.data, "effective": "2031-03-02"}, "c2"))
    react(ledger, store)
    react(ledger)
    assert set(told(ledger)) == {"SAMR-440600"}
    assert store.refused == []


def test_a_certificate_change_of_a_client_elsewhere_reaches_its_territory(ledger: Ledger) -> None:
    accept(ledger, decided("scope_reduced", "2031-03-01", CCC_NUMBER, scope_zh="电器"))
    react(ledger)
    assert told(ledger, "certificate_changed") == ["SAMR-350102"]


@pytest.mark.requirement("S1-62")
def test_a_violation_found_is_told_to_the_issuing_body_and_stays_open_until_it_answers(ledger: Ledger) -> None:
    accept(ledger, inspected(), found())
    react(ledger)
    ((recipient, stream, state),) = notices_of(ledger, "violation_found")
    assert (recipient, state.answered) == (BODY, False)
    day = events(ledger, "notice.created")[0]["data"]["effective"]
    inaction = statement("notice.answered", stream, {"effective": day, "outcome": "suspended"}, source=BODY)
    other = statement("notice.answered", stream, {"effective": day, "outcome": "suspended"}, source="CNCA-R-2031-102")
    assert refusal(ledger, other).code == "not_the_recipient"
    urged = statement("notice.urged", stream, {"effective": day, "statement": "请处理"}, source=COUNTY)
    accept(ledger, urged, inaction)
    assert ledger.timeline(stream).tip.answered
    assert ledger.timeline(stream).tip.urged == 1


def test_an_observation_is_told_to_nobody(ledger: Ledger) -> None:
    accept(ledger, inspected(), found(grade="observation"))
    react(ledger)
    assert told(ledger) == []


@pytest.mark.requirement("S1-68")
def test_a_finding_about_an_enterprise_elsewhere_makes_one_notice_to_its_bureau(ledger: Ledger) -> None:
    accept(ledger, inspected(), found())
    store = react(ledger)
    react(ledger, store)
    react(ledger)
    assert told(ledger, "outside_enterprise") == ["SAMR-350102"]


def test_a_finding_about_an_enterprise_of_ones_own_area_is_told_to_no_other_bureau(ledger: Ledger) -> None:
    accept(ledger, moved("2031-01-10"), inspected(), found())
    react(ledger)
    assert told(ledger, "outside_enterprise") == []


def test_a_body_that_finds_a_violation_tells_the_city(ledger: Ledger) -> None:
    accept(ledger, inspected(BODY, "350102", mode="surveillance"), found(BODY))
    react(ledger)
    assert told(ledger, "body_found_violation") == [CITY]


@pytest.mark.requirement("S4-102")
@pytest.mark.parametrize("field", ["insurance", "credit"])
def test_an_insurer_or_a_lender_that_relies_on_a_certificate_is_told_of_its_status(ledger: Ledger, field: str) -> None:
    said = {**adopted("a-1", "organisation:91350100M00010102K").data, "field": field}
    stream = f"adoption:{BODY}:{CCC_NUMBER}:a-1"
    accept(ledger, statement("adoption.recorded", stream, said, source="organisation:91350100M00010102K"))
    accept(ledger, ended("withdrawn"))
    react(ledger)
    assert told(ledger, "adopted_certificate") == ["organisation:M00010102"]


@pytest.mark.requirement("S4-56")
def test_who_relies_on_a_certificate_is_told_of_its_status_until_it_relies_on_it_no_more(ledger: Ledger) -> None:
    buyer = "organisation:91350100M00010102K"
    accept(ledger, adopted("a-1", buyer), adopted("a-2", "SAMR-440600"), adopted("a-3", "CNCA"))
    gone = statement("adoption.ended", f"adoption:{BODY}:{CCC_NUMBER}:a-3", {"effective": "2031-02-20"}, source="CNCA")
    accept(ledger, gone, ended("suspended"))
    react(ledger)
    assert sorted(told(ledger, "adopted_certificate")) == ["SAMR-440600", "organisation:M00010102"]


def test_every_step_may_be_killed_and_delivered_three_times_and_each_notice_is_recorded_once(ledger: Ledger) -> None:
    accept(ledger, inspected(), found(), ended("suspended"), decided("restored", "2031-04-01", CCC_NUMBER))
    store = Remembered()
    for _ in range(3):
        store.fails = True
        with pytest.raises(LogUnavailable):
            react(ledger, store)
    store.fails = False
    react(ledger, store)
    for _ in range(3):
        react(ledger)
    made = [(event["data"]["cause"]["id"], event["data"]["rule"], event["data"]["recipient"])
            for event in events(ledger, "notice.created")]  # fmt: skip
    assert len(made) == len(set(made)) == 4
    assert all(len(state.sent) == 1 for _, _, state in notices_of(ledger))
    assert store.refused == []


def test_a_kill_between_any_two_submissions_loses_and_doubles_nothing(ledger: Ledger) -> None:
    accept(ledger, inspected(), found(), ended("suspended"))
    expected = None
    for step in range(12):
        copy = register_of()
        accept(copy, issued_ccc(), inspected(), found(), ended("suspended"))
        _until_killed(copy, step)
        react(copy)
        made = sorted((event["subject"], event["data"]["recipient"]) for event in events(copy, "notice.created"))
        expected = expected or made
        assert made == expected
        assert all(state.sent == {"inbox"} for _, _, state in notices_of(copy))


def _until_killed(ledger: Ledger, step: int) -> None:
    """React, but die before the submission of that number."""
    left = step

    class Dying:
        def __init__(self) -> None:
            self.event_log = ledger.event_log

        def submit(self, incoming: Any) -> Any:
            nonlocal left
            if left == 0:
                raise LogUnavailable("killed")
            left -= 1
            return ledger.submit(incoming)

    store = Remembered()
    run = Policies(Dying(), store, [notices])  # type: ignore[arg-type]  # a ledger that dies on the way
    try:
        for batch in StoreFeed(ledger.event_log, wait_seconds=0.01).batches(run.bookmarks):
            run.apply(batch)
            if not batch:
                return
    except LogUnavailable:
        return
