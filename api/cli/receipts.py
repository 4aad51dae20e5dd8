"""The verbs of status receipts: the map behind them, getting one, and checking one offline."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from api.cli import server
from api.cli.ask import AsJson, AsOf, KnownAt
from api.cli.follow import started, until_stopped
from api.cli.surroundings import database_url
from api.receipt_text import lines_of
from consumers.status_map import MapRefused, Rhythm, StatusMap
from infra.leadership import AdvisoryLeadership
from infra.open_ledger import WRITER, open_ledger
from infra.status_map_store import PostgresMapStore
from ledger.certificates.statement import derive
from ledger.evidence.policy import MAXIMUM_POLICY, Policy, parse_policy
from ledger.evidence.receipt import MAXIMUM_RECEIPT, unwrapped
from ledger.evidence.receiptcheck import Checked, check_receipt
from ledger.evidence.report import Result
from ledger.evidence.strict import EvidenceError
from ledger.evidence.verify import Question

_errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


def status_map() -> None:
    """维护状态图并登记其根。 Keep the status map and have its roots recorded."""
    settings = started("status-map")
    url = database_url(settings)
    ledger = open_ledger(url, acting_as=WRITER)
    follower = StatusMap(
        store=PostgresMapStore(url, kept=timedelta(days=settings.map_kept_days)),
        leadership=AdvisoryLeadership(url, "status-map"),
        submit=ledger.submit,
        rhythm=Rhythm(settings.map_root_seconds, settings.map_root_idle_seconds),
    )
    try:
        until_stopped(follower.run)
    except MapRefused as refusal:
        _errors.print(
            f"{refusal}\n请停止使用凭据,运行 certledger scrub --once 查明。"
            " Use no receipts; find out with `certledger scrub --once`.",
            style="red",
        )
        raise typer.Exit(int(Result.TAMPERED)) from None


def receipt(
    body: Annotated[str, typer.Argument(help="认证机构批准号 · approval number of the body")],
    number: Annotated[str, typer.Argument(help="证书号 · certificate number")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="写入此文件 · write to this file; standard output if unset")
    ] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="PDF/A-3,供投标文件 · as PDF/A-3, for a tender file")] = False,
    as_of: AsOf = None,
    known_at: KnownAt = None,
) -> None:
    """一张证书可离线核验的状态凭据。 A status receipt of one certificate, checked offline by anybody."""
    with server.ledger() as client:
        content = client.receipt(body, number, as_of=as_of, known_at=known_at, pdf=pdf)
    if output is None:
        typer.echo(content, nl=False)
        return
    partial = output.with_name(f".{output.name}.partial")
    partial.write_bytes(content)
    partial.replace(output)
    typer.echo(
        f"已写入 {output}({len(content):,} 字节)。 Written to {output} ({len(content):,} octets).\n"
        f"核验 Check: certledger verify-receipt {output} --policy FILE",
        err=True,
    )


def verify_receipt(
    file: Annotated[Path, typer.Argument(help="凭据文件,JSON 或 PDF · the receipt, JSON or PDF")],
    policy: Annotated[
        Path | None, typer.Option(help="信任策略 · trust policy (c2sp.org/tlog-policy); without it nothing is sound")
    ] = None,
    max_age: Annotated[
        int | None, typer.Option("--max-age", metavar="S", min=0, help="允许的最大时长(秒) · greatest age in seconds")
    ] = None,
    json: AsJson = False,
) -> None:
    """离线核验状态凭据,并由事件重新推导状态。 Check a receipt offline, and derive its status from the events again.

    退出码 exit codes: 0 完好 sound · 1 已被改动 tampered · 2 无法读取 unreadable · 3 不完整或已过时 incomplete or stale
    · 4 用法错误 usage
    """
    try:
        trusted: Policy | None = parse_policy(_read(policy, MAXIMUM_POLICY)) if policy is not None else None
        raw = _read(file, MAXIMUM_RECEIPT)
    except (OSError, EvidenceError) as error:
        _errors.print(f"无法读取 / cannot be read: {error}", style="red")
        raise typer.Exit(int(Result.USAGE)) from None
    checked = check_receipt(unwrapped(raw), Question(time.time(), trusted, max_age=max_age))
    derive(checked)
    if json:
        typer.echo(orjson.dumps(_as_json(checked), option=orjson.OPT_INDENT_2).decode())
    else:
        typer.echo("".join(f"{line}\n" for line in lines_of(checked)) + checked.report.as_text(), nl=False)
    raise typer.Exit(int(checked.report.result))


def _as_json(checked: Checked) -> dict[str, object]:
    shown: dict[str, object] = dict(checked.report.as_json())
    receipt = checked.receipt
    if receipt is not None:
        shown["receipt"] = {
            "body": receipt.body,
            "number": receipt.number,
            "as_of": receipt.as_of,
            "known_at": {"position": receipt.position, "recorded": receipt.recorded},
            "statement": dict(receipt.statement),
            "signature": checked.signature,
        }
    return shown


def _read(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit + 1)
