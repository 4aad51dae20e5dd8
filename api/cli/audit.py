"""The auditor's verbs: take a bundle along, verify it, replay it, and compare with the live register's digest."""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import orjson
import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from api.cli.ask import AsJson, AsOf, KnownAt
from api.cli.server import ledger
from api.cli.surroundings import database_url
from api.cli.tokens import token_of
from infra.http_log import REASON, HttpLogReader
from infra.log_key import key_file, read_keys
from infra.log_reader import PostgresLogReader
from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings
from infra.vault.keys import SealBroken, file_keys
from infra.vault.reading import VaultReader
from infra.vault.store import Vault
from ledger.days import china_day, instant_text, parse_instant
from ledger.evidence.notes import MAXIMUM_NOTE, Verifier
from ledger.evidence.policy import MAXIMUM_POLICY, parse_policy
from ledger.evidence.reader import BundleReader
from ledger.evidence.sources import open_source
from ledger.evidence.strict import EvidenceError
from ledger.evidence.writing import Disclose
from ledger.principals import AUDITOR, PUBLIC

_RANGE = re.compile(r"([1-9][0-9]{0,17}):([1-9][0-9]{0,17})", re.ASCII)
_out, _errors = Console(highlight=False), Console(stderr=True, highlight=False)
Bundle = Annotated[Path, typer.Argument(help="证据包:文件夹,或以 .tar 结尾 · a folder, or a name that ends in .tar")]
PolicyFile = Annotated[Path | None, typer.Option("--policy", help="信任策略 · trust policy (c2sp.org/tlog-policy)")]


def export(  # noqa: PLR0913, PLR0917 - the options of a command
    bundle: Bundle,
    subject: Annotated[
        str | None, typer.Option(help="一个主体及其所依据者 · one subject and what it rests on: certificate:…, body:…")
    ] = None,
    positions: Annotated[
        str | None, typer.Option("--range", metavar="A:B", help="位置 A 至 B · positions A to B")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="整个日志 · the whole log")] = False,
    checkpoint: Annotated[
        int | None, typer.Option("--as-of-checkpoint", metavar="SIZE", help="按此检查点 · under this checkpoint")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="从此地址或镜像文件夹读取 · read from a live log or a mirror's folder")
    ] = None,
    since: Annotated[
        Path | None, typer.Option(help="附上与此旧检查点的一致性证明 · add the proof from this older checkpoint")
    ] = None,
    policy: PolicyFile = None,
    party: Annotated[str | None, typer.Option("--as", help="以何主体读取 · the party that reads")] = None,
    disclosures: Annotated[
        bool,
        typer.Option(
            "--disclosures", help="附上该主体有权查阅的个人字段(登记查阅) · add the personal fields it may read"
        ),
    ] = False,
    reason: Annotated[str, typer.Option(help="查阅事由代码 · code of the reason for reading")] = REASON,
    json: AsJson = False,
) -> None:
    """导出证据包。 Export an evidence bundle."""
    from api.audit.export import Wanted  # noqa: PLC0415 - joins the models of every event
    from api.audit.export import export as export_bundle  # noqa: PLC0415 - likewise

    if [subject is not None, positions is not None, everything].count(True) != 1:
        raise typer.BadParameter("请给出 --subject、--range、--all 之一。 Give one of --subject, --range, --all.")
    first, last = _positions(positions) if positions else (None, None)
    if disclosures:
        # What personal fields say is for the eyes of whoever exports it.
        os.umask(0o077)
    try:
        older = _read(since, MAXIMUM_NOTE) if since else None
        trust = parse_policy(_read(policy, MAXIMUM_POLICY)) if policy else None
        keys = trust.log_keys if trust else []
        with (
            _opened(url, keys, party, reason) as log,
            Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=_errors,
                transient=True,
            ) as bar,
        ):
            disclose = _disclosing(url, log, party, reason) if disclosures else None
            wanted = Wanted(subject, first, last, checkpoint, older, trust, disclose)
            task = bar.add_task(bundle.name, total=None)
            entries, size = export_bundle(
                log, bundle, wanted, lambda done, of: bar.update(task, completed=done, total=of)
            )
    except (EvidenceError, OSError, psycopg.Error, SealBroken, ServiceUnavailableError) as error:
        _errors.print(f"无法导出 / cannot export: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from error
    shown = disclose.shown if disclose is not None else 0
    if json:
        told = {"bundle": str(bundle), "entries": entries, "size": size, "disclosures": shown}
        typer.echo(orjson.dumps(told).decode())
    else:
        _out.print(f"{bundle}: {entries:,} 条 entries · 检查点 checkpoint {size:,}", markup=False, soft_wrap=True)
        if disclosures:
            _out.print(
                f"  个人字段 {shown} 项:请妥善保管,用毕删除 {bundle}/disclosures。"
                f" {shown} personal fields: guard them, and delete disclosures/ after use.",
                markup=False,
                soft_wrap=True,
            )
        _out.print(f"  certledger verify {bundle}", markup=False, soft_wrap=True)


def verify(context: typer.Context) -> None:
    """离线核验证据包,用法见 --help。 Verify a bundle offline; --help says how."""
    from ledger.evidence.__main__ import main  # noqa: PLC0415 - the verifier stands by itself

    raise typer.Exit(main(["verify", *context.args]))


def replay(
    bundle: Annotated[Path, typer.Argument(help="证据包 · the bundle")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    states: Annotated[bool, typer.Option("--states", help="逐张列出 · list every certificate")] = False,
    json: AsJson = False,
) -> None:
    """仅凭证据包重建状态并给出摘要。 Rebuild all states from a bundle alone and print their digest."""
    from api.audit import replay as replaying  # noqa: PLC0415 - joins the models of every event

    try:
        instant = instant_text(parse_instant(known_at)) if known_at else None
    except ValueError as error:
        raise typer.BadParameter(f"--known-at {known_at}: 2031-03-05T09:00:00+08:00") from error
    try:
        day = datetime.strptime(as_of, "%Y-%m-%d").date().isoformat() if as_of else china_day(datetime.now(UTC))  # noqa: DTZ007 - a calendar day has no zone
    except ValueError as error:
        raise typer.BadParameter(f"--as-of {as_of}: YYYY-MM-DD") from error
    try:
        found = replaying.replay(bundle, instant)
    except (EvidenceError, OSError) as error:
        _errors.print(f"无法重放 / cannot replay: {error}", style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from error
    digest = found.digest(day)
    answer: dict[str, Any] = {
        "as_of": day,
        "known_at": found.last_recorded,
        "position": 0 if found.last_index is None else found.last_index + 1,
        "certificates": digest.certificates,
        "digest": digest.hexadecimal(),
    }
    if json:
        typer.echo(orjson.dumps(answer | ({"states": list(found.described(day))} if states else {})).decode())
        return
    if states:
        table = Table("证书 · certificate", "状态 · status", "效力 · validity", "自 · since")
        for each in found.described(day):
            table.add_row(each["stream"], each["status"], each["validity"], each["since"])
        _out.print(table)
    _say_digest(answer)


def digest(
    as_of: AsOf = None,
    known_at: KnownAt = None,
    party: Annotated[str, typer.Option("--as", help="以何主体读取 · the party that reads")] = AUDITOR,
    json: AsJson = False,
) -> None:
    """在线登记簿全部状态的摘要,应与 replay 相同。 The live register's digest, to hold against that of `replay`."""
    with ledger(token_of(party)) as client:
        answer = client.state_digest(as_of=as_of, known_at=known_at)
    if json:
        typer.echo(orjson.dumps(answer).decode())
    else:
        _say_digest(answer)


def _say_digest(answer: dict[str, Any]) -> None:
    _out.print(f"截至 as of {answer['as_of']} · 所知 known at {answer['known_at']} · #{answer['position']}")
    _out.print(f"{answer['certificates']:,} 张证书 certificates · SHA-256 {answer['digest']}", soft_wrap=True)


def _opened(
    url: str | None, keys: list[Verifier], party: str | None, reason: str = REASON
) -> AbstractContextManager[Any]:
    if url is None:
        return PostgresLogReader(database_url(Settings()), keys or _own_keys())
    if httpx.URL(url).scheme in {"http", "https"}:
        if not keys:
            raise typer.BadParameter(
                "从网址导出须给 --policy:日志公钥不能取自日志本身。"
                " Give --policy with --url: a log's key is not to be learnt from the log itself."
            )
        return HttpLogReader(url, keys, token=token_of(party) if party else None, reason=reason)
    return BundleReader(open_source(Path(url)))


class _Counted:
    """Counts the disclosures that another source hands over."""

    def __init__(self, disclose: Disclose) -> None:
        self._disclose = disclose
        self.shown = 0

    def __call__(self, entries: Sequence[tuple[int, bytes]]) -> Iterator[tuple[int, Sequence[str]]]:
        for index, texts in self._disclose(entries):
            self.shown += len(texts)
            yield index, texts


def _disclosing(url: str | None, log: Any, party: str | None, reason: str) -> _Counted:
    """Return what opens personal fields: the vault, asked in the party's name, or where the log is read from."""
    if url is not None:
        return _Counted(log.disclosures)
    from api.http.principals import principal_of_party  # noqa: PLC0415 - joins the interface
    from api.http.reading import reasons  # noqa: PLC0415 - likewise

    principal = principal_of_party(party or "")
    if principal == PUBLIC:
        raise typer.BadParameter(
            "--disclosures 须以 --as 指明有权查阅的主体(陈述者、CNCA、SAMR 或 auditor)。"
            " --disclosures needs --as: the author, CNCA, SAMR or auditor."
        )
    if reason not in reasons():
        raise typer.BadParameter(f"--reason: {', '.join(reasons())}")
    settings = Settings()
    address = database_url(settings)
    return _Counted(VaultReader(address, Vault(address, lambda: file_keys(settings)), principal, reason, "export"))


def _own_keys() -> list[Verifier]:
    """Return the public halves of the keys that the notary signs with here, where this user may read it."""
    try:
        return [each.verifier for each in read_keys(key_file(Settings()))]
    except ServiceUnavailableError:
        return []


def _positions(text: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(text)
    if match is None or int(match[1]) > int(match[2]):
        raise typer.BadParameter(f"--range {text}: A:B, 1 ≤ A ≤ B")
    return int(match[1]), int(match[2])


def _read(path: Path, limit: int) -> bytes:
    with path.open("rb") as file:
        return file.read(limit + 1)
