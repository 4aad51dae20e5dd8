"""A notice goes to the bureau that is competent for the fact's day and acts when it is told, and to its focal unit."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from consumers.policies.streams import RecordedStreams
from ledger.authorities.routing import designee_of
from ledger.authorities.state import AuthorityState, Designation
from ledger.service import Ledger
from tests.support.authorities import about_authority, designated, established, registered, took_over
from tests.support.reacting import Remembered, events, notices_of, react, told
from tests.support.statements import CCC_NUMBER, accept, corrected, decided, issued_ccc, register_of, statement

CITY, COUNTY, SIBLING = "SAMR-440600", "SAMR-440604", "SAMR-440605"
PLACE, DAY = "440604", "2031-03-01"


def founded() -> Ledger:
    """The bureaux of two cities, and an enterprise with a compulsory certificate in the county of one of them."""
    ledger = register_of()
    for city in ("440600", "440700"):
        said = registered(f"SAMR-{city}", "market_supervision", "prefecture", city, "SAMR-440000")
        accept(ledger, said)
    for county in ("440604", "440605", "440606"):
        accept(ledger, registered(f"SAMR-{county}", "market_supervision", "county", county))
    moved = {"effective": "2031-01-15", "region": PLACE, "address": "一号"}
    accept(ledger, issued_ccc(), statement("organisation.moved", "organisation:M000100Y4", moved, source="CNCA"))
    return ledger


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = founded()
    yield ledger
    ledger.close()


def changed(day: str = DAY, name: str = "一") -> Any:
    """A change of the certificate, of which the bureau of the place is told."""
    return decided("changed", day, CCC_NUMBER, change_code="02", changes={"mode": name})


def suspension(day: str = DAY) -> Any:
    return decided("suspended", day, CCC_NUMBER, reason_code="0201", until="2031-05-01")


def units(ledger: Ledger) -> list[str | None]:
    return [each["data"].get("unit") for each in events(ledger, "notice.sent")]


def test_the_place_of_a_merged_bureau_is_its_successors_from_that_day(ledger: Ledger) -> None:
    accept(ledger, *took_over(SIBLING, COUNTY, "2031-02-15"), changed("2031-02-14", "1"), changed("2031-02-15", "2"))
    react(ledger)
    assert told(ledger, "certificate_changed") == [COUNTY, SIBLING]


def test_the_successor_of_the_successor_is_told(ledger: Ledger) -> None:
    accept(ledger, *took_over("SAMR-440606", SIBLING, "2031-02-20"), *took_over(SIBLING, COUNTY, "2031-02-15"))
    accept(ledger, changed())
    react(ledger)
    assert told(ledger, "certificate_changed") == ["SAMR-440606"]


def test_the_city_and_the_superior_are_told_as_those_who_follow_them(ledger: Ledger) -> None:
    accept(ledger, *took_over("SAMR-440700", CITY, "2031-02-15", "SAMR-440000"), suspension())
    react(ledger)
    assert told(ledger, "certificate_ended") == ["SAMR-440700"]


def test_who_was_designated_for_a_place_or_for_a_party_there_is_told_in_the_bureaus_stead(ledger: Ledger) -> None:
    accept(ledger, changed("2031-01-31", "0"), designated(SIBLING, PLACE), changed(DAY, "1"))
    accept(ledger, designated("SAMR-440606", PLACE, target="organisation:M000100Y4", until="2031-03-10"))
    accept(ledger, changed("2031-03-10", "2"), changed("2031-03-11", "3"))
    react(ledger)
    assert told(ledger, "certificate_changed") == [COUNTY, SIBLING, "SAMR-440606", SIBLING]


def test_a_designation_for_another_party_or_place_or_one_that_was_taken_back_moves_nothing(ledger: Ledger) -> None:
    accept(ledger, designated(SIBLING, "440606"), designated(SIBLING, PLACE, target="organisation:M00010209"))
    taken_back = designated("SAMR-440606", PLACE)
    accept(ledger, taken_back, corrected(taken_back, None), changed())
    react(ledger)
    assert told(ledger, "certificate_changed") == [COUNTY]


def test_the_designation_of_a_party_goes_before_that_of_its_place() -> None:
    whole = AuthorityState(designations=(Designation(PLACE, "", "2031-12-31", CITY),))
    party = AuthorityState(designations=(Designation(PLACE, "organisation:M000100Y4", "2031-12-31", CITY),))
    known = {"SAMR-440605": whole, "SAMR-440608": party}
    assert designee_of(PLACE, "organisation:M000100Y4", DAY, known) == "SAMR-440608"
    assert designee_of(PLACE, "", DAY, known) == "SAMR-440605"
    assert designee_of(PLACE, "", "2032-01-01", known) is None


def test_a_designation_that_comes_while_the_policies_run_is_seen_by_what_is_recorded_after_it(ledger: Ledger) -> None:
    accept(ledger, changed("2031-02-02", "1"))
    store = react(ledger)
    streams = RecordedStreams(ledger.event_log)
    assert streams.designated_in(PLACE, ledger.event_log.head()) == ()
    accept(ledger, designated(SIBLING, PLACE), changed(DAY, "2"))
    assert streams.designated_in(PLACE, ledger.event_log.head()) == (f"authority:{SIBLING}",)
    react(ledger, store)
    react(ledger)
    assert told(ledger, "certificate_changed") == [COUNTY, SIBLING]


def test_a_notice_is_delivered_to_the_focal_unit_of_who_gets_it(ledger: Ledger) -> None:
    accept(ledger, established("U1", COUNTY, "2020-01-01"))
    accept(ledger, about_authority("focal_unit_designated", "2020-02-01", COUNTY, COUNTY, unit="U1"))
    accept(ledger, changed())
    react(ledger)
    assert units(ledger) == ["U1"]


def test_who_has_no_focal_unit_is_told_as_such(ledger: Ledger) -> None:
    accept(ledger, suspension())
    react(ledger)
    assert units(ledger) == [None]


@pytest.mark.parametrize("seed", range(12))
def test_a_fact_has_exactly_one_notice_to_each_whatever_is_merged_designated_and_redelivered(seed: int) -> None:
    rng = random.Random(seed)
    ledger = founded()
    stores = [Remembered(), Remembered()]
    facts = [changed(f"2031-03-{day:02}", str(day)) for day in range(1, 13)]
    said: list[Any] = [
        *took_over(SIBLING, COUNTY, f"2031-03-{rng.randint(2, 12):02}"),
        designated("SAMR-440606", PLACE, until=f"2031-03-{rng.randint(1, 12):02}"),
    ]
    for each in facts:
        if said and rng.random() < 0.4:
            accept(ledger, said.pop(0))
        accept(ledger, each)
        if rng.random() < 0.4:
            react(ledger, rng.choice(stores))
    for store in (*stores, Remembered()):
        react(ledger, store)
        assert store.refused == []
    causes = [each["data"]["cause"]["id"] for each in events(ledger, "notice.created")]
    assert sorted(causes) == sorted(each.id for each in facts)
    assert not any(state.withdrawn for _, _, state in notices_of(ledger))
    ledger.close()
