"""A notary as a deployment puts it together, over a test's database and folder, and what must be true of its work."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from consumers.notary import LogIdentity, Notary
from consumers.scrubber import Scrubber
from infra.leadership import AdvisoryLeadership
from infra.notary_folder import NotaryFolder
from infra.notary_store import PostgresNotaryStore, connect_as_notary
from ledger.evidence.merkle import CompactRange, leaf_hash
from ledger.evidence.notes import NoteSigner, Verifier, parse_checkpoint, parse_note
from tests.support.consumers import running
from tests.support.waiting import eventually
from tests.unit.evidence.making import LOG, key, tile_store

IDENTITY = LogIdentity(LOG.name, [LOG], [LOG.verifier])
OTHER = NoteSigner(LOG.name, key(2))


def store_of(url: str) -> PostgresNotaryStore:
    return PostgresNotaryStore(lambda: connect_as_notary(url))


def notary_of(url: str, folder: Path, identity: LogIdentity = IDENTITY, **more: Any) -> Notary:
    return Notary(
        store=more.pop("store", None) or store_of(url),
        memory=NotaryFolder(folder),
        leadership=AdvisoryLeadership(url, "notary"),
        identity=identity,
        interval_seconds=0.02,
        **more,
    )


def scrubber_of(url: str, folder: Path, rate: int = 1_000_000, identity: LogIdentity = IDENTITY) -> Scrubber:
    return Scrubber(
        store=store_of(url),
        memory=NotaryFolder(folder),
        leadership=AdvisoryLeadership(url, "scrubber"),
        identity=identity,
        events_per_second=rate,
    )


def newest_size(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT coalesce(max(size), 0) FROM notary.checkpoint").fetchone()
    return int(row[0]) if row else 0


def head(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT coalesce(max(notification_id), 0) FROM ledger_events").fetchone()
    return int(row[0]) if row else 0


def sign_all(url: str, folder: Path, **more: Any) -> None:
    """Let a notary run until everything that is recorded is signed."""
    with notarised(url, folder, **more):
        eventually(lambda: newest_size(url) == head(url))


@contextmanager
def notarised(url: str, folder: Path, **more: Any) -> Iterator[None]:
    with running(notary_of(url, folder, **more).run):
        yield


def stored_entries(url: str) -> list[bytes]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT notification_id, state FROM ledger_events ORDER BY 1").fetchall()
    assert [position for position, _ in rows] == list(range(1, len(rows) + 1))
    return [bytes(state) for _, state in rows]


def true_roots(entries: list[bytes]) -> dict[int, bytes]:
    """The root of every size, from the entries alone."""
    roots, span = {}, CompactRange()
    for size, entry in enumerate(entries, 1):
        span.append(leaf_hash(entry))
        roots[size] = span.root()
    return roots


def everything_fits(url: str, folder: Path, keys: Sequence[Verifier] = (LOG.verifier,)) -> int:
    """Assert that tiles, checkpoints and the last signed note are those of the recorded events; the newest size."""
    entries = stored_entries(url)
    roots = true_roots(entries)
    with psycopg.connect(url) as connection:
        checkpoints = connection.execute("SELECT size, root, note FROM notary.checkpoint ORDER BY size").fetchall()
        tiles = connection.execute("SELECT level, idx, hashes FROM notary.tile").fetchall()
    for size, root, note in checkpoints:
        parsed = parse_note(note.encode())
        assert parsed.verify(keys).keys() == set(keys)
        said = parse_checkpoint(parsed.text)
        assert (said.size, said.root, bytes(root)) == (size, roots[size], roots[size])
    size = checkpoints[-1][0] if checkpoints else 0
    expected = {(tile.level, tile.index): data for tile, data in tile_store(entries[:size]).items()}
    assert {(level, index): bytes(hashes) for level, index, hashes in tiles} == expected
    kept = NotaryFolder(folder).load()
    if kept is not None:
        last = parse_checkpoint(parse_note(kept).text)
        assert last.root == roots[last.size]
        assert last.size >= size
    return size
