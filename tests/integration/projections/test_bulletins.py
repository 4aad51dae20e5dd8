"""Each period of each provincial bureau has one bulletin, or is listed as missing; a second one is listed too."""

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from infra.open_ledger import open_memory_ledger
from ledger.circulars.bulletins import owed
from ledger.service import Ledger
from projections.cases.project import Cases
from projections.cases.query import listed
from projections.projector import Projector
from projections.view import View
from tests.support.statements import accept, corrected
from tests.support.supervising import PROVINCE, said
from tests.support.views import deliveries

MakeProjector = Callable[[View], Projector]
DAY = "2031-07-20"
QUARTERS = ["2030-Q3", "2030-Q4", "2031-Q1", "2031-Q2"]


@pytest.fixture
def ledger() -> Ledger:
    return open_memory_ledger()


@pytest.fixture
def ask(database_url: str, ledger: Ledger, projector: MakeProjector) -> Callable[..., Any]:
    """Asks a list for the periods of one bureau."""

    def asked(name: str, day: str = DAY, by: str | None = PROVINCE, **more: Any) -> list[dict[str, Any]]:
        projector(Cases()).apply(deliveries(ledger))

        async def run() -> list[dict[str, Any]]:
            async with await psycopg.AsyncConnection.connect(database_url) as connection:
                return await listed(connection, name, day, by=by, **more)

        return asyncio.run(run())

    return asked


def bulletin(number: str, day: str, period: str, source: str = PROVINCE) -> Any:
    scope = {"regions": [source.removeprefix("SAMR-")]}
    told = {"document_number": f"{number}号", "title": "认证工作定期通报", "text": "情况如下", "scope": scope}
    return said("circular.bulletin_issued", f"circular:{source}:{number}", day, source, period=period, **told)


def periods(rows: list[dict[str, Any]]) -> list[str]:
    return [row["detail"]["period"] for row in rows]


@pytest.mark.requirement("S2-39")
def test_each_period_has_one_bulletin_or_is_listed_as_missing(ledger: Ledger, ask: Callable[..., Any]) -> None:
    assert periods(ask("bulletins_missing")) == QUARTERS
    accept(ledger, bulletin("1", "2030-10-20", "2030年第三季度"), bulletin("2", "2031-04-12", "2031-Q1"))
    issued, missing = periods(ask("bulletins")), periods(ask("bulletins_missing"))
    assert (issued, missing) == (["2030-Q3", "2031-Q1"], ["2030-Q4", "2031-Q2"])
    assert sorted([*issued, *missing]) == QUARTERS, "each period is in one of the two lists"
    assert ask("bulletins_repeated") == []
    accept(ledger, bulletin("3", "2031-07-18", "2031Q1"))
    (second,) = ask("bulletins_repeated")
    assert (second["stream"], second["detail"]["after"]) == (f"circular:{PROVINCE}:3", f"circular:{PROVINCE}:2")


def test_a_missing_bulletin_ages_from_the_end_of_its_period_and_is_due_on_no_invented_day(
    ledger: Ledger, ask: Callable[..., Any]
) -> None:
    (row,) = [each for each in ask("bulletins_missing") if each["detail"]["period"] == "2031-Q2"]
    assert (row["subject"], row["since"], row["age_days"]) == (PROVINCE, "2031-07-01", 19)
    assert (row["due"], row["overdue"]) == (None, False)
    accept(ledger, bulletin("1", "2031-07-10", "2031-Q2"))
    assert "2031-Q2" in periods(ask("bulletins_missing", "2031-07-09")), "as of the day before it was issued"
    assert "2031-Q2" not in periods(ask("bulletins_missing"))


def test_a_bulletin_of_another_interval_or_of_another_bureau_stands_for_none_of_them(
    ledger: Ledger, ask: Callable[..., Any]
) -> None:
    accept(ledger, bulletin("1", "2031-07-10", "2031-H1"), bulletin("1", "2031-07-10", "2031-Q2", "SAMR-440600"))
    assert periods(ask("bulletins_missing")) == QUARTERS
    everyone = ask("bulletins_missing", by=None)
    assert len(everyone) == len(owed(DAY)) == 4 * 31
    assert {row["region"] for row in ask("bulletins_missing", by=None, regions=["440000"])} == {"440000"}


def test_a_bulletin_that_was_corrected_or_taken_back_leaves_its_period_missing_again(
    ledger: Ledger, ask: Callable[..., Any]
) -> None:
    one = bulletin("1", "2031-07-10", "2031-Q1")
    accept(ledger, one)
    ask("bulletins")
    accept(ledger, corrected(one, {**one.data, "period": "2031-Q2"}))
    assert periods(ask("bulletins_missing")) == ["2030-Q3", "2030-Q4", "2031-Q1"]
    other = bulletin("2", "2031-07-11", "2031-Q1")
    accept(ledger, other, corrected(other, None, "correction-2"))
    assert periods(ask("bulletins_missing")) == ["2030-Q3", "2030-Q4", "2031-Q1"]
