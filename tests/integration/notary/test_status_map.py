"""The status map over PostgreSQL: its roots follow from the log, one leader makes them, and a crash leaves no trace."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from consumers.status_map import MapRefused, Rhythm, root_submission
from infra.open_ledger import open_ledger
from infra.status_map_store import CHANNEL, PostgresMapStore
from ledger.days import parse_instant
from ledger.evidence.statusmap import key_of
from ledger.evidence.verify import Question, verify_source
from ledger.service import Ledger
from tests.support.consumers import running
from tests.support.maps import everything_is_mapped, map_all, map_of, roots, true_map
from tests.support.notaries import sign_all, stored_entries
from tests.support.statements import accept, approved, certificate, corrected, decided, issued, statement, suspended
from tests.support.waiting import eventually
from tests.unit.evidence.making import LOG

SLOWLY = Rhythm(growing_seconds=3_600.0, idle_seconds=3_600.0)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = open_ledger(database_url)
    accept(ledger, *approved())
    yield ledger
    ledger.close()


def refused_application(number: str) -> Any:
    made = issued(number)
    return statement(
        "certificate.refused",
        certificate(number),
        {
            "effective": "2031-01-05",
            "signers": made.data["signers"],
            "reason": "不符合",
            "details": made.data["details"],
        },
    )


def test_roots_follow_from_the_log_alone_and_form_a_chain(ledger: Ledger, database_url: str) -> None:
    accept(ledger, *(issued(f"N{n:03}") for n in range(40)))
    map_all(database_url, ledger)
    accept(ledger, *(suspended(f"N{n:03}") for n in range(0, 40, 3)))
    map_all(database_url, ledger)
    assert everything_is_mapped(database_url) >= 57


def test_a_refused_application_leaves_no_trace_in_the_map(ledger: Ledger, database_url: str) -> None:
    refusal = refused_application("REFUSED")
    accept(ledger, refusal, corrected(refusal, {**refusal.data, "reason": "另有原因"}, "c-1"), issued("N001"))
    map_all(database_url, ledger)
    everything_is_mapped(database_url)
    tiles = true_map(stored_entries(database_url))
    root = tiles.root()
    assert tiles.prove(key_of(refusal.subject)).verify(key_of(refusal.subject), root) is None
    assert tiles.prove(key_of(certificate("N001"))).verify(key_of(certificate("N001")), root) is not None


def test_nothing_is_recorded_while_nothing_happens_and_a_root_when_it_is_asked_for(
    ledger: Ledger, database_url: str
) -> None:
    map_all(database_url, ledger)
    with running(map_of(database_url, ledger, rhythm=SLOWLY).run):
        accept(ledger, issued("N001"))
        head = ledger.event_log.head()
        threading.Event().wait(0.6)
        assert ledger.event_log.head() == head
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(f"NOTIFY {CHANNEL}")
        eventually(lambda: roots(database_url)[-1][0] == head)
    assert everything_is_mapped(database_url) == head


def test_what_is_recorded_between_a_map_and_its_root_is_covered_by_the_next_root(
    ledger: Ledger, database_url: str
) -> None:
    def submit(incoming: Any) -> Any:
        if not roots(database_url):
            accept(ledger, issued("BETWEEN"))
        return ledger.submit(incoming)

    with running(map_of(database_url, ledger, submit=submit).run):
        eventually(lambda: len(roots(database_url)) == 2)
    size, _, position = roots(database_url)[0]
    assert position == size + 2
    assert everything_is_mapped(database_url) == position


def test_an_idle_log_records_a_root_now_and_then_so_that_a_receipt_is_never_older(
    ledger: Ledger, database_url: str
) -> None:
    with running(map_of(database_url, ledger, rhythm=Rhythm(3_600.0, 0.2)).run):
        eventually(lambda: len(roots(database_url)) >= 3)
    everything_is_mapped(database_url)


def test_two_followers_make_one_chain(ledger: Ledger, database_url: str) -> None:
    with running(map_of(database_url, ledger).run, map_of(database_url, ledger).run):
        for number in range(20):
            accept(ledger, issued(f"N{number:03}"))
        head = ledger.event_log.head()
        eventually(lambda: any(size >= head for size, _, _ in roots(database_url)))
    everything_is_mapped(database_url)


class Killed(BaseException):
    """Ends the process here and now."""


class Dying(PostgresMapStore):
    """A store before whose n-th statement the process dies."""

    def __init__(self, url: str, steps: int) -> None:
        super().__init__(url)
        self.steps = steps

    def count(self) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise Killed

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        self.count()
        with super()._connected() as connection:
            yield _Counted(connection, self.count)


class _Counted:
    def __init__(self, connection: Any, count: Any) -> None:
        self._connection, self._count = connection, count

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def execute(self, *arguments: Any, **options: Any) -> Any:
        self._count()
        return self._connection.execute(*arguments, **options)


def test_a_follower_that_dies_before_any_step_leaves_what_the_next_one_finishes(
    ledger: Ledger, database_url: str
) -> None:
    accept(ledger, *(issued(f"N{n:03}") for n in range(6)))
    died = 0
    for steps in range(120):
        accept(ledger, issued(f"K{steps:03}"))
        store = Dying(database_url, steps)
        follower = map_of(database_url, ledger, store=store, submit=_dying_submit(ledger, store))
        stop = threading.Event()
        before = len(roots(database_url))
        try:
            follower.run(_until(stop, lambda seen=before: len(roots(database_url)) > seen))
            break
        except Killed:
            died += 1
    assert 15 < died < 119
    map_all(database_url, ledger)
    everything_is_mapped(database_url)


def _dying_submit(ledger: Ledger, store: Dying) -> Any:
    def submit(incoming: Any) -> Any:
        store.count()
        outcomes = ledger.submit(incoming)
        # Recorded, and dead before it is known.
        store.count()
        return outcomes

    return submit


def _until(stop: threading.Event, is_done: Any) -> Any:
    class Until(threading.Event):
        def is_set(self) -> bool:
            return stop.is_set() or is_done()

    return Until()


def test_a_map_that_went_past_another_process_root_goes_back_and_compares(ledger: Ledger, database_url: str) -> None:
    accept(ledger, issued("N001"), issued("N002"))
    size = ledger.event_log.head()
    accept(ledger, issued("N003"))
    store = PostgresMapStore(database_url)
    map_of(database_url, ledger, store=store)._advance(0, ledger.event_log.head())
    store.close()
    entries = stored_entries(database_url)
    through = parse_instant(open_recorded_time(entries[size - 1]))
    accept(ledger, root_submission(0, size, true_map(entries[:size]).root(), through))
    accept(ledger, issued("N004"))
    map_all(database_url, ledger)
    assert roots(database_url)[0][0] == size
    everything_is_mapped(database_url)


def open_recorded_time(raw: bytes) -> str:
    return raw.split(b'"recorded":"')[1][:27].decode()


def test_a_root_that_the_entries_do_not_make_stops_the_follower_and_is_found_by_the_auditor(
    ledger: Ledger, database_url: str, tmp_path: Path
) -> None:
    accept(ledger, issued("N001"))
    entries = stored_entries(database_url)
    through = parse_instant(open_recorded_time(entries[-1]))
    accept(ledger, root_submission(0, len(entries), bytes(32), through))
    with pytest.raises(MapRefused, match="position 5"):
        map_of(database_url, ledger).run(threading.Event())
    report = audited(database_url, tmp_path)
    assert [(each.code, each.first) for each in report.findings] == [("MAP_ROOT_WRONG", 4)]


def test_an_auditor_computes_every_root_anew(ledger: Ledger, database_url: str, tmp_path: Path) -> None:
    for number in range(4):
        accept(ledger, issued(f"N{number:03}"), decided("maintained", "2032-01-01", f"N{number:03}"))
        map_all(database_url, ledger)
    assert audited(database_url, tmp_path).findings == []


def audited(url: str, folder: Path) -> Any:
    from infra.notary_store import StoredTree  # noqa: PLC0415
    from ledger.evidence.store import StoreSource  # noqa: PLC0415

    sign_all(url, folder / "notary")
    with psycopg.connect(url, autocommit=True) as connection:
        stored = StoredTree(connection)
        newest = stored.newest()
        assert newest is not None
        return verify_source(StoreSource(stored, newest, [LOG.verifier]), Question(0.0))


def test_the_tables_may_be_dropped_and_are_made_anew(ledger: Ledger, database_url: str) -> None:
    for number in range(3):
        accept(ledger, issued(f"N{number:03}"))
        map_all(database_url, ledger)
    before = roots(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("TRUNCATE statusmap.tile, statusmap.root")
        connection.execute("UPDATE statusmap.state SET size = 0, root = NULL")
    accept(ledger, issued("LAST"))
    map_all(database_url, ledger)
    assert roots(database_url)[: len(before)] == before
    everything_is_mapped(database_url)


def test_only_what_receipts_need_is_kept(ledger: Ledger, database_url: str, tmp_path: Path) -> None:
    count = "SELECT count(*), count(replaced) FROM statusmap.tile"
    accept(ledger, *(issued(f"N{n:03}") for n in range(30)))
    for number in range(8):
        accept(ledger, decided("maintained", f"2031-0{number + 1}-20", f"N{number:03}"))
        map_all(database_url, ledger)
        sign_all(database_url, tmp_path / "notary")
    accept(ledger, issued("LAST"))
    map_all(database_url, ledger)
    with psycopg.connect(database_url) as connection:
        rows, replaced = connection.execute(count).fetchone() or (0, 0)
    assert replaced <= 6
    assert rows - replaced <= 40
