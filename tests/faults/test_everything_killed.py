"""Every process is killed again and again under load: nothing acknowledged is lost, nothing is doubled anywhere."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import orjson
import psycopg
import pytest
from kafka import KafkaConsumer, TopicPartition

from infra.log_key import KEY_FILE, read_key
from infra.services.topics import EVENTS
from ledger.envelope import Submission
from ledger.evidence.mapaudit import MapAudit
from ledger.evidence.maprules import Entry
from ledger.evidence.report import Report
from projections.feed import LANES, lane_of
from projections.registry import VIEWS
from tests.support.maps import roots
from tests.support.notaries import everything_fits, newest_size
from tests.support.statements import BODY, approved, decided, issued, suspended
from tests.support.system import PROCESSES, System
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(280)
SECONDS = 40.0
WRITERS = 4


@pytest.fixture
def system(service_dir: Path) -> System:
    return System(service_dir)


def life(number: str) -> list[Submission]:
    """A certificate's life in order: what comes later depends on what came before."""
    return [
        issued(number),
        suspended(number),
        decided("restored", "2031-04-01", number),
        decided("withdrawn", "2031-09-01", number, reason_code="0116"),
    ]


def submit(system: System, submission: Submission, token: str, deadline: float) -> int | None:
    """Submit until it is acknowledged, as a careful client does; the position, or None if time was up first."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
    while time.monotonic() < deadline:
        try:
            response = httpx.post(f"{system.address}/v1/events", content=submission.raw, headers=headers, timeout=10)
        except httpx.TransportError:
            time.sleep(0.05)
            continue
        if response.status_code in {200, 201, 202}:
            return int(response.json()["position"])
        assert response.status_code == 503, response.text
        time.sleep(0.05)
    return None


def write(system: System, writer: int, stop: threading.Event) -> dict[int, Submission]:
    """Submit lives of certificates until told to stop; return what was acknowledged, by position."""
    acknowledged: dict[int, Submission] = {}
    token = system.token(BODY)
    for number in range(100_000):
        for submission in life(f"W{writer}-{number}"):
            if stop.is_set():
                return acknowledged
            position = submit(system, submission, token, time.monotonic() + 60)
            assert position is not None, "no answer within a minute"
            acknowledged[position] = submission
    return acknowledged


def kill_at_random(system: System, seed: int, stop: threading.Event) -> Counter[str]:
    """Kill one part after the other, each part at least twice in random order, and start it again."""
    choose = random.Random(seed)
    killed: Counter[str] = Counter()
    parts = [*PROCESSES, "postgres", "kafka"]
    until = time.monotonic() + SECONDS
    queue: list[str] = []
    while time.monotonic() < until or min((killed[part] for part in parts), default=0) < 2:
        queue = queue or choose.sample(parts, len(parts))
        part = queue.pop()
        stop.wait(choose.uniform(0.3, 1.5))
        if part == "postgres":
            system.postgres.kill()
            system.postgres.start()
        elif part == "kafka":
            system.kafka.kill()
            system.kafka.start()
        else:
            system.kill(part)
            system.start(part)
        killed[part] += 1
    return killed


def published(system: System) -> dict[int, list[tuple[int, str, int]]]:
    """Return (position, stream, version) of every record, by partition, as a plain consumer reads them."""
    consumer = KafkaConsumer(bootstrap_servers=system.kafka.bootstrap, auto_offset_reset="earliest")
    partitions = [TopicPartition(EVENTS, lane) for lane in range(LANES)]
    consumer.assign(partitions)
    ends = consumer.end_offsets(partitions)
    found: dict[int, list[tuple[int, str, int]]] = {lane: [] for lane in range(LANES)}
    while any(consumer.position(partition) < ends[partition] for partition in partitions):
        for partition, records in consumer.poll(timeout_ms=500).items():
            for record in records:
                value = orjson.loads(record.value)["record"]
                position = int(dict(record.headers)["ledger_position"])
                found[partition.partition].append((position, value["stream"], value["version"]))
    consumer.close()
    return found


def test_whatever_is_killed_nothing_acknowledged_is_lost_and_nothing_is_doubled(system: System) -> None:
    stop = threading.Event()
    with system:
        for submission in approved():
            token = system.token(submission.source)
            assert submit(system, submission, token, time.monotonic() + 30) is not None
        with ThreadPoolExecutor(WRITERS) as pool:
            writers = [pool.submit(write, system, writer, stop) for writer in range(WRITERS)]
            try:
                killed = kill_at_random(system, 20_311, stop)
            finally:
                stop.set()
            acknowledged = {position: s for writer in writers for position, s in writer.result().items()}
        print(f"\nacknowledged {len(acknowledged)}, killed {dict(killed)}")
        assert len(acknowledged) >= 40
        with psycopg.connect(system.url, autocommit=True) as database:
            eventually(lambda: every_withdrawal_bars_once(database), 60)
            # It would go on to record roots while the rest is counted.
            eventually(lambda: roots(system.url)[-1:] and newest_root(database) <= roots(system.url)[-1][2], 60)
            system.stop("status-map")
            rows = database.execute(
                "SELECT notification_id, state, originator_id FROM ledger_events ORDER BY 1"
            ).fetchall()
            assert [position for position, _, _ in rows] == list(range(1, len(rows) + 1))
            stored = {position: orjson.loads(bytes(state))["event"] for position, state, _ in rows}
            for position, submission in acknowledged.items():
                assert stored[position] == orjson.loads(submission.raw)
            everything_is_visible(database, len(rows), {stream for _, _, stream in rows})
            nothing_is_doubled(database, rows)
        everything_is_signed(system, len(rows))
        every_root_is_that_of_its_entries([bytes(state) for _, state, _ in rows])
        by_lane = published(system)
        records = [record for lane in by_lane.values() for record in lane]
        assert sorted(position for position, _, _ in records) == list(range(1, len(rows) + 1))
        for lane, found in by_lane.items():
            assert found == sorted(found), "positions increase within a partition, and so do a stream's versions"
            assert all(lane_of(stream) == lane for _, stream, _ in found)


def everything_is_signed(system: System, head: int) -> None:
    """Wait until the notary has signed everything; all its checkpoints are of the tree over what was recorded."""
    eventually(lambda: newest_size(system.url) == head, 60)
    keys = [read_key(system.folder / "notary" / KEY_FILE).verifier]
    assert everything_fits(system.url, system.folder / "notary", keys) == head


def every_withdrawal_bars_once(database: "psycopg.Connection[tuple[object, ...]]") -> bool:
    """The policy has submitted one bar for each withdrawal and suspension for own cause, and no second one."""
    counted = database.execute(
        """
        SELECT count(*) FILTER (WHERE topic IN ('certificate.withdrawn', 'certificate.suspended')),
            count(*) FILTER (WHERE topic = 'organisation.barred')
        FROM ledger_events
        """
    ).fetchone()
    assert counted is not None
    causes, bars = (int(str(count)) for count in counted)
    assert bars <= causes
    return bars == causes


def newest_root(database: "psycopg.Connection[tuple[object, ...]]") -> int:
    """Position of the last root that was recorded."""
    row = database.execute("SELECT max(notification_id) FROM ledger_events WHERE topic = 'log.map_root'").fetchone()
    return int(str(row[0])) if row and row[0] is not None else 0


def every_root_is_that_of_its_entries(entries: list[bytes]) -> None:
    """The roots of the status map are one chain, each what the entries before it make."""
    report = Report()
    audit = MapAudit(report)
    for index, raw in enumerate(entries):
        value = orjson.loads(raw)
        audit.take(Entry(index, raw, value["event"], value["record"]))
    audit.close()
    assert report.findings == []
    assert audit.checked == sum(b'"type":"log.map_root"' in raw for raw in entries) >= 3
    assert audit.unchecked == 0


def everything_is_visible(database: "psycopg.Connection[tuple[object, ...]]", head: int, streams: set[str]) -> None:
    """Wait until every view has seen the last event of every lane that has one."""
    lanes = {lane_of(stream) for stream in streams}

    def caught_up() -> bool:
        for view in VIEWS:
            behind = database.execute(
                f"""
                SELECT count(*) FROM {view}.bookmark WHERE lane = ANY(%s) AND position < (
                    SELECT max(position) FROM unnest(%s::bigint[], %s::int[]) AS last (position, in_lane)
                    WHERE in_lane = lane)
                """,
                (list(lanes), *last_positions(database)),
            ).fetchone()
            if behind is None or behind[0]:
                return False
        return head > 0

    eventually(caught_up, 60)


def last_positions(database: "psycopg.Connection[tuple[object, ...]]") -> tuple[list[int], list[int]]:
    rows = database.execute(
        "SELECT max(notification_id), originator_id FROM ledger_events GROUP BY originator_id"
    ).fetchall()
    return [int(str(position)) for position, _ in rows], [lane_of(str(stream)) for _, stream in rows]


def nothing_is_doubled(database: "psycopg.Connection[tuple[object, ...]]", rows: list[tuple[int, bytes, str]]) -> None:
    """Each event once in the trail, each certificate once in the register, its history as its facts say."""
    trail = database.execute("SELECT position FROM trail.trail ORDER BY 1").fetchall()
    assert [position for (position,) in trail] == [position for position, _, _ in rows]
    certificates = {stream for _, _, stream in rows if stream.startswith("certificate:")}
    registered = database.execute("SELECT stream FROM register.certificate").fetchall()
    assert Counter(stream for (stream,) in registered) == Counter(certificates)
