"""The verbs about bureaux: how counties are superintended, who leads a campaign where, and whom to contact."""

from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from api.cli import server
from api.cli.ask import AsJson, AsOf
from api.cli.authorities import As, Reason
from api.cli.tokens import token_of

_ASK_ABOVE = "无权查看全部,请以上级部门身份查阅。 Not all of it is yours to see: ask as an authority above (--as)."
_out = Console()


def superintendence(
    region: Annotated[str, typer.Argument(help="辖区的行政区划代码 · code of the area")],
    since: Annotated[str, typer.Option(help="自何日 · first day, YYYY-MM-DD")],
    until: Annotated[str, typer.Option(help="至何日 · last day, YYYY-MM-DD")],
    party: As = None,
    reason: Reason = "guidance",
    json: AsJson = False,
) -> None:
    """期内对各县局的指导、督查、考核,以及一项也没有的县局。 How counties were superintended, or were not."""
    with server.ledger(token_of(party) if party else None, reason=reason) as client:
        found = client.superintendence(region, since, until).as_dict()
    if json:
        _print_json(found)
    elif found["counties"] is None:
        _out.print(_ASK_ABOVE)
    else:
        counted = ("authority", "name_zh", "guidance", "inspection", "assessment", "latest")
        _show("指导、督查、考核 · guidance, inspection, assessment", found["counties"], counted)
        _out.print(f"一项也没有 · none at all: {'、'.join(found['without']) or '无 none'}")


def leaders(
    campaign: Annotated[str, typer.Argument(help="专项检查的编号 · number of the campaign's plan")],
    as_of: AsOf = None,
    party: As = None,
    reason: Reason = "inspection",
    json: AsJson = False,
) -> None:
    """各市局为一项专项工作指定的局领导,缺与多各列出。 Which leader each city bureau designated for a campaign."""
    with server.ledger(token_of(party) if party else None, reason=reason) as client:
        found = client.campaign_leaders(campaign.removeprefix("inspection:"), as_of=as_of).as_dict()
    if json:
        _print_json(found)
    elif found["bureaux"] is None:
        _out.print(_ASK_ABOVE)
    else:
        rows = [{**row, "leaders": "、".join(each["leader"] for each in row["leaders"])} for row in found["bureaux"]]
        _show("负责局领导 · leaders", rows, ("authority", "name_zh", "leaders", "state"))
        for state, title in (("missing", "未指定 · none designated"), ("several", "多于一名 · more than one")):
            _out.print(f"{title}: {'、'.join(found[state]) or '无 none'}")


def contacts(
    authority: Annotated[str, typer.Argument(help="如 SAMR-440604 · such as SAMR-440604")],
    as_of: AsOf = None,
    party: As = None,
    reason: Reason = "inspection",
    json: AsJson = False,
) -> None:
    """一个监管部门的联系方式;公众只见公布的字段。 The contacts of an authority; the public sees published fields."""
    with server.ledger(token_of(party) if party else None, reason=reason if party else None) as client:
        found = client.authority_contacts(authority, as_of=as_of).as_dict()
    if json:
        _print_json(found)
        return
    rows = [{"contact": each["contact"], **field} for each in found["contacts"] for field in each["fields"]]
    _show("联系方式 · contacts", rows, ("contact", "field", "value"))


def _show(title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> None:
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*("" if row[name] is None else str(row[name]) for name in columns))
    _out.print(table)


def _print_json(value: Any) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
