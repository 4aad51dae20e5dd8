"""The verbs of supervision: traces, archives, the three 100 per cents, patrols due, classes, key lists."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.tree import Tree

from api.cli.ask import AsJson, AsOf, KnownAt
from api.cli.server import ledger
from api.cli.tokens import token_of
from api.client import Client
from api.client.models import Answer, CoverageArchives, CoverageProblems, Trace, TraceEdge
from api.client.supervising import Asked
from ledger.codes.glossary import terms

Party = Annotated[
    str | None,
    typer.Option("--as", help="以哪一主体查阅,如 SAMR-440604 · as which party; what is public if unset"),
]
Reason = Annotated[str, typer.Option("--reason", help="查阅事由代码 · code of the reason for reading")]
_Region = Annotated[str, typer.Argument(help="行政区划代码,如 440604 · region code")]
_Organisation = Annotated[str, typer.Argument(help="信用代码或九位代码 · credit code or nine characters")]
_Supervisor = Annotated[str, typer.Option("--as", help="以哪一主体查阅,如 SAMR-440604 · as which party")]
_MISSING_TOLD = 20
_out = Console()


def trace(  # noqa: PLR0913, PLR0917 - typer tells options from arguments by itself
    subject: Annotated[
        str, typer.Argument(help="如 certificate:…、sample:…、finding:…、person:…、body:…、laboratory:…")
    ],
    back: Annotated[bool, typer.Option("--back", help="倒查 · trace back")] = False,
    sideways: Annotated[bool, typer.Option("--sideways", help="横向关联 · what shares its origins")] = False,
    by: Annotated[
        str, typer.Option(help="横向依据:factory,model,person,body,report,site · sideways by what")
    ] = "factory,model",
    depth: Annotated[int, typer.Option(min=1, max=12, help="最多几步 · at most so many edges")] = 6,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    party: Party = None,
    reason: Reason = "inspection",
    json: AsJson = False,
) -> None:
    """追溯、倒查与横向关联。 Trace a subject forward, back or sideways."""
    direction = "sideways" if sideways else "back" if back else "forward"
    asked: dict[str, Asked] = {"depth": depth, "as_of": as_of, "known_at": known_at, "by": by}
    with _client(party, reason) as client:
        answer = client.trace(subject, direction, **asked)
    if json:
        _print(answer)
        return
    if sideways:
        table = Table("共同之处 · shared", "证书 · certificates", title=answer.subject)
        for each in answer.beside:
            table.add_row(each.shared, "\n".join(each.certificates) or "—")
        _out.print(table)
        return
    _out.print(_tree(answer))
    if not answer.edges:
        told = "没有可见的关联;请核对写法与日期。 Nothing that you may see is linked; check spelling and day."
        _out.print(told, style="dim", soft_wrap=True)
    for cut in answer.truncated:
        _out.print(f"未再继续 · not gone on at {cut.node} ({cut.by})", style="dim", soft_wrap=True)


def archive(
    organisation: _Organisation,
    section: Annotated[str | None, typer.Option(help="只看一个栏目 · one section only")] = None,
    credit: Annotated[bool, typer.Option("--credit", help="质量信用档案 · the credit archive")] = False,
    as_of: AsOf = None,
    party: Party = None,
    reason: Reason = "inspection",
    json: AsJson = False,
) -> None:
    """一个组织的档案,有无证书均可。 The archive of an organisation, certified or not."""
    with _client(party, reason) as client:
        answer = client.archive(organisation, section=section, credit=credit, as_of=as_of, limit=200)
    if json:
        _print(answer)
        return
    kept = "; ".join(f"{each.owner} {each.officer or '无专人 no custodian'}" for each in answer.kept_by if each.is_open)
    table = Table("#", "生效\neffective", "栏目 · section", "事件 · event", "主体 · stream", title=answer.organisation)
    table.caption = f"保管 · kept by: {kept or '未建档 none'}"
    labels = {each.section: f"{each.zh}\n{each.en}" for each in answer.sections}
    for row in answer.records:
        table.add_row(str(row.position), row.effective or "", labels[row.section], f"{row.zh}\n{row.en}", row.stream)
    _out.print(table)


def body_archive(
    number: Annotated[str, typer.Argument(help="机构批准号,如 CNCA-R-2031-101 · approval number of the body")],
    as_of: AsOf = None,
    party: Party = None,
    reason: Reason = "inspection",
    json: AsJson = False,
) -> None:
    """一个认证机构的不利事件,按五位一体分组。 What speaks against a body, by the five sources of control."""
    with _client(party, reason) as client:
        answer = client.body_archive(number, as_of=as_of)
    if json:
        _print(answer)
        return
    table = Table("来源 · control", "日期 · day", "事件 · event", "内容 · what", "谁 · by", title=answer.body)
    for control in answer.controls:
        label = f"{control.zh}\n{control.en}"
        if not control.events:
            table.add_row(label, "—", "—", "—", "—")
        for each in control.events:
            table.add_row(label, each.day, f"{each.zh}\n{each.en}", ", ".join(each.said), each.source)
            label = ""
    _out.print(table)


def archives(
    region: _Region,
    party: _Supervisor,
    kinds: Annotated[str, typer.Option(help="产品类别代码开头 · beginnings of product classes")] = "",
    without_custodian: Annotated[
        bool, typer.Option("--without-custodian", help="只列无专人的档案 · none named")
    ] = False,
    as_of: AsOf = None,
    reason: Reason = "patrol",
    json: AsJson = False,
) -> None:
    """辖区档案与摸底名单。 The archives of a region and the producers that surveys found."""
    asked: dict[str, Asked] = {"kinds": kinds, "without_custodian": without_custodian, "as_of": as_of, "limit": 200}
    with _client(party, reason) as client:
        answer = client.archives(region, **asked)
    if json:
        _print(answer)
        return
    table = Table("组织 · organisation", "建档 · open", "产品 · products", "专人 · custodian", "谁 · kept by")
    for each in answer.archives:
        kept = "是 yes" if each.is_open else "仅摸底 surveyed"
        table.add_row(each.organisation, kept, ", ".join(each.product_kinds), each.officer or "—", each.owner)
    _out.print(table)


def coverage(
    region: _Region,
    party: _Supervisor,
    all_schemes: Annotated[bool, typer.Option("--all", help="所有认证种类 · every scheme, not CCC alone")] = False,
    kinds: Annotated[str, typer.Option(help="产品类别代码开头 · beginnings of product classes")] = "",
    as_of: AsOf = None,
    reason: Reason = "patrol",
    json: AsJson = False,
) -> None:
    """三个百分之百:建档、巡查、问题处理,并列出缺失。 The three 100 per cents of a region, and what is missing."""
    with _client(party, reason) as client:
        answer = client.coverage(region, scheme="all" if all_schemes else "ccc", kinds=kinds, as_of=as_of)
    if json:
        _print(answer)
        return
    table = Table("", "完成 · covered", "全部 · all", "%", title=f"{region} · {answer.as_of}")
    figures: tuple[tuple[str, CoverageArchives | Any], ...] = (
        ("建立监管档案 · archives", answer.archives),
        ("巡查 · patrols", answer.patrols),
        ("问题处理 · problems handled", answer.problems),
    )
    for label, figure in figures:
        share = f"{100 * figure.covered / figure.total:.1f}" if figure.total else "—"
        table.add_row(label, str(figure.covered), str(figure.total), share)
    _out.print(table)
    for label, enterprises in (("未建档 · no archive", answer.archives), ("未巡查 · not patrolled", answer.patrols)):
        _tell(label, (f"{each.organisation} {each.name_zh}" for each in enterprises.missing))
    _tell("未处理 · not handled", _problems(answer.problems))


def patrols(
    region: _Region,
    party: _Supervisor,
    limit: Annotated[int, typer.Option(min=1, max=200, help="最多条数 · at most")] = 50,
    as_of: AsOf = None,
    reason: Reason = "patrol",
    json: AsJson = False,
) -> None:
    """应巡查企业及频次的依据。 Enterprises due for a patrol, and what sets how often."""
    with _client(party, reason) as client:
        answer = client.patrol_plan(region, as_of=as_of, limit=limit)
    if json:
        _print(answer)
        return
    table = Table("应巡查日\nnext due", "企业 · enterprise", "上次\nlast", "月\nmonths", "依据 · because of")
    table.title = f"{region} · {answer.as_of} · 应巡查 due {answer.due}/{answer.total}"
    for each in answer.patrols:
        because = "\n".join(f"{r.kind} {r.name} ({r.interval_months})" for r in each.reasons)
        style = "red" if each.next_patrol <= answer.as_of else ""
        name = f"{each.organisation}\n{each.name_zh}"
        table.add_row(each.next_patrol, name, each.last_patrol or "—", str(each.interval_months), because, style=style)
    _out.print(table)


def common_problems(
    region: _Region, party: _Supervisor, as_of: AsOf = None, reason: Reason = "patrol", json: AsJson = False
) -> None:
    """辖区共性问题。 What is found most often in a region."""
    with _client(party, reason) as client:
        answer = client.common_problems(region, as_of=as_of)
    if json:
        _print(answer)
        return
    table = Table("条款 · clause", "等级 · grade", "问题 · problems", "企业 · enterprises", "已处理 · handled")
    for each in answer.problems:
        numbers = (str(each.problems), str(each.organisations), str(each.handled))
        table.add_row(each.clause or "—", each.grade or each.kind, *numbers)
    _out.print(table)


def key_lists(
    party: _Supervisor,
    kind: Annotated[str | None, typer.Option(help="product、enterprise 或 area")] = None,
    category: Annotated[str | None, typer.Option(help="重点产品类别 · category")] = None,
    as_of: AsOf = None,
    reason: Reason = "patrol",
    json: AsJson = False,
) -> None:
    """重点产品、企业与区域。 Key products, enterprises and areas on a day."""
    with _client(party, reason) as client:
        answer = client.key_lists(kind=kind, category=category, as_of=as_of)
    if json:
        _print(answer)
        return
    table = Table("名单 · list", "类型 · kind", "条目 · entry", "自 · since", "月 · months", "依据 · basis")
    for row in answer.entries:
        where = (f"{row['owner']} {row['list']}", row["kind"], row["entry"])
        table.add_row(*where, row["begins"], str(row["interval_months"] or "—"), row["basis"])
    _out.print(table)


def glossary() -> None:
    """容易混淆的术语。 Terms that are easily taken for one another."""
    known = terms()
    table = Table("术语 · term", "含义 · meaning", "不同于 · apart from")
    for each in known.values():
        apart = "\n".join(f"{known[name].name.zh} {known[name].name.en}" for name in each.apart_from)
        table.add_row(f"{each.name.zh}\n{each.name.en}", f"{each.means.zh}\n{each.means.en}", apart)
    _out.print(table)


def _client(party: str | None, reason: str) -> AbstractContextManager[Client]:
    return ledger(token_of(party), reason) if party else ledger()


def _tree(answer: Trace) -> Tree:
    """Draw every edge once; a node that was drawn before is named and not gone on from."""
    following: defaultdict[str, list[tuple[str, TraceEdge]]] = defaultdict(list)
    for edge in answer.edges:
        at, to = (edge.start, edge.end) if answer.direction == "forward" else (edge.end, edge.start)
        following[at].append((to, edge))
    root = Tree(f"[bold]{_escaped(answer.subject)}[/bold]")
    drawn, waiting = {answer.subject}, [(answer.subject, root)]
    while waiting:
        node, branch = waiting.pop(0)
        for to, edges in _by_node(following[node]).items():
            relations = ", ".join(dict.fromkeys(edge.relation for edge in edges))
            said = ", ".join(f"#{edge.position}" for edge in edges[:3])
            is_new = to not in drawn
            more = "" if is_new else " ↑"
            leaf = branch.add(f"{relations} → {_escaped(to)} [dim]{edges[0].begins} {said}{more}[/dim]")
            if is_new:
                drawn.add(to)
                waiting.append((to, leaf))
    return root


def _by_node(edges: Iterable[tuple[str, TraceEdge]]) -> dict[str, list[TraceEdge]]:
    found: defaultdict[str, list[TraceEdge]] = defaultdict(list)
    for to, edge in edges:
        found[to].append(edge)
    return found


def _problems(figure: CoverageProblems) -> Iterable[str]:
    return (f"{each.stream} {each.problem} {each.found} {each.organisation}" for each in figure.missing)


def _tell(label: str, lines: Iterable[str]) -> None:
    listed = list(lines)
    if listed:
        _out.print(f"{label}: {len(listed)}", style="yellow")
        for line in listed[:_MISSING_TOLD]:
            _out.print(f"  {line}", markup=False, highlight=False, soft_wrap=True)
        if len(listed) > _MISSING_TOLD:
            _out.print("  … --json", style="dim")


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")


def _print(answer: Answer) -> None:
    typer.echo(orjson.dumps(answer.as_dict(), option=orjson.OPT_INDENT_2).decode())
