"""Returns are given in time or late, who gave none is listed; instructions are asked one level up; areas are listed."""

import pytest

from ledger.envelope import Submission
from ledger.reports import ReportState
from ledger.service import Ledger
from tests.support.statements import BODY, OTHER_BODY, accept, refusal, register_of
from tests.support.supervising import CITY, COUNTY, DOCUMENT, ELSEWHERE, PROVINCE, SIBLING, said, upward


@pytest.fixture
def ledger() -> Ledger:
    return register_of(BODY, OTHER_BODY)


def tip(ledger: Ledger, stream: str) -> ReportState:
    state: ReportState = ledger.timeline(f"report:{stream}").tip
    return state


def called(owner: str, owed_by: list[str], due: str, number: str = "1", **data: object) -> Submission:
    named = {"kind": "return", "title": "报送", "owed_by": owed_by, "due": due, "basis": "浙质评发〔2009〕195号"}
    return upward("called", "2009-08-04", number, owner, **{**named, **data})


def given(source: str, owner: str, day: str, number: str = "1", **data: object) -> Submission:
    return upward("submitted", day, number, source, owner, content="检查情况", **data)


@pytest.mark.requirement("S2-48", "S2-86")
def test_a_return_on_the_last_day_is_in_time_and_one_a_day_later_is_late(ledger: Ledger) -> None:
    accept(ledger, called(PROVINCE, [BODY, OTHER_BODY, "CNCA-R-2031-103"], "2009-08-31"))
    accept(ledger, given(BODY, PROVINCE, "2009-08-31"), given(OTHER_BODY, PROVINCE, "2009-09-01"))
    state = tip(ledger, f"{PROVINCE}:1")
    assert state.late() == (OTHER_BODY,)
    assert state.missing("2009-08-31") == (OTHER_BODY, "CNCA-R-2031-103")
    assert state.missing("2009-12-31") == ("CNCA-R-2031-103",)
    assert refusal(ledger, given("CNCA", PROVINCE, "2009-09-01")).code == "return_not_owed"


@pytest.mark.requirement("S2-60")
def test_counties_report_to_their_city_in_writing(ledger: Ledger) -> None:
    accept(ledger, called(CITY, [COUNTY, SIBLING], "2009-10-15", written=True))
    assert refusal(ledger, given(COUNTY, CITY, "2009-10-15")).code == "return_in_writing"
    accept(ledger, given(COUNTY, CITY, "2009-10-16", document=DOCUMENT))
    state = tip(ledger, f"{CITY}:1")
    assert (state.late(), state.missing("2009-12-31")) == ((COUNTY,), (SIBLING,))


@pytest.mark.requirement("S2-61")
def test_a_citys_report_names_the_county_reports_that_it_was_built_from_and_those_missing(ledger: Ledger) -> None:
    accept(ledger, called(CITY, [COUNTY, SIBLING], "2009-10-15"), given(COUNTY, CITY, "2009-10-10"))
    accept(ledger, called(PROVINCE, [CITY], "2009-10-31", division="合格评定监管处"))
    counties = f"report:{CITY}:1"
    missing = list(tip(ledger, f"{CITY}:1").missing("2009-10-31"))
    accept(ledger, given(CITY, PROVINCE, "2009-10-31", built_from=[counties], not_received=missing))
    (_, said_by_city) = ledger.timeline(f"report:{PROVINCE}:1").applied
    assert said_by_city.data["built_from"] == [counties]
    assert said_by_city.data["not_received"] == [SIBLING]
    assert ledger.timeline(f"report:{PROVINCE}:1").applied[0].data["division"] == "合格评定监管处"


def test_an_instruction_is_asked_one_level_up_and_given_by_whom_was_asked(ledger: Ledger) -> None:
    assert (
        refusal(ledger, upward("instruction_requested", "2031-02-01", to=PROVINCE, text="-")).code == "not_one_level_up"
    )
    accept(ledger, upward("instruction_requested", "2031-02-01", to=CITY, text="法律适用"))
    answer = {"number": "1", "owner": COUNTY, "text": "适用第六十一条"}
    assert refusal(ledger, upward("instruction_given", "2031-02-10", source=PROVINCE, **answer)).code == "not_asked"
    accept(ledger, upward("instruction_given", "2031-02-10", source=CITY, **answer))
    assert tip(ledger, f"{COUNTY}:1").answered == "2031-02-10"


def test_nobody_calls_in_anothers_name(ledger: Ledger) -> None:
    stolen = upward("called", "2031-02-01", source=CITY, owner=PROVINCE, kind="x", title="-", owed_by=[CITY],
                    due="2031-03-01", basis="-")  # fmt: skip
    assert refusal(ledger, stolen).code == "not_own_report"


def test_an_area_is_listed_by_those_above_it_and_delisted(ledger: Ledger) -> None:
    def listed(source: str, region: str = "440604", subject: str = "area:440604") -> Submission:
        return said(
            "area.listed", subject, "2031-02-01", source, region=region, document_number="1", problem="无证生产"
        )

    assert refusal(ledger, listed(ELSEWHERE)).code == "outside_jurisdiction"
    assert refusal(ledger, listed(PROVINCE, "440605")).code == "area_differs"
    accept(ledger, listed(PROVINCE))
    assert refusal(ledger, listed("CNCA")).code == "area_already_listed"
    assert refusal(ledger, said("area.delisted", "area:440604", "2031-06-01", ELSEWHERE, document_number="2")).code == (
        "outside_jurisdiction"
    )
    accept(ledger, said("area.delisted", "area:440604", "2031-06-01", CITY, document_number="2"))
    assert ledger.timeline("area:440604").tip.listed == ""


def test_an_area_is_delisted_by_none_but_those_above_it_even_before_its_listing_is_known(ledger: Ledger) -> None:
    delisted = said("area.delisted", "area:440604", "2031-06-01", ELSEWHERE, document_number="2")
    assert refusal(ledger, delisted).code == "outside_jurisdiction"
    (receipt,) = accept(ledger, said("area.delisted", "area:440604", "2031-06-01", CITY, document_number="2"))
    assert receipt.waits == "area_not_listed"
