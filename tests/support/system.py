"""The whole ledger as it runs in production, in processes of its own, each of which a test may kill."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from api.cli.tell import prepare_views
from api.http.tokens import make_tokens
from infra.migrations import migrate
from infra.services.kafka import EmbeddedKafka
from infra.services.postgres import EmbeddedPostgres
from infra.services.topics import ensure_topics
from tests.support.statements import BODY
from tests.support.waiting import eventually

PROCESSES = (
    "serve",
    "notary",
    "status-map",
    "relay",
    "intake",
    "project register history",
    "project trail search access keys",
    "project authorities ledgers cases trace archive",
    "project inspections notices deadlines warnings mechanisms",
    "policies",
)


class System:
    """PostgreSQL, Kafka and every process of ours, or those that are named, under one folder."""

    def __init__(self, folder: Path, processes: tuple[str, ...] = PROCESSES) -> None:
        self.folder, self._processes = folder, processes
        self.postgres = EmbeddedPostgres(folder / "postgres")
        self.kafka = EmbeddedKafka(folder / "kafka")
        self.port = free_port()
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return self.postgres.url("certledger")

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.postgres.start()
        self.postgres.create_database("certledger")
        migrate(self.url)
        prepare_views(self.url)
        self.kafka.start()
        ensure_topics(self.kafka.bootstrap)
        make_tokens(self.folder, ["CNCA", "CCAA", BODY])
        for name in self._processes:
            self.start(name)
        self.wait_until_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            for log in sorted(self.folder.glob("*.log")):
                print(f"--- {log.name}", *log.read_text("utf-8", "replace").splitlines()[-15:], sep="\n")
        for name in list(self._running):
            self.stop(name)
        self.kafka.stop()
        self.postgres.stop()

    def start(self, name: str) -> None:
        environment = os.environ | {
            "CERTLEDGER_DATABASE_URL": self.url,
            "CERTLEDGER_KAFKA": self.kafka.bootstrap,
            "CERTLEDGER_RUN_DIR": str(self.folder),
            "CERTLEDGER_HTTP_PORT": str(self.port),
            "CERTLEDGER_MAP_ROOT_SECONDS": "2",
            "PYTHONUNBUFFERED": "1",
        }
        log = (self.folder / f"{name.replace(' ', '-')}.log").open("ab")
        with log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", "api.cli", *name.split()], env=environment, stdout=log, stderr=log
            )

    def kill(self, name: str) -> None:
        process = self._running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self, name: str) -> None:
        process = self._running.pop(name)
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def resident_megabytes(self, name: str) -> float:
        status = Path(f"/proc/{self._running[name].pid}/status").read_text("ascii")
        kilobytes = next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]
        return int(kilobytes) / 1024

    def token(self, party: str) -> str:
        rows = dict(line.split(" ", 1) for line in (self.folder / "tokens.txt").read_text("utf-8").splitlines())
        return rows[party].strip()

    def wait_until_ready(self) -> None:
        def ready() -> bool:
            try:
                return httpx.get(f"{self.address}/readyz", timeout=2).status_code == 200
            except httpx.TransportError:
                return False

        eventually(ready, 60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
