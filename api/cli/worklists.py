"""``certledger inbox``, ``deadlines``, ``ageing``, ``warnings``, ``what-if``: what waits, and what a loss would be."""

from typing import Annotated, Any, Literal

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli.ask import AsJson, AsOf
from api.cli.server import ledger
from api.cli.tokens import token_of
from api.client.models import Deadline, Notice

Party = Annotated[str, typer.Option("--as", help="以何主体查阅 · the party that reads, such as SAMR-440604")]
Reason = Annotated[str, typer.Option(help="查阅事由代码 · code of the reason for reading")]
Region = Annotated[str | None, typer.Option(help="辖区代码,含下级 · code of a jurisdiction")]
Unit = Annotated[str | None, typer.Option(help="责任单位 · who is responsible")]
Limit = Annotated[int, typer.Option(min=1, max=200, help="最多条数 · at most")]
_COLOURS = {"overdue": "red", "met_late": "yellow", "ageing": "cyan", "open": "green", "sent": "cyan"}
_WORDS = {
    "open": "在期限内 open",
    "overdue": "逾期 overdue",
    "ageing": "在办 ageing",
    "met": "已办 done",
    "met_late": "逾期办结 done late",
}
_out = Console()


def inbox(
    party: Party,
    state: Annotated[
        Literal["all", "unacknowledged", "open", "overdue", "closed"],
        typer.Option(help="全部、待签收、待回复、逾期、已结 · which of them"),
    ] = "all",
    sent: Annotated[bool, typer.Option("--sent", help="改列本方发出的 · what the party sent")] = False,
    unit: Annotated[str | None, typer.Option(help="只列送达此内设机构者 · what went to this unit of the party")] = None,
    limit: Limit = 100,
    json: AsJson = False,
) -> None:
    """本方的通报收件箱。 The notices to a party."""
    with ledger(token_of(party)) as client:
        answer = client.inbox(state=state, sent=sent, unit=unit, limit=limit)
    if json:
        _print_json(answer.as_dict())
        return
    counts = answer.counts
    table = Table(
        "日期 · day", "种类 · kind", "对方 · with", "状态 · status", "内容 · statement", "编号 · number",
        title=f"{answer.party} · 待签收 unacknowledged {counts.unacknowledged} · 待回复 open {counts.open}",
    )  # fmt: skip
    for each in answer.notices:
        table.add_row(*_row(each, each.recipient if sent else each.sender))
    _out.print(table)


def deadlines(
    party: Party,
    reason: Reason = "inspection",
    state: Annotated[
        Literal["all", "open", "overdue", "ageing", "met", "met_late"],
        typer.Option(help="状态 · state"),
    ] = "all",
    unit: Unit = None,
    region: Region = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    json: AsJson = False,
) -> None:
    """到期、逾期与在办事项。 What is due, overdue or ageing."""
    with ledger(token_of(party)) as client:
        answer = client.deadlines(reason=reason, state=state, unit=unit, region=region, as_of=as_of, limit=limit)
    if json:
        _print_json(answer.as_dict())
        return
    table = Table(
        "期限 · due", "天数 · days", "状态 · state", "单位 · unit", "事项 · matter", "对象 · stream", "依据 · source",
        title=answer.as_of,
    )  # fmt: skip
    for each in answer.deadlines:
        table.add_row(*_due(each))
    _out.print(table)


def ageing(
    party: Party, reason: Reason = "inspection", unit: Unit = None, region: Region = None, as_of: AsOf = None,
    json: AsJson = False,
) -> None:  # fmt: skip
    """在办事项的天数,按单位与种类。 How long matters wait, by unit and kind."""
    with ledger(token_of(party)) as client:
        report = client.ageing(reason=reason, unit=unit, region=region, as_of=as_of)
    if json:
        _print_json(report.as_dict())
        return
    table = Table(
        "单位 · unit", "种类 · kind", "件数 · count", "中位天数 · median", "最长 · oldest", "逾期 · overdue",
        title=report.as_of,
    )  # fmt: skip
    for line in report.ageing:
        figures = (line.count, line.median, line.oldest, line.overdue)
        table.add_row(line.responsible, f"{line.kind.zh}\n{line.kind.en}", *map(str, figures))
    _out.print(table)


def warnings(
    party: Party,
    reason: Reason = "inspection",
    risks: Annotated[bool, typer.Option("--risks", help="改列风险信号 · the risks instead")] = False,
    region: Region = None,
    as_of: AsOf = None,
    limit: Limit = 100,
    json: AsJson = False,
) -> None:
    """预警,或风险信号及其阶段。 Early warnings, or risks with their stages."""
    with ledger(token_of(party)) as client:
        if risks:
            found = client.risks(reason=reason, region=region, as_of=as_of, limit=limit)
        else:
            answer = client.warnings(reason=reason, as_of=as_of, limit=limit)
    if json:
        _print_json((found if risks else answer).as_dict())
        return
    if risks:
        table = Table("风险 · risk", "地区 · region", "阶段 · stage", "等级 · level", "间隔天数 · lags", "内容 · text")
        for each in found.risks:
            lags = " ".join(f"{lag['from']}→{lag['to']} {lag['days']}" for lag in each.lags)
            table.add_row(each.stream, each.region, each.stage, each.level or "", lags, each.text)
    else:
        table = Table("预警 · warning", "等级 · level", "状态 · state", "自 · from", "至 · until", "标题 · title")
        for warning in answer.warnings:
            table.add_row(
                warning.stream,
                warning.level,
                warning.state,
                warning.issued,
                warning.lifted or warning.until,
                warning.title,
            )
    _out.print(table)


def what_if(
    body: Annotated[str, typer.Argument(help="认证机构批准号 · approval number of the body")],
    as_of: AsOf = None,
    json: AsJson = False,
) -> None:
    """某机构丧失批准会影响多少证书(事先计数)。 How many certificates a body's loss of approval would flag."""
    with ledger() as client:
        answer = client.loss_of_approval(body, as_of=as_of)
    if json:
        _print_json(answer.as_dict())
        return
    table = Table(title=f"{body} · {answer.as_of}", show_header=False, title_justify="left")
    table.add_row("有效或暂停的证书 certificates in force", str(answer.certificates))
    table.add_row("其中暂停 of these suspended", str(answer.suspended))
    table.add_row("持有人 holders", str(answer.holders))
    for name, rows in (("scheme", answer.by_scheme), ("region", answer.by_region)):
        for row in rows:
            table.add_row(f"  {row[name] or '—'}", str(row["count"]))
    _out.print(table)


def _row(each: Notice, other: str) -> tuple[str | Text, ...]:
    status = Text(f"{each.status.zh} {each.status.en}", style=_COLOURS.get(each.status.value, "white"))
    return each.created, f"{each.kind.zh}\n{each.kind.en}", other, status, each.statement, each.stream


def _due(each: Deadline) -> tuple[str | Text, ...]:
    due = (each.due or "—") + (" (暂定 provisional)" if each.provisional else "")
    state = Text(_WORDS.get(each.state, each.state), style=_COLOURS.get(each.state, "white"))
    return (
        due,
        str(each.age),
        state,
        each.responsible,
        f"{each.kind.zh}\n{each.kind.en}",
        each.stream,
        each.source or "",
    )


def _print_json(value: Any) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
