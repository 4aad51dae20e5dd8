"""Kills a notary at its n-th step for every n, and checks after each that a restart leaves nothing wrong.

python -m tests.support.notary_kills DATABASE FOLDER first|later. A step is a round trip to the database or an
operation on a file; the process is killed before the n-th and lets the next one finish the work.
"""

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import psycopg

import consumers.notary
from api.cli.notary import log_identity
from consumers.notary import LogIdentity, Notary
from infra.leadership import AdvisoryLeadership
from infra.log_key import notary_folder
from infra.notary_folder import NotaryFolder
from infra.notary_store import PostgresNotaryStore, connect_as_notary
from infra.open_ledger import open_ledger
from infra.settings import Settings
from ledger.evidence.notes import LogSigner, parse_checkpoint
from tests.support.consumers import history, record
from tests.support.notaries import everything_fits, head, newest_size, stored_entries, true_roots
from tests.support.tampering import as_superuser

SIGNED = "signed-texts"
_FILE_OPERATIONS = ("open", "fsync", "replace", "link", "unlink", "mkdir")
_MOST_STEPS = 500


class Noting:
    """A signer that writes down what it signs before anybody can see it."""

    def __init__(self, signer: LogSigner, folder: Path) -> None:
        self.name = signer.name
        self._signer = signer
        self._descriptor = os.open(folder / SIGNED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def line(self, text: str) -> str:
        os.write(self._descriptor, text.encode() + b"\0")
        return self._signer.line(text)


class Until:
    """Ends the notary once everything is signed."""

    def __init__(self, stop: Event, size: int) -> None:
        self._stop = stop
        self._size = size

    def progress(self, _follower: str, position: int, _lag_seconds: float) -> None:
        if position >= self._size:
            self._stop.set()

    def trouble(self, _follower: str, _error: BaseException) -> None:
        pass


def sign(url: str, folder: Path, size: int) -> None:
    settings = Settings(run_dir=folder)
    own = log_identity(settings)
    stop = Event()
    Notary(
        store=PostgresNotaryStore(lambda: connect_as_notary(url)),
        memory=NotaryFolder(notary_folder(settings)),
        leadership=AdvisoryLeadership(url, "notary"),
        identity=LogIdentity(own.origin, [Noting(each, folder) for each in own.signers], own.keys),
        interval_seconds=0.01,
        observer=Until(stop, size),
    ).run(stop)


def in_child(work: Callable[[], None], kill_at: int) -> int:
    """Run in a child that kills itself before its step `kill_at` (0: never); the exit status as of waitpid."""
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    try:
        install(kill_at)
        work()
    except BaseException as error:  # noqa: BLE001 - a child must not go on as its parent
        print(repr(error), file=sys.stderr)
        os._exit(1)
    os._exit(0)


def install(kill_at: int) -> None:
    steps = 0

    def counted(operation: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **named: Any) -> Any:
            nonlocal steps
            steps += 1
            if steps == kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return operation(*args, **named)

        return step

    psycopg.Connection.wait = counted(psycopg.Connection.wait)  # type: ignore[method-assign]  # every round trip
    for name in _FILE_OPERATIONS:
        setattr(os, name, counted(getattr(os, name)))


def forget(url: str, folder: Path) -> None:
    """Make it the first start again: the log is there, the tree is not."""
    as_superuser(url, "DELETE FROM notary.checkpoint", "DELETE FROM notary.tile")
    shutil.rmtree(folder / "notary", ignore_errors=True)
    (folder / SIGNED).unlink(missing_ok=True)


def say(url: str, prefix: str, events: int) -> None:
    ledger = open_ledger(url)
    record(ledger, history([f"{prefix}{number:05}" for number in range(events)], 1), batch=500)
    ledger.close()


def check(url: str, folder: Path, size: int) -> None:
    """Everything is signed, nothing but the truth ever was, and never two roots for one size."""
    keys = log_identity(Settings(run_dir=folder)).keys
    assert everything_fits(url, folder / "notary", keys) == size
    roots = true_roots(stored_entries(url))
    for text in (folder / SIGNED).read_bytes().split(b"\0")[:-1]:
        checkpoint = parse_checkpoint(text.decode())
        assert checkpoint.root == roots[checkpoint.size], checkpoint


def main(url: str, folder: Path, which: str) -> None:
    consumers.notary._STANDBY_SECONDS = 0.01
    say(url, "BEGIN", 700)
    for step in range(1, _MOST_STEPS):
        if which == "first":
            forget(url, folder)
        else:
            say(url, f"STEP{step:03}", 40)
        size = head(url)
        status = in_child(lambda size=size: sign(url, folder, size), step)
        if os.WIFSIGNALED(status):
            before = newest_size(url)
            assert before in {0, size - 40, size}, before
            assert in_child(lambda size=size: sign(url, folder, size), 0) == 0
        else:
            assert status == 0
        check(url, folder, size)
        if not os.WIFSIGNALED(status):
            print(step - 1)
            return
    raise AssertionError("the notary takes more steps than expected")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
