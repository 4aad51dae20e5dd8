"""Notices, deadlines and warnings fold the same in any batches, and are rebuilt row for row."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import TypeAlias

import psycopg
import pytest

from consumers.clock import Clock
from infra.deadline_store import PostgresDeadlineStore
from infra.open_ledger import open_memory_ledger
from ledger.service import Ledger
from projections.projector import Projector
from projections.rebuild import rebuild
from projections.registry import VIEWS
from projections.store_feed import StoreFeed
from projections.view import View
from tests.support.notified import DEADLINE_DAY, REPORT, finding, founded, told
from tests.support.reacting import events, react
from tests.support.statements import accept, corrected, statement
from tests.support.views import deliveries, rows

MakeProjector: TypeAlias = Callable[[View], Projector]
MINE = ("notices", "deadlines", "warnings", "access")


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = open_memory_ledger()
    accept(ledger, *founded(), *told())
    store = react(ledger)
    wrong = finding("F2", due=DEADLINE_DAY)
    accept(ledger, corrected(wrong, {**wrong.data, "due": "2031-03-25"}))
    react(ledger, store)
    assert store.refused == []
    yield ledger
    ledger.close()


@pytest.mark.parametrize("name", MINE)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_any_batches_give_the_rows_of_a_rebuild(
    name: str, size: int, ledger: Ledger, database_url: str, projector: MakeProjector
) -> None:
    live = projector(VIEWS[name]())
    delivered = deliveries(ledger)
    for start in range(0, len(delivered), size):
        live.apply(delivered[start : start + size])
    before = rows(database_url, live.view)
    assert any(before.values()), f"{name} has something to show"
    feed = StoreFeed(ledger.event_log, wait_seconds=0.01)
    result = rebuild(VIEWS[name](), feed, lambda: psycopg.connect(database_url))
    assert (result.compared, result.differences) == (True, {})
    assert rows(database_url, live.view) == before


@pytest.mark.parametrize("repeat", [1, 3])
def test_the_clock_says_once_of_each_thing_due_that_it_passed(
    repeat: int, ledger: Ledger, database_url: str, projector: MakeProjector
) -> None:
    live = projector(VIEWS["deadlines"]())
    live.apply(deliveries(ledger))
    overdue = PostgresDeadlineStore(database_url)
    days = {"2031-03-20": [], "2031-03-21": [REPORT], "2031-03-26": [REPORT, "inspection:i-notices"]}
    for day, expected in days.items():
        now = datetime.fromisoformat(f"{day}T04:00:00+00:00").astimezone(UTC)
        for _ in range(repeat):
            Clock(ledger, overdue, lambda now=now: now).tick()  # type: ignore[misc]  # the day of this round
        said = [each["data"]["about"] for each in events(ledger, "deadline.passed")]
        assert said == expected, f"on {day}"
    live.apply(deliveries(ledger))
    assert Clock(ledger, overdue, lambda: datetime(2031, 3, 26, 4, tzinfo=UTC)).tick() == 0
    overdue.close()
    react(ledger)
    recipients = [each["data"]["recipient"] for each in events(ledger, "notice.created") if
               each["data"]["kind"] == "overdue_item"]  # fmt: skip
    assert sorted(recipients) == ["SAMR-440600", "SAMR-440604"]


def test_what_was_done_in_time_never_passes(ledger: Ledger, database_url: str, projector: MakeProjector) -> None:
    answer = {"effective": "2031-03-20", "outcome": "replied"}
    accept(ledger, statement("notice.answered", REPORT, answer, source="SAMR-440600"))
    projector(VIEWS["deadlines"]()).apply(deliveries(ledger))
    with closing(PostgresDeadlineStore(database_url)) as overdue:
        Clock(ledger, overdue, lambda: datetime(2031, 3, 22, tzinfo=UTC)).tick()
    assert [each["data"]["about"] for each in events(ledger, "deadline.passed")] == []
