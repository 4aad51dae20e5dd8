from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest

from infra.migrations import migrate, migrations
from infra.notary_store import ROLE, PostgresNotaryStore, StoredTree, clear_alarms, connect_as_notary
from ledger.evidence.growth import SigningRefused
from ledger.evidence.links import check_links
from ledger.evidence.tiles import Tile
from ledger.log import ConcurrentUpdate
from tests.unit.evidence.making import note_of

NOTE = note_of([b"x"])


@pytest.fixture
def store(database_url: str) -> Iterator[PostgresNotaryStore]:
    store = PostgresNotaryStore(lambda: connect_as_notary(database_url))
    yield store
    store.close()


def test_checkpoints_from_before_there_were_links_are_numbered_and_linked_by_the_migration(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = migrations()
    with monkeypatch.context() as before:
        before.setattr("infra.migrations.migrations", lambda: [each for each in every if each.name < "09"])
        migrate(empty_database_url)
    sizes = [3, 1, 2]
    with psycopg.connect(empty_database_url) as connection:
        for size in sizes:
            connection.execute(
                "INSERT INTO notary.checkpoint (size, root, note) VALUES (%s, %s, %s)",
                (size, bytes(32), f"票据 {size}"),
            )
        connection.execute("INSERT INTO notary.cosignature (size, name, key_id, line) VALUES (1, 'w', '1234', 'l')")
    assert {"096", "097"} <= {name[:3] for name in migrate(empty_database_url)}
    with psycopg.connect(empty_database_url) as connection:
        stored = StoredTree(connection)
        rows = stored.checkpoints(0, 9, 9)
        assert [(each.number, each.size) for each in rows] == [(1, 1), (2, 2), (3, 3)]
        assert list(check_links(None, rows)) == []
        connection.execute("INSERT INTO notary.checkpoint (size, root, note) VALUES (4, %s, 'later')", (bytes(32),))
        assert list(check_links(rows[-1], stored.checkpoints(3, 9, 9))) == []
        with pytest.raises(psycopg.Error, match="never changed or removed"):
            connection.execute("DELETE FROM notary.checkpoint WHERE size = 2")


def refused(store: PostgresNotaryStore, statement: str) -> psycopg.Error:
    with store._connected() as connection, pytest.raises(psycopg.Error) as caught:
        connection.execute(statement)
    return caught.value


def test_tiles_and_their_checkpoint_appear_together_or_not_at_all(store: PostgresNotaryStore) -> None:
    with suppress(ZeroDivisionError), store.growing(0) as growth:
        growth.put([(Tile(0, 0, 1), bytes(32))])
        growth.publish(1, bytes(32), NOTE)
        raise ZeroDivisionError
    assert (store.tile(Tile(0, 0, 1)), store.newest()) == (b"", None)
    with store.growing(0) as growth:
        growth.put([(Tile(0, 0, 1), bytes(32))])
        growth.publish(1, bytes(32), NOTE)
    newest = store.newest()
    assert newest is not None
    assert (store.tile(Tile(0, 0, 1)), newest.size, newest.note) == (bytes(32), 1, NOTE)


def test_a_tile_grows_and_never_changes(store: PostgresNotaryStore) -> None:
    with store.growing(0) as growth:
        growth.put([(Tile(0, 0, 1), bytes(32))])
        growth.put([(Tile(0, 0, 2), bytes(64))])
    with pytest.raises(SigningRefused, match="TILE_MISMATCH"), store.growing(0) as growth:
        growth.put([(Tile(0, 0, 3), b"x" + bytes(95))])
    with pytest.raises(SigningRefused, match="TILE_MISMATCH"), store.growing(0) as growth:
        growth.put([(Tile(0, 0, 1), bytes(32))])
    assert store.tile(Tile(0, 0, 2)) == bytes(64)


def test_who_begins_from_an_older_size_has_lost_the_lead(store: PostgresNotaryStore) -> None:
    with store.growing(0) as growth:
        growth.publish(1, bytes(32), NOTE)
    with pytest.raises(ConcurrentUpdate), store.growing(0):
        pytest.fail("a second tree of the same size began")


def test_an_alarm_keeps_the_tree_from_growing_until_it_is_cleared(
    store: PostgresNotaryStore, database_url: str
) -> None:
    store.raise_alarm([{"code": "TILE_MISMATCH"}])
    with pytest.raises(SigningRefused, match="TILE_MISMATCH"), store.growing(0):
        pytest.fail("the tree grew")
    assert clear_alarms(database_url, "the disk was replaced") == 1
    with store.growing(0):
        assert store.alarms() == []


def test_the_notary_s_role_reads_the_log_and_adds_and_does_nothing_else(store: PostgresNotaryStore) -> None:
    with store.growing(0) as growth:
        growth.put([(Tile(0, 0, 1), bytes(32))])
        growth.publish(1, bytes(32), NOTE)
    with store._connected() as connection:
        assert connection.execute("SELECT current_user").fetchone() == (ROLE,)
    for statement in (
        "DELETE FROM notary.tile",
        "UPDATE notary.tile SET idx = 7",
        "UPDATE notary.checkpoint SET note = ''",
        "DELETE FROM notary.checkpoint",
        "DELETE FROM notary.cosignature",
        "UPDATE notary.alarm SET cleared = now()",
        "UPDATE ledger_events SET state = ''",
        "INSERT INTO ledger_events (originator_id) VALUES ('x')",
        "SELECT digest FROM ledger_events",
        "SELECT * FROM ledger_equivocations",
    ):
        assert refused(store, statement).sqlstate == "42501", statement


def test_the_owner_too_cannot_edit_what_was_signed(store: PostgresNotaryStore, database_url: str) -> None:
    with store.growing(0) as growth:
        growth.put([(Tile(0, 0, 1), bytes(32))])
        growth.publish(1, bytes(32), NOTE)
    for statement in (
        "UPDATE notary.checkpoint SET root = root",
        "TRUNCATE notary.checkpoint CASCADE",
        "DELETE FROM notary.tile",
        "TRUNCATE notary.tile",
        "DELETE FROM notary.cosignature",
    ):
        with psycopg.connect(database_url) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
