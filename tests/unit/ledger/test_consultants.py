"""A consulting body is admitted by days; whoever may decide on it is in the table of competence."""

from collections.abc import Iterator

import pytest

from ledger.consultants import MACHINE
from ledger.service import Ledger
from ledger.timeline import state_on
from tests.support.mechanisms import CONSULTANT, consultant
from tests.support.statements import BODY, accept, refusal, register_of
from tests.support.supervising import CITY, COUNTY, ELSEWHERE, PROVINCE


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = register_of()
    yield ledger
    ledger.close()


def test_admission_holds_from_its_day_through_its_last_and_ends_by_withdrawal(ledger: Ledger) -> None:
    accept(
        ledger,
        consultant("admission_refused", "2030-01-10"),
        consultant("admitted", "2030-06-01", until="2031-05-31"),
        consultant("admitted", "2031-08-01"),
        consultant("admission_withdrawn", "2031-09-01"),
        consultant("violation_recorded", "2031-10-01"),
    )
    timeline = ledger.timeline(CONSULTANT)
    days = ("2030-05-31", "2030-06-01", "2031-05-31", "2031-06-01", "2031-08-01", "2031-08-31", "2031-09-01")
    admitted = [day for day in days if state_on(MACHINE, timeline, day).is_admitted(day)]
    assert admitted == ["2030-06-01", "2031-05-31", "2031-08-01", "2031-08-31"]
    assert (timeline.tip.admission, timeline.tip.violations) == ("withdrawn", 1)


def test_what_contradicts_the_admission_is_refused(ledger: Ledger) -> None:
    early = accept(ledger, consultant("admission_withdrawn", "2031-03-01"))[0]
    assert early.decision == "held", "the admission may still be reported"
    accept(ledger, consultant("admitted", "2031-01-01"))
    assert ledger.timeline(CONSULTANT).tip.admission == "withdrawn"
    assert refusal(ledger, consultant("admission_withdrawn", "2031-04-01")).code == "consultant_not_admitted"
    assert refusal(ledger, consultant("admission_refused", "2031-02-01")).code == "consultant_is_admitted"


def test_the_nation_and_the_province_decide_and_every_authority_records_violations_in_its_area(ledger: Ledger) -> None:
    accept(ledger, consultant("admitted", "2031-01-01", source=PROVINCE))
    for source, code in ((CITY, "not_competent"), (BODY, "not_competent"), ("SAMR-330000", "outside_jurisdiction")):
        assert refusal(ledger, consultant("admitted", "2031-02-01", source=source)).code == code
    accept(ledger, consultant("violation_recorded", "2031-02-01", source=COUNTY))
    elsewhere = consultant("violation_recorded", "2031-02-01", source=ELSEWHERE)
    assert refusal(ledger, elsewhere).code == "outside_jurisdiction"
