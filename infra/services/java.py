"""Kafka's programs come from Maven once, checksums enforced, into a cache that checkouts and tests share."""

import fcntl
import hashlib
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import structlog

import infra
from infra.services.errors import ServiceUnavailableError
from infra.services.spawn import tail

PACKAGED = Path(infra.__file__).parent / "kafka"
_OLDEST_JAVA = 17

log = structlog.get_logger(__name__)


def default_cache(run_dir: Path) -> Path:
    """CERTLEDGER_CACHE, else `~/.cache/certledger` if it can be written, else a folder under `run_dir`."""
    chosen = os.environ.get("CERTLEDGER_CACHE")
    if chosen:
        return Path(chosen).expanduser().absolute()
    shared = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "certledger"
    return shared if is_writable(shared) else run_dir.absolute() / "cache"


def is_writable(folder: Path) -> bool:
    """Whether a file can be made in this folder, which is created if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def java_program() -> str | None:
    """Find the `java` of JAVA_HOME, else of PATH."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=str(Path(home) / "bin")) if home else shutil.which("java")


@lru_cache
def java_version(program: str) -> tuple[int, str]:
    """Return the major version of a Java and its whole description; (0, why) if it does not run."""
    try:
        printed = subprocess.run([program, "-version"], capture_output=True, text=True, check=True).stderr  # noqa: S603 - found on PATH
    except (OSError, subprocess.CalledProcessError) as error:
        return 0, str(error)
    found = re.search(r'version "(?:1\.)?(\d+)', printed)
    return int(found[1]) if found else 0, printed.strip()


def jars_cached(cache: Path) -> bool:
    """Whether the broker's jars are in this cache, so that Maven is not needed."""
    return (_folder(cache) / "libs").exists()


def java_missing(cache: Path, *, maven: bool = True) -> str | None:
    """Say what the embedded Kafka lacks here, a line in Chinese and one in English; None if it can run.

    `maven=False` looks at Java alone.
    """
    program = java_program()
    major = java_version(program)[0] if program else 0
    if major < _OLDEST_JAVA:
        found_zh, found_en = (f"现有 {major}", f"found {major}") if program else ("未找到 java", "no java found")
        return (
            f"内置 Kafka 需要 Java {_OLDEST_JAVA} 以上（{found_zh}）。"
            "请安装 JDK 或设 JAVA_HOME，或设 CERTLEDGER_KAFKA。\n"
            f"The embedded Kafka needs Java {_OLDEST_JAVA} or newer ({found_en}). "
            "Install a JDK or set JAVA_HOME, or set CERTLEDGER_KAFKA."
        )
    if maven and shutil.which("mvn") is None and not jars_cached(cache):
        return (
            "首次运行内置 Kafka 需要 Maven 下载程序包（未找到 mvn）。请安装 Maven，或设 CERTLEDGER_KAFKA。\n"
            "The embedded Kafka needs Maven once to fetch its jars (no mvn found). "
            "Install Maven, or set CERTLEDGER_KAFKA."
        )
    return None


def fetch_jars(cache: Path) -> Path:
    """Return the folder of the broker's jars, downloaded (43 MiB) if this cache lacks them.

    Raises ServiceUnavailableError if they can not be fetched.
    """
    folder = _folder(cache)
    libs = folder / "libs"
    if jars_cached(cache):
        return libs
    missing = java_missing(cache)
    if missing:
        raise ServiceUnavailableError(*missing.split("\n"))
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "lock"):
        if not libs.exists():
            _download(folder, libs)
    return libs


def _folder(cache: Path) -> Path:
    pom = (PACKAGED / "pom.xml").read_bytes()
    return cache / f"kafka-{hashlib.sha256(pom).hexdigest()[:12]}"


def _download(folder: Path, libs: Path) -> None:
    log.info(
        "kafka.fetching",
        zh="首次运行：下载 Kafka 程序包（约 43 MiB）",
        en="first run: fetching Kafka, about 43 MiB",
    )
    partial = folder / "libs.partial"
    shutil.rmtree(partial, ignore_errors=True)
    report = folder / "maven.log"
    command = [
        *("mvn", "--batch-mode", "--quiet", "--strict-checksums", "-Dstyle.color=never"),
        *("--file", str(PACKAGED / "pom.xml"), "dependency:copy-dependencies"),
        *("-DincludeScope=runtime", f"-DoutputDirectory={partial}"),
    ]
    if not _has_maven_home():
        command.append(f"-Dmaven.repo.local={folder / 'm2'}")
    with report.open("wb") as output:
        finished = subprocess.run(command, stdout=output, stderr=subprocess.STDOUT, cwd=folder, check=False)  # noqa: S603 - fixed
    if finished.returncode != 0:
        raise ServiceUnavailableError(
            f"Maven 未能下载 Kafka 程序包，日志见 {report}。请检查网络与 Maven 设置，或设 CERTLEDGER_KAFKA。",
            f"Maven could not fetch Kafka. Check the network and Maven's settings, or set CERTLEDGER_KAFKA. "
            f"{report} ends:\n{tail(report)}",
        )
    partial.replace(libs)


def _has_maven_home() -> bool:
    try:
        # Java goes by the account's home and not by $HOME.
        return is_writable(Path(pwd.getpwuid(os.geteuid()).pw_dir) / ".m2")
    except KeyError:
        return False


def class_archive(libs: Path, java: str) -> Path:
    """Name the class-data archive of these jars on this very Java; another JDK or jar means another file."""
    parts = [java, java_version(java)[1], str(libs)]
    parts += [f"{jar.name}:{jar.stat().st_size}:{jar.stat().st_mtime_ns}" for jar in sorted(libs.glob("*.jar"))]
    fingerprint = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return libs.parent / f"classes-{fingerprint[:12]}.jsa"


def main() -> None:
    """Fill the cache ahead of time (`python -m infra.services.java`); a missing Java is no failure."""
    cache = default_cache(Path(".run"))
    missing = java_missing(cache)
    if missing:
        sys.stderr.write(f"{missing}\n")
    else:
        fetch_jars(cache)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main()
