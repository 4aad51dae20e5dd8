"""The verbs of the tree: the notary that signs, the scrubber that computes everything anew, the log's key."""

import time
from typing import Annotated

import structlog
import typer
from rich.console import Console

from api.cli.ask import AsJson
from api.cli.follow import started, until_stopped
from api.cli.surroundings import database_url
from api.cli.witness import cosigners
from consumers.cose_signer import CoseSigner
from consumers.notary import LogIdentity, Notary
from consumers.scrubber import Scrubber
from infra.cose_store import PostgresCoseStore
from infra.leadership import AdvisoryLeadership
from infra.log_key import Kind, add_key, key_file, log_signer, log_signers, make_key, notary_folder
from infra.notary_folder import NotaryFolder
from infra.notary_store import PostgresNotaryStore, clear_alarms, connect_as_notary
from infra.settings import Settings
from ledger.evidence.growth import SigningRefused
from ledger.evidence.guard import signed_by
from ledger.evidence.links import link_of
from ledger.evidence.policy import Policy
from ledger.evidence.report import Report, Result
from ledger.evidence.scrub import scrub_checkpoints
from ledger.evidence.store import StoreSource
from ledger.evidence.verify import Question, verify_source

log = structlog.get_logger(__name__)
_out = Console(soft_wrap=True, highlight=False, markup=False)
_errors = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)
_REFUSED = (
    "拒绝签署:库中内容与已签检查点不符。未确认前不会再签。请先运行 certledger scrub --once 查明,恢复正确的数据;"
    "确需继续时,以 certledger notary --accept 理由 留痕后再启动。\n"
    "Signing is refused: what is stored contradicts what was signed. Find out with `certledger scrub --once` and put "
    "the right data back; to go on nevertheless, say so on the record by `certledger notary --accept REASON`."
)


def notary(
    accept: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="承担责任并留痕后允许继续签署 · let signing go on, on the record"),
    ] = None,
) -> None:
    """维护默克尔树、签署检查点、后台复核。 Grow the Merkle tree, sign checkpoints, scrub in the background."""
    settings = started("notary")
    url, folder, identity = database_url(settings), NotaryFolder(notary_folder(settings)), log_identity(settings)
    signing = Notary(
        store=_store(url),
        memory=folder,
        leadership=AdvisoryLeadership(url, "notary"),
        identity=identity,
        interval_seconds=settings.checkpoint_seconds,
    )
    if accept is not None:
        _accept(accept.strip(), signing, folder, url, identity)
        return
    try:
        until_stopped(
            signing.run,
            _scrubber(settings, url, folder, identity).run,
            *(each.run for each in cosigners(settings, url)),
            CoseSigner(store=PostgresCoseStore(lambda: connect_as_notary(url)), signer=log_signer(settings)).run,
        )
    except SigningRefused as refusal:
        raise _refused(refusal) from None


def scrub(
    once: Annotated[bool, typer.Option("--once", help="核验一遍并列出全部问题 · verify once, list everything")] = False,
    json: AsJson = False,
) -> None:
    """按已签检查点复核整个数据库。 Verify the whole database against the signed checkpoints.

    退出码 exit codes: 0 完好 sound · 1 已被改动 tampered · 2 无法读取 unreadable · 3 不完整 incomplete
    """
    settings = started("scrub")
    url, folder, identity = database_url(settings), NotaryFolder(notary_folder(settings)), log_identity(settings)
    if not once:
        try:
            until_stopped(_scrubber(settings, url, folder, identity).run)
        except SigningRefused as refusal:
            raise _refused(refusal) from None
        return
    report = verify_store(url, folder, identity)
    if json:
        _out.print_json(data=report.as_json())
    else:
        typer.echo(report.as_text(), nl=False)
    raise typer.Exit(int(report.result))


def log_key(
    make: Annotated[
        str | None, typer.Option(metavar="ORIGIN", help="以此名称生成密钥 · make a key of a log of this name")
    ] = None,
    add: Annotated[
        Kind | None,
        typer.Option(help="另加一种密钥,检查点多一行签名 · one more kind of key, one more line on checkpoints"),
    ] = None,
) -> None:
    """显示日志公钥(vkey),供信任策略使用。 Print the log's public keys (vkey), for an auditor's policy."""
    settings = Settings()
    if make is not None:
        path = key_file(settings)
        if path.exists():
            raise typer.BadParameter(f"{path} 已存在,不予覆盖。 {path} exists and is not replaced.")
        make_key(path, make)
    signers = log_signers(settings)
    if add is not None:
        signers = add_key(key_file(settings), add)
        _errors.print("请重新启动 notary。 Restart the notary.")
    for each in signers:
        typer.echo(each.verifier.vkey)


def log_identity(settings: Settings) -> LogIdentity:
    """Return whose log this deployment keeps."""
    signers = log_signers(settings)
    return LogIdentity(signers[0].name, signers, [each.verifier for each in signers])


def verify_store(url: str, folder: NotaryFolder, identity: LogIdentity) -> Report:
    """Return everything that is wrong with the database, judged as a bundle is, and with its last signed checkpoint."""
    store = _store(url)
    try:
        standing = Notary(
            store=store, memory=folder, leadership=AdvisoryLeadership(url, "notary"), identity=identity
        ).contradiction()
        with store.reading() as stored:
            newest, kept, more = stored.newest(), folder.load(), [*standing.report.findings] if standing else []
            if newest is None:
                report = Report(origin=identity.origin, size=0)
            else:
                question = Question(time.time(), Policy(logs=list(identity.keys)), kept)
                report = verify_source(StoreSource(stored, newest, identity.keys), question)
                more += scrub_checkpoints(stored, 0, newest.size, identity.origin, identity.keys)
    finally:
        store.close()
    found = {(each.code, each.path) for each in report.findings}
    report.findings += [each for each in more if (each.code, each.path) not in found]
    return report


def _accept(reason: str, signing: Notary, folder: NotaryFolder, url: str, identity: LogIdentity) -> None:
    if not 1 <= len(reason) <= 1_000:
        raise typer.BadParameter("请写明理由(1–1000 字)。 Give a reason of 1 to 1,000 characters.")
    if not folder.acquire():
        raise typer.BadParameter("请先停止正在运行的 notary。 Stop the notary that is running first.")
    store = _store(url)
    contradiction, alarms = signing.contradiction(), [*folder.alarms(), *store.alarms()]
    findings = [*(each.as_json() for each in contradiction.report.findings), *alarms] if contradiction else alarms
    if not findings:
        typer.echo("没有需要确认的事项。 There is nothing to accept.")
        return
    newest, last = store.newest(), folder.load()
    if contradiction is not None:
        try:
            if newest is not None:
                signed_by(identity.origin, identity.keys, newest)
            last = newest.note if newest is not None else None
        except SigningRefused as refusal:
            _errors.print("最新检查点不是本日志所签,不能从它继续。 The newest checkpoint is not this log's own.")
            raise _refused(refusal) from None
    folder.go_on(reason, findings, last, link_of(newest).to_bytes() if newest is not None else None)
    clear_alarms(url, reason)
    log.warning("notary.accepted", reason=reason, findings=findings[:20], size=newest.size if newest else 0)
    typer.echo(
        f"已记录于 {folder.path / 'acts.jsonl'};此前的检查点保留在旁。持有旧检查点者仍会发现分叉。"
        f" Noted in {folder.path / 'acts.jsonl'}; the checkpoint from before is kept beside it. Whoever holds it will "
        "see a fork."
    )


def _scrubber(settings: Settings, url: str, folder: NotaryFolder, identity: LogIdentity) -> Scrubber:
    return Scrubber(
        store=_store(url),
        memory=folder,
        leadership=AdvisoryLeadership(url, "scrubber"),
        identity=identity,
        events_per_second=settings.scrub_events_per_second,
    )


def _store(url: str) -> PostgresNotaryStore:
    return PostgresNotaryStore(lambda: connect_as_notary(url))


def _refused(refusal: SigningRefused) -> typer.Exit:
    _errors.print(_REFUSED, style="red")
    for finding in refusal.report.findings[:50]:
        _errors.print(finding.as_text())
    return typer.Exit(int(refusal.report.result) or int(Result.TAMPERED))
