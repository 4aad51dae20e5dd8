"""The verbs that change something: import and submit facts, migrate, rebuild a view; and the doctor, who only looks."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.cli.ask import AsJson
from api.cli.sealing import sealed
from api.cli.server import ledger
from api.cli.surroundings import cluster, connector, database_url
from api.cli.tokens import token_of
from api.client import Client, Outcome
from api.client.models import Refused, Summary
from infra.doctor import checks
from infra.migrations import migrate as apply_migrations
from infra.national import sm2_verification
from infra.open_ledger import open_ledger
from infra.settings import Settings
from infra.vault.keys import file_keys
from infra.vault.store import Vault
from ledger.service import Ledger
from ledger.terms import Terms
from projections.projector import Projector
from projections.registry import VIEWS

_out = Console()


class Source(StrEnum):
    """Where a rebuild reads the events."""

    STORE = "store"
    KAFKA = "kafka"


Keys = Annotated[
    list[Path] | None,
    typer.Option(help="签名用的私钥文件,可多次 · private key file to sign with, any number of times"),
]
_LINES = frozenset({".ndjson", ".jsonl"})


def import_(
    directory: Annotated[Path, typer.Argument(help="月报目录 · folder of monthly reports")],
    report: Annotated[Path | None, typer.Option(help="全部发现写入此 NDJSON 文件 · write all findings here")] = None,
    key: Keys = None,
    personal: Annotated[
        bool, typer.Option("--personal", help="联系人栏存入保管库 · take the contact's columns, into the vault")
    ] = False,
    json: AsJson = False,
) -> None:
    """导入认证机构月报(CSV、XLSX)。 Import the monthly reports of certification bodies."""
    from api.importer.command import import_command  # noqa: PLC0415 - the spreadsheet reader is slow to load

    settings = Settings()
    store = Vault(database_url(settings), lambda: file_keys(settings)) if personal else None
    raise typer.Exit(
        import_command(directory, lambda: opened(settings), as_json=json, report=report, keys=key or (), store=store)
    )


def submit(
    file: Annotated[
        Path, typer.Argument(help="一个事件、数组或 NDJSON;- 为标准输入 · one event, array or NDJSON; - is stdin")
    ],
    party: Annotated[str, typer.Option("--as", help="以何主体提交 · the party that submits")],
    atomic: Annotated[bool, typer.Option("--atomic", help="全部记录或全不记录 · all or nothing")] = False,
    key: Keys = None,
    chain: Annotated[
        bool, typer.Option("--chain", help="按本主体的编号相连(须有 --key) · count and link them (with --key)")
    ] = False,
    json: AsJson = False,
) -> None:
    """提交事件,可签名。 Submit events, signed where keys are given."""
    content = typer.get_binary_stream("stdin").read() if str(file) == "-" else file.read_bytes()
    if chain and not key:
        raise typer.BadParameter("--chain 须有 --key · --chain needs --key")
    is_lines, is_signed = file.suffix in _LINES, bool(key)
    if key:
        content, is_lines = sealed(content, key, party=party, chained=chain)
    with ledger(token_of(party)) as client:
        for answer in _answers(client, content, is_lines=is_lines, is_signed=is_signed, atomic=atomic):
            if json:
                typer.echo(orjson.dumps(answer.as_dict()).decode())
            else:
                _out.print(_said(answer), markup=False, soft_wrap=True)


def _answers(
    client: Client, content: bytes, *, is_lines: bool, is_signed: bool, atomic: bool
) -> Iterator[Outcome | Summary]:
    if is_lines:
        for each in client.submit_lines(content, atomic=atomic):
            yield each if isinstance(each, Summary) else each.outcome
    elif content.lstrip()[:1] == b"[":
        submitted = client.submit_batch(content, atomic=atomic)
        yield from submitted.outcomes
        yield submitted.summary
    else:
        yield client.submit_envelope(content) if is_signed else client.submit(content)


def rebuild(
    views: Annotated[list[str], typer.Argument(help="视图名,可多个 · names of views")],
    source: Annotated[Source, typer.Option("--from", help="事件来源 · where the events come from")] = Source.STORE,
    force: Annotated[
        bool, typer.Option("--force", help="即使与现有视图不同也切换 · switch even if they differ")
    ] = False,
    json: AsJson = False,
) -> None:
    """在旁重建视图,逐行比较后切换,读取不中断。 Rebuild views beside the live ones, compare, switch."""
    from api.cli.rebuilding import rebuild_views  # noqa: PLC0415 - joins the broker's client

    settings = Settings()
    if not set(views) <= set(VIEWS):
        raise typer.BadParameter(f"可用视图 · views: {'、'.join(VIEWS)}")
    named = f"{', '.join(views)} ← {source.value}"
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    ) as progress:
        task = progress.add_task(named, total=None)
        results = rebuild_views(
            views,
            source.value,
            database_url(settings),
            cluster(settings),
            force=force,
            progress=lambda phase, done, total: progress.update(
                task, description=f"{named}: {phase}", completed=done, total=total or None
            ),
        )
    for result in results:
        typer.echo(orjson.dumps(result).decode()) if json else _out.print(_rebuilt(result), soft_wrap=True)
    if not all(result["switched"] for result in results):
        raise typer.Exit(1)


def migrate() -> None:
    """建立或升级数据库结构与视图。 Create or upgrade the database's tables and views."""
    settings = Settings()
    url = database_url(settings)
    applied = apply_migrations(url)
    prepare_views(url)
    _out.print("、".join(applied) if applied else "已是最新。 Nothing to apply.", markup=False)


def doctor(json: AsJson = False) -> None:
    """检查运行条件并说明如何补足。 Check every prerequisite and say what to do."""
    found = checks()
    if json:
        typer.echo(orjson.dumps([each.as_dict() for each in found], option=orjson.OPT_INDENT_2).decode())
    else:
        table = Table("", "检查 · check", "结果 · found", "怎么办 · what to do")
        for each in found:
            mark = "[green]✓[/]" if each.ok else "[red]✗[/]" if each.needed else "[yellow]![/]"
            to_do = "" if each.ok else f"{each.to_do_zh}\n{each.to_do_en}"
            table.add_row(mark, f"{each.name_zh}\n{each.name_en}", each.found, to_do)
        _out.print(table)
    if any(each.needed and not each.ok for each in found):
        raise typer.Exit(1)


def opened(settings: Settings) -> Ledger:
    """Return the ledger on this deployment's database, for an import, which registers no key."""
    return open_ledger(database_url(settings), terms=Terms(settings.log_origin, verify_sm2=sm2_verification()))


def prepare_views(url: str) -> None:
    """Create the tables of every view that has none yet."""
    for make in VIEWS.values():
        projector = Projector(connector(url), make())
        projector.prepare()
        projector.close()


def _said(answer: Outcome | Summary) -> str:
    if isinstance(answer, Summary):
        return (
            f"已记录 recorded {answer.recorded} · 等待中 held {answer.held} · 重复 duplicate {answer.duplicate}"
            f" · 拒绝 refused {answer.refused}"
        )
    if isinstance(answer, Refused):
        told = answer.problem
        both = (f"{texts.title} {texts.action}" for texts in (told.zh, told.en))
        return "\n  ".join((f"拒绝 refused · {answer.id} [{told.code}]", *both))
    words = {"applied": "已记录 recorded", "held": "已记录,等待中 recorded and held"}
    word = "此前已记录 recorded before" if answer.duplicate else words[answer.decision]
    told_of = f"{word} · #{answer.position} · {answer.stream} v{answer.version}"
    if answer.signed_by:
        told_of += f" · 签名 signed: {' · '.join(answer.signed_by)}"
    waits = [answer.waits.zh, answer.waits.en] if answer.waits else []
    return "\n  ".join([told_of, *waits])


def _rebuilt(result: dict[str, Any]) -> str:
    if result["switched"]:
        return (
            f"[green]✓[/] {result['view']}: {result['rows']:,} 行,与原视图逐行一致,已切换。"
            f" {result['rows']:,} rows, equal to the live ones row by row; switched."
            if result["compared"] and not result["differences"]
            else f"[yellow]![/] {result['view']}: {result['rows']:,} 行,已切换。 {result['rows']:,} rows; switched."
        )
    return f"[red]✗[/] {result['view']}: {result.get('message', '')}"
