"""The verbs of supervision: its lists, one case, published penalties, the statistics table, checks and reports."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.cli.ask import AsJson, AsOf, KnownAt, print_json
from api.cli.server import ledger
from api.cli.tokens import token_of
from infra.national_register import ReportConflictError, ReportFolder
from ledger.cases.register_form import is_the_document, payload

_As = Annotated[
    str | None, typer.Option("--as", help="以何主体查阅,缺省为公众 · the party that reads; the public if unset")
]
_Reason = Annotated[str, typer.Option("--reason", help="查阅事由代码 · code of the reason for reading")]
_Region = Annotated[str | None, typer.Option("--region", help="某地及其下辖 · a region and all below it, GB/T 2260")]
_Case = Annotated[str, typer.Argument(help="案件,如 SAMR-440604:1 · the case, such as SAMR-440604:1")]
_out = Console()
_errors = Console(stderr=True)


def supervision(  # noqa: PLR0913, PLR0917 - each is an option of the verb
    name: Annotated[str | None, typer.Argument(help="清单名称,缺省列出全部 · the list; all names if unset")] = None,
    party: _As = None,
    reason: _Reason = "case",
    region: _Region = None,
    by: Annotated[str | None, typer.Option("--by", help="只列与此主体有关者 · only what concerns this party")] = None,
    key_product: Annotated[
        str | None, typer.Option("--key-product", help="重点产品类别 · category of key products")
    ] = None,
    as_of: AsOf = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="至多若干行 · at most so many rows")] = 200,
    json: AsJson = False,
) -> None:
    """监管清单:在办案件、逾期报送、未处置问题等。 The lists of supervision: what is at work, due, overdue or open."""
    if name is None:
        answer = _ask("/v1/supervision/lists", None, reason)
    else:
        asked = {"region": region, "by": by, "key_product": key_product, "as_of": as_of, "limit": limit}
        answer = _ask(f"/v1/supervision/lists/{name}", party, reason, **asked)
    if json:
        print_json(answer)
    elif name is None:
        table = Table("清单 · list", "", "依据 · source")
        for row in answer["lists"]:
            table.add_row(row["name"], f"{row['zh']}\n{row['en']}", row["source"])
        _out.print(table)
    else:
        _out.print(_listed(answer))


def case(
    stream: _Case, party: _As = None, reason: _Reason = "case", known_at: KnownAt = None, json: AsJson = False
) -> None:
    """一个案件:阶段、记录与应报事项。 One case: how far it is, what was recorded, what it owes."""
    answer = _case(stream, party, reason, known_at)
    if json:
        print_json(answer)
        return
    table = Table("生效\neffective", "事件 · event", "提交方 · source", title=f"{answer['stream']} · {answer['phase']}")
    for fact in answer["facts"]:
        table.add_row(fact["effective"] or "", f"{fact['zh']}\n{fact['en']}", fact["source"])
    _out.print(table)
    for duty in answer["duties"]:
        due = duty["due"] or "—"
        _out.print(f"{duty['zh']} · {duty['en']}: {duty['standing']} ({due}, {duty['age']} d)", markup=False)


def penalties(as_of: AsOf = None, json: AsJson = False) -> None:
    """公示的行政处罚。 Published penalties."""
    answer: dict[str, Any] = {"penalties": [], "next": None}
    rows: list[dict[str, Any]] = []
    while not rows or answer["next"]:
        answer = _ask("/v1/penalties", None, "case", as_of=as_of, cursor=answer["next"])
        rows += answer["penalties"]
        if not answer["penalties"]:
            break
    if json:
        print_json({**answer, "penalties": rows})
        return
    table = Table("决定 · decided", "文号 · document", "当事人 · party", "违法行为 · violation", "金额 · CNY")
    for row in rows:
        table.add_row(row["decided"], row["document_number"], row["party"], row["violation"], row["amount"] or "")
    _out.print(table)


def statistics(
    period: Annotated[str, typer.Argument(help="2031-03、2031-Q1、2031 · month, quarter or year")],
    party: Annotated[str, typer.Option("--as", help="以何主体查阅 · the party that reads")],
    reason: _Reason = "case",
    region: _Region = None,
    json: AsJson = False,
) -> None:
    """认证认可与检验检测案件统计表。 The official statistics table of cases."""
    answer = _ask("/v1/statistics/cases", party, reason, period=period, region=region)
    if json:
        print_json(answer)
        return
    columns = [column["zh"] for column in answer["table"]["columns"]]
    table = Table("代码", "指标名称 · indicator", *columns, title=f"{answer['table']['zh']} {period}")
    for row in answer["rows"]:
        amounts = [str(row[column["name"]]) for column in answer["table"]["columns"]]
        table.add_row(row["code"], f"{row['zh']}\n{row['en']}", *amounts)
    _out.print(table)


def check_production(
    body: Annotated[str, typer.Argument(help="认证机构批准号 · approval number of the body")],
    number: Annotated[str, typer.Argument(help="证书号 · certificate number")],
    produced: Annotated[str, typer.Option(help="生产日 YYYY-MM-DD · day of production")],
    model: Annotated[str | None, typer.Option(help="现场产品型号 · model on site")] = None,
    product: Annotated[str | None, typer.Option(help="现场产品名称 · product on site")] = None,
    json: AsJson = False,
) -> None:
    """按生产日的状态与版本核对证书。 Check a product against its certificate as it was on the day of production."""
    path = f"/v1/checks/production/{body}/{number}"
    answer = _ask(path, None, "patrol", produced=produced, model=model, product=product)
    if json:
        print_json(answer)
        return
    _out.print(f"{produced}: {answer['status'] or '—'}", markup=False)
    for found in answer["findings"]:
        said = f"{found['zh']} · {found['en']} [{found['code']}] {found['stated']} {found['observed']}"
        _out.print(said, style="red", markup=False)
    if not answer["findings"]:
        _out.print("未见不符 · nothing found", style="green")


def case_document(
    stream: _Case,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="决定书文本 · the decision's text")],
    party: _As = None,
    reason: _Reason = "case",
) -> None:
    """核对处罚决定书文本与所记录的摘要是否一致。 Check a decision's text against the digest that was recorded."""
    content = file.read_bytes()
    recorded = _documents(_case(stream, party, reason, None))
    if not any(is_the_document(each, content) for each in recorded):
        told = "与所记录的决定书不一致,请索取原件。 This is not the text that was recorded; ask for the original."
        _errors.print(told, style="red")
        raise typer.Exit(1)
    _out.print("一致 · it is the text that was recorded", style="green")


def case_report(
    stream: _Case,
    to: Annotated[Path, typer.Option("--to", help="待发文件夹 · the folder of outgoing reports")],
    document: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="决定书文本 · the decision's text")
    ] = None,
    party: _As = None,
    reason: _Reason = "case",
) -> None:
    """把案件信息放入报送国家系统的文件夹,重复执行不会重复。 Put a case's report into the folder for the register."""
    answer = _case(stream, party, reason, None)
    reports = [fact for fact in answer["facts"] if fact["type"] == "case.report_submitted"]
    if not reports:
        _errors.print("尚未报送,请先提交 case.report_submitted。 Submit case.report_submitted first.", style="red")
        raise typer.Exit(1)
    content = document.read_bytes() if document else None
    stated = reports[-1]["data"].get("document")
    if content is not None and not (stated and is_the_document(stated, content)):
        _errors.print("文本与报送的摘要不一致。 The text is not the one that the report names.", style="red")
        raise typer.Exit(1)
    try:
        path = ReportFolder(to).send(payload(answer["stream"], reports[-1]), content)
    except ReportConflictError as error:
        told = f"{error}: 已有内容不同的同一报告,请核对。 Another report of this identity lies there; compare the two."
        _errors.print(told, style="red", markup=False)
        raise typer.Exit(1) from error
    _out.print(str(path), markup=False, soft_wrap=True)


def _ask(path: str, party: str | None, reason: str, **asked: str | int | None) -> dict[str, Any]:
    with ledger(token_of(party) if party else None) as client:
        return client.ask(path, reason=reason if party else None, **asked)


def _case(stream: str, party: str | None, reason: str, known_at: str | None) -> dict[str, Any]:
    authority, _, number = stream.removeprefix("case:").partition(":")
    return _ask(f"/v1/cases/{authority}/{number}", party, reason, known_at=known_at)


def _documents(answer: dict[str, Any]) -> list[dict[str, Any]]:
    found = (fact["data"].get("document") for fact in answer["holds"] if "document" in fact["data"])
    return [each for each in found if each]


def _listed(answer: dict[str, Any]) -> Table:
    title = f"{answer['zh']} · {answer['en']} ({answer['as_of']})"
    table = Table("主体 · stream", "当事人 · subject", "自 · since", "期限 · due", "天 · d", "", title=title)
    for row in answer["rows"]:
        style = "red" if row["overdue"] else "yellow" if row["priority"] else None
        age = "" if row["age_days"] is None else str(row["age_days"])
        detail = " ".join(f"{key}={value}" for key, value in row["detail"].items() if value not in (None, [], ""))
        cells = (row["stream"], row["subject"] or "", row["since"] or "", row["due"] or "", age, detail)
        table.add_row(*cells, style=style)
    if answer["more"]:
        table.caption = "还有更多,请用 --limit · there are more, see --limit"
    return table
