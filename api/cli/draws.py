"""The verbs of double-random draws: a seed and its commitment, the selection, and anybody's own check of a draw."""

import secrets
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import orjson
import typer
from rich.console import Console

from api.cli.ask import AsJson
from api.cli.inspections import show
from api.cli.server import ledger
from api.cli.tokens import token_of
from infra.private_files import write_private
from ledger.draws.selecting import PoolTooSmallError, commitment, draw_key, select, selection_digest
from ledger.draws.verifying import Verdict, verify

draw = typer.Typer(name="draw", help="双随机抽取 · double-random draws", no_args_is_help=True)
Number = Annotated[str, typer.Argument(help="抽取编号,即 draw: 之后的部分 · what follows draw: in its stream")]
Party = Annotated[
    str | None, typer.Option("--as", help="以何主体查阅,缺省为公众 · the party that reads; the public if unset")
]
_HOLDS = {True: ("符合 holds", "green"), False: ("不符 does not hold", "red"), None: ("尚缺 not there yet", "yellow")}
_out = Console(highlight=False)
_DIFFERS, _INCOMPLETE = 1, 2


@draw.command("list")
def list_(
    status: Annotated[str | None, typer.Option(help="announced、committed、published、abandoned")] = None,
    json: AsJson = False,
) -> None:
    """全部抽取。 All draws."""
    with ledger() as client:
        answer = client.ask("/v1/draws", status=status)
    columns = ("stream", "organiser", "title", "population", "status", "take", "announced", "committed", "published")
    show(answer, answer["draws"], "双随机抽取 · draws", columns, as_json=json)


@draw.command()
def seed(
    output: Annotated[Path, typer.Argument(help="新的私密文件 · a new private file for the seed")],
) -> None:
    """生成种子,写入私密文件,只显示其封定摘要。 Make a seed in a private file, and print its commitment alone."""
    value = secrets.token_hex(32)
    if not write_private(output, f"{value}\n".encode()):
        raise typer.BadParameter(f"{output} 已存在,未改动。 It is there already and was left as it is.")
    typer.echo(commitment(value))


@draw.command("select")
def select_(
    number: Number,
    seed_file: Annotated[Path, typer.Option(help="种子文件 · file of the seed")],
    party: Party = None,
) -> None:
    """按种子算出 draw.made 的内容(selection、selected)。 Work out what draw.made has to say, from the seed."""
    value = seed_file.read_text("ascii").strip()
    events = _events(number, party)
    told: dict[str, dict[str, Any]] = {each["type"].removeprefix("draw."): each["data"] for each in events}
    if "committed" not in told or commitment(value) != told["committed"]["seed_commitment"]:
        raise typer.BadParameter("种子与封定的不符,或尚未封定。 This is not the seed committed to, or none is yet.")
    pools: dict[str, list[str]] = {"inspectees": [], "inspectors": []}
    for each in events:
        if each["type"] == "draw.pool_listed":
            pools[each["data"]["pool"]] += each["data"]["identifiers"]
    contributions = {each["source"]: each["data"]["value"] for each in events if each["type"] == "draw.contributed"}
    conflicts = [(each["inspector"], each["inspectee"]) for each in told["committed"].get("conflicts") or ()]
    take, each_takes = told["announced"]["take"], told["announced"]["inspectors_each"]
    try:
        drawn = select(
            draw_key(value, contributions), pools["inspectees"], sorted(pools["inspectors"]), conflicts,
            take=take, each=each_takes,
        )  # fmt: skip
    except PoolTooSmallError as error:
        raise typer.BadParameter(f"名录不足以抽取。 The pools do not suffice: {error}") from error
    selected = [{"inspectee": one.inspectee, "inspectors": list(one.inspectors)} for one in drawn]
    said = {"seed": value, "selection": selection_digest(drawn), "selected": selected}
    typer.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())


@draw.command("verify")
def verify_(
    number: Annotated[str | None, typer.Argument(help="抽取编号 · what follows draw: in its stream")] = None,
    file: Annotated[
        Path | None, typer.Option(help="事件文件(每行一个),不用服务器 · events, one a line; no server is asked")
    ] = None,
    party: Party = None,
    json: AsJson = False,
) -> None:
    """重算一次抽取:0 相符,1 不符,2 尚不能判断。 Work a draw out again: exit 0 it holds, 1 it does not, 2 too early."""
    if (number is None) == (file is None):
        raise typer.BadParameter("请给出抽取编号,或用 --file 给出事件文件。 Name a draw, or a file by --file.")
    events = _events(number, party) if number is not None else _read(file)
    verdict = verify(events)
    if json:
        typer.echo(orjson.dumps(_plain(verdict), option=orjson.OPT_INDENT_2).decode())
    else:
        for check in verdict.checks:
            word, colour = _HOLDS[check.holds]
            _out.print(f"[{colour}]{word}[/]  {check.zh} · {check.en}")
        for place, one in enumerate(verdict.drawn, 1):
            _out.print(f"{place:>4}  {one.inspectee}  {' '.join(one.inspectors)}", markup=False)
    if verdict.holds is not True:
        raise typer.Exit(_DIFFERS if verdict.holds is False else _INCOMPLETE)


def _events(number: str, party: str | None) -> list[dict[str, Any]]:
    """Return a draw's CloudEvents in the order of recording, those that the reader may see."""
    events: list[dict[str, Any]] = []
    cursor: str | None = None
    with ledger(token_of(party) if party else None) as client:
        while True:
            path = f"/v1/trail/draw:{quote(number, safe='')}"
            page = client.ask(path, reason="inspection" if party else None, limit=200, cursor=cursor)
            events += [each["event"] for each in page["events"]]
            cursor = page["next"]
            if cursor is None:
                return events


def _read(file: Path | None) -> list[dict[str, Any]]:
    """Return the CloudEvents of a file: one a line, by themselves or as they are recorded."""
    if file is None:
        return []
    try:
        lines = [orjson.loads(line) for line in file.read_bytes().splitlines() if line.strip()]
        found = [each.get("event", each) for each in lines]
        return [each for each in (one.get("event", one) for one in found) if each["type"].startswith("draw.")]
    except (orjson.JSONDecodeError, AttributeError, KeyError) as error:
        raise typer.BadParameter(f"{file} 不是每行一个事件的文件。 It is no file of events, one a line.") from error


def _plain(verdict: Verdict) -> dict[str, Any]:
    checks = [{"code": each.code, "holds": each.holds, "zh": each.zh, "en": each.en} for each in verdict.checks]
    drawn = [{"inspectee": each.inspectee, "inspectors": list(each.inspectors)} for each in verdict.drawn]
    return {"holds": verdict.holds, "checks": checks, "drawn": drawn}
