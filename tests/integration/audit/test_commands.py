import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from api.http.tokens import make_tokens
from ledger.evidence.notes import parse_checkpoint, parse_note, parse_vkey
from ledger.principals import AUDITOR
from tests.integration.audit.conftest import OLD, SUBJECT, Log
from tests.integration.audit.test_live_log import live
from tests.integration.http.conftest import Running
from tests.unit.evidence.making import LOG, note_of

__all__ = ["live"]


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    path = tmp_path / "policy"
    path.write_text(f"log {LOG.verifier.vkey}\nquorum none\n")
    return path


def run(log: Log, folder: Path, *words: object, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", *map(str, words)],
        env=os.environ | {"CERTLEDGER_DATABASE_URL": log.url, "CERTLEDGER_RUN_DIR": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def test_an_auditor_exports_verifies_and_replays_by_the_command_line(log: Log, tmp_path: Path, trust: Path) -> None:
    size = parse_checkpoint(parse_note(log.notes[-1]).text).size
    (tmp_path / "old").write_bytes(log.notes[0])
    said = json.loads(run(log, tmp_path, "export", tmp_path / "b.tar", "--all", "--policy", trust, "--json"))
    assert (said["entries"], said["size"]) == (size, size)
    good = run(log, tmp_path, "verify", tmp_path / "b.tar", "--policy", trust, "--since", tmp_path / "old")
    assert "完好 / sound" in good
    run(log, tmp_path, "verify", tmp_path / "b.tar", "--max-age", 1, code=3)
    run(log, tmp_path, "verify", trust, code=2)
    run(log, tmp_path, "verify", "--nonsense", code=4)
    whole = json.loads(run(log, tmp_path, "replay", tmp_path / "b.tar", "--as-of", "2031-06-01", "--json", "--states"))
    assert (whole["position"], len(whole["states"])) == (size, whole["certificates"])
    assert [each["status"] for each in whole["states"] if each["stream"] == SUBJECT] == ["suspended"]
    one = tmp_path / "one"
    run(log, tmp_path, "export", one, "--subject", SUBJECT, "--policy", trust, "--since", tmp_path / "old")
    assert "SHA-256" in run(log, tmp_path, "replay", one, "--as-of", "2031-06-01")
    run(log, tmp_path, "export", tmp_path / "part", "--range", f"{OLD}:{OLD + 9}", "--policy", trust)
    assert "version" in run(log, tmp_path, "replay", tmp_path / "part", code=2)
    part = json.loads(run(log, tmp_path, "verify", tmp_path / "part", "--policy", trust, "--json"))
    assert (part["scope"], part["result"]) == ("range", 0)


def test_who_errs_at_the_command_line_is_told_what_to_do(log: Log, tmp_path: Path, trust: Path) -> None:
    wrong: list[tuple[list[object], int, str]] = [
        (["export", tmp_path / "b"], 2, "--subject"),
        (["export", tmp_path / "b", "--all", "--range", "1:2"], 2, "--subject"),
        (["export", tmp_path / "b", "--range", "9:2"], 2, "A:B"),
        (["export", tmp_path / "b", "--all", "--as-of-checkpoint", 7], 1, "no checkpoint of size 7"),
        (["export", tmp_path / "b", "--subject", "body:nobody"], 1, "no entry of body:nobody"),
        (["export", trust, "--all"], 1, "exists"),
        (["export", tmp_path / "b", "--all", "--url", "http://127.0.0.1:1"], 2, "--policy"),
        (["export", tmp_path / "b", "--all", "--url", "http://127.0.0.1:1", "--policy", trust], 1, "/checkpoint"),
        (["replay", tmp_path / "nothing"], 2, "cannot be opened"),
        (["replay", trust, "--as-of", "yesterday"], 2, "YYYY-MM-DD"),
        (["replay", trust, "--known-at", "noon"], 2, "2031-03-05T09:00:00+08:00"),
        (["watch", "http://127.0.0.1:1", "--policy", tmp_path / "nothing"], 4, "nothing"),
        (["witness", "--state", tmp_path / "w", "--log", "no vkey"], 2, "vkey"),
    ]
    env = {"CERTLEDGER_DATABASE_URL": log.url, "CERTLEDGER_RUN_DIR": str(tmp_path), "COLUMNS": "200"}
    for words, code, told in wrong:
        done = CliRunner().invoke(app, list(map(str, words)), env=env)
        assert (done.exit_code, told in done.output + str(done.stderr)) == (code, True), (words, done.output)
    assert not (tmp_path / "b").exists()


def test_a_live_log_is_exported_digested_and_watched_by_the_command_line(
    log: Log, live: Running, tmp_path: Path, trust: Path
) -> None:
    address = str(live.client.base_url)
    watch = ["watch", address, "--policy", trust, "--state", tmp_path / "kept", "--once"]
    assert "seen for the first time" in run(log, tmp_path, *watch)
    assert "完好 / sound" in run(log, tmp_path, *watch)
    assert (tmp_path / "kept").read_bytes() == log.notes[-1]
    (tmp_path / "kept").write_bytes(note_of([b"another history"]))
    told = json.loads(run(log, tmp_path, *watch, "--json", code=1))
    assert [each["code"] for each in told["findings"]] == ["INCONSISTENT"]
    assert len(list(tmp_path.glob("kept.evidence-*"))) == 1
    make_tokens(tmp_path, [AUDITOR])
    run(log, tmp_path, "export", tmp_path / "b", "--all", "--url", address, "--policy", trust, "--as", AUDITOR, code=1)


def test_a_witness_shows_its_key_and_keeps_it(log: Log, tmp_path: Path) -> None:
    words = ["witness", "--state", tmp_path / "w", "--name", "witness.example/mine", "--key"]
    first = run(log, tmp_path, *words)
    assert run(log, tmp_path, *words) == first
    key = parse_vkey(first.strip())
    assert (key.name, key.kind) == ("witness.example/mine", 4)
    assert (tmp_path / "w/witness.key").stat().st_mode & 0o077 == 0
