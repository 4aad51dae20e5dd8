from collections.abc import Callable
from pathlib import Path

import pytest

from api.audit.watching import Watcher
from ledger.evidence.notes import Checkpoint, cosign, sign_checkpoint
from ledger.evidence.policy import Policy, parse_policy
from ledger.evidence.reader import BundleReader
from ledger.evidence.report import Result
from ledger.evidence.sources import open_source
from ledger.evidence.strict import EvidenceError
from ledger.evidence.tiles import Tile
from tests.unit.evidence.making import LOG, NOW, ORIGIN, WITNESSES, event, events, found, key, make, note_of

TRUTH = events(700)
FORK = [*TRUTH[:250], event(9_999), *TRUTH[251:]]
POLICY = parse_policy(f"log {LOG.verifier.vkey}\nwitness w {WITNESSES[0].verifier.vkey}\nquorum none\n".encode())
STRICT = parse_policy(f"log {LOG.verifier.vkey}\nwitness w {WITNESSES[0].verifier.vkey}\nquorum w\n".encode())
Serve = Callable[..., BundleReader]


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    """Makes a log out of entries: what a live address would show at a moment."""
    made = 0

    def show(entries: list[bytes], note: bytes | None = None) -> BundleReader:
        nonlocal made
        made += 1
        path = make(tmp_path / f"log-{made}", entries, note=note or note_of(entries))
        return BundleReader(open_source(path))

    return show


def watch(log: BundleReader, tmp_path: Path, policy: Policy = POLICY, max_age: int | None = None) -> Watcher:
    return Watcher(log, policy, tmp_path / "kept.note", max_age, lambda: NOW)


def test_a_log_that_grows_is_followed_and_remembered(serve: Serve, tmp_path: Path) -> None:
    for size in (1, 255, 256, 600, 600, 700):
        report = watch(serve(TRUTH[:size]), tmp_path).look()
        assert (report.result, report.size) == (Result.SOUND, size), report.as_text()
        assert (tmp_path / "kept.note").read_bytes() == note_of(TRUTH[:size])


@pytest.mark.parametrize(
    ("shown", "code", "result"),
    [
        (FORK, "INCONSISTENT", Result.TAMPERED),
        (FORK[:600], "SPLIT_VIEW", Result.TAMPERED),
        (TRUTH[:599], "TRUNCATED", Result.INCOMPLETE),
    ],
)
def test_a_log_that_does_not_extend_what_was_seen_is_reported_and_not_followed(
    serve: Serve, tmp_path: Path, shown: list[bytes], code: str, result: Result
) -> None:
    watch(serve(TRUTH[:600]), tmp_path).look()
    for _ in range(2):
        report = watch(serve(shown), tmp_path).look()
        assert (report.result, found(report).keys()) == (result, {code})
        assert (tmp_path / "kept.note").read_bytes() == note_of(TRUTH[:600])
    evidence = [each.read_bytes() for each in tmp_path.glob("kept.note.evidence-*")]
    assert evidence == ([note_of(TRUTH[:600]) + b"\n" + note_of(shown)] if result is Result.TAMPERED else [])


def test_a_smaller_log_that_a_witness_cosigned_later_was_rolled_back(serve: Serve, tmp_path: Path) -> None:
    watch(serve(TRUTH[:600], cosign(note_of(TRUTH[:600]), WITNESSES[0], 1_000)), tmp_path).look()
    report = watch(serve(TRUTH[:500], cosign(note_of(TRUTH[:500]), WITNESSES[0], 2_000)), tmp_path).look()
    assert (report.result, found(report).keys()) == (Result.TAMPERED, {"ROLLED_BACK"})
    assert len(list(tmp_path.glob("kept.note.evidence-*"))) == 1


def test_a_checkpoint_that_nobody_trusted_signed_is_never_remembered(serve: Serve, tmp_path: Path) -> None:
    thief = type(LOG)(ORIGIN, key(66))
    report = watch(serve(TRUTH[:9], note_of(TRUTH[:9], thief)), tmp_path).look()
    assert found(report).keys() == {"CHECKPOINT_SIGNATURE_INVALID"}
    assert not (tmp_path / "kept.note").exists()


def test_without_a_quorum_or_in_time_a_view_is_not_accepted_as_current(serve: Serve, tmp_path: Path) -> None:
    report = watch(serve(TRUTH[:9]), tmp_path, STRICT).look()
    assert (report.result, found(report).keys()) == (Result.INCOMPLETE, {"QUORUM_NOT_MET"})
    assert not (tmp_path / "kept.note").exists()
    old = cosign(note_of(TRUTH[:9]), WITNESSES[0], int(NOW) - 100)
    assert watch(serve(TRUTH[:9], old), tmp_path, STRICT, 100).look().result == Result.SOUND
    stale = watch(serve(TRUTH[:9], old), tmp_path, STRICT, 99).look()
    assert (stale.result, found(stale).keys()) == (Result.INCOMPLETE, {"STALE"})


def test_a_log_that_does_not_give_its_tiles_is_not_followed(serve: Serve, tmp_path: Path) -> None:
    watch(serve(TRUTH[:300]), tmp_path).look()

    class Mute(BundleReader):
        def fetch(self, tile: Tile) -> bytes:
            raise EvidenceError(f"no {tile.path}")

    served = serve(TRUTH)
    report = Watcher(Mute(served._source), POLICY, tmp_path / "kept.note", None, lambda: NOW).look()
    assert (report.result, found(report).keys()) == (Result.INCOMPLETE, {"CONSISTENCY_UNCHECKED"})
    assert (tmp_path / "kept.note").read_bytes() == note_of(TRUTH[:300])


def test_spoilt_tiles_are_not_taken_for_a_second_history(serve: Serve, tmp_path: Path) -> None:
    watch(serve(TRUTH[:300]), tmp_path).look()

    class Spoilt(BundleReader):
        def fetch(self, tile: Tile) -> bytes:
            return bytes(32) + super().fetch(tile)[32:]

    report = Watcher(Spoilt(serve(TRUTH)._source), POLICY, tmp_path / "kept.note", None, lambda: NOW).look()
    assert (report.result, found(report).keys()) == (Result.TAMPERED, {"TILE_MISMATCH"})
    assert list(tmp_path.glob("*.evidence-*")) == []


def test_a_memory_that_was_edited_is_told_and_not_replaced(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "kept.note").write_bytes(sign_checkpoint(Checkpoint(ORIGIN, 3, bytes(32)), type(LOG)(ORIGIN, key(66))))
    before = (tmp_path / "kept.note").read_bytes()
    report = watch(serve(TRUTH[:9]), tmp_path).look()
    assert found(report).keys() == {"CHECKPOINT_SIGNATURE_INVALID"}
    assert (tmp_path / "kept.note").read_bytes() == before
