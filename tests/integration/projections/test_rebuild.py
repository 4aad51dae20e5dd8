import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias

import psycopg
import pytest

import projections.spool
from infra.open_ledger import open_memory_ledger
from ledger.service import Incoming, Ledger
from projections.bulk import RebuildIncomplete
from projections.feed import Bookmarks, Delivered
from projections.projector import BookmarkMoved, Projector
from projections.rebuild import RebuildRunning, ViewsDiffer, rebuild, rebuild_together
from projections.registry import VIEWS
from projections.store_feed import StoreFeed
from projections.view import View
from tests.support.lives import lives
from tests.support.signing import PERSON, TERMS, ed25519_key, ended, p256_key, policy, registration, signed
from tests.support.statements import BODY, OTHER_BODY, accept, approved, decided, issued, statement
from tests.support.views import deliveries, rows
from tests.support.waiting import eventually

MakeProjector: TypeAlias = Callable[[View], Projector]


def lived(certificates: int = 40, events: int = 400) -> Ledger:
    ledger = open_memory_ledger(TERMS)
    say_all(ledger, list(lives(certificates, events)))
    first = next(each for each in lives(certificates, events) if each.type.name == "certificate.issued")
    corrected = {
        "corrects": {"source": first.source, "id": first.id},
        "reason": "登记有误",
        "replacement": {**first.data, "details": {**first.data["details"], "scope_zh": "更正后的范围"}},
    }
    accept(ledger, statement("certificate.corrected", first.subject, corrected))
    sign_all(ledger)
    return ledger


def sign_all(ledger: Ledger) -> None:
    """Keys that live, end and end once more, and statements that their source counts."""
    keys = [ed25519_key(1), p256_key(2), ed25519_key(3)]
    accept(ledger, *map(registration, keys), registration(ed25519_key(4), PERSON, source="CCAA"))
    chained = signed(issued("CHAIN-1"), keys[0], ed25519_key(4), issuersequence=1)
    accept(ledger, chained, signed(issued("CHAIN-2"), keys[1], issuersequence=2, issuerprevious=chained.digest.hex()))
    accept(ledger, ended(keys[0]), ended(keys[1], "compromised", compromised_since="2026-02-01T00:00:00.000000Z"))
    for day, key in (("03", keys[0]), ("02", keys[0]), ("01", keys[1])):
        since = f"2026-01-{day}T00:00:00.000000Z"
        accept(ledger, ended(key, "compromised", compromised_since=since, reason="事后查明"))
    accept(ledger, policy("party", party=OTHER_BODY))


def say_all(ledger: Ledger, submissions: Sequence[Any]) -> None:
    for start in range(0, len(submissions), 200):
        ledger.submit([Incoming(each, "test") for each in submissions[start : start + 200]])


def feed(ledger: Ledger) -> StoreFeed:
    return StoreFeed(ledger.event_log, wait_seconds=0.01)


@pytest.mark.parametrize("name", VIEWS)
def test_a_rebuilt_view_equals_the_live_one_row_for_row(name: str, database_url: str, projector: MakeProjector) -> None:
    ledger = lived()
    live = projector(VIEWS[name]())
    events = deliveries(ledger)
    for start in range(0, len(events), 37):
        live.apply(events[start : start + 37])
    before = rows(database_url, live.view)
    told = []
    result = rebuild(
        VIEWS[name](), feed(ledger), lambda: psycopg.connect(database_url), progress=lambda *at: told.append(at)
    )
    assert (result.compared, result.switched, result.differences) == (True, True, {})
    assert rows(database_url, live.view) == before
    assert {phase for phase, _, _ in told} >= {"read", "fold", "index", "compare"}
    with psycopg.connect(database_url) as connection:
        schemas = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname ~ %s", (f"^{name}",)).fetchall()
    assert schemas == [(name,)]
    live.bookmarks()
    accept(ledger, decided("maintained", "2031-05-01", number="late"))
    assert live.apply(deliveries(ledger)) == 1


@pytest.mark.requirement("S0-71")
@pytest.mark.parametrize("name", VIEWS)
def test_a_dropped_view_is_rebuilt_from_the_feed_alone(name: str, database_url: str, projector: MakeProjector) -> None:
    ledger = lived()
    live = projector(VIEWS[name]())
    live.apply(deliveries(ledger))
    before = rows(database_url, live.view)
    with psycopg.connect(database_url) as connection:
        connection.execute(f"DROP SCHEMA {name} CASCADE".encode())
    rebuild(VIEWS[name](), feed(ledger), lambda: psycopg.connect(database_url))
    assert rows(database_url, live.view) == before


def test_a_live_projector_goes_on_through_rebuilds_while_events_arrive(
    database_url: str, projector: MakeProjector
) -> None:
    ledger = lived(20, 100)
    live = projector(VIEWS["history"]())
    stop, failed = threading.Event(), []

    def follow() -> None:
        try:
            while not stop.is_set():
                try:
                    for batch in feed(ledger).batches(live.bookmarks):
                        live.apply(batch)
                        if stop.is_set():
                            break
                except BookmarkMoved:
                    continue
        except BaseException as error:
            failed.append(error)
            raise

    def speak() -> None:
        for each in lives(60, 600, seed=2):
            if stop.is_set():
                return
            ledger.submit([Incoming(each, "test")])

    threads = [threading.Thread(target=follow), threading.Thread(target=speak)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(3):
            result = rebuild(VIEWS["history"](), feed(ledger), lambda: psycopg.connect(database_url))
            assert result.differences == {}
        threads[1].join()
        head = ledger.event_log.head()
        eventually(lambda: failed or _bookmarks(database_url, "history") == {head})
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not failed
    assert rebuild(VIEWS["history"](), feed(ledger), lambda: psycopg.connect(database_url)).differences == {}


def _bookmarks(url: str, view: str) -> set[int]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute(f"SELECT position FROM {view}.bookmark".encode())}


def test_a_view_that_was_tampered_with_is_reported_and_not_replaced_in_silence(
    database_url: str, projector: MakeProjector
) -> None:
    ledger = lived()
    live = projector(VIEWS["register"]())
    live.apply(deliveries(ledger))
    sound = rows(database_url, live.view)
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "UPDATE register.certificate SET status = 'valid', holder_name_zh = '伪造'"
            " WHERE stream = (SELECT min(stream) FROM register.certificate)"
        )
    with pytest.raises(ViewsDiffer) as found:
        rebuild(VIEWS["register"](), feed(ledger), lambda: psycopg.connect(database_url))
    assert found.value.rebuilt.differences == {"certificate": 2}
    assert rows(database_url, live.view) != sound
    rebuild(VIEWS["register"](), feed(ledger), lambda: psycopg.connect(database_url), force=True)
    assert rows(database_url, live.view) == sound


class _Broken:
    """A feed that ends in the middle, as when a process is killed."""

    def __init__(self, ledger: Ledger, batches: int) -> None:
        self._ledger, self._batches = ledger, batches

    def batches(self, bookmarks: Callable[[], Bookmarks]) -> Iterator[Sequence[Delivered]]:
        events = deliveries(self._ledger)
        for start in range(0, self._batches * 20, 20):
            yield events[start : start + 20]
        raise ConnectionAbortedError

    def close(self) -> None:
        """Hold nothing."""


def test_a_rebuild_that_dies_half_way_leaves_the_live_view_and_the_next_one_starts_clean(
    database_url: str, projector: MakeProjector
) -> None:
    ledger = lived()
    live = projector(VIEWS["trail"]())
    live.apply(deliveries(ledger))
    before = rows(database_url, live.view)
    with pytest.raises(ConnectionAbortedError):
        rebuild(VIEWS["trail"](), _Broken(ledger, 5), lambda: psycopg.connect(database_url))
    assert rows(database_url, live.view) == before
    assert rebuild(VIEWS["trail"](), feed(ledger), lambda: psycopg.connect(database_url)).differences == {}
    assert rows(database_url, live.view) == before


class _Silent(_Broken):
    def batches(self, bookmarks: Callable[[], Bookmarks]) -> Iterator[Sequence[Delivered]]:
        yield deliveries(self._ledger)[:50]
        while True:
            yield ()


def test_a_feed_that_does_not_deliver_everything_is_not_taken_for_complete(
    database_url: str, projector: MakeProjector
) -> None:
    ledger = lived()
    live = projector(VIEWS["trail"]())
    live.apply(deliveries(ledger))
    with pytest.raises(RebuildIncomplete):
        rebuild(VIEWS["trail"](), _Silent(ledger, 0), lambda: psycopg.connect(database_url))


def test_two_rebuilds_of_one_view_do_not_meet(database_url: str, projector: MakeProjector) -> None:
    ledger = open_memory_ledger()
    accept(ledger, *approved(), issued())
    projector(VIEWS["trail"]())
    with psycopg.connect(database_url) as other:
        other.execute("SELECT pg_advisory_lock(7226200, hashtext('trail'))")
        with pytest.raises(RebuildRunning):
            rebuild(VIEWS["trail"](), feed(ledger), lambda: psycopg.connect(database_url))


def test_views_that_are_rebuilt_together_equal_the_live_ones_wherever_these_stand(
    database_url: str, projector: MakeProjector
) -> None:
    ledger = lived()
    events = deliveries(ledger)
    before = {}
    for index, name in enumerate(VIEWS):
        live = projector(VIEWS[name]())
        live.apply(events[: len(events) - 30 * index])
        before[name] = rows(database_url, live.view)
    results = rebuild_together([make() for make in VIEWS.values()], feed(ledger), lambda: psycopg.connect(database_url))
    assert [result.differences for result in results] == [{}] * len(VIEWS)
    assert {name: rows(database_url, make()) for name, make in VIEWS.items()} == before


def test_more_events_than_fit_in_memory_are_spooled(
    database_url: str, projector: MakeProjector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projections.spool, "EVENTS_IN_MEMORY", 50)
    ledger = lived()
    live = projector(VIEWS["history"]())
    live.apply(deliveries(ledger))
    result = rebuild(VIEWS["history"](), feed(ledger), lambda: psycopg.connect(database_url))
    assert (result.events, result.differences) == (ledger.event_log.head(), {})


def test_the_view_of_keys_tells_each_keys_end_once_and_every_link(database_url: str, projector: MakeProjector) -> None:
    kept = projector(VIEWS["keys"]())
    kept.apply(deliveries(lived(2, 4)))
    with psycopg.connect(database_url) as connection:
        ends = connection.execute(
            "SELECT owner, ended_by, reason, compromised_since::date::text FROM keys.key ORDER BY position"
        ).fetchall()
        links = connection.execute("SELECT sequence, signed_by FROM keys.link ORDER BY sequence").fetchall()
    assert ends == [
        (BODY, BODY, "人员变动", "2026-01-02"),
        (BODY, BODY, "人员变动", "2026-01-01"),
        (BODY, None, None, None),
        (PERSON, None, None, None),
    ]
    assert links == [(1, [BODY, PERSON]), (2, [BODY])]
