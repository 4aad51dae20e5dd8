"""A status map as a deployment puts it together, over a test's database, and what must be true of it."""

from typing import Any

import psycopg

from consumers.status_map import Rhythm, StatusMap
from infra.leadership import AdvisoryLeadership
from infra.status_map_store import PostgresMapStore
from ledger.evidence.maprules import apply, change_of, open_entry, refusal_of
from ledger.evidence.maptiles import TiledMap
from ledger.service import Ledger
from tests.support.consumers import running
from tests.support.notaries import stored_entries
from tests.support.waiting import eventually

AT_ONCE = Rhythm(growing_seconds=0.0, idle_seconds=3_600.0)


def map_of(url: str, ledger: Ledger, **more: Any) -> StatusMap:
    return StatusMap(
        store=more.pop("store", None) or PostgresMapStore(url),
        leadership=AdvisoryLeadership(url, "status-map"),
        submit=more.pop("submit", ledger.submit),
        rhythm=more.pop("rhythm", AT_ONCE),
        **more,
    )


def roots(url: str) -> list[tuple[int, bytes, int]]:
    """Size, root and position of every root that was found recorded."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT size, root, position FROM statusmap.root ORDER BY size").fetchall()
    return [(size, bytes(root), position) for size, root, position in rows]


def true_map(entries: list[bytes]) -> TiledMap:
    """The map from the entries alone, in memory."""
    tiles, refusals = TiledMap(lambda _paths: {}), set()
    for index, raw in enumerate(entries):
        entry = open_entry(index, raw)
        if entry is not None:
            refusals.add(refusal_of(entry))
            change = change_of(entry, lambda source, name: (source, name) in refusals)
            if change is not None:
                apply(tiles, [change])
    tiles.changed()
    return tiles


def everything_is_mapped(url: str) -> int:
    """Assert that the recorded roots are a chain and each that of its entries; the size of the newest one."""
    entries = stored_entries(url)
    found = roots(url)
    last = 0
    for size, root, position in found:
        entry = open_entry(position - 1, entries[position - 1])
        assert entry is not None
        assert entry.event["data"]["previous"] == last
        last = size
        assert root == true_map(entries[:size]).root(), size
    assert sum(b'"type":"log.map_root"' in raw for raw in entries) == len(found)
    return last


def map_all(url: str, ledger: Ledger, **more: Any) -> None:
    """Let a follower run until a root covers everything that was recorded before."""
    head = ledger.event_log.head()
    with running(map_of(url, ledger, **more).run):
        eventually(lambda: any(size >= head for size, _, _ in roots(url)))
