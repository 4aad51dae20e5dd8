import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeAlias

import hypothesis.strategies as st
import orjson
import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

import infra.memory_log
from api.audit.replay import replay_entries
from infra.open_ledger import open_memory_ledger
from ledger.days import add_days, parse_instant
from ledger.envelope import Submission, open_recorded
from ledger.outcomes import Receipt
from ledger.service import Incoming
from projections.feed import Delivered, lane_of
from projections.history.digest import state_digest
from projections.history.query import certificate_as_of, timeline
from projections.projector import Projector
from projections.rebuild import rebuild
from projections.register.query import certificate_now
from projections.registry import VIEWS, make_views
from projections.store_feed import StoreFeed
from projections.view import View
from tests.support.model import state_of, waiting
from tests.support.statements import DETAILS, SIGNERS, approved, certificate, statement
from tests.support.views import rows

FIRST_DAY = "2031-01-01"
NUMBERS = ("A1", "B2", "C3")
DAYS = st.integers(0, 1_300).map(lambda days: add_days(FIRST_DAY, days))
Kinds: TypeAlias = dict[str, Callable[[str, int], dict[str, Any]]]
LAW = [{"rule": "认证认可条例", "article": "61", "version": "2023-07-20"}]
KINDS: Kinds = {
    "issued": lambda day, n: {
        "first_issued": day,
        "expires": add_days(day, 300 + 10 * n),
        "details": {**DETAILS, "scope_zh": f"范围{n}"},
    },
    "maintained": lambda _, n: {"surveillance_count": n},
    "suspended": lambda day, n: {"until": add_days(day, 20 + n), "reason_code": "0111"},
    "restored": lambda _day, _n: {},
    "withdrawn": lambda _day, _n: {"reason_code": "0115"},
    "cancelled": lambda _day, _n: {"reason_code": "0122"},
    "renewed": lambda day, n: {"expires": add_days(day, 600 + n)},
    "changed": lambda _, n: {"change_code": "0103", "changes": {"scope_zh": f"变更{n}"}},
}
COMPARED = ("status", "since", "issued", "expires", "suspended_until", "reason_code", "ended_by", "last_surveillance")


class Clock:
    """Recording times that a test moves on: strictly increasing, days apart where it says so."""

    def __init__(self) -> None:
        self.now = datetime(2031, 1, 1, tzinfo=UTC)

    def stamps(self, _last: datetime | None) -> Iterator[datetime]:
        while True:
            self.now += timedelta(microseconds=1)
            yield self.now


class Views(RuleBasedStateMachine):
    """The real ledger and real views, against a reading that looks at everything each time."""

    url: ClassVar[str]
    loop: ClassVar[asyncio.Runner]
    reader: ClassVar[psycopg.AsyncConnection[Any]]

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.said: list[Submission] = []
        self.serial = 0
        self.last_day: dict[str, str] = {}
        self.live: dict[str, Projector] = {}
        self.pending: list[Delivered] = []
        self.read = 0

    @initialize()
    def begin(self) -> None:
        self.ledger = open_memory_ledger()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(infra.memory_log, "stamps", self.clock.stamps)
            self._submit(*approved())
        self.live = {view.name: self._fresh(view, view.name) for view in make_views()}

    @rule(
        number=st.sampled_from(NUMBERS),
        kind=st.sampled_from([kind for kind in sorted(KINDS) if kind != "issued"]),
        later=st.integers(-60, 90),
        n=st.integers(0, 9),
    )
    def say(self, number: str, kind: str, later: int, n: int) -> None:
        day = add_days(self.last_day.get(number, FIRST_DAY), later)
        self._say(number, kind, day, {"signers": SIGNERS, **KINDS[kind](day, n)})

    @rule(number=st.sampled_from(NUMBERS), day=st.integers(0, 200), steps=st.lists(st.integers(0, 60), max_size=6))
    def live_a_life(self, number: str, day: int, steps: list[int]) -> None:
        at = add_days(FIRST_DAY, day)
        kinds = ["issued", "maintained", "suspended", "restored", "changed", "renewed", "suspended"]
        for kind, step in zip(kinds, [0, *steps], strict=False):
            at = add_days(at, step)
            self._say(number, kind, at, {"signers": SIGNERS, **KINDS[kind](at, 9)})

    @rule(number=st.sampled_from(NUMBERS), day=DAYS, lifts=st.booleans())
    def hold(self, number: str, day: str, lifts: bool) -> None:
        said = {"document_number": "市监〔2031〕1号"}
        if not lifts:
            said |= {"reason": "涉嫌违法", "legal_basis": LAW}
        self._say(number, "hold_lifted" if lifts else "hold_placed", day, said, source="SAMR")

    @rule(number=st.sampled_from(NUMBERS), day=DAYS)
    def annul(self, number: str, day: str) -> None:
        self._say(number, "annulled", day, {"reason": "虚假认证", "legal_basis": LAW})

    @rule(which=st.integers(0, 40), how=st.sampled_from(["void", "other day", "other data"]), days=st.integers(-90, 90))
    def correct(self, which: int, how: str, days: int) -> None:
        if not self.said:
            return
        target = self.said[which % len(self.said)]
        replacement: dict[str, Any] | None = {**target.data}
        if how == "void":
            replacement = None
        elif how == "other day" and target.type.name != "certificate.issued":
            replacement["effective"] = add_days(target.data["effective"], days)
        elif "details" in target.data:
            replacement["details"] = {**target.data["details"], "scope_zh": f"更正{days}"}
        corrects = {
            "corrects": {"source": target.source, "id": target.id},
            "reason": "报错",
            "replacement": replacement,
        }
        if replacement is None:
            del corrects["replacement"]
        self.serial += 1
        self._submit(
            statement(
                "certificate.corrected", target.subject, corrects, source=target.source, identity=f"c{self.serial}"
            )
        )

    @rule(which=st.integers(0, 40))
    def say_again(self, which: int) -> None:
        if self.said:
            self._submit(self.said[which % len(self.said)])

    @rule(days=st.integers(1, 200))
    def let_time_pass(self, days: int) -> None:
        self.clock.now += timedelta(days=days)

    @rule(size=st.integers(1, 12), order=st.randoms(use_true_random=False))
    def project(self, size: int, order: random.Random) -> None:
        self._deliver()
        by_lane = _mixed(self.pending, order)
        batch, self.pending = by_lane[:size], by_lane[size:]
        if order.random() < 0.5:
            # As a restart would: what is not in memory is read from the view's own rows.
            self.live["register"].view.forget()
        for kept in self.live.values():
            kept.apply(batch)

    @rule(days=st.lists(DAYS, min_size=1, max_size=4), back=st.integers(0, 30))
    def ask(self, days: list[str], back: int) -> None:
        self.project(10_000, random.Random(0))
        log = [orjson.loads(row.raw) for row in self.ledger.event_log.read(0, 10_000)]
        known_at = log[max(0, len(log) - 1 - back)]["record"]["recorded"]
        for number in NUMBERS:
            stream = certificate(number)
            events = [each for each in log if each["record"]["stream"] == stream]
            for day in days:
                for instant in (known_at, None):
                    self._compare(stream, events, day, instant)
        self._compare_digests(days, known_at)

    @invariant()
    def nothing_is_said_twice_about_one_day(self) -> None:
        """The primary key of the periods says so too; here it is asked as a reader would."""
        if self.live and self.pending:
            for number in NUMBERS:
                periods = self.loop.run(timeline(self.reader, certificate(number)))
                ends = [period["effective_until"] for period in periods]
                assert [p["effective_from"] for p in periods[1:]] == ends[:-1]
                assert not ends or ends[-1] is None

    def teardown(self) -> None:
        try:
            if self.live:
                self._compare_everything()
        finally:
            for kept in self.live.values():
                kept.close()

    def _compare_everything(self) -> None:
        """At several days and instants; then another order and other batches, and a rebuild, give the same rows."""
        order = random.Random(1)
        for back in (0, 3, 10):
            self.ask([add_days(FIRST_DAY, order.randint(0, 1_300)) for _ in range(4)], back)
        everything = [
            Delivered(lane_of(row.stream), open_recorded(row.position, row.raw))
            for row in self.ledger.event_log.read(0, 10_000)
        ]
        mixed = _mixed(everything, random.Random(2))
        for name, kept in self.live.items():
            with closing(self._fresh(VIEWS[name](), f"{name}_other")) as other:
                for start in range(0, len(mixed), 7):
                    other.view.forget()
                    other.apply(mixed[start : start + 7])
                assert rows(self.url, other.view, other.schema) == rows(self.url, kept.view)
            feed = StoreFeed(self.ledger.event_log, wait_seconds=0.01)
            assert rebuild(VIEWS[name](), feed, lambda: psycopg.connect(self.url)).differences == {}

    def _compare_digests(self, days: list[str], known_at: str) -> None:
        """What a replay of the log's bytes adds up to is what the view says, state by state."""
        entries = [(row.position - 1, row.raw) for row in self.ledger.event_log.read(0, 10_000)]
        replayed = replay_entries(entries, known_at)
        for day in days:
            live = self.loop.run(state_digest(self.reader, day, parse_instant(known_at)))
            again = replayed.digest(day)
            assert (live.certificates, live.hexadecimal()) == (again.certificates, again.hexadecimal()), day

    def _compare(self, stream: str, events: list[dict[str, Any]], day: str, instant: str | None) -> None:
        expected = state_of(events, day, instant or "9999")
        known_at = parse_instant(instant) if instant else None
        found = self.loop.run(certificate_as_of(self.reader, stream, day, known_at))
        if expected is None:
            assert found is None, (day, instant, found)
            return
        assert found is not None, (day, instant, expected)
        if expected["ended_by"] == "annulment":
            expected["since"] = found["since"] = expected["issued"]
        assert {key: found[key] for key in COMPARED} == {key: expected[key] for key in COMPARED}, (day, instant)
        assert found["details"]["scope_zh"] == expected["scope"]
        assert found["holds"] == expected["holds"]
        assert found["effective_from"] <= day < (found["effective_until"] or "9999")
        if instant is None:
            now = self.loop.run(certificate_now(self.reader, stream, "9998-01-01"))
            last = state_of(events, "9998-01-01", "9999")
            assert now is not None
            assert last is not None
            assert (now["status"], now["details"]["scope_zh"]) == (last["status"], last["scope"])
            assert [each["version"] for each in now["held"]] == sorted(waiting(events, "9999"))

    def _say(self, number: str, kind: str, day: str, data: dict[str, Any], source: str | None = None) -> None:
        self.serial += 1
        subject = certificate(number)
        said = statement(
            f"certificate.{kind}",
            subject,
            {"effective": day, **data},
            source=source or subject.split(":")[1],
            identity=f"e{self.serial}",
        )
        if isinstance(self._submit(said)[0], Receipt):
            self.said.append(said)
            self.last_day[number] = day

    def _submit(self, *submissions: Submission) -> list[Any]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(infra.memory_log, "stamps", self.clock.stamps)
            return self.ledger.submit([Incoming(each, "test") for each in submissions])

    def _deliver(self) -> None:
        for row in self.ledger.event_log.read(self.read, 10_000):
            self.pending.append(Delivered(lane_of(row.stream), open_recorded(row.position, row.raw)))
            self.read = row.position

    def _fresh(self, view: View, schema: str) -> Projector:
        with psycopg.connect(self.url) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())
        kept = Projector(lambda: psycopg.connect(self.url), view, schema=schema)
        kept.prepare()
        kept.bookmarks()
        return kept


def _mixed(events: list[Delivered], order: random.Random) -> list[Delivered]:
    """The same events in another order across lanes, each lane's own order kept."""
    lanes: dict[int, list[Delivered]] = {}
    for each in events:
        lanes.setdefault(each.lane, []).append(each)
    mixed = []
    while lanes:
        lane = order.choice(sorted(lanes))
        mixed.append(lanes[lane].pop(0))
        if not lanes[lane]:
            del lanes[lane]
    return mixed


@pytest.mark.timeout(900)
def test_the_views_agree_with_a_brute_force_reading_whatever_the_order_and_the_batches(database_url: str) -> None:
    async def connect() -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(database_url, autocommit=True)

    with asyncio.Runner() as loop:
        Views.url, Views.loop, Views.reader = database_url, loop, loop.run(connect())
        try:
            run_state_machine_as_test(
                Views,
                settings=settings(
                    max_examples=25,
                    stateful_step_count=40,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                ),
            )
        finally:
            loop.run(Views.reader.close())
