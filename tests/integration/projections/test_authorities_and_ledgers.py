"""The views of authorities and ledgers have the same rows however the events come, and after a rebuild."""

import random
from contextlib import closing

import psycopg
import pytest

from infra.demo.year import load
from infra.open_ledger import open_memory_ledger
from ledger.service import Ledger
from projections.projector import Projector
from projections.rebuild import rebuild
from projections.registry import VIEWS
from projections.store_feed import StoreFeed
from tests.support.access import OWN, case_opened, inspected, penalty
from tests.support.authorities import established
from tests.support.statements import accept, corrected
from tests.support.views import deliveries, rows


@pytest.fixture
def ledger() -> Ledger:
    """The scripted year, with facts that wait, are corrected and are taken back."""
    ledger = open_memory_ledger()
    assert load(ledger).refused == ()
    late, wrong, gone = established("U7", day="2031-05-01"), established("U8"), established("U9")
    accept(ledger, late, wrong, gone, inspected(), case_opened(), penalty())
    accept(ledger, corrected(wrong, {**wrong.data, "effective": "2031-03-01"}), corrected(gone, None, identity="2"))
    moved = inspected("inspection:i-2")
    accept(ledger, moved, corrected(moved, {**moved.data, "region": "440604", "result": "conforming"}, identity="3"))
    return ledger


@pytest.mark.parametrize("name", ["authorities", "ledgers", "access"])
def test_the_rows_do_not_depend_on_batches_nor_on_the_order_across_streams(
    ledger: Ledger, name: str, database_url: str
) -> None:
    events, rng = deliveries(ledger), random.Random(3)
    orders = [events]
    for _ in range(2):
        streams = sorted({each.recorded.stream for each in events}, key=lambda _: rng.random())
        orders.append([each for stream in streams for each in events if each.recorded.stream == stream])
    found = []
    for number, order in enumerate(orders):
        schema = name if number == 0 else f"{name}_{number}"
        with closing(Projector(lambda: psycopg.connect(database_url), VIEWS[name](), schema=schema)) as kept:
            kept.prepare()
            kept.bookmarks()
            start = 0
            while start < len(order):
                size = rng.randint(1, 20)
                with psycopg.connect(database_url, options=f"-c search_path={schema},public") as connection:
                    kept.view.fold(connection, order[start : start + size])
                start += size
            found.append(rows(database_url, kept.view, schema))
    assert found[0] == found[1] == found[2]
    assert sum(map(len, found[0].values())) > 20


@pytest.mark.parametrize("name", ["authorities", "ledgers"])
def test_a_rebuild_finds_no_difference(ledger: Ledger, name: str, database_url: str) -> None:
    with closing(Projector(lambda: psycopg.connect(database_url), VIEWS[name]())) as kept:
        kept.prepare()
        kept.bookmarks()
        kept.apply(deliveries(ledger))
    feed = StoreFeed(ledger.event_log, wait_seconds=0.01)
    assert rebuild(VIEWS[name](), feed, lambda: psycopg.connect(database_url)).differences == {}


def test_every_part_of_an_authority_ends_where_the_next_begins(ledger: Ledger, database_url: str) -> None:
    with closing(Projector(lambda: psycopg.connect(database_url), VIEWS["authorities"]())) as kept:
        kept.prepare()
        kept.bookmarks()
        kept.apply(deliveries(ledger))
    with psycopg.connect(database_url) as connection:
        asked = (
            "SELECT officer, effective::text FROM authorities.duty WHERE scope LIKE 'organisation:%' ORDER BY effective"
        )
        assert connection.execute(asked).fetchall() == [
            ("YZ440604004", "[2024-02-01,2024-07-01)"),
            ("YZ440604003", "[2024-07-01,)"),
        ]
        overlapping = """
            SELECT count(*) FROM authorities.period a JOIN authorities.period b
            ON a.authority = b.authority AND a.ctid <> b.ctid AND a.effective && b.effective
        """
        assert connection.execute(overlapping).fetchone() == (0,)
        corrected_day = "SELECT lower(effective)::text FROM authorities.unit WHERE unit = 'U8' AND authority = %s"
        assert connection.execute(corrected_day, (OWN,)).fetchone() == ("2031-03-01",)
        taken_back = "SELECT count(*) FROM authorities.unit WHERE unit = 'U9'"
        assert connection.execute(taken_back).fetchone() == (0,)
