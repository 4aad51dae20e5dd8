"""The embedded Kafka is one KRaft node on loopback that holds copies only: wiping it loses no fact."""

import base64
import contextlib
import os
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from infra.services.errors import ServiceUnavailableError
from infra.services.java import PACKAGED, class_archive, default_cache, fetch_jars, java_missing, java_program
from infra.services.spawn import LOOPBACK, end, free_ports, is_free, retire, runs, spawn, tail

_START_ATTEMPTS = 3
_PATIENCE = 90.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class BrokerSecurity:
    """How the broker is guarded: its listener's protocol, the properties it needs, and credentials to try it with."""

    listener: str = "PLAINTEXT"
    properties: Mapping[str, str] = field(default_factory=dict, repr=False)
    format_arguments: tuple[str, ...] = field(default=(), repr=False)
    credentials: Mapping[str, object] = field(default_factory=dict, repr=False)


OPEN = BrokerSecurity()


class EmbeddedKafka:
    """One Apache Kafka broker and controller on 127.0.0.1 whose data and ports live under `data_dir`.

    The jars and the class-data archive live in `cache` (see `default_cache`), which may be shared.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        heap_mb: int = 256,
        cache: Path | None = None,
        security: BrokerSecurity = OPEN,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self._cache = cache or default_cache(self.data_dir.parent)
        self._wanted_port = port
        self._heap_mb = heap_mb
        self._security = security
        self._ports: tuple[int, int] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Fetch the jars if need be, format new storage, and return when the broker answers.

        Raises ServiceUnavailableError when Java or the jars are missing or the broker fails.
        """
        if self.is_running():
            return
        missing = java_missing(self._cache)
        java = java_program()
        if missing or java is None:
            raise ServiceUnavailableError(*(missing or "无 Java\nno Java").split("\n"))
        self._libs = fetch_jars(self._cache)
        self._java = java
        self._archive = class_archive(self._libs, java)
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._clear_previous()
        for _ in range(_START_ATTEMPTS):
            ports = self._choose_ports()
            if self._launch(*ports):
                self._ports = ports
                (self.data_dir / "ports").write_text(" ".join(map(str, ports)))
                self._distrust_refused_archive()
                return
        raise self._failure("Kafka 无法启动", "Kafka does not start")

    def stop(self) -> None:
        """Shut down cleanly; the first clean stop writes the class-data archive (about 3 s more)."""
        if self._process is None:
            return
        end(self._process, signal.SIGTERM, patience=30)
        self._process = None
        self._keep_archive()

    def kill(self) -> None:
        """End the broker at once, as kill -9 does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def wipe(self) -> None:
        """Delete everything the broker holds, as if its disk was lost; only while it is stopped."""
        if self.is_running():
            raise RuntimeError("stop or kill the broker before wiping it")
        shutil.rmtree(self._storage, ignore_errors=True)

    def is_running(self) -> bool:
        """Whether the broker that this object started is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The broker's process id."""
        if self._process is None:
            raise ServiceUnavailableError("Kafka 未启动。", "Kafka is not started.")
        return self._process.pid

    @property
    def bootstrap(self) -> str:
        """The bootstrap server, `host:port`."""
        if self._ports is None:
            raise ServiceUnavailableError("Kafka 未启动。", "Kafka is not started.")
        return f"{LOOPBACK}:{self._ports[0]}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _storage(self) -> Path:
        return self.data_dir / "storage"

    @property
    def _properties(self) -> Path:
        return self.data_dir / "server.properties"

    @property
    def _new_archive(self) -> Path:
        return self.data_dir / "classes.jsa"

    @property
    def _journal(self) -> Path:
        return self.data_dir / "broker.log"

    def _clear_previous(self) -> None:
        with contextlib.suppress(FileNotFoundError, ValueError):
            previous = int((self.data_dir / "pid").read_text())
            if runs(previous, str(self._properties)):
                log.warning("kafka.previous_run_still_there", pid=previous)
                retire(previous, str(self._properties), signal.SIGTERM)

    def _choose_ports(self) -> tuple[int, int]:
        # A restarted broker keeps its address, since its clients were already told.
        if self._ports is not None:
            return self._ports
        free = free_ports(2)
        with contextlib.suppress(FileNotFoundError, ValueError):
            remembered = [int(port) for port in (self.data_dir / "ports").read_text().split()]
            free = [old if is_free(old) else new for old, new in zip(remembered, free, strict=True)]
        return self._wanted_port or free[0], free[1]

    def _launch(self, port: int, controller_port: int) -> bool:
        self._write_properties(_server_properties(port, controller_port, self._storage, self._security))
        if not (self._storage / "meta.properties").exists():
            self._format()
        self._new_archive.unlink(missing_ok=True)
        self._uses_archive = self._archive.exists()
        archive = (
            f"-XX:SharedArchiveFile={self._archive}"
            if self._uses_archive
            else f"-XX:ArchiveClassesAtExit={self._new_archive}"
        )
        process = self._spawn_java(
            f"-Xms{self._heap_mb}m",
            f"-Xmx{self._heap_mb}m",
            *("-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:+ExplicitGCInvokesConcurrent"),
            *("-XX:TieredStopAtLevel=1", "-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true"),
            archive,
            *("kafka.Kafka", str(self._properties)),
        )
        (self.data_dir / "pid").write_text(str(process.pid))
        if _answers(process, f"{LOOPBACK}:{port}", self._security.credentials):
            self._process = process
            return True
        end(process, signal.SIGKILL, patience=10)
        return False

    def _write_properties(self, text: str) -> None:
        # Passwords may be among them.
        self._properties.touch(mode=0o600)
        self._properties.chmod(0o600)
        self._properties.write_text(text)

    def _format(self) -> None:
        # A wiped broker is a new cluster: clients that remember the old one must notice.
        cluster = "c" + base64.urlsafe_b64encode(uuid.uuid4().bytes).decode()[1:22]
        small = ("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
        tool = ("kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(self._properties))
        if self._spawn_java(*small, *tool, *self._security.format_arguments).wait() != 0:
            raise self._failure("Kafka 存储格式化失败", "Kafka's storage could not be formatted")

    def _spawn_java(self, *arguments: str) -> subprocess.Popen[bytes]:
        configuration = f"-Dlog4j2.configurationFile={PACKAGED / 'log4j2.properties'}"
        # The class path comes after the options and before the main class, which is the first plain word.
        first_word = next(place for place, word in enumerate(arguments) if not word.startswith("-"))
        argv = [
            self._java,
            *arguments[:first_word],
            "-cp",
            f"{self._libs}/*",
            configuration,
            *arguments[first_word:],
        ]
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("KAFKA_")}
        return spawn(
            argv,
            log=self._journal,
            death_signal=signal.SIGTERM,
            environment=inherited,
            folder=self.data_dir,
        )

    def _keep_archive(self) -> None:
        if self._new_archive.exists():
            arriving = self._archive.with_name(f"{self._archive.name}.{os.getpid()}")
            with contextlib.suppress(OSError):
                shutil.move(self._new_archive, arriving)
                arriving.replace(self._archive)

    def _distrust_refused_archive(self) -> None:
        # Java goes on without an archive that it cannot use, and says nothing; only its memory map tells.
        with contextlib.suppress(OSError):
            mapped = os.fsencode(self._archive) in Path(f"/proc/{self.pid}/maps").read_bytes()
            if self._uses_archive and not mapped:
                log.warning("kafka.class_archive_refused", file=str(self._archive))
                self._archive.unlink()

    def _failure(self, zh: str, en: str) -> ServiceUnavailableError:
        return ServiceUnavailableError(
            f"{zh}，日志见 {self._journal}。", f"{en}; its log {self._journal} ends:\n{tail(self._journal)}"
        )


def running_bootstrap(data_dir: Path) -> str | None:
    """Return the bootstrap server of a broker that another process runs on `data_dir`, None if none does."""
    data_dir = data_dir.absolute()
    try:
        pid = int((data_dir / "pid").read_text())
        port = int((data_dir / "ports").read_text().split()[0])
    except (OSError, ValueError):
        return None
    return f"{LOOPBACK}:{port}" if runs(pid, str(data_dir / "server.properties")) else None


def _answers(process: subprocess.Popen[bytes], bootstrap: str, credentials: Mapping[str, object]) -> bool:
    """Whether the broker came to answer as a live member of its cluster; False if it exited."""
    port = int(bootstrap.rpartition(":")[2])
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        # Its own listening socket is the cheap sign; only then is a client worth its start.
        if not is_free(port):
            try:
                admin = KafkaAdminClient(bootstrap_servers=bootstrap, **credentials)
            except KafkaError:
                time.sleep(0.05)
                continue
            try:
                if admin.describe_cluster()["brokers"]:
                    return process.poll() is None
            except KafkaError:
                pass
            finally:
                admin.close()
        time.sleep(0.05)
    return False


def _server_properties(port: int, controller_port: int, storage: Path, security: BrokerSecurity) -> str:
    broker, controller = f"{LOOPBACK}:{port}", f"{LOOPBACK}:{controller_port}"
    listener = security.listener
    settings = {
        "process.roles": "broker,controller",
        "node.id": "1",
        "listeners": f"{listener}://{broker},CONTROLLER://{controller}",
        "advertised.listeners": f"{listener}://{broker}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "inter.broker.listener.name": listener,
        "controller.listener.names": "CONTROLLER",
        "controller.quorum.voters": f"1@{controller}",
        "log.dirs": str(storage),
        "num.partitions": "1",
        "default.replication.factor": "1",
        "min.insync.replicas": "1",
        "offsets.topic.num.partitions": "5",
        "offsets.topic.replication.factor": "1",
        "transaction.state.log.num.partitions": "5",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        # After kill -9 the controller waits this long for the old incarnation before the new one may serve.
        "broker.session.timeout.ms": "2000",
        "broker.heartbeat.interval.ms": "250",
        "group.initial.rebalance.delay.ms": "0",
        "auto.create.topics.enable": "false",
        # An event is published for ever; forgetting is never a default here.
        "log.retention.ms": "-1",
        "log.cleaner.dedupe.buffer.size": "16777216",
        **security.properties,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())
