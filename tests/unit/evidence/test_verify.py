import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.evidence import verify as verification
from ledger.evidence.bundle import write_bundle
from ledger.evidence.merkle import root_of
from ledger.evidence.notes import Checkpoint, NoteSigner, cosign, sign_checkpoint
from ledger.evidence.policy import Policy, parse_policy
from ledger.evidence.report import REASONS, Report, Result
from ledger.evidence.strict import EvidenceError, canonical_json
from ledger.evidence.tiles import ENTRIES, Tile, encode_entries
from tests.unit.evidence.making import (
    BODY,
    LOG,
    NOW,
    WITNESSES,
    check,
    digested,
    event,
    events,
    found,
    key,
    make,
    note_of,
    tile_store,
)

SIZE = 600
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def truth() -> list[bytes]:
    return events(SIZE)


@pytest.mark.parametrize("name", ["folder", "bundle.tar"])
@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 600])
def test_an_untouched_bundle_is_sound(tmp_path: Path, truth: list[bytes], name: str, size: int) -> None:
    report = check(make(tmp_path / name, truth[:size]))
    assert report.findings == []
    assert (report.result, report.entries, report.unsigned) == (Result.SOUND, size, size)
    assert report.streams == min(size, 7)
    assert "own" in report.notes[0]


@pytest.mark.parametrize("tiles", [False, True])
def test_tiles_may_be_left_out_or_made_from_the_entries(tmp_path: Path, truth: list[bytes], tiles: bool) -> None:
    make(tmp_path / "b", truth, tiles=tiles)
    assert check(tmp_path / "b").result == Result.SOUND
    assert (tmp_path / "b/tile/0/000").exists() is tiles


@pytest.mark.parametrize("index", [0, 255, 256, 599])
def test_an_edited_entry_is_named_with_its_stream(tmp_path: Path, truth: list[bytes], index: int) -> None:
    shown = [*truth]
    shown[index] = truth[index].replace("件".encode(), "号".encode())
    report = check(make(tmp_path / "b", shown, truth))
    assert report.result == Result.TAMPERED
    edited = [each for each in report.findings if each.code == "ENTRY_EDITED"]
    assert [(each.first, each.stream, each.version) for each in edited] == [
        (index, f"certificate:{BODY}:{index % 7}", index // 7 + 1)
    ]
    assert found(report).keys() == {"ENTRY_EDITED", "ROOT_MISMATCH", "DIGEST_MISMATCH"}


def test_every_edited_entry_is_listed_not_the_first_alone(tmp_path: Path, truth: list[bytes]) -> None:
    shown = [raw.replace("件".encode(), "号".encode()) if at % 100 == 7 else raw for at, raw in enumerate(truth)]
    report = check(make(tmp_path / "b", shown, truth))
    assert found(report)["ENTRY_EDITED"] == [7, 107, 207, 307, 407, 507]


def test_a_deleted_entry_is_named_and_the_rest_as_moved(tmp_path: Path, truth: list[bytes]) -> None:
    report = check(make(tmp_path / "b", [*truth[:300], *truth[301:]], truth))
    assert report.result == Result.TAMPERED
    assert found(report)["ENTRY_MISSING"] == [300]
    assert found(report)["ENTRY_MOVED"] == list(range(300, SIZE - 1))
    assert found(report)["STREAM_VERSION_GAP"] == [306]


def test_a_position_without_an_event_leaves_the_others_in_place(tmp_path: Path, truth: list[bytes]) -> None:
    store, note = tile_store(truth), note_of(truth)
    rows = [(position, raw) for position, raw in enumerate(truth, 1) if position not in {301, 302}]
    write_bundle(tmp_path / "b", rows, lambda _s, _r: note, log_keys=[LOG.verifier], tiles=store.__getitem__)
    report = check(tmp_path / "b")
    assert found(report)["ENTRY_MISSING"] == [300, 301]
    assert "ENTRY_MOVED" not in found(report)


def test_an_inserted_entry_is_told_from_the_ones_it_pushed_on(tmp_path: Path, truth: list[bytes]) -> None:
    shown = [*truth[:300], event(9_999), *truth[300:-1]]
    report = check(make(tmp_path / "b", shown, truth))
    assert report.result == Result.TAMPERED
    assert found(report)["ENTRY_INSERTED"] == [300]
    assert found(report)["ENTRY_MOVED"] == list(range(301, SIZE))


def test_reordered_entries_are_named_with_where_they_belong(tmp_path: Path, truth: list[bytes]) -> None:
    shown = [*truth]
    shown[10], shown[500] = truth[500], truth[10]
    report = check(make(tmp_path / "b", shown, truth))
    moved = [(each.first, each.detail) for each in report.findings if each.code == "ENTRY_MOVED"]
    assert moved == [(10, "belongs at index 500"), (500, "belongs at index 10")]
    assert {"RECORDED_NOT_INCREASING", "STREAM_VERSION_GAP"} <= found(report).keys()


@pytest.mark.parametrize("left", [599, 513, 512, 300, 1])
def test_a_tail_that_was_cut_off_is_incomplete_and_its_range_named(
    tmp_path: Path, truth: list[bytes], left: int
) -> None:
    report = check(make(tmp_path / "b", truth[:left], truth))
    assert report.result == Result.INCOMPLETE
    cut = {at for each in report.findings for at in range(each.first, each.last + 1) if each.code == "TRUNCATED"}
    assert cut == set(range(left, SIZE))


def test_a_cut_tail_does_not_hide_an_edit_before_it(tmp_path: Path, truth: list[bytes]) -> None:
    shown = truth[:590]
    shown[3] = truth[3].replace("件".encode(), "号".encode())
    report = check(make(tmp_path / "b", shown, truth))
    assert report.result == Result.TAMPERED
    assert found(report)["ENTRY_EDITED"] == [3]


def test_an_edited_tile_is_named_while_its_entries_are_sound(tmp_path: Path, truth: list[bytes]) -> None:
    store = tile_store(truth)
    for tile in (Tile(0, 1), Tile(1, 0, 2)):
        changed = {**store, tile: bytes([store[tile][0] ^ 1]) + store[tile][1:]}
        report = check(make(tmp_path / f"b{tile.level}", truth, tiles=changed.__getitem__))
        assert [(each.code, each.path) for each in report.findings] == [("TILE_MISMATCH", tile.path)]
        assert report.result == Result.TAMPERED


def test_when_entries_and_leaf_tiles_were_edited_together_the_smallest_range_is_named(
    tmp_path: Path, truth: list[bytes]
) -> None:
    shown = [*truth]
    shown[300] = truth[300].replace("件".encode(), "号".encode())
    forged = tile_store(shown)
    mixed = {**tile_store(truth), Tile(0, 1): forged[Tile(0, 1)]}
    report = check(make(tmp_path / "b", shown, truth, tiles=mixed.__getitem__))
    ranges = [(each.first, each.last) for each in report.findings if each.code == "RANGE_MISMATCH"]
    assert ranges == [(256, 511)]


def test_without_tiles_older_checkpoints_narrow_the_range(tmp_path: Path, truth: list[bytes]) -> None:
    shown = [*truth]
    shown[333] = truth[333].replace("件".encode(), "号".encode())
    history = [note_of(truth[:size]) for size in (100, 320, 400, 512)]
    report = check(make(tmp_path / "b", shown, truth, tiles=False, history=history))
    roots = [(each.first, each.last) for each in report.findings if each.code == "ROOT_MISMATCH"]
    assert roots == [(320, 399)]
    older = [each.path for each in report.findings if each.code == "OLDER_CHECKPOINT_INCONSISTENT"]
    assert older == ["checkpoints/400", "checkpoints/512"]


def test_history_rewritten_with_the_logs_own_key_contradicts_the_checkpoint_kept_from_before(
    tmp_path: Path, truth: list[bytes]
) -> None:
    rewritten = [digested(raw.replace("件".encode(), "号".encode())) for raw in truth]
    make(tmp_path / "b", rewritten)
    assert check(tmp_path / "b").result == Result.SOUND
    report = check(tmp_path / "b", since=note_of(truth[:400]))
    assert (report.result, found(report).keys()) == (Result.TAMPERED, {"INCONSISTENT"})
    assert found(check(tmp_path / "b", since=note_of(truth))).keys() == {"SPLIT_VIEW", "INCONSISTENT"}
    make(tmp_path / "honest", truth)
    assert check(tmp_path / "honest", since=note_of(truth[:400])).result == Result.SOUND


def test_yesterdays_dump_is_smaller_than_the_checkpoint_kept_from_today(tmp_path: Path, truth: list[bytes]) -> None:
    make(tmp_path / "b", truth[:400])
    report = check(tmp_path / "b", since=note_of(truth))
    assert report.result == Result.INCOMPLETE
    assert [(each.code, each.first, each.last) for each in report.findings] == [("TRUNCATED", 400, 599)]


def test_a_log_that_shrank_under_a_later_cosignature_was_rolled_back(tmp_path: Path, truth: list[bytes]) -> None:
    policy = policy_of("quorum none")
    trusted = cosign(note_of(truth), WITNESSES[0], 1_000)
    make(tmp_path / "b", truth[:400], note=cosign(note_of(truth[:400]), WITNESSES[0], 2_000))
    assert "ROLLED_BACK" in found(check(tmp_path / "b", policy=policy, since=trusted))


def policy_of(*lines: str) -> Policy:
    witnesses = [f"witness w{at} {each.verifier.vkey}" for at, each in enumerate(WITNESSES)]
    return parse_policy("\n".join([f"log {LOG.verifier.vkey}", *witnesses, *lines, ""]).encode())


def test_the_quorum_of_the_policy_must_have_cosigned(tmp_path: Path, truth: list[bytes]) -> None:
    policy = policy_of("group g 2 w0 w1 w2", "quorum g")
    note = cosign(note_of(truth), WITNESSES[0], int(NOW) - 50)
    make(tmp_path / "one", truth, note=note)
    make(tmp_path / "two", truth, note=cosign(note, WITNESSES[2], int(NOW) - 20))
    one, two = check(tmp_path / "one", policy=policy), check(tmp_path / "two", policy=policy)
    assert (one.result, found(one).keys()) == (Result.INCOMPLETE, {"QUORUM_NOT_MET"})
    assert (two.result, two.notes) == (Result.SOUND, [])
    assert two.witnesses == {"w0": NOW - 50, "w2": NOW - 20}
    assert check(tmp_path / "two", policy=policy, max_age=20).result == Result.SOUND
    assert found(check(tmp_path / "two", policy=policy, max_age=19)).keys() == {"STALE"}


def test_without_witnesses_age_is_counted_from_the_last_recorded_time(tmp_path: Path, truth: list[bytes]) -> None:
    report = check(make(tmp_path / "b", truth), max_age=60)
    assert (report.result, found(report).keys(), len(report.notes)) == (Result.INCOMPLETE, {"STALE"}, 2)


def test_a_swapped_log_key_convinces_no_policy_and_no_older_checkpoint(tmp_path: Path, truth: list[bytes]) -> None:
    thief = NoteSigner(LOG.name, key(66))
    make(tmp_path / "b", truth, note=note_of(truth, thief), log_keys=[thief.verifier])
    assert check(tmp_path / "b").result == Result.SOUND
    for trust in ({"policy": policy_of("quorum none")}, {"since": note_of(truth[:10])}):
        report = check(tmp_path / "b", **trust)
        assert (report.result, found(report).keys()) == (Result.TAMPERED, {"CHECKPOINT_SIGNATURE_INVALID"})


def test_a_checkpoint_edited_after_signing_is_refused(tmp_path: Path, truth: list[bytes]) -> None:
    lie = Checkpoint(LOG.name, SIZE, root_of([])).text.encode()
    signatures = note_of(truth).partition(b"\n\n")[2]
    report = check(make(tmp_path / "b", truth, note=lie + b"\n" + signatures))
    assert report.result == Result.TAMPERED
    assert {"CHECKPOINT_SIGNATURE_INVALID", "ROOT_MISMATCH"} <= found(report).keys()


def test_a_checkpoint_of_another_log_is_told(tmp_path: Path, truth: list[bytes]) -> None:
    other = NoteSigner("other.example/log", LOG.private)
    make(tmp_path / "b", truth, log_keys=[LOG.verifier, other.verifier])
    assert "WRONG_ORIGIN" in found(check(tmp_path / "b", since=note_of(truth[:9], other)))


def test_gaps_in_a_stream_and_backward_times_are_found_even_when_the_log_signed_them(tmp_path: Path) -> None:
    shown = [event(at) for at in (0, 1, 2, 3, 11, 5, 6)]
    report = check(make(tmp_path / "b", shown))
    assert found(report) == {"STREAM_VERSION_GAP": [4], "RECORDED_NOT_INCREASING": [5, 6]}


@pytest.mark.parametrize(
    "entry",
    [
        b"no json",
        b'{"event":{},"record":{},"signatures":[]}',
        b'{"event":1,"record":{"stream":"s","version":1,"recorded":"x"},"signatures":[]}',
        b"[" * 60_000,
        b"\xff",
    ],
)
def test_an_entry_that_is_no_recorded_event_is_named(tmp_path: Path, entry: bytes) -> None:
    report = check(make(tmp_path / "b", [event(0), entry, event(1)]))
    assert found(report) == {"ENTRY_MALFORMED": [1]}


def test_entries_shown_by_hash_alone_need_the_auditors_consent(tmp_path: Path, truth: list[bytes]) -> None:
    make(tmp_path / "b", truth)
    (tmp_path / "b/tile/entries/001").unlink()
    manifest = json.loads((tmp_path / "b/manifest.json").read_bytes())
    del manifest["files"]["tile/entries/001"]
    (tmp_path / "b/manifest.json").write_bytes(canonical_json(manifest))
    report = check(tmp_path / "b")
    assert [(each.code, each.first, each.last) for each in report.findings] == [("ENTRIES_WITHHELD", 256, 511)]
    assert report.result == Result.INCOMPLETE
    assert check(tmp_path / "b", partial=True).findings == []


def test_a_bundle_without_its_files_is_unreadable_or_incomplete_but_never_sound(
    tmp_path: Path, truth: list[bytes]
) -> None:
    make(tmp_path / "b", truth)
    for name in sorted(path.relative_to(tmp_path / "b").as_posix() for path in (tmp_path / "b").rglob("*")):
        place = tmp_path / "b" / name
        if place.is_file():
            data = place.read_bytes()
            place.unlink()
            assert check(tmp_path / "b").result in {Result.INCOMPLETE, Result.UNREADABLE, Result.TAMPERED}, name
            place.write_bytes(data)
    (tmp_path / "empty").mkdir()
    (tmp_path / "text").write_text("no bundle")
    os.mkfifo(tmp_path / "pipe")
    for name in ("empty", "text", "pipe", "nowhere"):
        assert check(tmp_path / name).result == Result.UNREADABLE


def test_pipes_links_and_huge_claims_neither_hang_nor_mislead(tmp_path: Path, truth: list[bytes]) -> None:
    make(tmp_path / "b", truth)
    entries = tmp_path / "b/tile/entries/001"
    entries.unlink()
    os.mkfifo(entries)
    assert "FILE_UNREADABLE" in found(check(tmp_path / "b"))
    entries.unlink()
    entries.symlink_to("/dev/zero")
    assert "FILE_UNREADABLE" in found(check(tmp_path / "b"))
    giant = Checkpoint(LOG.name, 2**63 - 1, bytes(32))
    make(tmp_path / "giant", truth, note=sign_checkpoint(giant, LOG), tiles=False)
    report = check(tmp_path / "giant", since=note_of(truth))
    assert report.result == Result.INCOMPLETE


def test_a_length_that_leads_past_the_end_is_named_with_its_range(tmp_path: Path, truth: list[bytes]) -> None:
    make(tmp_path / "b", truth)
    path = tmp_path / "b/tile/entries/001"
    path.write_bytes(b"\xff\xff" + path.read_bytes()[2:])
    report = check(tmp_path / "b")
    assert report.result == Result.TAMPERED
    assert found(report)["ENTRY_BUNDLE_MALFORMED"] == [256]


def test_entries_beyond_the_checkpoint_are_named(tmp_path: Path, truth: list[bytes]) -> None:
    make(tmp_path / "b", truth)
    tile = Tile(ENTRIES, 2, SIZE - 512)
    (tmp_path / "b" / tile.path).write_bytes(encode_entries([*truth[512:], event(SIZE)]))
    assert found(check(tmp_path / "b"))["ENTRY_BUNDLE_TOO_LONG"] == [SIZE]


def test_a_manifest_that_contradicts_the_checkpoint_or_nests_without_end_is_told(
    tmp_path: Path, truth: list[bytes]
) -> None:
    path = make(tmp_path / "b", truth) / "manifest.json"
    manifest = json.loads(path.read_bytes())
    path.write_bytes(canonical_json({**manifest, "size": 5}))
    assert found(check(tmp_path / "b")).keys() == {"CHECKPOINT_CONTRADICTED"}
    listed = {name: digest for name, digest in manifest["files"].items() if name != "tile/entries/001"}
    path.write_bytes(canonical_json({**manifest, "files": listed}))
    assert [(each.code, each.path) for each in check(tmp_path / "b").findings] == [
        ("FILE_UNLISTED", "tile/entries/001")
    ]
    for bad in (b"[" * 1_000_000, b"{", canonical_json({**manifest, "files": {"../../etc/passwd": "0" * 64}})):
        path.write_bytes(bad)
        assert found(check(tmp_path / "b")).keys() == {"MANIFEST_UNREADABLE"}


def test_the_writer_refuses_positions_that_do_not_rise_and_leaves_nothing_behind(tmp_path: Path) -> None:
    def sign(size: int, root: bytes) -> bytes:
        return sign_checkpoint(Checkpoint(LOG.name, size, root), LOG)

    for name in ("b", "b.tar"):
        with pytest.raises(EvidenceError):
            write_bundle(tmp_path / name, [(1, event(0)), (1, event(1))], sign, log_keys=[])
        assert list(tmp_path.iterdir()) == []
    write_bundle(tmp_path / "b", [(1, event(0))], sign, log_keys=[])
    with pytest.raises(EvidenceError):
        write_bundle(tmp_path / "b", [(1, event(0))], sign, log_keys=[])


def test_every_reason_speaks_both_languages_and_no_index_is_dropped_when_there_are_many() -> None:
    assert all(zh and en and zh != en for _, zh, en in REASONS.values())
    report = Report()
    for index in range(25_000):
        report.add("ENTRY_EDITED", index, stream="s")
    covered = set()
    for each in report.findings:
        covered.update(range(each.first, (each.first if each.last is None else each.last) + 1))
    assert covered == set(range(25_000))
    assert len(report.findings) == 10_001


def run(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "ledger.evidence", *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )


def test_the_command_answers_with_the_result_as_exit_code(tmp_path: Path, truth: list[bytes]) -> None:
    make(tmp_path / "good.tar", truth)
    make(tmp_path / "bad", [event(5_000), *truth[1:]], truth)
    (tmp_path / "policy").write_text(f"log {LOG.verifier.vkey}\nquorum none\n")
    (tmp_path / "old").write_bytes(note_of(truth[:9]))
    good, policy, old = str(tmp_path / "good.tar"), str(tmp_path / "policy"), str(tmp_path / "old")
    assert run("verify", good, "--policy", policy, "--since", old).returncode == 0
    bad = run("verify", str(tmp_path / "bad"), "--json")
    assert bad.returncode == 1
    assert [each["first"] for each in json.loads(bad.stdout)["findings"] if each["code"] == "ENTRY_EDITED"] == [0]
    assert "条目被改动" in run("verify", str(tmp_path / "bad")).stdout.decode()
    assert run("verify", policy).returncode == 2
    assert run("verify", good, "--max-age", "1").returncode == 3
    for wrong in (["verify"], ["verify", good, "--policy", old], ["verify", good, "--since", policy], ["no"]):
        assert run(*wrong).returncode == 4
    assert run("verify", good, "--max-age", "-1").returncode == 4
    assert run("verify", good, "--max-age", "x").returncode == 4


def test_the_verifier_needs_cryptography_and_the_standard_library_alone(tmp_path: Path, truth: list[bytes]) -> None:
    make(tmp_path / "b", truth)
    program = (
        "import sys, runpy\n"
        "sys.argv = ['verify', 'verify', sys.argv[1]]\n"
        "try: runpy.run_module('ledger.evidence', run_name='__main__')\n"
        "except SystemExit as end: code = end.code\n"
        "roots = {name.partition('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)\n"
        "rooms = {name for name in sys.modules if name.startswith('ledger.')}\n"
        "rooms = {name for name in rooms if not name.startswith('ledger.evidence')}\n"
        "print(code, sorted(root for root in roots if not root.startswith('_')), sorted(rooms))\n"
    )
    # An isolated interpreter without site packages sees this folder alone: cryptography and the ledger's own code.
    only = tmp_path / "only"
    only.mkdir()
    for package in ("cryptography", "cffi", "_cffi_backend"):
        module = __import__(package)
        place = Path(module.__file__)
        place = place.parent if place.name == "__init__.py" else place
        (only / place.name).symlink_to(place)
    (only / "ledger").mkdir()
    (only / "ledger/__init__.py").touch()
    (only / "ledger/evidence").symlink_to(Path(verification.__file__).parent)
    program = f"import sys; sys.path.insert(0, {str(only)!r})\n" + program
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(tmp_path / "b")],
        capture_output=True,
        timeout=60,
        check=False,
        text=True,
    )
    assert done.stdout.splitlines()[-1] == "0 ['cryptography', 'ledger'] []", done.stdout + done.stderr
