"""An erasure is killed before each of its round trips; PostgreSQL alone decides whether it happened."""

import subprocess
import sys

import pytest

from tests.support.consumers import ROOT

pytestmark = pytest.mark.timeout(280)


def test_killed_at_any_step_an_erasure_is_whole_or_not_at_all_and_is_said_once(database_url: str) -> None:
    command = [sys.executable, "-m", "tests.support.erasure_kills", database_url]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=270, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout.split()[-1]) >= 20, "the steps are not counted any more"
