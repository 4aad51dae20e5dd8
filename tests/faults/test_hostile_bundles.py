"""Bundles made to mislead, to hang or to break the verifier: every one of them ends in a verdict, none in ``sound``."""

import io
import json
import os
import random
import subprocess
import sys
import tarfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.evidence.bundle import write_range
from ledger.evidence.notes import cosign
from ledger.evidence.policy import parse_policy
from ledger.evidence.reader import BundleReader
from ledger.evidence.report import Result
from ledger.evidence.sources import open_source
from ledger.evidence.strict import canonical_json
from ledger.evidence.subject import write_subject
from tests.unit.evidence.making import LOG, NOW, WITNESSES, check, digested, event, events, make, note_of, tile_store

REPOSITORY = Path(__file__).resolve().parents[2]
COUNT = 300
ENTRIES = events(COUNT)
STORE = tile_store(ENTRIES)
POLICY = parse_policy(f"log {LOG.verifier.vkey}\nwitness w {WITNESSES[0].verifier.vkey}\nquorum w\n".encode())
NOTE = cosign(note_of(ENTRIES), WITNESSES[0], int(NOW))
OLD = note_of(ENTRIES[:100])
FLIPS = 250


def whole(path: Path) -> Path:
    return make(path, ENTRIES, note=NOTE, history=[cosign(OLD, WITNESSES[0], int(NOW) - 9)])


def part(path: Path) -> Path:
    source = open_source(whole(path.with_name("source.tar")))
    write_range(path, NOTE, 260, 280, BundleReader(source).fetch, log_keys=[LOG.verifier], since=OLD)
    return path


def subject(path: Path) -> Path:
    shown = [(at, ENTRIES[at]) for at in range(0, COUNT, 7)]
    stream = f"certificate:CNCA-R-2031-101:{0}"
    write_subject(path, NOTE, stream, shown, STORE.__getitem__, log_keys=[LOG.verifier], since=OLD)
    return path


KINDS: dict[str, Callable[[Path], Path]] = {"whole": whole, "part": part, "subject": subject}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("suffix", ["", ".tar"])
def test_no_single_changed_byte_leaves_a_bundle_sound(tmp_path: Path, kind: str, suffix: str) -> None:
    path = KINDS[kind](tmp_path / f"b{suffix}")
    assert check(path, policy=POLICY, since=OLD).result == Result.SOUND
    dice = random.Random(f"{kind}{suffix}")
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    for number in range(FLIPS):
        victim = files[number % len(files)]
        raw = victim.read_bytes()
        at, change = dice.randrange(len(raw)), dice.randrange(1, 256)
        victim.write_bytes(raw[:at] + bytes([raw[at] ^ change]) + raw[at + 1 :])
        result = check(path, policy=POLICY, since=OLD).result
        assert result is not Result.SOUND, (victim, at, change)
        victim.write_bytes(raw)


@pytest.mark.parametrize("kind", KINDS)
def test_a_bundle_cut_short_anywhere_is_never_sound(tmp_path: Path, kind: str) -> None:
    path = KINDS[kind](tmp_path / "b.tar")
    raw = path.read_bytes()
    dice = random.Random(kind)
    for length in [0, 1, 511, 512, len(raw) - 1, *(dice.randrange(len(raw)) for _ in range(60))]:
        path.write_bytes(raw[:length])
        # The zeroes at the end of a tar hold nothing that could be missing.
        if raw[length:].strip(b"\0"):
            assert check(path, policy=POLICY).result is not Result.SOUND, length


def tar_of(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for info, data in members:
            info.size = len(data) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(data))
    return path


def named(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "member",
    [
        named("../../../../tmp/escaped"),
        named("/etc/escaped"),
        named("tile/../../escaped"),
        named("checkpoint", tarfile.SYMTYPE, "/etc/passwd"),
        named("checkpoint", tarfile.LNKTYPE, "manifest.json"),
        named("checkpoint", tarfile.CHRTYPE),
        named("checkpoint", tarfile.FIFOTYPE),
    ],
)
def test_a_tar_that_leads_outside_writes_nothing_and_is_not_sound(tmp_path: Path, member: tarfile.TarInfo) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    path = tar_of(folder / "b.tar", (member, b"x"), (named("manifest.json"), b"{}"))
    before = sorted(tmp_path.rglob("*"))
    assert check(path).result in {Result.UNREADABLE, Result.TAMPERED}
    assert sorted(tmp_path.rglob("*")) == before


def rewrite(path: Path, name: str, data: bytes) -> None:
    """Replace a file and its digest, as one who makes a bundle to mislead would."""
    (path / name).parent.mkdir(parents=True, exist_ok=True)
    (path / name).write_bytes(data)
    manifest = json.loads((path / "manifest.json").read_bytes())
    manifest["files"][name] = sha256(data).hexdigest()
    (path / "manifest.json").write_bytes(canonical_json(manifest))


def deep(depth: int) -> bytes:
    return b'{"event":' + b"[" * depth + b"]" * depth + b',"record":{},"signatures":[]}'


@pytest.mark.parametrize("kind", KINDS)
def test_deep_huge_and_strange_contents_end_in_a_verdict(tmp_path: Path, kind: str) -> None:
    path = KINDS[kind](tmp_path / "b")
    entry = "entry/7" if kind == "subject" else "tile/entries/001.p/44"
    contents = [b"", b"\xff" * 70_000, deep(30_000), b"[" * 60_000, b"\0" * 1_000_000, b'{"a":1e999999}', b"9" * 60_000]
    for name in (entry, "proof/7", "checkpoint", "keys.json", "manifest.json", "tile/0/001.p/44", "consistency/100"):
        if name not in {each.relative_to(path).as_posix() for each in path.rglob("*")}:
            continue
        kept = (path / name).read_bytes(), (path / "manifest.json").read_bytes()
        for content in contents:
            if name == "manifest.json":
                (path / name).write_bytes(content)
            else:
                rewrite(path, name, content)
            assert check(path, policy=POLICY, since=OLD).result is not Result.SOUND, (name, content[:20])
        (path / name).write_bytes(kept[0])
        (path / "manifest.json").write_bytes(kept[1])
    assert check(path, policy=POLICY, since=OLD).result is Result.SOUND


def test_numbers_without_measure_neither_hang_nor_fill_the_memory(tmp_path: Path) -> None:
    path = subject(tmp_path / "b")
    manifest = json.loads((path / "manifest.json").read_bytes())
    for index in (2**63 - 1, 2**63, 10**18):
        rewrite(path, f"entry/{index}", ENTRIES[7])
        rewrite(path, f"proof/{index}", (path / "proof/7").read_bytes())
    report = check(path, policy=POLICY)
    assert report.result is Result.TAMPERED
    assert "ENTRY_NOT_PROVED" in {each.code for each in report.findings}
    ranged = part(tmp_path / "c")
    for shown in ([0, 2**63 - 1], [2**62, 2**63 - 1], [0, 0], [5, 1], [-1, 5], ["0", 5], [0, 1, 2], [0, True]):
        manifest = json.loads((ranged / "manifest.json").read_bytes()) | {"range": shown}
        (ranged / "manifest.json").write_bytes(canonical_json(manifest))
        assert check(ranged, policy=POLICY).result is not Result.SOUND, shown


def test_a_bundle_that_says_it_is_a_part_does_not_pass_for_the_whole(tmp_path: Path) -> None:
    path = part(tmp_path / "b")
    report = check(path, policy=POLICY)
    assert (report.result, report.scope, report.as_json()["scope"]) == (Result.SOUND, "range", "range")
    assert any("alone were checked" in note for note in report.notes)
    manifest = json.loads((path / "manifest.json").read_bytes())
    del manifest["range"]
    (path / "manifest.json").write_bytes(canonical_json(manifest))
    assert check(path, policy=POLICY).result is Result.INCOMPLETE


def test_an_entry_of_another_index_or_log_does_not_pass_under_a_good_proof(tmp_path: Path) -> None:
    path = subject(tmp_path / "b")
    proof = (path / "proof/7").read_bytes()
    rewrite(path, "proof/14", proof)
    assert {"ENTRY_NOT_PROVED"} == {each.code for each in check(path, policy=POLICY).findings}
    other = subject(tmp_path / "c")
    rewrite(other, "entry/7", digested(event(7).replace("件".encode(), "号".encode())))
    found = [(each.code, each.first) for each in check(other, policy=POLICY).findings]
    assert found == [("ENTRY_NOT_PROVED", 7)]


def test_the_verifier_as_a_command_ends_in_time_on_hostile_material(tmp_path: Path) -> None:
    path = whole(tmp_path / "b")
    os.mkfifo(path / "tile/entries/zzz")
    (path / "loop").symlink_to(path)
    done = subprocess.run(
        [sys.executable, "-m", "ledger.evidence", "verify", str(path), "--json"],
        cwd=REPOSITORY,
        capture_output=True,
        timeout=60,
        check=False,
        env={"PATH": os.environ["PATH"]},
    )
    assert done.returncode in {0, 1, 2, 3}
    assert json.loads(done.stdout)["result"] == done.returncode
    assert done.stderr == b""
