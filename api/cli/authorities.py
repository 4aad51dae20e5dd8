"""The verbs about supervision's own organisation: authorities, what they lack, and the enforcement ledgers (台账)."""

import csv
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from api.cli import server
from api.cli.ask import AsJson, AsOf
from api.cli.tokens import token_of
from api.spreadsheets import plain
from projections.ledgers.query import LEDGERS

Region = Annotated[
    str | None, typer.Option(help="辖区的行政区划代码,不写则全国 · code of the area; the nation if unset")
]
As = Annotated[
    str | None,
    typer.Option("--as", help="以何主体查阅非公开信息,如 SAMR-440604 · the party that reads what is not public"),
]
Reason = Annotated[str, typer.Option(help="查阅事由代码 · why what is not public is read")]
_HEADINGS = {"effective_from": "自 from", "effective_until": "至 until", "region": "地区 region"}
_out = Console()


def authorities(
    region: Region = None,
    level: Annotated[str | None, typer.Option(help="级别,如 市(地) · level, such as county")] = None,
    as_of: AsOf = None,
    json: AsJson = False,
) -> None:
    """一个辖区的监管部门。 The authorities of an area."""
    with server.ledger() as client:
        found = [each.as_dict() for each in client.authorities(region=region, level=level, as_of=as_of)]
    if json:
        _print_json(found)
        return
    shown = ("authority", "name_zh", "level", "kind", "focal", "successor")
    _out.print(_table("监管部门 · authorities", [{name: each[name] for name in shown} for each in found]))


def authority(
    name: Annotated[str, typer.Argument(help="如 SAMR-440604 · such as SAMR-440604")],
    as_of: AsOf = None,
    party: As = None,
    reason: Reason = "inspection",
    json: AsJson = False,
) -> None:
    """一个监管部门的机构、清单、权限与沿革。 One authority: units, lists, powers and history."""
    with server.ledger(token_of(party) if party else None) as client:
        found = client.authority(name, as_of=as_of, reason=reason if party else None).as_dict()
    if json:
        _print_json(found)
        return
    for title, part in (("沿革 · history", "history"), ("内设机构 · units", "units"), ("清单 · lists", "items"),
                        ("责任人 · duties", "duties"), ("权限 · powers", "powers")):  # fmt: skip
        if found[part]:
            rows = [
                {key: value for key, value in row.items() if key not in {"authority", "source"}} for row in found[part]
            ]
            _out.print(_table(title, rows))
    _out.print(f"上级 superior: {found['superior'] or '—'} · 现由 now acts: {found['bureau']}")


def gaps(region: Region = None, party: As = None, reason: Reason = "inspection", json: AsJson = False) -> None:
    """缺归口机构、缺认证监管机构与无责任人的企业数。 What the authorities of an area lack."""
    with server.ledger(token_of(party) if party else None) as client:
        found = client.authority_gaps(region=region, reason=reason if party else None).as_dict()
    if json:
        _print_json(found)
        return
    for title, part in (("缺归口管理机构 · no focal unit", "without_focal_unit"),
                        ("缺认证监管机构 · no supervision unit", "without_supervision_unit")):  # fmt: skip
        _out.print(_table(title, found[part]) if found[part] else f"{title}: 无 none")
    counted = found["unassigned_enterprises"]
    _out.print(f"无责任人的企业 enterprises nobody answers for: {'—' if counted is None else counted}")


def ledger(
    name: Annotated[str, typer.Argument(help=f"台账 · one of: {'、'.join(LEDGERS)}")],
    region: Region = None,
    status: Annotated[str | None, typer.Option(help="证书状态,逗号分隔 · statuses of certificates")] = None,
    unassigned: Annotated[
        bool, typer.Option("--unassigned", help="只列没有责任人的企业 · only enterprises nobody answers for")
    ] = False,
    party: As = None,
    reason: Reason = "inspection",
    as_csv: Annotated[bool, typer.Option("--csv", help="输出 CSV · print CSV")] = False,
    json: AsJson = False,
) -> None:
    """按辖区查询、导出监管台账。 An enforcement ledger of an area, to read or to export."""
    if name not in LEDGERS:
        listed = "、".join(LEDGERS)
        raise typer.BadParameter(f"没有台账 {name};可用:{listed}。 There is no ledger {name}; use {listed}.")
    with server.ledger(token_of(party) if party else None) as client:
        why = reason if party else None
        rows = client.enforcement_ledger(name, region=region, status=status, unassigned=unassigned, reason=why)
        if json:
            for row in rows:
                typer.echo(orjson.dumps(row).decode())
        elif as_csv:
            writer = csv.DictWriter(sys.stdout, LEDGERS[name].columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows({column: plain(row[column]) for column in LEDGERS[name].columns} for row in rows)
        else:
            found = LEDGERS[name]
            _out.print(_table(f"{found.zh} · {found.en}", list(rows)))


def _table(title: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return rows as a table without the columns that say nothing; identifiers are folded, never cut."""
    columns = [name for name in (rows[0] if rows else ()) if any(row[name] not in {None, ""} for row in _plain(rows))]
    table = Table(title=title, title_justify="left")
    for name in columns:
        table.add_column(_HEADINGS.get(name, name), overflow="fold")
    for row in rows:
        table.add_row(*(_shown(row[name]) for name in columns))
    return table


def _plain(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [{name: _shown(value) for name, value in row.items()} for row in rows]


def _without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{value['zh']} {value['en']}" if "zh" in value else " ".join(map(str, value.values()))
    if isinstance(value, list):
        return "、".join(_shown(each) for each in value)
    return "" if value is None else str(value)


def _print_json(value: Any) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
