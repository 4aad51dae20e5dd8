import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.logs import log, notarised_template

__all__ = ["log", "notarised_template", "oracle"]

HERE = Path(__file__).parent
GO = shutil.which("go")


def go(*arguments: str, folder: Path, timeout: int) -> subprocess.CompletedProcess[str]:
    assert GO is not None
    return subprocess.run(
        [GO, *arguments],
        cwd=folder,
        env={**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false -mod=readonly"},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Go's own transparency log as a program; skipped where there is no Go."""
    if GO is None:
        pytest.skip("go is not installed")
    if (fetched := go("mod", "download", folder=HERE, timeout=120)).returncode:
        pytest.skip(f"golang.org/x/mod cannot be fetched: {fetched.stderr[-200:]}")
    program = tmp_path_factory.mktemp("oracle") / "oracle"
    built = go("build", "-o", str(program), ".", folder=HERE, timeout=240)
    assert built.returncode == 0, built.stderr
    return program
