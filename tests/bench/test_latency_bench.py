"""From commit to visible in the register through Kafka, at 500 events a second, every process its own."""

import time
from bisect import bisect_left
from pathlib import Path

import psycopg
import pytest

from infra.open_ledger import open_ledger
from ledger.service import Incoming, Ledger
from projections.feed import LANES, lane_of
from tests.support.statements import accept, approved, issued
from tests.support.system import PROCESSES, System
from tests.support.waiting import eventually

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]
RATE = 500
SECONDS = 20
PER_TICK = 5


def drive(url: str) -> int:
    """Record 500 events a second for a while; return the last position."""
    ledger = open_ledger(url)
    accept(ledger, *approved())
    # The first second of a new system loads classes, plans and pages; it is driven alike, and not counted.
    _at_rate(ledger, [Incoming(issued(f"W{n}"), "bench") for n in range(RATE)])
    prepared = [Incoming(issued(f"L{n}"), "bench") for n in range(RATE * SECONDS)]
    taken = _at_rate(ledger, prepared)
    print(f"\n{len(prepared) / taken:.0f} events/s recorded", end="")
    head = ledger.event_log.head()
    ledger.close()
    return head


def _at_rate(ledger: Ledger, prepared: list[Incoming]) -> float:
    start = time.monotonic()
    for tick in range(0, len(prepared), PER_TICK):
        due = start + tick / RATE
        while (left := due - time.monotonic()) > 0:
            time.sleep(left)
        ledger.submit(prepared[tick : tick + PER_TICK])
    return time.monotonic() - start


def delays(url: str, view: str) -> list[float]:
    """Return in milliseconds how long each event took from its commit to its batch in the view."""
    with psycopg.connect(url) as database:
        batches = database.execute(f"SELECT extract(epoch FROM at), up_to FROM {view}.visible ORDER BY id").fetchall()
        events = database.execute(
            "SELECT notification_id, originator_id, extract(epoch FROM recorded_at) FROM ledger_events WHERE"
            " originator_id LIKE 'certificate:%:L%'"
        ).fetchall()
    by_lane: list[tuple[list[int], list[float]]] = [([], []) for _ in range(LANES)]
    for at, up_to in batches:
        for lane, position in enumerate(up_to):
            positions, instants = by_lane[lane]
            if position is not None and (not positions or position > positions[-1]):
                positions.append(position)
                instants.append(float(at))
    found = []
    for position, stream, recorded in events:
        positions, instants = by_lane[lane_of(stream)]
        found.append((instants[bisect_left(positions, position)] - float(recorded)) * 1000)
    return sorted(found)


# What a fact passes on its way to the views of certificates; on two cores the rest shares the time of these.
SPINE = tuple(each for each in PROCESSES if not each.startswith(("project authorities", "project inspections")))


@pytest.mark.parametrize("processes", [SPINE, PROCESSES], ids=["spine", "all"])
def test_a_fact_is_visible_soon_after_its_commit_at_five_hundred_a_second(
    service_dir: Path, processes: tuple[str, ...]
) -> None:
    with System(service_dir, processes) as system:
        head = drive(system.url)
        for view in ("register", "history", "trail", "search"):
            eventually(lambda view=view: latest(system.url, view) >= head, 60)  # type: ignore[misc]  # bound now
            found = delays(system.url, view)
            p50, p99 = found[len(found) // 2], found[int(len(found) * 0.99)]
            print(f"\n{view}: {len(found)} events, p50 {p50:.0f} ms, p99 {p99:.0f} ms, max {found[-1]:.0f} ms", end="")
        for name in processes:
            print(f"\n{name}: {system.resident_megabytes(name):.0f} MB at most", end="")
        print()


def latest(url: str, view: str) -> int:
    with psycopg.connect(url) as database:
        row = database.execute(f"SELECT max(event_position) FROM {view}.bookmark").fetchone()
    return int(row[0]) if row else 0
