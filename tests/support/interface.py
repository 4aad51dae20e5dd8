"""The HTTP interface as people meet it: the real server in its own process, over the sample reports, without Kafka."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from api.cli.tell import prepare_views
from api.http.tokens import make_tokens
from tests.support.system import free_port
from tests.support.waiting import eventually

REPORTS = Path(__file__).parents[2] / "infra" / "demo" / "reports"


@dataclass(frozen=True)
class Interface:
    """Where it listens, and the token of each party that may speak there."""

    address: str
    tokens: dict[str, str]
    folder: Path


@contextmanager
def interface(database_url: str, folder: Path, parties: list[str]) -> Iterator[Interface]:
    """Serve a migrated database, its views kept up to date, with the sample reports recorded in it."""
    port = free_port()
    environment = os.environ | {
        "CERTLEDGER_DATABASE_URL": database_url,
        "CERTLEDGER_RUN_DIR": str(folder),
        "CERTLEDGER_HTTP_PORT": str(port),
    }
    environment.pop("CERTLEDGER_KAFKA", None)
    clear = make_tokens(folder, parties)
    tokens = dict(line.split(" ", 1) for line in clear.read_text("utf-8").splitlines())
    prepare_views(database_url)
    with ExitStack() as stack:
        done = _verb(["import", str(REPORTS)], environment, folder / "import.log").wait(120)
        assert done == 1, "the samples hold faulty rows, so that the import says so"
        for verb in (["serve"], ["project"], ["notary"], ["status-map"]):
            stack.callback(_end, _verb(verb, environment, folder / f"{verb[0]}.log"))
        address = f"http://127.0.0.1:{port}"
        eventually(lambda: _keeps_up(address), 60)
        eventually(lambda: _gives_receipts(address), 60)
        yield Interface(address, tokens, folder)


def _verb(words: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "api.cli", *words], env=environment, stdout=output, stderr=output
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _gives_receipts(address: str) -> bool:
    return httpx.get(f"{address}/v1/certificates/CNCA-R-2031-101/NEVER/receipt", timeout=20).status_code == 200


def _keeps_up(address: str) -> bool:
    try:
        checks = httpx.get(f"{address}/readyz", timeout=2).json()["checks"]
    except httpx.TransportError:
        return False
    views = [each for each in checks if each["check"].startswith("view:")]
    return bool(views) and all(each["detail"].startswith("0 events") for each in views)
