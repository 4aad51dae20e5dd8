import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import psycopg
import pytest

from infra.open_ledger import open_memory_ledger
from ledger.access.visibility import TableRule, declare
from ledger.service import Ledger
from projections.feed import LANES, Batch, Delivered, lane_of
from projections.history.project import History
from projections.projector import BookmarkMoved, Poisoned, Projector
from projections.register.project import Register
from projections.registry import VIEWS
from projections.store_feed import StoreFeed
from projections.trail.project import Trail
from projections.view import OutOfOrder, View
from tests.support.statements import accept, approved, decided, issued, suspended
from tests.support.views import batches_of, deliveries, rows

MakeProjector: TypeAlias = Callable[[View], Projector]


def spoken() -> Ledger:
    ledger = open_memory_ledger()
    accept(ledger, *approved(), issued(), suspended(), decided("restored", "2031-04-01"))
    return ledger


@pytest.mark.parametrize("name", VIEWS)
def test_an_event_that_comes_again_changes_nothing(name: str, database_url: str, projector: MakeProjector) -> None:
    events = deliveries(spoken())
    kept = projector(VIEWS[name]())
    assert kept.apply(events) == len(events)
    once = rows(database_url, kept.view)
    assert kept.apply(events) == 0
    assert rows(database_url, kept.view) == once


def test_preparing_is_safe_in_many_processes_at_once(database_url: str, projector: MakeProjector) -> None:
    projectors = [Projector(lambda: psycopg.connect(database_url), History()) for _ in range(4)]
    threads = [threading.Thread(target=each.prepare) for each in projectors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.bookmarks() for each in projectors] == [dict.fromkeys(range(LANES), 0)] * 4
    for each in projectors:
        each.close()


def test_a_projector_that_was_overtaken_writes_nothing(database_url: str, projector: MakeProjector) -> None:
    events = deliveries(spoken())
    zombie, faster = projector(Trail()), projector(Trail())
    assert faster.apply(events) == len(events)
    with pytest.raises(BookmarkMoved):
        zombie.apply(events)
    with pytest.raises(BookmarkMoved):
        zombie.apply(events)
    assert zombie.bookmarks() == faster.bookmarks()
    assert zombie.apply(events) == 0
    assert len(rows(database_url, zombie.view)["trail"]) == len(events)


def test_a_projector_of_other_lanes_is_not_overtaken(database_url: str, projector: MakeProjector) -> None:
    events = deliveries(spoken())
    lane = lane_of(issued().subject)
    mine = [each for each in events if each.lane == lane]
    others = [each for each in events if each.lane != lane]
    one, other = projector(Trail()), projector(Trail())
    assert one.apply(mine) == len(mine)
    assert other.apply(others) == len(others)
    assert len(rows(database_url, one.view)["trail"]) == len(events)


declare({f"brittle.{table}": TableRule("T-02", "internal", "tests") for table in Trail.contents})


class Brittle(Trail):
    """Cannot fold one kind of event until it is healed."""

    name = "brittle"
    healed = False

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        super().fold(connection, batch)
        if not self.healed and any(each.recorded.event["type"] == "certificate.suspended" for each in batch):
            raise KeyError("suspended")


def test_a_poison_event_stops_the_view_at_its_place_and_is_not_skipped(
    database_url: str, projector: MakeProjector
) -> None:
    events = deliveries(spoken())
    view = Brittle()
    kept = projector(view)
    with pytest.raises(Poisoned) as stopped:
        kept.apply(events)
    poison = next(each for each in events if each.recorded.event["type"] == "certificate.suspended")
    assert (stopped.value.position, stopped.value.stream) == (poison.position, poison.recorded.stream)
    assert len(rows(database_url, view)["trail"]) == poison.position - 1
    with pytest.raises(Poisoned):
        kept.apply(events)
    with psycopg.connect(database_url) as connection:
        found = connection.execute("SELECT position, view, error FROM brittle.quarantine").fetchall()
    assert found == [(poison.position, "brittle", "KeyError: 'suspended'")]

    view.healed = True
    restarted = projector(view)
    assert restarted.apply(events) == len(events) - poison.position + 1
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM brittle.quarantine").fetchone() == (0,)


def test_a_feed_that_breaks_the_order_of_a_stream_is_stopped(database_url: str, projector: MakeProjector) -> None:
    events = deliveries(spoken())
    kept = projector(Register())
    with pytest.raises(Poisoned) as stopped:
        kept.apply([each for each in events if each.recorded.event["type"] != "certificate.issued"])
    assert OutOfOrder.__name__ in stopped.value.error


def test_text_in_the_database_s_own_notation_is_taken_literally(database_url: str, projector: MakeProjector) -> None:
    ledger = open_memory_ledger()
    first = issued()
    details = {**first.data["details"], "holder": {**first.data["details"]["holder"], "name_zh": '恒\\N远\t\n{"},\\'}}
    accept(ledger, *approved(), issued(details=details))
    for make in VIEWS.values():
        kept = projector(make())
        assert kept.apply(deliveries(ledger)) == 4


def test_the_store_feed_moves_all_lanes_together(database_url: str, projector: MakeProjector) -> None:
    ledger = spoken()
    kept = projector(Trail())
    for batch in batches_of(StoreFeed(ledger.event_log, wait_seconds=0.01), kept):
        kept.apply(batch)
    assert set(kept.bookmarks().values()) == {ledger.event_log.head()}
    assert kept.apply(Batch((), dict.fromkeys(range(LANES), 99))) == 0
    assert set(kept.bookmarks().values()) == {99}


def test_a_view_that_was_dropped_starts_anew(database_url: str, projector: MakeProjector) -> None:
    ledger = spoken()
    kept = projector(Register())
    kept.apply(deliveries(ledger))
    before = rows(database_url, kept.view)
    with psycopg.connect(database_url) as connection:
        connection.execute("DROP SCHEMA register CASCADE")
    accept(ledger, decided("maintained", "2031-05-01"))
    with pytest.raises(BookmarkMoved):
        kept.apply(deliveries(ledger))
    assert set(kept.bookmarks().values()) == {0}
    kept.apply(deliveries(ledger)[:-1])
    assert rows(database_url, kept.view) == before


def test_a_view_tells_when_a_position_became_visible(database_url: str, projector: MakeProjector) -> None:
    events = deliveries(spoken())
    kept = projector(Trail())
    for delivered in events:
        kept.apply([delivered])
    with psycopg.connect(database_url) as connection:
        seen = connection.execute("SELECT at, up_to FROM trail.visible ORDER BY id").fetchall()
    assert [max(filter(None, up_to)) for _, up_to in seen] == [each.position for each in events]
    assert all(isinstance(at, datetime) for at, _ in seen)
