import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from consumers.notary import LogIdentity
from infra.notary_folder import ACTS, LAST_LINK, LAST_SIGNED, STOPPED, NotaryFolder
from infra.notary_store import GrowingTree, PostgresNotaryStore
from infra.open_ledger import open_ledger
from ledger.evidence.growth import SigningRefused
from ledger.evidence.notes import parse_checkpoint, parse_note
from ledger.evidence.tiles import Tile
from ledger.service import Ledger
from tests.support.consumers import history, record, running
from tests.support.notaries import (
    IDENTITY,
    OTHER,
    everything_fits,
    newest_size,
    notarised,
    notary_of,
    sign_all,
    store_of,
)
from tests.support.tampering import as_superuser
from tests.support.waiting import eventually

BACK_TO_300 = (
    "DELETE FROM ledger_events WHERE notification_id > 300",
    "DELETE FROM notary.checkpoint WHERE size > 300",
    "UPDATE notary.tile SET hashes = substr(hashes, 1, 44 * 32) WHERE level = 0 AND idx = 1",
)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = open_ledger(database_url)
    yield ledger
    ledger.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "notary"


def say(ledger: Ledger, prefix: str, events: int, batch: int = 100) -> None:
    record(ledger, history([f"{prefix}{n:05}" for n in range(events)], 1), batch=batch)


def refused(url: str, folder: Path, **more: object) -> SigningRefused:
    """What a notary that is started says; it must end by itself."""
    with pytest.raises(SigningRefused) as caught:
        notary_of(url, folder, **more).run(threading.Event())
    return caught.value


def codes(refusal: SigningRefused) -> list[str]:
    return [each.code for each in refusal.report.findings]


def test_what_is_recorded_is_signed_within_a_second_and_nothing_is_signed_without_growth(
    ledger: Ledger, database_url: str, folder: Path
) -> None:
    with notarised(database_url, folder):
        for number in range(6):
            say(ledger, f"S{number}", 130)
            eventually(lambda number=number: newest_size(database_url) == (number + 1) * 130, 1.0)
        count = "SELECT count(*) FROM notary.checkpoint"
        with psycopg.connect(database_url, autocommit=True) as connection:
            before = connection.execute(count).fetchone()
            threading.Event().wait(0.3)
            assert connection.execute(count).fetchone() == before
    assert everything_fits(database_url, folder) == 780


def test_a_long_backlog_is_signed_in_steps_and_tiles_of_the_second_level_appear(
    ledger: Ledger, database_url: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.notary.STEP", 300)
    say(ledger, "P", 1_000)
    sign_all(database_url, folder)
    assert everything_fits(database_url, folder) == 1_000
    with psycopg.connect(database_url) as connection:
        sizes = [size for (size,) in connection.execute("SELECT size FROM notary.checkpoint ORDER BY 1")]
    assert sizes == [300, 600, 900, 1_000]


def test_a_restart_goes_on_where_it_stopped(ledger: Ledger, database_url: str, folder: Path) -> None:
    for number in range(3):
        say(ledger, f"S{number}", 200)
        sign_all(database_url, folder)
    assert everything_fits(database_url, folder) == 600


def test_a_signed_note_ahead_of_the_database_is_published_and_not_signed_again(
    ledger: Ledger, database_url: str, folder: Path
) -> None:
    say(ledger, "A", 300)
    sign_all(database_url, folder)
    kept = NotaryFolder(folder).load()
    as_superuser(database_url, "DELETE FROM notary.checkpoint", "DELETE FROM notary.tile")
    # Killed before the commit, the notary had not kept the link of what was not in the database yet.
    (folder / LAST_LINK).unlink()
    say(ledger, "B", 10)
    sign_all(database_url, folder)
    assert everything_fits(database_url, folder) == 310
    with psycopg.connect(database_url) as connection:
        notes = [note.encode() for (note,) in connection.execute("SELECT note FROM notary.checkpoint ORDER BY size")]
    assert notes[0] == kept
    assert len(notes) == 2


@pytest.mark.parametrize("oldest_gone", [100, 200, 300])
def test_checkpoints_that_are_taken_out_while_nobody_signs_are_missed_at_the_next_start(
    ledger: Ledger, database_url: str, folder: Path, oldest_gone: int
) -> None:
    for number in range(3):
        say(ledger, f"S{number}", 100)
        sign_all(database_url, folder)
    # The newest ones too: the tree of the last signed note could be made again, but not those in between.
    as_superuser(database_url, f"DELETE FROM notary.checkpoint WHERE size >= {oldest_gone}")
    for _ in range(2):
        refusal = refused(database_url, folder)
        assert codes(refusal)[0] in {"CHECKPOINT_MISSING", "SIGNING_STOPPED"}
    assert newest_size(database_url) == oldest_gone - 100
    assert NotaryFolder(folder).alarms()[0]["code"] == "CHECKPOINT_MISSING"


def test_of_two_notaries_one_leads_and_the_other_takes_over_where_it_stood(
    ledger: Ledger, database_url: str, folder: Path, tmp_path: Path
) -> None:
    say(ledger, "A", 10)
    sign_all(database_url, folder)
    second = NotaryFolder(tmp_path / "second")
    kept = NotaryFolder(folder).load()
    assert kept is not None
    second.keep(kept)
    stop_first = threading.Event()
    first = threading.Thread(target=notary_of(database_url, folder).run, args=(stop_first,))
    first.start()
    say(ledger, "B", 20)
    eventually(lambda: newest_size(database_url) == 30)
    with running(notary_of(database_url, second.path).run):
        say(ledger, "C", 30)
        eventually(lambda: parse_checkpoint(parse_note(second.load() or b"").text).size == 60)
        stop_first.set()
        first.join(20)
        say(ledger, "D", 40)
        eventually(lambda: newest_size(database_url) == 100)
    assert everything_fits(database_url, second.path) == 100


def test_two_notaries_on_one_folder_do_not_both_sign(ledger: Ledger, database_url: str, folder: Path) -> None:
    say(ledger, "A", 10)
    with running(notary_of(database_url, folder).run, notary_of(database_url, folder).run):
        eventually(lambda: newest_size(database_url) == 10)
        say(ledger, "B", 10)
        eventually(lambda: newest_size(database_url) == 20)
    assert everything_fits(database_url, folder) == 20


def test_a_restored_backup_is_not_signed_on(ledger: Ledger, database_url: str, folder: Path) -> None:
    say(ledger, "A", 300)
    sign_all(database_url, folder)
    say(ledger, "B", 100)
    sign_all(database_url, folder)
    as_superuser(database_url, *BACK_TO_300)
    assert codes(refused(database_url, folder)) == ["ROLLED_BACK"]
    assert codes(refused(database_url, folder)) == ["SIGNING_STOPPED"]
    assert newest_size(database_url) == 300


def test_a_backup_that_was_filled_up_again_with_other_events_is_not_signed_on(
    ledger: Ledger, database_url: str, folder: Path
) -> None:
    say(ledger, "A", 300)
    sign_all(database_url, folder)
    say(ledger, "B", 100)
    sign_all(database_url, folder)
    as_superuser(database_url, *BACK_TO_300)
    ledger._cache.clear()
    ledger._cache_head = 0
    say(ledger, "C", 150)
    assert codes(refused(database_url, folder)) == ["INCONSISTENT"]
    assert newest_size(database_url) == 300


def test_a_cut_tail_is_not_signed_on(ledger: Ledger, database_url: str, folder: Path) -> None:
    say(ledger, "A", 300)
    sign_all(database_url, folder)
    as_superuser(database_url, "DELETE FROM ledger_events WHERE notification_id > 290")
    refusal = refused(database_url, folder)
    assert codes(refusal) == ["TRUNCATED"]
    assert (refusal.report.findings[0].first, refusal.report.findings[0].last) == (290, 299)


def test_a_hole_in_the_log_is_never_signed(ledger: Ledger, database_url: str, folder: Path) -> None:
    say(ledger, "A", 30)
    sign_all(database_url, folder)
    say(ledger, "B", 30)
    as_superuser(database_url, "DELETE FROM ledger_events WHERE notification_id = 45")
    assert codes(refused(database_url, folder)) == ["TRUNCATED"]
    assert newest_size(database_url) == 30


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE notary.tile SET hashes = set_byte(hashes, 9000 % 1408, 1) WHERE idx = 1", "ROOT_MISMATCH"),
        ("DELETE FROM notary.tile WHERE level = 1", "TILE_MISMATCH"),
        ("UPDATE notary.checkpoint SET root = sha256('') WHERE size = 300", "CHECKPOINT_CONTRADICTED"),
        ("UPDATE notary.checkpoint SET note = replace(note, '300', '301')", "CHECKPOINT_SIGNATURE_INVALID"),
    ],
)
def test_what_stands_in_the_notary_s_own_tables_is_believed_only_with_its_signature(
    ledger: Ledger, database_url: str, folder: Path, statement: str, code: str
) -> None:
    say(ledger, "A", 300)
    sign_all(database_url, folder)
    as_superuser(database_url, statement)
    assert codes(refused(database_url, folder)) == [code]


def test_another_key_signs_nothing(ledger: Ledger, database_url: str, folder: Path) -> None:
    say(ledger, "A", 30)
    sign_all(database_url, folder)
    say(ledger, "B", 30)
    swapped = LogIdentity(IDENTITY.origin, [OTHER], [OTHER.verifier])
    assert codes(refused(database_url, folder, identity=swapped)) == ["CHECKPOINT_SIGNATURE_INVALID"]
    sign_all(database_url, folder)
    assert everything_fits(database_url, folder) == 60


def test_without_the_note_kept_outside_nothing_is_signed_on(ledger: Ledger, database_url: str, folder: Path) -> None:
    say(ledger, "A", 30)
    sign_all(database_url, folder)
    (folder / LAST_SIGNED).unlink()
    assert codes(refused(database_url, folder)) == ["LAST_SIGNED_MISSING"]


class Flipping(PostgresNotaryStore):
    """A store that lets one bit of what it writes flip, as a bad memory module does."""

    @contextmanager
    def growing(self, size: int) -> Iterator[GrowingTree]:
        with super().growing(size) as tree:
            put = tree.put

            def flipped(tiles: Iterable[tuple[Tile, bytes]]) -> None:
                put([(tile, bytes([data[0] ^ 1]) + data[1:]) for tile, data in tiles])

            tree.put = flipped  # type: ignore[method-assign]  # this is the fault
            yield tree


def test_a_bit_that_flips_between_hashing_and_storing_is_not_signed(
    ledger: Ledger, database_url: str, folder: Path
) -> None:
    say(ledger, "A", 30)
    store = Flipping(store_of(database_url)._connect)
    refusal = refused(database_url, folder, store=store)
    assert codes(refusal) == ["TILE_MISMATCH"]
    assert NotaryFolder(folder).load() is None
    assert newest_size(database_url) == 0
    assert (folder / STOPPED).exists()
    assert not (folder / ACTS).exists()
