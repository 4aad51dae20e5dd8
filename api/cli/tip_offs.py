"""The verbs of tip-offs: anybody tells and asks how far it is, authorities of the place read and dispose (S1-81)."""

from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from api.cli import server
from api.cli.ask import AsJson
from api.cli.tokens import token_of
from ledger.codes.tip_offs import reasons

tip_offs = typer.Typer(
    name="tip-offs", help="公众举报。 Tip-offs of the public.", no_args_is_help=True, rich_markup_mode=None
)
_Receipt = Annotated[str, typer.Argument(help="回执号 · the receipt")]
_Region = Annotated[str, typer.Argument(help="行为地的行政区划代码 · code of the region where it happens")]
_Authority = Annotated[str, typer.Option("--as", help="以何监管部门身份 · the authority that asks or disposes")]
_WHY = f"不予处理的原因代码 · code of why not: {', '.join(reasons())}"
_out = Console()


@tip_offs.command()
def send(
    region: _Region,
    text: Annotated[str, typer.Argument(help="所反映的情况,至多 2000 字 · what is told")],
    certificate: Annotated[str | None, typer.Option(help="证书编号 · number of the certificate")] = None,
    body: Annotated[str | None, typer.Option(help="认证机构 · the certification body")] = None,
    organisation: Annotated[str | None, typer.Option(help="组织名称或代码 · name or code")] = None,
    product: Annotated[str | None, typer.Option(help="产品 · product")] = None,
    contact: Annotated[str | None, typer.Option(help="可选的联系方式 · contact, if any")] = None,
    json: AsJson = False,
) -> None:
    """举报,无需身份;请保存回执号。 Tell of something, as nobody in particular; keep the receipt."""
    named = {"certificate": certificate, "body": body, "organisation": organisation, "product": product}
    about = {name: value for name, value in named.items() if value is not None}
    if not about:
        raise typer.BadParameter(
            "请以 --certificate、--body、--organisation 或 --product 说明所涉对象。 "
            "Say what it is about with --certificate, --body, --organisation or --product."
        )
    told: dict[str, Any] = {"about": about, "region": region, "text": text}
    if contact is not None:
        told["contact"] = contact
    with server.ledger() as client:
        found = client.tip_off(told).as_dict()
    if json:
        _print_json(found)
    else:
        _out.print(f"已收到,回执号 · received, receipt: {found['receipt']}", markup=False)


@tip_offs.command()
def status(receipt: _Receipt, json: AsJson = False) -> None:
    """凭回执号查询办理情况。 How far a tip-off is, by its receipt."""
    with server.ledger() as client:
        _print_status(client.tip_off_status(receipt).as_dict(), json=json)


@tip_offs.command(name="list")
def list_(
    region: _Region,
    party: _Authority,
    state: Annotated[
        str | None, typer.Option(help="received、registered 或 · or not_pursued; 缺省为全部 · all if unset")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200, help="至多若干行 · at most so many rows")] = 100,
    reason: Annotated[
        str, typer.Option("--reason", help="查阅事由代码 · code of the reason for reading")
    ] = "complaint",
    json: AsJson = False,
) -> None:
    """某地及其下辖的举报,先收到的在前。 The tip-offs about a region, the oldest first."""
    with server.ledger(token_of(party), reason=reason) as client:
        found = client.tip_offs(region, state=state, limit=limit).as_dict()
    if json:
        _print_json(found)
        return
    table = Table(title=f"举报 · tip-offs · {region}", title_justify="left")
    # Whole, whatever the width: it is what the other verbs ask for.
    table.add_column("回执号 · receipt", no_wrap=True, min_width=22)
    for name in ("收到 · received", "状态 · state", "所涉 · about", "情况 · what is told"):
        table.add_column(name, overflow="fold")
    for row in found["rows"]:
        about = "、".join(str(value) for value in row["about"].values())
        table.add_row(*(_plain(each) for each in (row["receipt"], row["received"], row["state"], about, row["text"])))
    _out.print(table)
    if found["more"]:
        _out.print("还有更多,请加大 --limit 或限定 --state。 There are more: raise --limit, or narrow by --state.")


@tip_offs.command()
def dispose(
    receipt: _Receipt,
    party: _Authority,
    lead: Annotated[
        str | None, typer.Option(help="本部门已登记线索的案件 · case of a lead that you registered, case:…")
    ] = None,
    not_pursued: Annotated[
        str | None, typer.Option("--not-pursued", help="不予处理的原因代码 · code of why not")
    ] = None,
    json: AsJson = False,
) -> None:
    """登记处理结果:已立为线索,或不予处理。 Note that it became a lead, or why it is not pursued."""
    if (lead is None) == (not_pursued is None):
        raise typer.BadParameter(
            "请在 --lead 与 --not-pursued 中恰选其一。 Give exactly one of --lead and --not-pursued."
        )
    with server.ledger(token_of(party)) as client:
        _print_status(client.dispose_of_tip_off(receipt, lead=lead, not_pursued=not_pursued).as_dict(), json=json)


def _print_status(found: dict[str, Any], *, json: bool) -> None:
    if json:
        _print_json(found)
        return
    why = found["reason"]
    said = f"{found['state']}({why['zh']} {why['en']})" if why else found["state"]
    _out.print(f"{found['receipt']}: {said}", markup=False)


def _plain(value: str) -> str:
    """Return what a stranger wrote without control characters, which a terminal would obey, and without markup."""
    shown = "".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in value)
    return shown.replace("[", "\\[")


def _print_json(value: Any) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
