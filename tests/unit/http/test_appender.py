import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from api.http.appender import BATCH, Appender, Overloaded
from ledger.log import ConcurrentUpdate, LogUnavailable
from ledger.outcomes import Outcome
from ledger.refusals import Refusal
from ledger.service import Incoming
from tests.support.waiting import eventually


def submissions(*names: str) -> list[Incoming]:
    return [Incoming(Refusal("data_invalid", id=name), "test") for name in names]


def named(outcomes: Sequence[Outcome]) -> list[str]:
    return [outcome.id for outcome in outcomes]


class Gate:
    """A ledger that answers when it is let, and remembers what came together."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.batches: list[tuple[list[str], bool]] = []
        self.error: dict[str, Exception] = {}

    def submit(self, incoming: Sequence[Incoming], *, atomic: bool = False) -> list[Outcome]:
        names = [each.submission.id for each in incoming]
        self.batches.append((names, atomic))
        self.open.wait(10)
        for name in names:
            if name in self.error:
                raise self.error[name]
        return [each.submission for each in incoming if isinstance(each.submission, Refusal)]

    def pipeline(self, on_recorded: Callable[[], object] | None = None) -> "Line":
        return Line(self, on_recorded or (lambda: None))


class Line:
    """A pipeline into the gate: a batch is under way until the gate lets it through."""

    def __init__(self, gate: Gate, on_recorded: Callable[[], object]) -> None:
        self._gate, self._on_recorded = gate, on_recorded
        self._pool = ThreadPoolExecutor(1)
        self._ahead: Future[list[Outcome]] | None = None

    @property
    def is_recorded(self) -> bool:
        return self._ahead is not None and self._ahead.done()

    def put(self, incoming: Sequence[Incoming]) -> list[Outcome] | None:
        outcomes = self.settle()
        self._ahead = self._pool.submit(self._gate.submit, incoming)
        self._ahead.add_done_callback(lambda _: self._on_recorded())
        return outcomes

    def settle(self) -> list[Outcome] | None:
        ahead, self._ahead = self._ahead, None
        return ahead.result() if ahead else None

    def close(self) -> None:
        self._pool.shutdown()


@pytest.fixture
def gate() -> Gate:
    return Gate()


def first_in_work(gate: Gate, appender: Appender) -> Future[list[Outcome]]:
    """One submission that the ledger works on, so that what follows gathers."""
    first = appender.put(submissions("first"))
    eventually(lambda: gate.batches)
    return first


def test_a_lone_submission_does_not_wait_for_company(gate: Gate) -> None:
    gate.open.set()
    appender = Appender(gate)
    appender.start()
    assert named(appender.put(submissions("one")).result(5)) == ["one"]
    appender.close()


def test_what_comes_while_one_batch_is_recorded_goes_into_the_next_ones_together(gate: Gate) -> None:
    appender = Appender(gate)
    appender.start()
    first = first_in_work(gate, appender)
    rest = [appender.put(submissions(f"a{number}", f"b{number}")) for number in range(10)]
    gate.open.set()
    assert named(first.result(5)) == ["first"]
    assert [named(each.result(5)) for each in rest] == [[f"a{n}", f"b{n}"] for n in range(10)]
    assert sum(len(names) for names, _ in gate.batches) == 21
    assert len(gate.batches) <= 5, "a few callers at a time, never each alone"
    appender.close()


def test_a_batch_is_bounded_and_what_stands_or_falls_together_goes_alone(gate: Gate) -> None:
    appender = Appender(gate)
    appender.start()
    first_in_work(gate, appender)
    appender.put(submissions(*(f"n{number}" for number in range(BATCH - 1))))
    appender.put(submissions("x"))
    appender.put(submissions("all", "or none"), atomic=True)
    appender.put(submissions("y"))
    gate.open.set()
    appender.close()
    assert max(len(names) for names, _ in gate.batches) == BATCH
    assert [(len(names), atomic) for names, atomic in gate.batches] == [
        (1, False),
        (BATCH, False),
        (2, True),
        (1, False),
    ]


def test_a_full_queue_turns_away_and_nobody_else(gate: Gate) -> None:
    appender = Appender(gate, capacity=3)
    appender.start()
    first_in_work(gate, appender)
    kept = appender.put(submissions("a", "b", "c"))
    with pytest.raises(Overloaded):
        appender.put(submissions("d"))
    assert appender.waiting == 3
    gate.open.set()
    assert named(kept.result(5)) == ["a", "b", "c"]
    appender.close()


@pytest.mark.parametrize("error", [LogUnavailable("away"), ConcurrentUpdate("again")])
def test_a_log_out_of_reach_is_told_to_everyone_in_the_batch(gate: Gate, error: Exception) -> None:
    appender = Appender(gate)
    appender.start()
    first_in_work(gate, appender)
    gate.error["b"] = error
    waiting = [appender.put(submissions(name)) for name in "abc"]
    gate.open.set()
    for each in waiting:
        with pytest.raises(LogUnavailable):
            each.result(5)
    assert named(appender.put(submissions("later")).result(5)) == ["later"]
    appender.close()


def test_a_defect_meets_its_own_caller_and_spares_the_neighbours(gate: Gate) -> None:
    appender = Appender(gate)
    appender.start()
    first_in_work(gate, appender)
    gate.error["b"] = ZeroDivisionError()
    a, b, c = (appender.put(submissions(name)) for name in "abc")
    gate.open.set()
    assert (named(a.result(5)), named(c.result(5))) == (["a"], ["c"])
    with pytest.raises(ZeroDivisionError):
        b.result(5)
    appender.close()


def test_who_gave_up_waiting_is_not_recorded_and_holds_nobody_up(gate: Gate) -> None:
    appender = Appender(gate)
    appender.start()
    first_in_work(gate, appender)
    gone, stays = appender.put(submissions("gone")), appender.put(submissions("stays"))
    assert gone.cancel()
    gate.open.set()
    assert named(stays.result(5)) == ["stays"]
    assert all("gone" not in names for names, _ in gate.batches)
    appender.close()


def test_the_end_answers_everybody_and_admits_nobody(gate: Gate) -> None:
    appender = Appender(gate)
    appender.start()
    first_in_work(gate, appender)
    waiting = [appender.put(submissions(str(number))) for number in range(50)]
    with ThreadPoolExecutor(1) as pool:
        closing = pool.submit(appender.close)
        gate.open.set()
        closing.result(5)
    assert [named(each.result(0)) for each in waiting] == [[str(number)] for number in range(50)]
    with pytest.raises(LogUnavailable):
        appender.put(submissions("late"))
