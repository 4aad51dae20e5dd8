"""The verbs of witnessing: be a witness for others' logs, and watch a live log as one who trusts nobody."""

import logging
import socket
import time
from pathlib import Path
from typing import Annotated

import orjson
import structlog
import typer
from rich.console import Console

from api.cli.ask import AsJson
from consumers.witnesses import Cosigner
from infra.cosignatures import PostgresCosignatureStore
from infra.http_log import HttpLogReader
from infra.log_key import log_signer, make_key, read_key
from infra.notary_folder import write_durably
from infra.notary_store import connect_as_notary
from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings
from infra.telemetry import configure_logging
from infra.witness_client import WitnessClient
from infra.witness_folder import KEY_FILE, WitnessFolder
from ledger.evidence.notes import COSIGNATURE_V1, NoteSigner, Verifier, parse_vkey
from ledger.evidence.policy import MAXIMUM_POLICY, parse_policy
from ledger.evidence.report import Result
from ledger.evidence.strict import EvidenceError
from ledger.evidence.witness import Witness

log = structlog.get_logger(__name__)
_errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
DEMONSTRATION = "witness.localhost/demonstration"


def witness(
    folder: Annotated[
        Path | None, typer.Option("--state", help="见证所存文件夹 · what the witness keeps; default run_dir/witness")
    ] = None,
    name: Annotated[
        str, typer.Option(help="见证名称,首次生成密钥时用 · its name, when its key is made")
    ] = DEMONSTRATION,
    logs: Annotated[
        list[str] | None, typer.Option("--log", metavar="VKEY", help="所见证日志的公钥,可多个 · keys of the logs")
    ] = None,
    policy: Annotated[Path | None, typer.Option(help="或取自信任策略 · or the logs of a trust policy")] = None,
    host: Annotated[str, typer.Option(help="监听地址 · address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="监听端口 · port", min=1, max=65535)] = 8790,
    key: Annotated[bool, typer.Option("--key", help="只显示公钥 · print the public key (vkey) and stop")] = False,
) -> None:
    """为他人的日志作见证(C2SP tlog-witness)。 Witness the logs of others."""
    settings = Settings()
    state = WitnessFolder(folder or settings.run_dir / "witness")
    signer = witness_signer(state.path, name)
    if key:
        typer.echo(signer.verifier.vkey)
        return
    trusted = _logs(settings, logs or [], policy)
    if not state.acquire():
        raise typer.BadParameter(f"{state.path} 已由另一见证进程使用。 Another witness holds {state.path}.")
    from api.witness import serve_witness  # noqa: PLC0415 - the server takes its time to import

    configure_logging(settings.log_level)
    log.info("witness.serves", name=signer.name, logs=[each.name for each in trusted], host=host, port=port)
    serve_witness(Witness([signer], trusted, state, time.time), host, port)


def watch(
    url: Annotated[str, typer.Argument(help="日志地址 · the log's address")],
    policy: Annotated[Path, typer.Option(help="信任策略 · trust policy (c2sp.org/tlog-policy)")],
    state: Annotated[Path, typer.Option(help="记住检查点的文件 · the file that remembers the checkpoint")] = Path(
        "certledger-watch.note"
    ),
    interval: Annotated[float, typer.Option(help="间隔秒数 · seconds between looks", min=0.1)] = 10.0,
    max_age: Annotated[
        int | None, typer.Option("--max-age", metavar="S", help="允许的最大时长(秒) · greatest age in seconds", min=0)
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="只看一次 · look once and stop")] = False,
    json: AsJson = False,
) -> None:
    """盯住一个在线日志:只许延长,不许改写。 Watch a live log: it may only grow.

    退出码 exit codes: 0 一致 consistent · 1 改写或分叉 forked · 2 无法读取 unreadable · 3 过时或见证不足 stale
    """
    from api.audit.watching import Watcher  # noqa: PLC0415 - joins the client

    try:
        with policy.open("rb") as file:
            trusted = parse_policy(file.read(MAXIMUM_POLICY + 1))
    except (EvidenceError, OSError) as error:
        _errors.print(f"--policy {policy}: {error}")
        raise typer.Exit(int(Result.USAGE)) from error
    with HttpLogReader(url, trusted.logs) as log_reader:
        watcher = Watcher(log_reader, trusted, state, max_age)
        while True:
            report = watcher.look()
            if json:
                typer.echo(orjson.dumps(report.as_json()).decode())
            else:
                typer.echo(report.as_text(), nl=False)
            if once or report.result is Result.TAMPERED:
                raise typer.Exit(int(report.result))
            time.sleep(interval)


def witness_signer(folder: Path, name: str) -> NoteSigner:
    """Return the witness's key, which is made at the first start; a folder that is lost is lost with its key."""
    path = folder / KEY_FILE
    signer = read_key(path) if path.exists() else make_key(path, name, COSIGNATURE_V1)
    if signer.kind != COSIGNATURE_V1:
        raise typer.BadParameter(f"{path} 不是见证密钥。 {path} is no witness's key.")
    return signer


def cosigners(settings: Settings, url: str) -> list[Cosigner]:
    """Return what brings checkpoints to each witness of the policy that states its address."""
    if settings.witness_policy is None:
        return []
    try:
        with settings.witness_policy.open("rb") as file:
            policy = parse_policy(file.read(MAXIMUM_POLICY + 1))
    except (EvidenceError, OSError) as error:
        raise ServiceUnavailableError(
            f"见证策略 {settings.witness_policy} 无法读取:{error}。请更正 CERTLEDGER_WITNESS_POLICY 所指文件。",
            f"The witness policy {settings.witness_policy} cannot be read: {error}. Mend the file that "
            "CERTLEDGER_WITNESS_POLICY names.",
        ) from error
    # The client would tell of every request that went well.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return [
        Cosigner(
            policy.witnesses[name],
            WitnessClient(address),
            PostgresCosignatureStore(lambda: connect_as_notary(url)),
            renewal_seconds=settings.cosignature_seconds,
        )
        for name, address in policy.addresses.items()
    ]


def demonstration(settings: Settings) -> tuple[Path, list[str]]:
    """Return the policy of one witness on this machine, and the words that start it; keys are made where needed.

    A witness beside its own log shows how witnessing works and proves nothing: it shares the operator.
    """
    folder = settings.run_dir / "witness"
    signer, own = witness_signer(folder, DEMONSTRATION), log_signer(settings).verifier
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    policy = folder / "policy"
    lines = (
        f"log {own.vkey} http://{settings.http_host}:{settings.http_port}",
        f"witness demonstration {signer.verifier.vkey} http://127.0.0.1:{port}",
        "quorum demonstration",
        "",
    )
    write_durably(policy, "\n".join(lines).encode())
    return policy, ["witness", "--port", str(port), "--log", own.vkey]


def _logs(settings: Settings, vkeys: list[str], policy: Path | None) -> list[Verifier]:
    try:
        found = [parse_vkey(each) for each in vkeys]
        if policy is not None:
            with policy.open("rb") as file:
                found += parse_policy(file.read(MAXIMUM_POLICY + 1)).logs
    except (EvidenceError, OSError) as error:
        raise typer.BadParameter(f"日志公钥无法读取。 The logs' keys cannot be read: {error}") from error
    return found or [log_signer(settings).verifier]
