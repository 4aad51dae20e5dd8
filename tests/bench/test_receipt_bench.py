"""What the status map adds to an event, how long a receipt takes among many certificates, and how large it is.

CERTLEDGER_BENCH_CERTIFICATES=100000 is the size that the documentation states.
"""

import os
import statistics
import time
from pathlib import Path

import psycopg
import pytest

from api.http.service import Ports
from infra.open_ledger import open_ledger
from infra.status_map_store import PostgresMapStore
from ledger.evidence.merkle import leaf_hash
from ledger.service import Incoming
from tests.integration.http.conftest import TOKENS, serving
from tests.support.maps import map_all, map_of, roots
from tests.support.notaries import sign_all
from tests.support.receipts import checked
from tests.support.services import fresh_database
from tests.support.statements import BODY, accept, approved, issued, suspended
from tests.support.waiting import eventually

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1_200)]
CERTIFICATES = int(os.environ.get("CERTLEDGER_BENCH_CERTIFICATES", "20000"))
BATCH = 500


def test_the_map_and_receipts_among_many_certificates(
    database_server: str, template_database: str, tmp_path: Path
) -> None:
    with fresh_database(database_server, template_database) as url:
        ledger = open_ledger(url)
        accept(ledger, *approved())
        numbers = [f"B{n:07}" for n in range(CERTIFICATES)]
        batches = (numbers[at : at + BATCH] for at in range(0, CERTIFICATES, BATCH))
        for _ in ledger.submit_all([Incoming(issued(n), "bench") for n in batch] for batch in batches):
            pass
        store = PostgresMapStore(url)
        follower = map_of(url, ledger, store=store)
        head, size, began = ledger.event_log.head(), 0, time.perf_counter()
        while size < head:
            through = min(size + 4_096, head)
            follower._advance(size, through)
            size = through
        built = time.perf_counter() - began
        accept(ledger, *(suspended(n) for n in numbers[:: max(1, CERTIFICATES // 600)][:600]))
        later, began = ledger.event_log.head(), time.perf_counter()
        follower._advance(head, later)
        updated = time.perf_counter() - began
        began = time.perf_counter()
        for entry in range(20_000):
            leaf_hash(b"%d" % entry * 120)
        hashing = (time.perf_counter() - began) / 20_000
        store.close()
        map_all(url, ledger)
        sign_all(url, tmp_path / "notary")
        eventually(lambda: roots(url))
        with psycopg.connect(url) as connection:
            tiles, octets = connection.execute(
                "SELECT count(*), pg_total_relation_size('statusmap.tile') FROM statusmap.tile"
            ).fetchone() or (0, 0)
        with serving(Ports(ledger=ledger, database_url=url, tokens=TOKENS)) as app:
            took, sizes = [], []
            for number in numbers[:: max(1, CERTIFICATES // 200)][:200]:
                began = time.perf_counter()
                raw = app.client.get(f"/v1/certificates/{BODY}/{number}/receipt").content
                took.append(time.perf_counter() - began)
                sizes.append(len(raw))
                assert checked(raw).report.findings == []
            never = app.client.get(f"/v1/certificates/{BODY}/NEVER/receipt").content
        ledger.close()
    print(f"\ncertificates {CERTIFICATES:,}; leaf hash of a 600-octet entry in this run {hashing * 1e6:.1f} µs")
    print(f"map, first build in steps of 4,096: {built / head * 1e6:,.0f} µs an event")
    print(f"map, one step of {later - head} events spread over it: {updated / (later - head) * 1e6:,.0f} µs an event")
    print(f"tiles {tiles:,}, {octets / 2**20:.1f} MiB with indexes")
    quantiles = statistics.quantiles(took, n=100)
    print(f"time to a receipt: median {quantiles[49] * 1e3:.1f} ms, p99 {quantiles[98] * 1e3:.1f} ms")
    print(f"size of a receipt: {statistics.mean(sizes):,.0f} octets (1–2 events), never registered {len(never):,}")
    assert max(sizes) < 10_000
