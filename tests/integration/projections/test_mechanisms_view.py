"""The mechanisms view folds the same in any batches, is rebuilt row for row, and holds what a correction leaves."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from infra.open_ledger import open_memory_ledger
from ledger.service import Ledger
from projections.projector import Projector
from projections.rebuild import rebuild
from projections.registry import VIEWS
from projections.store_feed import StoreFeed
from projections.view import View
from tests.support.mechanisms import conference, consultant, held, plan, training
from tests.support.statements import accept, corrected
from tests.support.views import deliveries, rows


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = open_memory_ledger()
    wrong = conference("task_assigned", "2031-02-05", task="T9", lead="customs")
    accept(
        ledger,
        *reversed(held()),
        wrong,
        conference("task_progressed", "2031-02-20"),
        conference("task_done", "2031-03-01"),
        conference("resolution_adopted", "2031-02-06", resolution="R2"),
        plan("plan_issued", "2031-01-01", until="2031-12-31"),
        plan("activated", "2031-05-31"),
        plan("plan_issued", "2031-06-01", version="v2"),
        plan("plan_repealed", "2031-09-01", version="v2"),
        plan("ended", "2031-06-10"),
        training("legal_lecture", "2031-05-10", participants=40, audience="各县局\t业务股"),
        consultant("admission_refused", "2030-01-10"),
        consultant("admitted", "2030-06-01", until="2031-05-31"),
        consultant("admission_withdrawn", "2031-03-01"),
        consultant("violation_recorded", "2031-02-01"),
    )
    accept(ledger, corrected(wrong, {**wrong.data, "due": "2031-04-01"}))
    yield ledger
    ledger.close()


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_any_batches_give_the_rows_of_a_rebuild(
    size: int, ledger: Ledger, database_url: str, projector: Callable[[View], Projector]
) -> None:
    live = projector(VIEWS["mechanisms"]())
    delivered = deliveries(ledger)
    for start in range(0, len(delivered), size):
        live.apply(delivered[start : start + size])
    before = rows(database_url, live.view)
    assert {table: len(each) for table, each in before.items() if table != "fact"} == {
        "conference": 1, "resolution": 2, "task": 2, "plan_version": 2, "activation": 1, "training": 1,
        "admission": 3, "violation": 1,
    }  # fmt: skip
    with psycopg.connect(database_url) as connection:
        tasks = connection.execute("SELECT task, due::text, done::text FROM mechanisms.task ORDER BY 1").fetchall()
        plans = connection.execute("SELECT version, in_force::text FROM mechanisms.plan_version ORDER BY 1").fetchall()
        admitted = "SELECT admission, effective::text FROM mechanisms.admission ORDER BY lower(effective)"
        decided = connection.execute(admitted).fetchall()
    assert tasks == [("T1", "2031-03-15", "2031-03-01"), ("T9", "2031-04-01", None)]
    assert plans == [("v1", "[2031-01-01,2031-06-01)"), ("v2", "[2031-06-01,2031-09-01)")]
    assert decided == [
        ("refused", "[2030-01-10,2030-06-01)"),
        ("admitted", "[2030-06-01,2031-03-01)"),
        ("withdrawn", "[2031-03-01,)"),
    ]
    feed = StoreFeed(ledger.event_log, wait_seconds=0.01)
    result = rebuild(VIEWS["mechanisms"](), feed, lambda: psycopg.connect(database_url))
    assert (result.compared, result.differences) == (True, {})
    assert rows(database_url, live.view) == before
