"""Projector ÷ the library's runner, and rebuild ÷ COPY of the same rows: both as ratios inside one run."""

import gc
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg import sql

from infra.open_ledger import open_ledger
from ledger.envelope import Recorded
from ledger.service import Incoming, Ledger
from projections.feed import Delivered, lane_of
from projections.projector import Projector
from projections.rebuild import rebuild_together
from projections.registry import VIEWS, make_views
from projections.store_feed import StoreFeed
from tests.support.lives import lives

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]
EVENTS = 40_000
RUNNER_EVENTS = 1_500
MEASURED = ("register", "history", "trail")


@pytest.fixture
def spoken(database_url: str) -> Iterator[Ledger]:
    ledger = open_ledger(database_url)
    said = list(lives(EVENTS // 8, EVENTS))
    for start in range(0, len(said), 500):
        ledger.submit([Incoming(each, "bench") for each in said[start : start + 500]])
    del said
    gc.collect()
    gc.freeze()
    yield ledger
    gc.unfreeze()
    ledger.close()


class _OneByOne(PostgresTrackingRecorder):
    """The same view, written one event a transaction together with the library's tracking."""

    name = ""

    def project(self, recorded: Recorded, tracking: Tracking) -> None:
        delivered = Delivered(
            lane_of(recorded.stream), Recorded(tracking.notification_id, recorded.raw, recorded.event, recorded.record)
        )
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(sql.SQL("SET LOCAL search_path = {}, public").format(sql.Identifier(self.name)))
            self._view.fold(_Rows(cursor.connection), [delivered])
            self._insert_tracking(cursor, tracking)


class _Rows:
    """The runner's connection gives rows as dictionaries; the views read tuples."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def cursor(self) -> Any:
        return self._connection.cursor(row_factory=psycopg.rows.tuple_row)

    def execute(self, *statement: Any) -> Any:
        return self.cursor().execute(*statement)


class _Each(Projection[_OneByOne]):
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.project(domain_event, tracking)


def _runner_seconds(ledger: Ledger, url: str, name: str) -> float:
    """Seconds an event of the library's own runner, at the beginning of the log."""
    schema = f"{name}_one"
    view = VIEWS[name]()
    kept = Projector(lambda: psycopg.connect(url), view, schema=schema)
    kept.prepare()
    kept.close()
    recorder = type("View", (_OneByOne,), {"name": schema, "_view": view})
    projection = type("Each", (_Each,), {"name": f"{name}one"})
    env = {**ledger.env, f"{name.upper()}ONE_CREATE_TABLE": "y"}
    started = time.perf_counter()
    with ProjectionRunner(
        application_class=Ledger, projection_class=projection, view_class=recorder, env=env
    ) as runner:
        runner.wait(RUNNER_EVENTS, timeout=600)
        seconds = time.perf_counter() - started
        done = runner.view.max_tracking_id(runner.app_name)
    return seconds / done


def _projector_seconds(ledger: Ledger, url: str) -> dict[str, float]:
    """Seconds an event of each view; they share one feed, as in a run, and its reading is counted to all in parts."""
    kept = {view.name: Projector(lambda: psycopg.connect(url), view) for view in make_views(MEASURED)}
    for each in kept.values():
        each.prepare()
        each.bookmarks()
    spent = dict.fromkeys(MEASURED, 0.0)
    started = time.perf_counter()
    for batch in StoreFeed(ledger.event_log, wait_seconds=0.01).batches(kept["trail"].bookmarks):
        if not batch:
            break
        for name, each in kept.items():
            begun = time.perf_counter()
            each.apply(batch)
            spent[name] += time.perf_counter() - begun
    reading = time.perf_counter() - started - sum(spent.values())
    for each in kept.values():
        each.close()
    head = ledger.event_log.head()
    return {name: (seconds + reading / len(MEASURED)) / head for name, seconds in spent.items()}


def _rebuild_seconds(ledger: Ledger, url: str, *names: str) -> float:
    started = time.perf_counter()
    feed = StoreFeed(ledger.event_log, wait_seconds=0.01)
    views = [VIEWS[name]() for name in names]
    results = rebuild_together(views, feed, lambda: psycopg.connect(url), compare=False)
    assert all(result.switched for result in results)
    return (time.perf_counter() - started) / ledger.event_log.head()


def _copy_seconds(ledger: Ledger, url: str, name: str) -> float:
    """Seconds an event of copying the view's own rows into tables that are like the view's, constraints and all."""
    view = VIEWS[name]()
    kept = Projector(lambda: psycopg.connect(url), view, schema=f"{name}_copy")
    kept.prepare()
    kept.close()
    with psycopg.connect(url) as connection:
        taken = {}
        for table in view.contents:
            out = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name, table))
            with connection.cursor() as cursor, cursor.copy(out) as copy:
                taken[table] = b"".join(map(bytes, copy))
        started = time.perf_counter()
        for table, rows in taken.items():
            into = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(f"{name}_copy", table))
            with connection.cursor() as cursor, cursor.copy(into) as copy:
                copy.write(rows)
        connection.commit()
        return (time.perf_counter() - started) / ledger.event_log.head()


def test_the_projector_is_twenty_times_the_runner_and_a_rebuild_half_of_a_copy(
    spoken: Ledger, database_url: str
) -> None:
    ours = _projector_seconds(spoken, database_url)
    theirs = {name: _runner_seconds(spoken, database_url, name) for name in MEASURED}
    rebuilt = {name: _rebuild_seconds(spoken, database_url, name) for name in MEASURED}
    copied = {name: _copy_seconds(spoken, database_url, name) for name in MEASURED}
    for name in MEASURED:
        print(
            f"\n{name:9} projector {ours[name] * 1e6:6.1f} µs/event, runner {theirs[name] * 1e6:7.1f} µs/event"
            f" ({theirs[name] / ours[name]:.1f} ×); rebuild {rebuilt[name] * 1e6:6.1f} µs/event,"
            f" COPY {copied[name] * 1e6:6.1f} µs/event ({copied[name] / rebuilt[name]:.2f})",
            end="",
        )
    faster = sum(theirs.values()) / sum(ours.values())
    together = _rebuild_seconds(spoken, database_url, *MEASURED)
    share = sum(copied.values()) / together
    print(
        f"\nthree views: {1 / sum(ours.values()):,.0f} events/s, {faster:.1f} × the runner;"
        f" rebuilt together {together * 1e6:.1f} µs/event, {share:.2f} of COPY"
    )
    assert faster >= 20
    assert share >= 0.5
