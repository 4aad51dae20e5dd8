"""One contract over every implementation of the event log: in memory and on PostgreSQL."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from infra.open_ledger import open_ledger, open_memory_ledger
from ledger.log import ConcurrentUpdate, Draft
from ledger.outcomes import Receipt
from ledger.refusals import Refusal
from ledger.service import Incoming, Ledger
from tests.support.statements import (
    BODY,
    SIGNER,
    accept,
    approved,
    certificate,
    decided,
    issued,
    refusal,
    say,
    statement,
    suspended,
)


@pytest.fixture(params=["memory", "postgres"])
def ledger(request: pytest.FixtureRequest) -> Iterator[Ledger]:
    on_postgres = request.param == "postgres"
    opened = open_ledger(request.getfixturevalue("database_url")) if on_postgres else open_memory_ledger()
    yield opened
    opened.close()


def draft(stream: str, version: int, identity: str) -> Draft:
    return Draft(stream, version, "t", "s", identity, b"d" * 32, b'{"a":1}', {"stream": stream, "version": version})


def test_positions_count_from_one_without_a_gap_and_times_increase(ledger: Ledger) -> None:
    accept(ledger, *approved())
    accept(ledger, *(issued(f"N{n}") for n in range(50)))
    rows = ledger.event_log.read(0, 1000)
    assert [row.position for row in rows] == list(range(1, 54))
    times = [row.recorded for row in rows]
    assert times == sorted(set(times))
    assert ledger.event_log.head() == 53
    assert [row.position for row in ledger.event_log.read(50, 2)] == [51, 52]


def test_the_same_bytes_again_return_the_first_receipt(ledger: Ledger) -> None:
    accept(ledger, *approved())
    first, again_in_batch = accept(ledger, issued(), issued())
    again = accept(ledger, issued())[0]
    assert (first.duplicate, again_in_batch.duplicate, again.duplicate) == (False, True, True)
    assert first.position == again_in_batch.position == again.position
    assert first.recorded == again.recorded
    assert ledger.event_log.head() == 4


def test_other_bytes_under_the_same_identity_are_refused_and_both_are_kept(ledger: Ledger) -> None:
    accept(ledger, *approved())
    accept(ledger, statement("certificate.issued", certificate(), dict(issued().data), identity="one"))
    other = statement("certificate.issued", certificate("OTHER"), dict(issued().data), identity="one")
    assert refusal(ledger, other).code == "identity_reused"
    assert refusal(ledger, other).code == "identity_reused"
    assert kept_equivocations(ledger) == [other.raw]
    assert ledger.event_log.head() == 4


def kept_equivocations(ledger: Ledger) -> list[bytes]:
    recorder = ledger.recorder
    if hasattr(recorder, "equivocations"):
        return [event for event, _, _ in recorder.equivocations.values()]
    with recorder.datastore.get_connection() as connection:  # type: ignore[attr-defined]  # the PostgreSQL recorder
        return [bytes(row["event"]) for row in connection.execute("SELECT event FROM ledger_equivocations")]


def test_an_append_on_a_moved_stream_records_nothing(ledger: Ledger) -> None:
    log = ledger.event_log
    log.append([draft("case:a:1", 1, "one")], {"case:a:1": 0}, 0)
    with pytest.raises(ConcurrentUpdate):
        log.append([draft("case:a:2", 1, "two")], {"case:a:2": 0, "case:a:1": 0}, 0)
    with pytest.raises(ConcurrentUpdate):
        log.append([draft("case:a:3", 1, "one")], {"case:a:3": 0}, 0)
    log.append([draft("case:a:2", 1, "two")], {"case:a:2": 0, "case:a:1": 1}, 0)
    assert [row.stream for row in log.read(0, 10)] == ["case:a:1", "case:a:2"]


def test_changed_streams_are_told(ledger: Ledger) -> None:
    log = ledger.event_log
    log.append([draft("case:a:1", 1, "one"), draft("case:a:2", 1, "two")], {}, 0)
    assert log.load(1, (), ()).changed == {"case:a:2"}
    assert log.load(2, (), ()).changed == set()


def test_streams_are_found_by_their_beginning_page_by_page(ledger: Ledger) -> None:
    log = ledger.event_log
    names = ["case:a:1", "case:a:2", "case:a:证", "case:ab:1", "case:b:1"]
    log.append([draft(name, 1, name) for name in names], {}, 0)
    log.append([draft("case:a:1", 2, "again")], {}, 5)
    assert list(log.streams("case:a:", "", 2)) == ["case:a:1", "case:a:2"]
    assert list(log.streams("case:a:", "case:a:2", 2)) == ["case:a:证"]
    assert list(log.streams("case:c", "", 2)) == []


def test_a_follower_sees_every_event_in_order(ledger: Ledger) -> None:
    follower = ledger.event_log.follow(0, wait_seconds=5.0)
    accept(ledger, *approved())
    seen = [row.position for row in next(follower)]
    accept(ledger, issued())
    while len(seen) < 4:
        seen += [row.position for row in next(follower)]
    follower.close()  # type: ignore[attr-defined]  # a generator in both implementations
    assert seen == [1, 2, 3, 4]


def test_an_atomic_batch_records_all_or_nothing(ledger: Ledger) -> None:
    accept(ledger, *approved())
    batch = [Incoming(s, "test") for s in (issued("A"), decided("withdrawn", "2031-02-01", "B", reason_code="0116"))]
    bad = Incoming(
        statement(
            "certificate.withdrawn",
            certificate("A"),
            dict(decided("withdrawn", "2031-02-01", reason_code="0116").data),
            source="SAMR",
        ),
        "test",
    )
    outcomes = ledger.submit([*batch, bad], atomic=True)
    assert [o.code for o in outcomes if isinstance(o, Refusal)] == ["batch_refused", "batch_refused", "not_competent"]
    assert ledger.event_log.head() == 3
    assert all(isinstance(o, Receipt) for o in ledger.submit(batch, atomic=True))


def test_a_refused_submission_sinks_no_neighbour(ledger: Ledger) -> None:
    accept(ledger, *approved())
    outcomes = say(
        ledger,
        issued("A"),
        statement("certificate.suspended", certificate("A"), dict(suspended().data), source="SAMR"),
        suspended("A"),
    )
    assert [isinstance(o, Receipt) for o in outcomes] == [True, False, True]


@pytest.mark.requirement("S4-115")
def test_a_banned_signatory_signs_nothing_even_under_a_race(ledger: Ledger) -> None:
    """Six threads issue while the ban arrives: whatever is recorded after the ban is no issuance of that person."""
    accept(ledger, *approved())
    ban = statement(
        "person.banned",
        f"person:CCAA:{SIGNER}",
        {
            "effective": "2031-01-01",
            "reason": "虚假审核",
            "legal_basis": [{"rule": "认证认可条例", "article": "61", "version": "2023-07-20"}],
        },
        source="CNCA",
    )
    barrier = Barrier(7)
    ledgers = [ledger] if not hasattr(ledger.recorder, "datastore") else [another(ledger) for _ in range(3)]

    def issue_until_refused(thread: int) -> int:
        barrier.wait()
        mine = ledgers[thread % len(ledgers)]
        for number in range(20_000):
            outcome = say(mine, issued(f"T{thread}-{number}"))[0]
            if isinstance(outcome, Refusal):
                assert outcome.code == "signatory_banned"
                return number
        raise AssertionError("the ban never took effect")

    with ThreadPoolExecutor(7) as pool:
        racing = [pool.submit(issue_until_refused, thread) for thread in range(6)]
        barrier.wait()
        while ledger.event_log.head() < 60:
            pass
        position = accept(ledger, ban)[0].position
        accepted = sum(each.result() for each in racing)
    assert ledger.event_log.read(position, 1000) in ([], ())
    assert ledger.event_log.head() == position == 4 + accepted
    for each in ledgers:
        if each is not ledger:
            each.close()


def another(ledger: Ledger) -> Ledger:
    """A second process in all but name: its own cache, pool and connection."""
    return Ledger(ledger.env)


def test_two_writers_with_their_own_caches_agree(ledger: Ledger) -> None:
    if not hasattr(ledger.recorder, "datastore"):
        pytest.skip("the log in memory has one process by nature")
    other = another(ledger)
    accept(ledger, *approved())
    accept(other, issued())
    assert accept(ledger, suspended())[0].version == 2
    assert accept(other, decided("restored", "2031-04-01"))[0].version == 3
    assert ledger.timeline(certificate()).tip == other.timeline(certificate()).tip
    assert BODY in certificate()
    other.close()


def test_batches_one_after_the_other_are_judged_ahead_and_recorded_as_if_alone(ledger: Ledger) -> None:
    """Facts of one certificate are spread over batches, one identity comes twice, and another writer interferes."""
    accept(ledger, *approved())
    other = another(ledger) if hasattr(ledger.recorder, "datastore") else None
    lives = [
        [issued(f"P{n}") for n in range(20)],
        [suspended(f"P{n}") for n in range(20)],
        [suspended("P3"), *(decided("restored", "2031-04-01", f"P{n}") for n in range(10))],
        [decided("withdrawn", "2031-05-01", f"P{n}", reason_code="0116") for n in range(20)],
        [decided("maintained", "2031-06-01", f"P{n}") for n in range(20)],
    ]

    def batches() -> Iterator[list[Incoming]]:
        for index, life in enumerate(lives):
            if other is not None:
                accept(other, issued(f"FOREIGN{index}"))
                if index == 3:
                    accept(other, decided("withdrawn", "2031-04-15", "P15", reason_code="0116"))
            yield [Incoming(submission, "test") for submission in life]

    outcomes = list(ledger.submit_all(batches()))
    assert [len(batch) for batch in outcomes] == [20, 20, 11, 20, 20]
    assert isinstance(outcomes[2][0], Receipt)
    assert outcomes[2][0].duplicate
    assert {o.code for o in outcomes[4] if isinstance(o, Refusal)} == {"certificate_has_ended"}
    ended = [o for o in outcomes[3] if isinstance(o, Refusal)]
    assert [o.code for o in ended] == (["certificate_has_ended"] if other is not None else [])
    rows = ledger.event_log.read(0, 1000)
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    for number in range(20):
        stream = certificate(f"P{number}")
        assert ledger.timeline(stream).tip.status.value == "withdrawn"
        assert accept(ledger, issued(f"P{number}"))[0].duplicate
    if other is not None:
        other.close()
