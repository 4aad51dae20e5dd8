"""The verifier where there is nothing: no network, and a virtual environment that holds ``cryptography`` alone."""

import os
import shutil
import subprocess
import sysconfig
import venv
from importlib.metadata import distribution
from pathlib import Path

import pytest

import ledger.evidence
from tests.support.services import unavailable
from tests.unit.evidence.making import LOG, event, events, make, note_of

NEEDED = ("cryptography", "cffi", "pycparser")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new virtual environment with the installed ``cryptography``, what it needs, and ``ledger.evidence``."""
    home = tmp_path_factory.mktemp("bare") / "venv"
    venv.create(home, symlinks=True, with_pip=False)
    python = home / "bin/python"
    place = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    )
    for name in NEEDED:
        found = distribution(name)
        for file in found.files or ():
            source = Path(str(found.locate_file(file)))
            if ".." not in file.parts and source.is_file() and source.suffix != ".pyc":
                (place / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, place / file)
    (place / "ledger").mkdir()
    (place / "ledger/__init__.py").touch()
    shutil.copytree(Path(ledger.evidence.__file__).parent, place / "ledger/evidence")
    return python


@pytest.fixture(scope="module")
def cut_off() -> list[str]:
    """The words before a command that take its network away."""
    unshare = shutil.which("unshare") or "unshare"
    ways = [["-n"], ["-rn"]] if shutil.which("unshare") else []
    allowed = [each for each in ways if subprocess.run([unshare, *each, "true"], check=False).returncode == 0]
    if not allowed:
        unavailable("this machine does not let a process give up its network (unshare -n)")
    return [unshare, *allowed[0]]


def verify(bare: Path, cut_off: list[str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*cut_off, str(bare), "-I", "-m", "ledger.evidence", "verify", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd="/",
        env={"PATH": os.environ["PATH"], "LANG": "C"},
    )


def test_there_is_no_network_and_nothing_but_cryptography(bare: Path, cut_off: list[str]) -> None:
    program = (
        "import importlib.metadata as m, socket, sys\n"
        "print(sorted(each.metadata['Name'] for each in m.distributions()))\n"
        "try: socket.create_connection(('127.0.0.1', 9), 1)\n"
        "except OSError as error: print(error.errno)\n"
        "print(len(socket.if_nameindex()))\n"
    )
    done = subprocess.run([*cut_off, str(bare), "-I", "-c", program], capture_output=True, text=True, check=True)
    names, refused, interfaces = done.stdout.splitlines()
    assert names == str(sorted(NEEDED))
    # The loopback of an empty network is down.
    assert (refused, interfaces) == ("101", "1")
    assert sysconfig.get_path("purelib") not in done.stdout


def test_every_verdict_is_reached_there(tmp_path: Path, bare: Path, cut_off: list[str]) -> None:
    tmp_path.chmod(0o755)
    truth = events(600)
    make(tmp_path / "good.tar", truth)
    make(tmp_path / "bad", [*truth[:400], event(9_000), *truth[401:]], truth)
    (tmp_path / "policy").write_text(f"log {LOG.verifier.vkey}\nquorum none\n")
    (tmp_path / "old").write_bytes(note_of(truth[:9]))
    trust = ["--policy", str(tmp_path / "policy"), "--since", str(tmp_path / "old")]
    sound = verify(bare, cut_off, str(tmp_path / "good.tar"), *trust)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert "完好 / sound" in sound.stdout
    assert verify(bare, cut_off, str(tmp_path / "bad"), *trust).returncode == 1
    assert verify(bare, cut_off, str(tmp_path / "policy")).returncode == 2
    assert verify(bare, cut_off, str(tmp_path / "good.tar"), "--max-age", "1").returncode == 3
    assert verify(bare, cut_off).returncode == 4
