"""A child never outlives the process that started it, however that one ends, and never sees its Ctrl-C.

The kernel's parent-death signal (prctl(2) PR_SET_PDEATHSIG) is bound to the *thread* that forked, so all
children are forked by one thread that lives as long as the process.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

LOOPBACK = "127.0.0.1"
_LARGEST_LOG = 16 * 1024 * 1024
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Identity:
    """The numeric user and group a child runs as."""

    uid: int
    gid: int


@lru_cache(maxsize=1)
def _forking_thread(_process: int) -> ThreadPoolExecutor:
    # Keyed by process id: a forked copy of this process has no such thread and needs its own.
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawn")


def _die_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    def in_child() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return in_child


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    death_signal: signal.Signals,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    identity: Identity | None = None,
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own, its output appended to `log`; it gets `death_signal` if we die.

    `environment` replaces ours when given; `identity` is for root only. Raises OSError as Popen does.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LARGEST_LOG:
        log.replace(log.with_name(log.name + ".1"))

    def popen() -> subprocess.Popen[bytes]:
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - argv comes from this package, never from a request
                [str(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment) if environment is not None else None,
                cwd=folder,
                start_new_session=True,
                user=identity.uid if identity else None,
                group=identity.gid if identity else None,
                extra_groups=[] if identity else None,
                # Only async-signal-safe work on a library that was loaded before the fork.
                preexec_fn=_die_with(os.getpid(), death_signal),  # noqa: PLW1509 - see the line above
            )

    return _forking_thread(os.getpid()).submit(popen).result()


def runs(pid: int, marker: str) -> bool:
    """Whether `pid` is a live process whose command line holds `marker` (a recycled id is not it)."""
    try:
        return os.fsencode(marker) in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def children_of(parent: int) -> list[int]:
    """List the ids of the direct children of a process."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = entry.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[1]) == parent:
            found.append(int(entry.parent.name))
    return found


def retire(pid: int, marker: str, stop_signal: signal.Signals, patience: float = 20.0) -> None:
    """Ask a server that an earlier run left behind to end, force it after `patience` seconds, and wait."""
    if not runs(pid, marker):
        return
    os.kill(pid, stop_signal)
    deadline = time.monotonic() + patience
    while runs(pid, marker):
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def end(process: subprocess.Popen[bytes], stop_signal: signal.Signals, patience: float) -> int:
    """Stop a child and reap it; SIGKILL after `patience` seconds. Returns its exit status."""
    if process.poll() is None:
        process.send_signal(stop_signal)
        try:
            return process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Find loopback ports that are free at this moment, all different."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind((LOOPBACK, 0))
        return [int(probe.getsockname()[1]) for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def tail(log: Path, lines: int = 8) -> str:
    """Return the last lines of a log, for an error message."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
