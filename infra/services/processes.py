"""One supervisor per run folder: what it started is restarted when it falls, and gone when it ends."""

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import IO, Protocol, Self

import structlog

from infra.services.errors import ServiceUnavailableError
from infra.services.places import open_folder
from infra.services.spawn import end, spawn

_STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 10.0
_STEADY_AFTER = 30.0
_WATCH_EVERY = 0.2

log = structlog.get_logger(__name__)


class Service(Protocol):
    """Anything the supervisor can keep running; the embedded servers are such services, and so is a child."""

    def start(self) -> None:
        """Return when it serves; raise ServiceUnavailableError or OSError if it can not."""

    def stop(self) -> None:
        """End it, cleanly if it still runs."""

    def is_running(self) -> bool:
        """Whether it is alive now."""


class ChildProcess:
    """A command in a process group of its own, its output in a log file; killed if we are killed."""

    def __init__(self, argv: Sequence[str], log_file: Path, env: Mapping[str, str] | None = None) -> None:
        self._argv = list(argv)
        self._log_file = log_file
        self._environment = dict(env or {})
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the command; `env` is laid over our own environment."""
        environment = os.environ | {"PYTHONUNBUFFERED": "1"} | self._environment
        self._process = spawn(self._argv, log=self._log_file, death_signal=signal.SIGKILL, environment=environment)

    def ask_to_stop(self) -> None:
        """Send SIGTERM and do not wait."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def stop(self) -> None:
        """SIGTERM, ten seconds, then SIGKILL to whatever is left in its process group."""
        if self._process is None:
            return
        end(self._process, signal.SIGTERM, patience=10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process = None

    def is_running(self) -> bool:
        """Whether the command is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The command's process id, None while it is down."""
        return self._process.pid if self._process is not None else None


@dataclass
class _Watched:
    name: str
    service: Service
    started_at: float = 0.0
    pause: float = _FIRST_PAUSE
    retry_at: float | None = None


class Supervisor:
    """Starts services in order, restarts what falls (after 0.25 s, doubling to 10 s), stops in reverse order.

    Use as a context manager in the main thread: entering takes the run folder's lock, leaving stops it all.
    """

    def __init__(self, run_dir: Path) -> None:
        self.run_dir = run_dir.absolute()
        self._watched: list[_Watched] = []
        self._lock: IO[str] | None = None
        self._previous_handlers: dict[signal.Signals, object] = {}

    def add(self, name: str, argv: Sequence[str], env: Mapping[str, str] | None = None) -> ChildProcess:
        """Add a command; its output goes to `<run_dir>/log/<name>.log`."""
        child = ChildProcess(argv, self.run_dir / "log" / f"{name}.log", env)
        self._watched.append(_Watched(name, child))
        return child

    def attach(self, name: str, service: Service) -> None:
        """Add a service, already started or not; it is watched and stopped like a command."""
        self._watched.append(_Watched(name, service))

    def acquire(self) -> None:
        """Take the run folder's lock; raises ServiceUnavailableError if another supervisor holds it."""
        if self._lock is not None:
            return
        open_folder(self.run_dir)
        lock = (self.run_dir / "supervisor.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip()
            lock.close()
            raise ServiceUnavailableError(
                f"{self.run_dir} 已被另一个 certledger run 使用（进程 {holder}）。"
                "请先停止它，或另设 CERTLEDGER_RUN_DIR。",
                f"{self.run_dir} is in use by another `certledger run` (process {holder}). "
                "Stop that one first, or set CERTLEDGER_RUN_DIR.",
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        for each in _STOPPING_SIGNALS:
            self._previous_handlers[each] = signal.signal(each, _interrupt)

    def start(self) -> None:
        """Start whatever is not running yet, in the order of addition."""
        self.acquire()
        for watched in self._watched:
            if not watched.service.is_running():
                watched.service.start()
            watched.started_at = time.monotonic()

    def wait(self) -> None:
        """Watch and restart until Ctrl-C, SIGTERM or SIGHUP arrives."""
        try:
            while True:
                for watched in self._watched:
                    self._watch(watched)
                time.sleep(_WATCH_EVERY)
        except KeyboardInterrupt:
            log.info("supervisor.stopping")

    def stop(self) -> None:
        """Stop everything in reverse order, undisturbed by further Ctrl-C, then let go of the run folder."""
        for each in self._previous_handlers:
            signal.signal(each, signal.SIG_IGN)
        services = [watched.service for watched in reversed(self._watched)]
        # Commands stop side by side; the servers they use come after, one by one.
        commands = [service for service in services if isinstance(service, ChildProcess)]
        for command in commands:
            command.ask_to_stop()
        for command in commands:
            command.stop()
        for service in services:
            service.stop()
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        for each, handler in self._previous_handlers.items():
            signal.signal(each, handler)  # type: ignore[arg-type]  # as signal.signal returned it
        self._previous_handlers.clear()

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _watch(self, watched: _Watched) -> None:
        now = time.monotonic()
        if watched.service.is_running():
            if now - watched.started_at > _STEADY_AFTER:
                watched.pause = _FIRST_PAUSE
            return
        if watched.retry_at is None:
            watched.retry_at = now + watched.pause
            log.warning("supervisor.fell", name=watched.name, restart_in_seconds=watched.pause)
            watched.pause = min(watched.pause * 2, _LONGEST_PAUSE)
        elif now >= watched.retry_at:
            watched.retry_at = None
            try:
                watched.service.start()
            except (ServiceUnavailableError, OSError) as error:
                log.error("supervisor.restart_failed", name=watched.name, error=str(error))  # noqa: TRY400 - the text says it all
            watched.started_at = time.monotonic()


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
