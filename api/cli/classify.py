"""The verbs of classification: a subject's classes, what rules make of it, and whether a recorded class is right."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from api.cli.ask import AsJson, AsOf
from api.cli.server import ledger
from api.cli.tokens import token_of
from api.cli.tracing import Reason
from api.client import Client
from api.client.models import ClassesHistory, Evaluation
from ledger.classification.known import inputs_of
from ledger.classification.scoring import Input, objections
from ledger.classification.scoring import evaluate as evaluated
from ledger.codes.classification import shipped_rule_sets
from ledger.supervision import rules_named

classes = typer.Typer(name="class", help="分类:查询、推算、核对 · Classes: ask, work out, verify", no_args_is_help=True)
_Subject = Annotated[str, typer.Argument(help="如 organisation:M000100Y4、body:…、product:0901")]
_Party = Annotated[str, typer.Option("--as", help="以哪一主体查阅,如 SAMR-440604 · as which party")]
_PAGE = 200
_out = Console()


@classes.command()
def show(subject: _Subject, party: _Party, as_of: AsOf = None, reason: Reason = "patrol", json: AsJson = False) -> None:
    """各方所定类别、其历史与下次巡查。 A subject's classes by every party, their history, and its next patrol."""
    with ledger(token_of(party), reason) as client:
        answer = client.classes(subject, as_of=as_of)
    if json:
        _print(answer.as_dict())
        return
    table = Table(
        "用途 · purpose", "谁 · whose", "类别 · class", "分 · score", "自 · since", "至 · until", title=subject
    )
    for each in answer.history:
        table.add_row(each.purpose, each.owner, each.class_code, str(each.score), each.begins, each.ends or "…")
    _out.print(table)
    if answer.patrol is not None:
        months, on = answer.patrol.interval_months, answer.patrol.next_patrol
        _out.print(f"每 {months} 月巡查,下次 {on} · patrolled every {months} months, next on {on}")


@classes.command()
def evaluate(
    subject: _Subject,
    party: _Party,
    rules: Annotated[str, typer.Option(help="规则名称 · name of the rule set")] = "sample-supervision",
    without: Annotated[str, typer.Option(help="不计入的事件位置 · positions of events to leave out")] = "",
    as_of: AsOf = None,
    reason: Reason = "patrol",
    json: AsJson = False,
) -> None:
    """按规则推算类别并说明依据。 Work out a class by a rule set and explain it, event by event."""
    with ledger(token_of(party), reason) as client:
        answer = client.evaluation(subject, rules=rules, by=party, without=without, as_of=as_of)
    if json:
        _print({"assigned": _assigned(answer), **answer.as_dict()})
        return
    label = "(样例 sample)" if answer.is_sample else ""
    table = Table("因素 · factor", "值 · value", "分 · points", "依据 · events")
    table.title = f"{subject} · {answer.rules.name} {answer.rules.version}{label} → {answer.class_code}"
    for each in answer.factors:
        named = "\n".join(f"{i.source} {i.id}" for i in each.inputs)
        table.add_row(each.factor, each.value, str(each.points), named)
    table.add_row("", "", str(answer.score), "", style="bold")
    _out.print(table)


@classes.command()
def verify(subject: _Subject, party: _Party, reason: Reason = "audit") -> None:
    """重新推算每一已定类别,不一致即报告。 Work every recorded class out again; exit 1 where one is not what it says."""
    wrong = 0
    with ledger(token_of(party), reason) as client:
        history = client.classes(subject).history
        published = {
            (each.name, each.version, each.digest): each.rules for each in client.rule_sets().rule_sets if each.stream
        }
        trail = _trail(client, subject)
    for each in history:
        rules = rules_named(each.said, published)
        at = next(row["position"] for row in trail if (row["stream"], row["version"]) == (each.stream, each.version))
        found = ["rules"] if rules is None else objections(each.said, rules, _named(trail, each.said, at), each.owner)
        wrong += bool(found)
        verdict = f"[red]不符 differs: {', '.join(found)}[/red]" if found else "[green]相符 as stated[/green]"
        _out.print(f"{each.begins} {each.owner} {each.purpose} {each.class_code}: {verdict}", soft_wrap=True)
        for source, identity in [] if rules is None else _omitted(rules, each, trail, at):
            _out.print(f"  未计入 not considered: {source} {identity}", style="yellow", soft_wrap=True)
    if not history:
        _out.print("没有可见的类别 · no class that this party may see")
    if wrong:
        raise typer.Exit(1)


@classes.command()
def samples() -> None:
    """随附的样例规则。 The sample rule sets that ship, for a deployment to publish its own after."""
    _print([{"name": row["name"], "confirmed": row["confirmed"], **row["rules"]} for row in shipped_rule_sets()])


def _omitted(
    rules: Mapping[str, Any], held: ClassesHistory, trail: list[dict[str, Any]], at: int
) -> Iterator[tuple[str, str]]:
    """Yield the events that were recorded before the class, count by its rules, and are not among its inputs."""
    named = {(each["source"], each["id"]) for each in held.said["inputs"]}
    known = inputs_of(trail, at - 1)
    yield from (each for each in evaluated(rules, held.begins, known, held.owner).inputs if each not in named)


def _named(trail: list[dict[str, Any]], said: dict[str, Any], at: int) -> list[Input]:
    """Return the inputs that a class names, as they were known when it was recorded."""
    wanted = {(each["source"], each["id"]) for each in said["inputs"]}
    return [each for each in inputs_of(trail, at) if each.identity in wanted]


def _trail(client: Client, subject: str) -> list[dict[str, Any]]:
    if subject.startswith("organisation:"):
        rows, cursor = [], None
        while True:
            page = client.archive(subject.partition(":")[2], cursor=cursor, limit=_PAGE)
            rows += [each.as_dict() for each in page.records]
            cursor = page.next
            if cursor is None:
                return rows
    return [each.as_dict() for each in client.trail(subject, page=_PAGE)]


def _assigned(answer: Evaluation) -> dict[str, Any]:
    """Return the data of the event that would assign this class."""
    return {
        "effective": answer.as_of,
        "purpose": answer.purpose,
        "class_code": answer.class_code,
        "score": answer.score,
        "rules": answer.rules.as_dict(),
        "factors": [{"factor": f.factor, "value": f.value, "points": f.points} for f in answer.factors],
        "inputs": [{"source": each.source, "id": each.id} for each in answer.inputs],
    }


def _print(value: Any) -> None:
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
