"""The verb that shows and gives the rights on the broker; only ``--apply`` changes anything."""

from typing import Annotated

import orjson
import typer
from kafka.errors import AuthorizationError, KafkaError
from rich.console import Console
from rich.table import Table

from api.cli.ask import AsJson
from api.cli.surroundings import needed_cluster
from consumers.cluster import Cluster
from consumers.trust import party_topic
from infra.kafka_acls import PROCESSES, Grant, apply_grants, grants
from infra.services.errors import ServiceUnavailableError
from infra.services.topics import RECEIPTS, SUBMISSIONS, TOPICS, ensure_topics
from infra.settings import Settings
from ledger.parties import party_of

_out = Console()


def kafka_acls(
    party: Annotated[
        list[str] | None, typer.Option(help="主体及其 Kafka 用户 PARTY[=USER],可多次 · a party and its Kafka user")
    ] = None,
    reader: Annotated[
        list[str] | None, typer.Option(help="可读全部事件的用户,可多次 · a user who may read every event")
    ] = None,
    user: Annotated[
        list[str] | None,
        typer.Option(help="进程的用户 PROCESS=USER,可多次 · the user of relay, intake, project or policies"),
    ] = None,
    apply: Annotated[
        bool, typer.Option("--apply/--print", help="建立主题并授予权限 · make the topics and give the rights")
    ] = False,
    json: AsJson = False,
) -> None:
    """Kafka 权限表:显示,或以 --apply 施行。 The table of rights on Kafka: show it, or apply it."""
    named = _parties(party or [])
    topics = {party_topic(SUBMISSIONS, name): user_ for name, user_ in named.items()}
    answered = {party_topic(RECEIPTS, name): user_ for name, user_ in named.items()}
    rows = grants(_users(user or []), parties=topics, answered=answered, readers=map(_not_ours, reader or []))
    if json:
        typer.echo(orjson.dumps([row.as_dict() for row in rows], option=orjson.OPT_INDENT_2).decode())
    else:
        _out.print(_table(rows))
    if apply:
        _apply(needed_cluster(Settings()), rows, {**topics, **answered})


def _apply(brokers: Cluster, rows: list[Grant], topics: dict[str, str]) -> None:
    try:
        # One partition keeps all that a party says in its order.
        made = ensure_topics(brokers.servers, {**TOPICS, **dict.fromkeys(topics, 1)}, credentials=brokers.credentials)
        foreign = apply_grants(brokers.servers, rows, brokers.credentials)
    except AuthorizationError as error:
        raise ServiceUnavailableError(
            "本用户无权建立主题或授予权限,请以 Kafka 管理员(super.users)的凭据执行。",
            "This user may not make topics or give rights; use the credentials of an administrator (super.users).",
        ) from error
    except KafkaError as error:
        raise ServiceUnavailableError(
            f"Kafka 拒绝或没有应答:{error}", f"Kafka refused or did not answer: {error}"
        ) from error
    _out.print(f"已施行 applied: {len(rows)}  新主题 topics made: {', '.join(made) or '—'}", markup=False)
    for each in foreign:
        _out.print(f"! 表外权限,请核实 · a right that is not in the table: {each}", style="yellow", markup=False)


def _parties(given: list[str]) -> dict[str, str]:
    found = {}
    for each in given:
        party, _, user = each.partition("=")
        if party_of(party) is None:
            raise typer.BadParameter(f"不是主体标识 · no party: {party}")
        found[party] = _not_ours(user or party.replace(":", "."))
    return found


def _not_ours(user: str) -> str:
    """Groups go by the names of their users: a user of this name would have the right to the ledger's own."""
    if user == "certledger":
        raise typer.BadParameter("用户不可名为 certledger · no user may be called certledger")
    return user


def _users(given: list[str]) -> dict[str, str]:
    found = dict(PROCESSES)
    for each in given:
        process, _, user = each.partition("=")
        if process not in found or not user:
            raise typer.BadParameter(f"应为 PROCESS=USER · use PROCESS=USER with one of {', '.join(PROCESSES)}")
        found[process] = user
    return found


def _table(rows: list[Grant]) -> Table:
    table = Table("用户 · principal", "资源 · resource", "名称 · name", "权限 · operations", "为何 · why")
    for row in rows:
        name = f"{row.name}…" if row.is_prefix else row.name
        table.add_row(row.principal, row.kind, name, " ".join(row.operations), f"{row.zh}\n{row.en}")
    return table
