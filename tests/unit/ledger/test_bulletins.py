"""A periodic bulletin names a period of the calendar; what is owed by a day follows from the dated table."""

import pytest

from ledger.circulars.bulletins import owed, period_of, rules
from ledger.families import EVENT_TYPES
from tests.support.statements import statement


@pytest.mark.parametrize(
    ("stated", "name", "first", "last"),
    [
        ("2031-02", "2031-02", "2031-02-01", "2031-02-28"),
        ("2032年2月", "2032-02", "2032-02-01", "2032-02-29"),
        ("2031-Q1", "2031-Q1", "2031-01-01", "2031-03-31"),
        ("2031Q4", "2031-Q4", "2031-10-01", "2031-12-31"),
        ("2031年第二季度", "2031-Q2", "2031-04-01", "2031-06-30"),
        ("2031年上半年", "2031-H1", "2031-01-01", "2031-06-30"),
        ("2031-H2", "2031-H2", "2031-07-01", "2031-12-31"),
        ("2031", "2031", "2031-01-01", "2031-12-31"),
        ("2031年度", "2031", "2031-01-01", "2031-12-31"),
    ],
)
def test_a_period_has_one_name_however_it_is_stated(stated: str, name: str, first: str, last: str) -> None:
    found = period_of(stated)
    assert (found.name, found.first, found.last) == (name, first, last)


@pytest.mark.parametrize("stated", ["", "春季", "2031-13", "2031-Q5", "2031年第五季度", "0000", "2031-1", "31年"])
def test_what_is_no_period_of_the_calendar_is_refused_as_one(stated: str) -> None:
    with pytest.raises(ValueError, match="bulletin_period_wrong"):
        period_of(stated)


def test_a_bulletin_of_no_period_is_not_admitted() -> None:
    assert "circular.bulletin_issued" in EVENT_TYPES
    said = {
        "effective": "2031-04-10",
        "document_number": "1号",
        "title": "定期通报",
        "text": "认证工作情况",
        "scope": {"regions": ["440000"]},
        "period": "近期",
    }
    with pytest.raises(AssertionError, match="bulletin_period_wrong"):
        statement("circular.bulletin_issued", "circular:SAMR-440000:1", said, source="SAMR-440000")


def test_every_provincial_bureau_owes_one_for_each_quarter_that_ended() -> None:
    (rule,) = rules()
    assert not rule.confirmed, "no source states the interval"
    found = owed("2031-04-01")
    names = [period.name for region, period in found if region == "440000"]
    assert names == ["2030-Q2", "2030-Q3", "2030-Q4", "2031-Q1"]
    assert "2031-Q1" not in {period.name for _, period in owed("2031-03-31")}, "the quarter has not ended"
    assert len({region for region, _ in found}) == 31
    assert owed("2009-08-04") == (), "nothing is owed for what ended before the rule"
