"""The verbs that ask: what holds, what held on a day, what was known of it, and how a fact went its way."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli.server import ledger
from api.client.models import Certificate, CertificateStatus, HeldFact, TimelineFact, TrailEvent

AsOf = Annotated[
    str | None,
    typer.Option("--as-of", help="哪一天的状态,YYYY-MM-DD · the day in question, China time; today if unset"),
]
KnownAt = Annotated[
    str | None,
    typer.Option(
        "--known-at", help="当时所知的时刻,如 2031-03-05T09:00:00+08:00 · the instant of knowledge; now if unset"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON")]
_COLOURS = {
    "valid": "green",
    "suspended": "yellow",
    "withdrawn": "red",
    "cancelled": "magenta",
    "expired": "bright_black",
}
_PAGE = 200
_out = Console()


def show(
    body: Annotated[str, typer.Argument(help="认证机构批准号 · approval number of the body")],
    number: Annotated[str, typer.Argument(help="证书号 · certificate number")],
    as_of: AsOf = None,
    known_at: KnownAt = None,
    json: AsJson = False,
) -> None:
    """一张证书的状态与效力。 The status and validity of one certificate."""
    with ledger() as client:
        answer = client.certificate(body, number, as_of=as_of, known_at=known_at)
        position = answer.rests_on.position
        rests_on = client.event(position).event if position and not json else None
    if json:
        print_json(answer.as_dict())
        return
    table = Table(title=f"{body} · {number}", show_header=False, title_justify="left")
    for label, value in _lines(answer):
        table.add_row(label, value)
    if rests_on is not None:
        table.add_row("签名 signed by", _signed(rests_on.record.get("signed_by")))
    _out.print(table)


def timeline(
    body: Annotated[str, typer.Argument(help="认证机构批准号 · approval number of the body")],
    number: Annotated[str, typer.Argument(help="证书号 · certificate number")],
    known_at: KnownAt = None,
    json: AsJson = False,
) -> None:
    """一张证书的全部状态期间与事实。 All periods and facts of one certificate."""
    with ledger() as client:
        answer = client.timeline(body, number, known_at=known_at)
    if json:
        print_json(answer.as_dict())
        return
    _out.print(_bar(answer.periods))
    periods = Table(
        "自 · from", "至 · until", "状态 · status", "效力 · validity", "原因 · reason", title="期间 · periods"
    )
    for each in _merged(answer.periods):
        periods.add_row(
            each.effective_from,
            each.effective_until or "…",
            _status(each.status),
            f"{each.validity.zh} {each.validity.en}",
            "按日历 by the calendar" if each.by_calendar else _reason(each, "zh"),
        )
    _out.print(periods)
    _out.print(_facts(answer.facts, "事实 · facts"))


def trail(
    subject: Annotated[
        str, typer.Argument(help="如 organisation:91350100M000100Y43、body:…、person:…、certificate:…、case:…")
    ],
    cursor: Annotated[
        str | None, typer.Option(help="接着上次的 next · go on from the `next` of an earlier answer")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="最多条数 · at most")] = 100,
    json: AsJson = False,
) -> None:
    """与某一主体有关的全部事件。 Every event about any subject."""
    events: list[TrailEvent] = []
    with ledger() as client:
        while True:
            page = client.trail_page(subject, limit=min(limit - len(events), _PAGE), cursor=cursor)
            events += page.events
            cursor = page.next
            if cursor is None or len(events) >= limit:
                break
    if json:
        print_json({**page.as_dict(), "events": [each.as_dict() for each in events]})
        return
    _out.print(_facts(events, subject))
    if cursor:
        _out.print(f"还有更多 · there is more: --cursor {cursor}", style="dim", soft_wrap=True)


def path(event: Annotated[int, typer.Argument(help="事件位置 · the event's position")], json: AsJson = False) -> None:
    """一个事实何时收到、记录、发布、可见。 When one fact was received, recorded, published and became visible."""
    with ledger() as client:
        answer = client.path(event)
    if json:
        print_json(answer.as_dict())
        return
    table = Table("步骤 · step", "时刻 · instant", "毫秒 · ms", title=f"位置 · position {event}")
    began: datetime | None = None
    for step in answer.steps:
        at = datetime.fromisoformat(step.at) if step.at else None
        began = began or at
        elapsed = f"+{(at - began).total_seconds() * 1000:,.1f}" if at and began else ""
        table.add_row(f"{step.zh} {step.en}", step.at or "—", elapsed)
    _out.print(table)


def _lines(answer: Certificate) -> list[tuple[str, str | Text]]:
    holder, rests_on = answer.holder or {}, answer.rests_on
    lines: list[tuple[str, str | Text | None]] = [
        ("状态 status", _status(answer.status)),
        ("效力 validity", f"{answer.validity.zh} {answer.validity.en}"),
        ("截至 as of", answer.as_of),
        ("所知 known at", answer.known_at),
        ("自 since", answer.since),
        ("原因 reason", _reason(answer, "zh", "en")),
        ("暂停至 suspended until", answer.suspended_until),
        ("颁发 issued", answer.issued),
        ("有效期至 expires", answer.expires),
        ("持有人 holder", " ".join(filter(None, (holder.get("name_zh"), holder.get("name_en"), holder.get("code"))))),
        ("范围 scope", " ".join(filter(None, (answer.scope.zh, answer.scope.en)))),
        ("提示 flags", "\n".join(f"{flag.zh} {flag.en}" for flag in answer.flags)),
        ("等待中 held", "\n".join(_held(fact) for fact in answer.held)),
        ("依据 rests on", f"#{rests_on.position} · {rests_on.recorded}" if rests_on.position else None),
    ]
    return [(label, value) for label, value in lines if value]


def _signed(owners: Sequence[str] | None) -> str:
    return " · ".join(owners or ()) or "未签名 unsigned"


def _reason(answer: Certificate, *languages: str) -> str:
    if answer.reason is None:
        return ""
    return " ".join(filter(None, (answer.reason.code, *(getattr(answer.reason, each) for each in languages))))


def _held(fact: HeldFact) -> str:
    return f"{fact.effective} {fact.zh} {fact.en}: {fact.waits.zh if fact.waits else ''}"


def _merged(periods: list[Certificate]) -> list[Certificate]:
    """Join neighbouring periods that differ in nothing a reader of statuses would see."""
    joined: list[Certificate] = []
    for each in periods:
        last = joined[-1] if joined else None
        if last and (last.status, last.validity, last.reason) == (each.status, each.validity, each.reason):
            joined[-1] = last.model_copy(update={"effective_until": each.effective_until})
        else:
            joined.append(each)
    return joined


def _status(status: CertificateStatus) -> Text:
    return Text(f"{status.code} {status.zh} {status.en}", style=_COLOURS.get(status.value, "white"))


def _bar(periods: list[Certificate], width: int = 60) -> Text:
    """Draw the periods as one bar: a colour for each status, each at least one cell wide."""
    bar = Text()
    for each, share in zip(periods, _shares(periods), strict=True):
        bar.append("█" * max(1, round(share * width)), style=_COLOURS.get(each.status.value, "white"))
    if periods:
        bar.append(f"  {periods[0].effective_from} → {periods[-1].effective_until or periods[-1].expires or '…'}")
    return bar


def _shares(periods: list[Certificate]) -> list[float]:
    starts = [date.fromisoformat(str(each.effective_from)).toordinal() for each in periods]
    end = date.fromisoformat(str(periods[-1].expires or periods[-1].effective_from)).toordinal() if periods else 0
    ends = [*starts[1:], max(end, starts[-1] + 1)] if starts else []
    total = max(1, sum(until - since for since, until in zip(starts, ends, strict=True)))
    return [(until - since) / total for since, until in zip(starts, ends, strict=True)]


def _facts(events: Sequence[TimelineFact | TrailEvent], title: str) -> Table:
    with_stream = any(isinstance(each, TrailEvent) for each in events)
    table = Table("#", "生效\neffective", "记录\nrecorded", "事件 · event", title=title)
    if with_stream:
        table.add_column("主体 · stream", overflow="fold")
    table.add_column("提示 · notes")
    for each in events:
        row = [
            str(each.position),
            each.effective or "",
            each.recorded[:19].replace("T", " "),
            f"{each.zh}\n{each.en}",
        ]
        if isinstance(each, TrailEvent):
            row.append(each.stream)
        table.add_row(*row, "\n".join(_notes(each)))
    return table


def _notes(event: TimelineFact | TrailEvent) -> list[str]:
    notes = [f"签名 signed: {_signed(event.signed_by)}" if event.signed_by else _signed(None)]
    if event.decision == "held":
        notes.append("等待中 held")
    if isinstance(event, TrailEvent) and event.late_days:
        notes.append(f"迟报 late {event.late_days} d")
    if isinstance(event, TrailEvent) and event.corrected_by:
        notes.append(f"已更正 corrected #{event.corrected_by}")
    return notes


def print_json(value: Any) -> None:
    """Print a JSON value, indented."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
