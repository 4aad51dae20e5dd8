"""The verbs about inspections: lists, a unit's worklist, reports, and the record forms."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote

import orjson
import typer
from rich.console import Console
from rich.table import Table

from api.cli.ask import AsJson, AsOf
from api.cli.server import ledger
from api.cli.tokens import token_of
from ledger.days import start_of_day
from ledger.envelope import make_event

inspections = typer.Typer(name="inspections", help="监督检查 · supervision inspections", no_args_is_help=True)
forms = typer.Typer(name="forms", help="检查记录表 · record forms", no_args_is_help=True)
As = Annotated[str, typer.Option("--as", help="以何主体查阅 · the party that reads")]
Reason = Annotated[str, typer.Option("--reason", help="查阅事由代码 · code of the reason for reading")]
Region = Annotated[str | None, typer.Option(help="GB/T 2260 代码,含下级 · a region with all below it")]
Limit = Annotated[int, typer.Option(min=1, max=200, help="最多条数 · at most")]
_out = Console()
_LIST = ("stream", "subject", "region", "mode", "stage", "status", "due", "overdue", "performed")


@inspections.command("list")
def list_(  # noqa: PLR0913, PLR0917 - each is an option of its own
    party: As,
    region: Region = None,
    mode: Annotated[str | None, typer.Option(help="检查方式代码 · mode")] = None,
    status: Annotated[str | None, typer.Option(help="planned、performed、recorded、filed、cancelled")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="逾期的计划 · plans that are overdue")] = False,
    without_record: Annotated[
        bool, typer.Option("--without-record", help="没有记录的 · those without a record")
    ] = False,
    as_of: AsOf = None,
    limit: Limit = 100,
    cursor: Annotated[str | None, typer.Option(help="接着上次的 next · go on from `next`")] = None,
    reason: Reason = "inspection",
    json: AsJson = False,
) -> None:
    """按地区、方式、状态列出检查。 Inspections by place, mode and status."""
    asked = {"region": region, "mode": mode, "status": status, "overdue": overdue, "without_record": without_record}
    answer = _ask(party, "/v1/inspections", reason, **asked, as_of=as_of, limit=limit, cursor=cursor)
    show(answer, answer["inspections"], "检查 · inspections", _LIST, as_json=json)


@inspections.command("show")
def show_one(
    number: Annotated[str, typer.Argument(help="检查编号 · identifier of the inspection")],
    party: As,
    as_of: AsOf = None,
    reason: Reason = "inspection",
    json: AsJson = False,
) -> None:
    """一次检查及其任务链。 One inspection with its parts and the tasks above and below it."""
    answer = _ask(party, f"/v1/inspections/{quote(number, safe='')}", reason, as_of=as_of)
    parts = {name: each for name, each in answer.items() if isinstance(each, list)}
    plain = {name: each for name, each in answer.items() if name not in parts}
    show(answer, [{"member": name, "value": each} for name, each in plain.items()], number, as_json=json)
    for name, rows in parts.items():
        if rows and not json:
            show(answer, rows, name, as_json=False)


@inspections.command()
def targets(
    number: Annotated[str, typer.Argument(help="专项检查的编号 · identifier of the campaign's plan")],
    party: As,
    plan_due: Annotated[
        str | None, typer.Option(help="为每家企业输出一个计划事件,供 submit · write a plan for each, due on this day")
    ] = None,
    reason: Reason = "inspection",
    json: AsJson = False,
) -> None:
    """专项检查所针对的企业;可据此生成检查任务。 The enterprises of a campaign; their plans, to be submitted."""
    path, cursor = f"/v1/inspections/{quote(number, safe='')}", None
    answer = _ask(party, f"{path}/targets", reason, limit=200)
    found = list(answer["enterprises"])
    while (cursor := answer["next"]) is not None:
        answer = _ask(party, f"{path}/targets", reason, limit=200, cursor=cursor)
        found += answer["enterprises"]
    if plan_due is None:
        columns = ("organisation", "name_zh", "region", "certificates")
        show({**answer, "enterprises": found}, found, f"对象 · targets {number}", columns, as_json=json)
        return
    campaign = _ask(party, path, reason)
    for each in found:
        typer.echo(orjson.dumps(_plan(campaign, each, party, plan_due), option=orjson.OPT_SORT_KEYS).decode())


@inspections.command()
def worklist(
    party: As,
    unit: Annotated[str | None, typer.Option(help="缺省为本单位 · one's own if unset")] = None,
    as_of: AsOf = None,
    reason: Reason = "inspection",
    json: AsJson = False,
) -> None:
    """一个单位的检查待办。 What a unit has to inspect, record, file or answer."""
    answer = _ask(party, "/v1/inspections/worklist", reason, unit=unit, as_of=as_of)
    columns = ("stream", "roles", "mode", "status", "due", "overdue", "unanswered_days")
    show(answer, answer["tasks"], f"待办 · worklist {answer['unit']}", columns, as_json=json)
    if answer["assistance"] and not json:
        show(answer, answer["assistance"], "协助请求 · assistance", as_json=False)


@inspections.command()
def report(
    party: As,
    since: Annotated[str, typer.Option(help="起 · from, YYYY-MM-DD")],
    until: Annotated[str, typer.Option(help="止 · through, YYYY-MM-DD")],
    by: Annotated[str, typer.Option(help="programme stage mode status violation standard tag")] = "mode",
    region: Region = None,
    reason: Reason = "inspection",
    json: AsJson = False,
) -> None:
    """按一项统计检查或问题。 Inspections or findings by one of their members."""
    answer = _ask(party, "/v1/inspections/report", reason, by=by, since=since, until=until, region=region)
    show(answer, answer["rows"], f"{by} {since} – {until}", as_json=json)


@inspections.command()
def coverage(
    party: As, region: Region = None, as_of: AsOf = None, reason: Reason = "patrol", json: AsJson = False
) -> None:
    """巡查覆盖率及缺口(应为 100 %)。 The share of producers under the patrol system, and the gaps."""
    answer = _ask(party, "/v1/inspections/coverage", reason, region=region, as_of=as_of)
    ratio = "—" if answer["ratio"] is None else f"{answer['ratio']:.1%}"
    title = f"{answer['scheduled']}/{answer['producers']} = {ratio} · 缺口 missing"
    show(answer, answer["missing"], title, ("organisation", "region", "last", "next_due"), as_json=json)


@inspections.command()
def schedule(
    party: As, region: Region = None, as_of: AsOf = None, limit: Limit = 100, reason: Reason = "patrol",
    json: AsJson = False,
) -> None:  # fmt: skip
    """各企业下次巡查的期限。 When the next patrol of each producer is due."""
    answer = _ask(party, "/v1/inspections/schedule", reason, region=region, as_of=as_of, limit=limit)
    columns = ("organisation", "region", "last", "serious", "next_due", "is_scheduled", "overdue")
    show(answer, answer["producers"], "巡查周期 · schedule", columns, as_json=json)


@inspections.command()
def watch(
    party: As, region: Region = None, as_of: AsOf = None, limit: Limit = 100, reason: Reason = "inspection",
    json: AsJson = False,
) -> None:  # fmt: skip
    """暂停期间的证书及跟踪检查。 Suspended compulsory certificates, and the checks made since."""
    answer = _ask(party, "/v1/inspections/watch", reason, region=region, as_of=as_of, limit=limit)
    show(answer, answer["watched"], "暂停证书跟踪 · watch", as_json=json)


@inspections.command()
def samples(
    party: As,
    organisation: Annotated[str | None, typer.Option(help="信用代码或九位代码 · credit code")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="只列不合格 · only those that failed")] = False,
    limit: Limit = 100,
    reason: Reason = "inspection",
    json: AsJson = False,
) -> None:
    """抽样与检验结果。 Samples and their results."""
    passed = False if failed else None
    answer = _ask(party, "/v1/inspections/samples", reason, organisation=organisation, passed=passed, limit=limit)
    columns = ("stream", "sample", "product", "batch", "mode", "laboratory", "resulted", "passed")
    show(answer, answer["samples"], "抽样 · samples", columns, as_json=json)


@inspections.command("double-sampling")
def double_sampling(
    party: As,
    days: Annotated[int, typer.Option(min=1, max=3660, help="相隔至多若干天 · days between both")] = 180,
    reason: Reason = "inspection",
    json: AsJson = False,
) -> None:
    """两类抽查重复抽样的产品。 Products that two programmes sampled within some days."""
    answer = _ask(party, "/v1/inspections/double-sampling", reason, days=days)
    show(answer, answer["pairs"], "重复抽样 · double sampling", as_json=json)


@inspections.command()
def feedback(
    party: As,
    kind: Annotated[str | None, typer.Option(help="problem、opinion、suggestion")] = None,
    limit: Limit = 100,
    reason: Reason = "patrol",
    json: AsJson = False,
) -> None:
    """企业的问题、意见和建议。 What enterprises said at patrols."""
    answer = _ask(party, "/v1/inspections/feedback", reason, kind=kind, limit=limit)
    show(answer, answer["feedback"], "意见 · feedback", as_json=json)


@forms.command("list")
def list_forms(json: AsJson = False) -> None:
    """全部记录表及版本。 All record forms and versions."""
    with ledger() as client:
        answer = client.ask("/v1/forms")
    columns = ("form", "version", "valid_from", "valid_to", "zh", "en", "source")
    show(answer, answer["forms"], "记录表 · forms", columns, as_json=json)


@forms.command("show")
def show_form(
    form: Annotated[str, typer.Argument(help="表格代码 · code of the form")],
    version: Annotated[int, typer.Argument(help="版本 · version")],
    json: AsJson = False,
) -> None:
    """一张记录表的各部分与各项。 The sections and fields of one form."""
    with ledger() as client:
        answer = client.ask(f"/v1/forms/{quote(form, safe='')}/{version}")
    rows = [
        {"section": section["code"], "field": field["code"], "zh": f"{section['zh']} · {field['zh']}",
         "en": f"{section['en']} · {field['en']}", "type": field["type"], "origin": field["origin"],
         "required": section["mandatory"] and field["required"]}
        for section in answer["sections"] for field in section["fields"]
    ]  # fmt: skip
    show(answer, rows, f"{answer['zh']} · {answer['en']} v{version}", as_json=json)


def show(
    answer: Any, rows: Sequence[dict[str, Any]], title: str, columns: Sequence[str] = (), *, as_json: bool
) -> None:
    """Print rows as a table, or the whole answer as JSON."""
    if as_json:
        typer.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2).decode())
        return
    names = columns or tuple(dict.fromkeys(name for row in rows for name in row))
    table = Table(*names, title=title, title_justify="left")
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in names))
    _out.print(table)
    if isinstance(answer, dict) and answer.get("next"):
        _out.print(f"还有更多 · there is more: --cursor {answer['next']}", style="dim", soft_wrap=True)


def _plan(campaign: dict[str, Any], enterprise: dict[str, Any], party: str, due: str) -> dict[str, Any]:
    """Return the CloudEvent that plans the inspection of one enterprise under a campaign; the same each time."""
    key = enterprise["organisation"].partition(":")[2]
    number = campaign["stream"].partition(":")[2]
    data = {
        "effective": campaign["as_of"],
        "mode": campaign["mode"]["code"],
        "programme": campaign["programme"]["code"],
        "stage": campaign["stage"]["code"],
        "region": enterprise["region"],
        "due": due,
        "organisation": enterprise["code"],
        "certificates": enterprise["certificates"][:200],
        "under": campaign["stream"],
    }
    return make_event(
        type_="inspection.planned",
        source=party,
        identity=f"{number}-{key}",
        subject=f"inspection:{number[:50]}-{key}",
        time=start_of_day(campaign["as_of"]),
        data=data,
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是 yes" if value else "否 no"
    if isinstance(value, dict) and {"zh", "en"} <= value.keys():
        return f"{value['zh']} {value['en']}"
    if isinstance(value, list):
        return " ".join(_cell(each) for each in value)
    return str(value)


def _ask(party: str, path: str, reason: str, **asked: Any) -> dict[str, Any]:
    with ledger(token_of(party)) as client:
        return client.ask(path, reason=reason, **asked)
