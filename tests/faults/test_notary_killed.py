"""The notary is killed before each of its statements and file operations, and PostgreSQL is killed under it."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.migrations import migrate
from infra.open_ledger import open_ledger
from infra.services.postgres import EmbeddedPostgres
from tests.support.consumers import ROOT, history, record
from tests.support.notaries import everything_fits, newest_size, notarised
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(280)


@pytest.mark.parametrize(("which", "least"), [("first", 30), ("later", 25)])
def test_killed_at_any_step_the_next_start_leaves_no_gap_no_fork_and_nothing_signed_unchecked(
    database_url: str, tmp_path: Path, which: str, least: int
) -> None:
    command = [sys.executable, "-m", "tests.support.notary_kills", database_url, str(tmp_path), which]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=270, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[-1]) >= least, "the steps are not counted any more"


def test_postgresql_killed_under_the_notary_loses_and_doubles_nothing(service_dir: Path, tmp_path: Path) -> None:
    with EmbeddedPostgres(service_dir / "postgres") as server:
        url = server.create_database("killed")
        migrate(url)
        with notarised(url, tmp_path / "notary"):
            for number in range(5):
                ledger = open_ledger(url)
                record(ledger, history([f"K{number}N{each:05}" for each in range(300)], 1), batch=150)
                ledger.close()
                # While it is busy with what was just recorded.
                server.kill()
                server.start()
            eventually(lambda: newest_size(url) == 1_500, 60)
        assert everything_fits(url, tmp_path / "notary") == 1_500
