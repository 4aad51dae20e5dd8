"""The official statistics table of cases, made from the cases themselves, for a month, a quarter or a year.

A case counts once in every row that one of its violations belongs to, in the rows of which that is a part, and in the
total; on the day of its first penalty decision, else of its transfer to the criminal authority.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from ledger.codes.cases import violations
from ledger.codes.dated import packaged_json
from ledger.days import Day, add_days, add_months
from ledger.facts import Fact

TOTAL = "1"
_TEN_THOUSAND = Decimal(10_000)
_PERIOD = re.compile(r"(?P<year>[12][0-9]{3})(?:-(?:(?P<month>0[1-9]|1[0-2])|Q(?P<quarter>[1-3])))?")


class Row(NamedTuple):
    """A row of the table: its code, its name, and the row of which it is a part."""

    code: str
    zh: str
    en: str
    part_of: str | None


@dataclass(frozen=True, slots=True)
class Counted:
    """What of one case goes into the table; amounts in CNY."""

    day: Day
    codes: frozenset[str]
    ordinary: bool
    value: Decimal
    fines: Decimal
    confiscated: Decimal
    transferred: bool


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    found: dict[str, Any] = packaged_json("case_statistics.json")
    return found


@lru_cache(maxsize=1)
def rows() -> tuple[Row, ...]:
    """Return the rows of the table, in its order."""
    return tuple(Row(**row) for row in _data()["rows"])


def about_table() -> dict[str, Any]:
    """Return the table's title, its columns, its source, and what of it is a default that no source confirms."""
    return {**_data()["table"][0], "columns": _data()["columns"]}


def period(text: str) -> tuple[Day, Day]:
    """Return the first and last day of ``2031-03``, ``2031-Q1`` or ``2031``; raise ``ValueError`` for any other text.

    The table has reports of a month, of the first three quarters, and of the year; a quarter is taken by itself.
    """
    match = _PERIOD.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text!r} is no period of the table: a month 2031-03, a quarter 2031-Q1 to Q3, or a year 2031"
        )
    year, month, quarter = match.group("year", "month", "quarter")
    months = 1 if month else 3 if quarter else 12
    first = f"{year}-{month or format(3 * int(quarter or 1) - 2, '02')}-01"
    return first, add_days(add_months(first, months), -1)


def counted(facts: Iterable[Fact]) -> Counted | None:
    """Return what of a case goes into the table, ``None`` while nothing was decided or transferred."""
    opened: Mapping[str, Any] = {}
    decisions, transferred = [], []
    for fact in facts:
        if fact.type == "case.opened":
            opened = fact.data
        elif fact.type == "case.penalty_decided":
            decisions.append(fact)
        elif fact.type == "case.transferred":
            transferred.append(fact)
    first = (decisions or transferred)[:1]
    if not first:
        return None
    return Counted(
        first[0].effective,
        _codes(opened, decisions),
        opened.get("procedure") == "ordinary",
        Decimal(opened.get("value") or "0"),
        sum((Decimal(fact.data.get("amount") or "0") for fact in decisions), Decimal(0)),
        sum((Decimal(fact.data.get("confiscated") or "0") for fact in decisions), Decimal(0)),
        bool(transferred),
    )


def table(cases: Iterable[Counted], first: Day, last: Day) -> list[dict[str, Any]]:
    """Return the rows of the table for the cases that count from the first to the last day; amounts in 10,000 CNY."""
    sums = {row.code: _Sums() for row in rows()}
    for case in cases:
        if first <= case.day <= last:
            for code in case.codes:
                sums[code].add(case)
    return [{**row._asdict(), **sums[row.code].plain()} for row in rows()]


@dataclass(slots=True)
class _Sums:
    cases: int = 0
    ordinary: int = 0
    value: Decimal = Decimal(0)
    fines: Decimal = Decimal(0)
    confiscated: Decimal = Decimal(0)
    transferred: int = 0

    def add(self, case: Counted) -> None:
        self.cases += 1
        self.ordinary += case.ordinary
        self.value += case.value
        self.fines += case.fines
        self.confiscated += case.confiscated
        self.transferred += case.transferred

    def plain(self) -> dict[str, Any]:
        """Amounts as decimal text, exactly: no rounding hides a fen."""
        amounts = {name: f"{getattr(self, name) / _TEN_THOUSAND:.6f}" for name in ("value", "fines", "confiscated")}
        return {"cases": self.cases, "ordinary": self.ordinary, **amounts, "transferred": self.transferred}


def _codes(opened: Mapping[str, Any], decisions: Iterable[Fact]) -> frozenset[str]:
    """Return every row in which a case counts: those stated, else those of its violations, and all that hold them."""
    stated = {fact.data.get("statistics_code") for fact in decisions} | {opened.get("statistics_code")}
    named = stated - {None} or {violations()[code].statistics for code in opened.get("violations") or ()}
    parts = {row.code: row.part_of for row in rows()}
    found, waiting = {TOTAL}, [code for code in named if code is not None]
    while waiting:
        code = waiting.pop()
        found.add(code)
        waiting += [whole for whole in [parts[code]] if whole is not None]
    return frozenset(found)
