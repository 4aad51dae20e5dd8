"""``certledger clock`` says what passed its deadline, and brings notices to the addresses of ``deliveries``."""

from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from typing import Annotated, Literal

import orjson
import typer
from rich.console import Console
from rich.table import Table

from api.cli.ask import AsJson
from api.cli.follow import opened, started, until_stopped
from api.cli.surroundings import database_url
from consumers.clock import Clock
from consumers.deliveries import Deliveries
from infra.deadline_store import PostgresDeadlineStore
from infra.delivery_store import PostgresDeliveryStore
from infra.mail import mail_channel
from infra.outbound import OutboundRefused, parse
from infra.settings import Settings
from infra.webhooks import Webhooks, outbound_policy, public_key, webhook_key
from ledger.access.audience import party_key
from ledger.parties import party_of

deliveries = typer.Typer(
    name="deliveries",
    help="通报的外送地址 · where notices are brought beside the inbox",
    no_args_is_help=True,
    rich_markup_mode=None,
)
_out = Console()
Party = Annotated[str, typer.Argument(help="主体,如 CNCA-R-2031-101 · the party")]
Kind = Annotated[Literal["webhook", "email"], typer.Argument(help="webhook 或 email · or email")]
Address = Annotated[str, typer.Argument(help="https 地址或邮箱 · https address or mailbox")]


def clock() -> None:
    """陈述期限届满,并向外送达通报。 Say what passed its deadline, and bring notices to webhooks and mailboxes."""
    settings = started("clock")
    url = database_url(settings)
    ledger = opened(url)
    channels = {
        "webhook": Webhooks([webhook_key(settings)], outbound_policy(settings)),
        "email": mail_channel(settings),
    }
    watching = Clock(ledger, PostgresDeadlineStore(url), _now, seconds=settings.clock_seconds)
    delivering = Deliveries(ledger, PostgresDeliveryStore(url), channels, _now)
    until_stopped(watching.run, delivering.run)


@deliveries.command()
def add(party: Party, kind: Kind, address: Address) -> None:
    """从现在起把某主体的通报送到一个地址。 Bring a party's notices to an address from now on."""
    settings = Settings()
    if party_of(party) is None:
        raise typer.BadParameter(f"{party} 不是任何主体的写法。 {party} is the spelling of no party.")
    if kind == "webhook":
        try:
            parse(address, outbound_policy(settings))
        except OutboundRefused as refused:
            raise typer.BadParameter(str(refused)) from refused
    elif "@" not in address or any(letter.isspace() for letter in address):
        raise typer.BadParameter(f"{address} 不是邮箱地址。 {address} is no mailbox.")
    with _store(settings) as store:
        store.add(party_key(party), kind, address)


@deliveries.command()
def remove(party: Party, kind: Kind, address: Address) -> None:
    """不再送到该地址。 Bring nothing more to an address."""
    with _store() as store:
        was_there = store.remove(party_key(party), kind, address)
    if not was_there:
        raise typer.BadParameter("没有这个地址。 There is no such address.")


@deliveries.command()
def replay(
    party: Party,
    since: Annotated[int, typer.Option(min=0, help="从此位置起 · from this position on")] = 0,
) -> None:
    """把某位置起的通报重新送一遍。 Bring everything from a position on once more."""
    with _store() as store:
        count = store.replay(party_key(party), since, _now())
    _out.print(f"{count} 份通报将重新送达 · {count} notices will be brought again", highlight=False)


@deliveries.command("list")
def list_(json: AsJson = False) -> None:
    """列出地址与送达情况。 List the addresses and how deliveries to them stand."""
    with _store() as store:
        rows = store.channels()
    if json:
        typer.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    table = Table(
        "主体 · party", "方式 · kind", "地址 · address", "待送 · waiting", "已送 · delivered", "放弃 · given up"
    )
    for row in rows:
        table.add_row(
            row["party"], row["kind"], row["address"], *(str(row[n]) for n in ("waiting", "delivered", "given_up"))
        )
    _out.print(table)


@deliveries.command()
def key() -> None:
    """显示验证 webhook 签名的公钥(Standard Webhooks)。 Show the public key that verifies webhooks."""
    typer.echo(public_key(webhook_key(Settings())))


def _store(settings: Settings | None = None) -> AbstractContextManager[PostgresDeliveryStore]:
    return closing(PostgresDeliveryStore(database_url(settings or Settings())))


def _now() -> datetime:
    return datetime.now(UTC)
