"""The verbs as an operator types them: refusals in both languages, exit codes, and the act that lets signing go on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import orjson
import psycopg
import pytest

from infra.log_key import make_key
from infra.notary_folder import ACTS, LAST_SIGNED, STOPPED, NotaryFolder
from infra.open_ledger import open_ledger
from ledger.evidence.notes import parse_checkpoint, parse_note, parse_vkey
from ledger.service import Ledger
from tests.support.consumers import ROOT, history, record
from tests.support.notaries import newest_size
from tests.support.tampering import as_superuser
from tests.support.waiting import eventually


class Operator:
    """Somebody at a command line."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.environment = os.environ | {"CERTLEDGER_DATABASE_URL": url, "CERTLEDGER_RUN_DIR": str(folder)}

    def verb(self, *words: str, code: int = 0, **settings: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "api.cli", *words],
            cwd=ROOT,
            env=self.environment | settings,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout + (done.stderr if code else "")

    def sign(self, size: int) -> None:
        """Run the notary until so many events are signed, then stop it as a supervisor does."""
        process = subprocess.Popen([sys.executable, "-m", "api.cli", "notary"], cwd=ROOT, env=self.environment)
        try:
            eventually(lambda: newest_size(self.url) == size, 60)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()

    @property
    def notary(self) -> NotaryFolder:
        return NotaryFolder(self.folder / "notary")


@pytest.fixture
def operator(database_url: str, tmp_path: Path) -> Operator:
    return Operator(database_url, tmp_path)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    ledger = open_ledger(database_url)
    yield ledger
    ledger.close()


def test_a_key_is_made_at_the_first_start_and_signs_what_is_recorded(ledger: Ledger, operator: Operator) -> None:
    record(ledger, history([f"A{number:05}" for number in range(300)], 1), batch=150)
    operator.sign(300)
    vkey = operator.verb("log-key").strip()
    kept = operator.notary.load()
    assert kept is not None
    assert parse_note(kept).verify([parse_vkey(vkey)])
    assert (operator.folder / "notary" / "log.key").stat().st_mode & 0o777 == 0o600
    assert "完好 / sound" in operator.verb("scrub", "--once")


def test_a_further_key_of_the_log_signs_every_checkpoint_from_then_on(ledger: Ledger, operator: Operator) -> None:
    record(ledger, history([f"A{number:05}" for number in range(20)], 1), batch=20)
    operator.sign(20)
    keys = [parse_vkey(each) for each in operator.verb("log-key", "--add", "ml-dsa-44").splitlines()]
    assert [each.kind for each in keys] == [0x01, 0x06]
    assert operator.verb("log-key").splitlines() == [each.vkey for each in keys]
    record(ledger, history([f"B{number:05}" for number in range(20)], 1), batch=20)
    operator.sign(40)
    kept = operator.notary.load()
    assert kept is not None
    assert parse_note(kept).verify(keys).keys() == set(keys)
    assert "完好 / sound" in operator.verb("scrub", "--once")
    policy = operator.folder / "policy"
    policy.write_text("".join(f"log {each.vkey}\n" for each in keys) + "quorum none\n")
    bundle = str(operator.folder / "bundle")
    operator.verb("export", bundle, "--all")
    assert "完好 / sound" in operator.verb("verify", bundle, "--policy", str(policy))


def test_after_a_restored_backup_signing_goes_on_only_on_the_record(ledger: Ledger, operator: Operator) -> None:
    record(ledger, history([f"A{number:05}" for number in range(100)], 1), batch=100)
    operator.sign(100)
    record(ledger, history([f"B{number:05}" for number in range(100)], 1), batch=100)
    operator.sign(200)
    as_superuser(
        operator.url,
        "DELETE FROM ledger_events WHERE notification_id > 100",
        "DELETE FROM notary.checkpoint WHERE size > 100",
        "UPDATE notary.tile SET hashes = substr(hashes, 1, 100 * 32)",
    )
    told = operator.verb("notary", code=1)
    assert "ROLLED_BACK" in told
    assert "拒绝签署" in told
    assert "Signing is refused" in told
    assert "--accept" in told
    report = orjson.loads(operator.verb("scrub", "--once", "--json", code=1))
    assert "ROLLED_BACK" in {each["code"] for each in report["findings"]}
    operator.verb("notary", "--accept", " ", code=2)
    assert "acts.jsonl" in operator.verb("notary", "--accept", "the backup of 03:00 is what counts")
    act = orjson.loads((operator.folder / "notary" / ACTS).read_bytes())
    assert act["reason"] == "the backup of 03:00 is what counts"
    assert act["findings"][0]["code"] == "ROLLED_BACK"
    assert parse_checkpoint(parse_note(act["last_signed_before"].encode()).text).size == 200
    assert list((operator.folder / "notary").glob(f"{LAST_SIGNED}.2*")), "what was signed before is kept"
    assert not (operator.folder / "notary" / STOPPED).exists()
    with closing(open_ledger(operator.url)) as fresh:
        record(fresh, history([f"C{number:05}" for number in range(50)], 1))
    operator.sign(150)
    with psycopg.connect(operator.url) as connection:
        rows = connection.execute("SELECT cleared IS NOT NULL, reason FROM notary.alarm").fetchall()
    assert rows
    assert all(row == (True, "the backup of 03:00 is what counts") for row in rows)


def test_there_is_nothing_to_accept_where_nothing_is_wrong(ledger: Ledger, operator: Operator) -> None:
    record(ledger, history(["A00001"], 1))
    operator.sign(1)
    assert "nothing to accept" in operator.verb("notary", "--accept", "just so")
    assert not (operator.folder / "notary" / ACTS).exists()


def test_the_scrubber_in_the_notary_s_process_ends_it_when_an_event_was_edited(
    ledger: Ledger, operator: Operator
) -> None:
    record(ledger, history([f"A{number:05}" for number in range(50)], 1))
    operator.sign(50)
    as_superuser(operator.url, "UPDATE ledger_events SET state = state || ' ' WHERE notification_id = 7")
    told = operator.verb("notary", code=1)
    assert "ENTRY_EDITED" in told
    assert "index 6" in told
    assert "SIGNING_STOPPED" in operator.verb("notary", code=1)


def test_production_makes_no_key_by_itself(operator: Operator) -> None:
    safe = {"CERTLEDGER_ENVIRONMENT": "production", "CERTLEDGER_OIDC_ISSUER": "https://identity.example.cn"}
    told = operator.verb("notary", code=3, **safe)
    assert "certledger log-key --make" in told
    # One that development left behind is not taken either.
    make_key(operator.folder / "notary" / "log.key", "ledger.example.cn/test")
    assert "certledger log-key --make" in operator.verb("notary", code=3, **safe)
    made = operator.folder / "secret.key"
    named = {**safe, "CERTLEDGER_LOG_KEY": str(made)}
    assert operator.verb("log-key", "--make", "ledger.example.cn/2031", **named).startswith("ledger.example.cn/2031+")
    operator.verb("log-key", "--make", "ledger.example.cn/2031", code=2, **named)
    made.chmod(0o640)
    assert "chmod 600" in operator.verb("log-key", code=3, **named)
    made.chmod(0o600)
    made.write_text("PRIVATE+KEY+nonsense")
    assert "PRIVATE+KEY+name+id+key" in operator.verb("log-key", code=3, **named)
    operator.verb("log-key", "--make", "two words", code=3, CERTLEDGER_LOG_KEY=str(operator.folder / "other.key"))
    assert not (operator.folder / "other.key").exists()
