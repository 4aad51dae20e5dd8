"""Which bureaux owe a periodic bulletin (定期通报) for which periods: dated rows, and pure arithmetic of the calendar.

A period is a month, a quarter, half a year or a year. S2-39 says 定期 and states no interval: the shipped one is a
default.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from ledger.access.jurisdiction import level_of
from ledger.codes.dated import Moment, day_of, holds, packaged_json
from ledger.codes.regions import known_codes
from ledger.days import Day, add_days, add_months

_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_MARKS = {"month": "-{:02}", "quarter": "-Q{}", "half": "-H{}", "year": ""}
_PLAIN = re.compile(r"(\d{4})(?:-(0[1-9]|1[0-2])|-?Q([1-4])|-?H([12]))?")
_CHINESE = re.compile(r"(\d{4})年(?:度|(1[0-2]|0?[1-9])月份?|第?([1-4一二三四])季度|([上下])半年)?")
_NUMERALS = {"一": 1, "二": 2, "三": 3, "四": 4, "上": 1, "下": 2}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: each bureau of a level, ``without`` some regions, owes one bulletin an ``interval``.

    Periods that ended within the last ``months`` months are looked at.
    """

    id: str
    level: str
    interval: str
    months: int
    without: frozenset[str]
    valid_from: Day
    valid_to: Day
    source: str
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Period:
    """A period by its name, such as ``2031-Q1``, with its first and last day."""

    name: str
    first: Day
    last: Day


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Return every row, in order."""
    return tuple(Rule(**{**row, "without": frozenset(row["without"])}) for row in packaged_json("bulletins.json"))


def period_of(text: str) -> Period:
    """Return the period that a text names: ``2031-03``, ``2031-Q1``, ``2031-H1``, ``2031``, ``2031年第一季度``, ….

    Raises ``ValueError`` for any other text.
    """
    found = _PLAIN.fullmatch(text) or _CHINESE.fullmatch(text)
    if found is None or found[1] == "0000":
        raise ValueError("bulletin_period_wrong")
    for interval, said in (("month", found[2]), ("quarter", found[3]), ("half", found[4])):
        if said:
            return _period(int(found[1]), interval, _NUMERALS.get(said) or int(said))
    return _period(int(found[1]), "year", 1)


def owed(on: Moment) -> tuple[tuple[str, Period], ...]:
    """Return the region of each bureau that owed a bulletin, with the period that ended before a day (S2-39).

    The interval and the bureaux are those of the period's last day.
    """
    return _owed(day_of(on))


@lru_cache(maxsize=64)
def _owed(day: Day) -> tuple[tuple[str, Period], ...]:
    found = [
        (code, period)
        for rule in rules()
        for period in _ended(rule, day)
        for code in known_codes()
        if code not in rule.without and level_of(code, period.last) == rule.level
    ]
    return tuple(sorted(found, key=lambda each: (each[1].last, each[0])))


def _ended(rule: Rule, day: Day) -> list[Period]:
    earliest = add_months(day, -rule.months)
    count = 12 // _MONTHS[rule.interval]
    years = range(int(earliest[:4]), int(day[:4]) + 1)
    periods = (_period(year, rule.interval, number) for year in years for number in range(1, count + 1))
    return [
        each for each in periods if earliest <= each.last < day and holds(rule.valid_from, rule.valid_to, each.last)
    ]


def _period(year: int, interval: str, number: int) -> Period:
    months = _MONTHS[interval]
    first = f"{year:04}-{months * (number - 1) + 1:02}-01"
    return Period(f"{year:04}{_MARKS[interval].format(number)}", first, add_days(add_months(first, months), -1))
