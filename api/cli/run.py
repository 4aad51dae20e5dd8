"""``certledger run``: everything on this machine, started, watched and stopped together; a second run resumes."""

import sys
import time
from contextlib import closing
from importlib.resources import as_file, files
from pathlib import Path

import httpx
import psycopg
from rich.console import Console
from rich.progress import Progress

from api.cli.surroundings import database_url
from api.cli.tell import prepare_views
from api.cli.witness import demonstration
from api.http.tokens import make_tokens
from api.identity.development import choose_port
from api.samples import sample_keys
from infra.demo.year import load
from infra.kafka_credentials import kafka_credentials
from infra.migrations import migrate
from infra.open_ledger import open_ledger
from infra.production import require_development
from infra.services.errors import ServiceUnavailableError
from infra.services.java import default_cache, java_missing
from infra.services.kafka import EmbeddedKafka
from infra.services.postgres import EmbeddedPostgres
from infra.services.processes import Supervisor
from infra.services.topics import ensure_topics
from infra.settings import Settings
from infra.terms import terms_of
from ledger.principals import AUDITOR

_VIEWS_TOGETHER = (
    ("register", "history"),
    ("trail", "search", "access", "keys"),
    ("authorities", "ledgers", "cases", "trace", "archive"),
    ("inspections", "notices", "deadlines", "warnings", "mechanisms"),
)
_PARTIES = ("CNCA", "SAMR", "CNAS", "CCAA", "SAMR-440604", AUDITOR, *(f"CNCA-R-2031-10{n}" for n in range(1, 7)))
_READY_SECONDS = 60
_TELLING = "SELECT body, number FROM register.certificate ORDER BY version DESC, stream LIMIT 1"
_out = Console(highlight=False)


def run() -> None:
    """启动全部服务并导入示例月报。 Start everything here and import the sample reports."""
    settings = Settings()
    require_development(settings, "certledger run ", "`certledger run`")
    try:
        with Supervisor(settings.run_dir) as supervisor:
            url, broker = _start_servers(settings, supervisor)
            environment = {"CERTLEDGER_DATABASE_URL": url, "CERTLEDGER_RUN_DIR": str(settings.run_dir)}
            if broker is not None:
                environment["CERTLEDGER_KAFKA"] = broker
            witness = None
            if settings.witness_policy is None and settings.environment == "development":
                policy, witness = demonstration(settings)
                environment["CERTLEDGER_WITNESS_POLICY"] = str(policy)
            _start_processes(supervisor, environment, on_kafka=broker is not None)
            supervisor.start()
            _wait_until_ready(settings)
            if witness is not None:
                supervisor.add("witness", [sys.executable, "-m", "api.cli", *witness], env=environment)
                supervisor.start()
            _import_samples(settings, url)
            _take_in_the_year(settings, url)
            _say_where(settings, _telling_certificate(url))
            supervisor.wait()
            _out.print("正在停止… Stopping…")
    except KeyboardInterrupt:
        _out.print("已停止。 Stopped.")


def _start_servers(settings: Settings, supervisor: Supervisor) -> tuple[str, str | None]:
    if settings.database_url:
        url = settings.database_url
    else:
        postgres = EmbeddedPostgres(settings.run_dir / "postgres")
        supervisor.attach("postgres", postgres)
        postgres.start()
        postgres.create_database("certledger")
        url = database_url(settings)
    _out.print("PostgreSQL ✓")
    migrate(url)
    prepare_views(url)
    broker = settings.kafka
    missing = None if broker else java_missing(settings.cache or default_cache(settings.run_dir))
    if missing:
        _out.print(f"Kafka ✗ {missing}\n视图改由存储直接更新。 Views follow the store instead.", style="yellow")
    elif not broker:
        kafka = EmbeddedKafka(settings.run_dir / "kafka", cache=settings.cache)
        supervisor.attach("kafka", kafka)
        kafka.start()
        broker = kafka.bootstrap
    if broker:
        ensure_topics(broker, credentials=kafka_credentials(settings), manage=settings.kafka_topics == "manage")
        _out.print("Kafka ✓")
    make_tokens(settings.run_dir, _PARTIES)
    if settings.oidc_issuer is None:
        choose_port(settings.run_dir)
    return url, broker


def _start_processes(supervisor: Supervisor, environment: dict[str, str], *, on_kafka: bool) -> None:
    issuer = [] if Settings().oidc_issuer else [["issuer"]]
    views = [["project", *together] for together in _VIEWS_TOGETHER]
    verbs: list[list[str]] = [*issuer, ["serve"], ["notary"], ["status-map"], *views, ["policies"], ["clock"]]
    if on_kafka:
        verbs += [["relay"], ["intake"]]
    for verb in verbs:
        argv = [sys.executable, "-m", "api.cli", *verb]
        supervisor.add("-".join(verb), argv, env=environment)


def _wait_until_ready(settings: Settings) -> None:
    address = f"http://{settings.http_host}:{settings.http_port}/readyz"
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        try:
            if httpx.get(address, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > deadline:
            log = settings.run_dir / "log" / "serve.log"
            raise ServiceUnavailableError(
                f"HTTP 接口 {_READY_SECONDS} 秒内没有就绪,请看 {log}。",
                f"The HTTP interface was not ready within {_READY_SECONDS} s; see {log}.",
            )
        time.sleep(0.1)


def _import_samples(settings: Settings, url: str) -> None:
    from api.importer.command import import_command  # noqa: PLC0415 - the spreadsheet reader is slow to load

    with closing(open_ledger(url, terms=terms_of(settings))) as ledger:
        bodies = (party for party in _PARTIES if party.startswith("CNCA-R"))
        keys = sample_keys(ledger, settings.run_dir / "keys", bodies)
        with as_file(files("infra.demo").joinpath("reports")) as folder:
            import_command(Path(folder), lambda: ledger, keys=keys)


def _take_in_the_year(settings: Settings, url: str) -> None:
    """Submit the scripted year; what is refused is said, and is a defect of the script."""
    with closing(open_ledger(url, terms=terms_of(settings))) as ledger, Progress(console=_out, transient=True) as bar:
        task = bar.add_task("演示年度 the scripted year", total=None)
        loaded = load(ledger, lambda name, done, total: bar.update(task, description=name, completed=done, total=total))
    _out.print(f"演示年度 the scripted year: {loaded.recorded} 新 new, {loaded.duplicate} 已有 there already")
    for name, line, code in loaded.refused:
        _out.print(f"  {name}:{line} {code}", style="red")


def _telling_certificate(url: str) -> tuple[str, str]:
    """Return body and number of the certificate about which most was said, once the views have seen it."""
    deadline = time.monotonic() + _READY_SECONDS
    with psycopg.connect(url, autocommit=True) as connection:
        while time.monotonic() < deadline:
            row = connection.execute(_TELLING).fetchone()
            if row is not None:
                return str(row[0]), str(row[1])
            time.sleep(0.1)
    return "CNCA-R-2031-101", "NUMBER"


def _say_where(settings: Settings, certificate: tuple[str, str]) -> None:
    address = f"http://{settings.http_host}:{settings.http_port}"
    body, number = certificate
    _out.print(f"\n认证状态账本已就绪 · The ledger is ready: [bold]{address}/docs[/]", soft_wrap=True)
    _out.print(
        f"令牌 tokens: {settings.run_dir / 'tokens.txt'}   日志 logs: {settings.run_dir / 'log'}", soft_wrap=True
    )
    _out.print("试试 Try, in another terminal:")
    examples = (
        f"show {body} {number}",
        f"show {body} {number} --as-of 2024-01-15",
        f"timeline {body} {number}",
        f"trail body:{body} --limit 20",
        "path 100",
        f"token {body}",
        "export evidence.tar --all",
        "verify evidence.tar",
    )
    for example in examples:
        _out.print(f"  .venv/bin/certledger {example}")
    _out.print("Ctrl-C 停止 to stop\n")
