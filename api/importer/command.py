"""``certledger import``: a progress bar while it runs, then what was done and where something is wrong.

Exit code 0: every row is in the ledger; 1: rows were faulty or refused; 2: there was nothing to import.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from api.importer.files import UnusableDirectory, files_of
from api.importer.findings import Finding, FindingKind
from api.importer.personal import ImportStore, PersonalFields
from api.importer.report import SHOWN, ImportReport
from api.importer.run import import_directory
from api.importer.signing import KeyUnregistered, signer
from infra.keyfiles import read_key
from ledger.log import LogUnavailable
from ledger.service import Ledger

OK, WITH_FAULTS, UNUSABLE = 0, 1, 2
_KINDS = {
    "management_system": "体系 MS",
    "product": "产品 CCC",
    "register": "登记 register",
}
_KEPT_OUT: dict[FindingKind, str] = {"fault": "有误的行 Faulty rows", "refused": "被拒的行 Refused rows"}
_COUNTS = {
    "rows": "行\nrows",
    "recorded": "新记录\nnew",
    "held": "其中待补\nof them held",
    "duplicates": "已有\nknown",
    "refused": "被拒\nrefused",
    "faulty": "有误\nfaulty",
}


def import_command(
    directory: Path,
    open_ledger: Callable[[], Ledger],
    *,
    as_json: bool = False,
    report: Path | None = None,
    submitter: str = "import",
    keys: Sequence[Path] = (),
    store: ImportStore | None = None,
) -> int:
    """Import a directory, tell the person or the program that asked, and return the exit code.

    ``open_ledger`` is called only once the directory is known to hold reports. ``report`` is a file that gets every
    finding, one JSON object a line; the display and the JSON document hold at most 50 of a kind. What the owners of
    ``keys`` say is signed with them; they must be registered. With a ``store`` the contact's columns go there.
    """
    console = Console(stderr=True)
    try:
        files_of(directory)
        ledger = open_ledger()
        sign = signer(ledger, [read_key(path) for path in keys]) if keys else None
        with _sink(report) as sink, _bar(console, is_shown=not as_json) as progress:
            result = import_directory(
                ledger,
                directory,
                submitter=submitter,
                progress=progress,
                on_finding=sink,
                sign=sign,
                personal=PersonalFields(lambda: ledger.event_log, store) if store is not None else None,
            )
    except KeyUnregistered as error:
        return _unusable(console, error.zh, error.en, as_json=as_json)
    except UnusableDirectory as error:
        return _unusable(console, error.zh, error.en, as_json=as_json)
    except LogUnavailable as error:
        zh = "账本数据库不可用,已导入的部分不会丢失。请恢复数据库后重新运行,不会重复记录。"
        en = f"The ledger is unavailable ({error}); what was imported is kept. Run again: nothing doubles."
        return _unusable(console, zh, en, as_json=as_json)
    if as_json:
        print(json.dumps(result.as_dict(), ensure_ascii=False))  # noqa: T201 - the document is the output
    else:
        show(Console(), result, report)
    return OK if result.is_clean else WITH_FAULTS


def show(console: Console, result: ImportReport, report: Path | None = None) -> None:
    """Print the summary by body and kind, the faults and refusals with their places, and what waits."""
    console.print(_summary(result))
    for kind, title in _KEPT_OUT.items():
        found = result.shown.get(kind)
        if found:
            console.print(_places(title, found))
            _hint(console, result.findings[kind], report)
    if result.still_held:
        console.print(_waiting(result))
        _hint(console, result.still_held, report)
    notes = result.findings.get("note")
    if notes:
        console.print(
            f"已规范的写法 {notes} 处(全角、空格、大小写、日期写法),不影响入账。"
            f"\n{notes} spellings were normalised (width, spaces, case, dates); nothing is kept out."
        )


def _summary(result: ImportReport) -> Table:
    total = result.total
    table = Table(title=f"导入结果 Import · {result.files} 个文件 files · {result.seconds:.1f} s", title_justify="left")
    table.add_column("机构\nbody", no_wrap=True)
    table.add_column("类别\nkind", no_wrap=True)
    for title in _COUNTS.values():
        table.add_column(title, justify="right")
    for (body, kind), counts in sorted(result.counts.items()):
        table.add_row(body or "?", _KINDS.get(kind, kind), *(f"{counts.as_dict()[name]:,}" for name in _COUNTS))
    table.add_section()
    table.add_row("合计 total", "", *(f"{total.as_dict()[name]:,}" for name in _COUNTS))
    table.caption = f"补齐后自动生效 released: {result.released:,} · 仍待补 still held: {result.still_held:,}"
    table.caption_justify = "left"
    return table


def _places(title: str, findings: list[Finding]) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in ("文件:行\nfile:line", "栏\ncolumn", "内容\ncell", "原因\nreason"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        column = f"{finding.column}.{finding.name}" if finding.column else finding.name
        table.add_row(_place(finding), Text(column), Text(finding.value), Text(f"{finding.zh}\n{finding.en}"))
    return table


def _waiting(result: ImportReport) -> Table:
    table = Table(title="待补的事实 Facts that wait", title_justify="left")
    for heading in ("文件:行\nfile:line", "证书\ncertificate", "等待\nwaits for"):
        table.add_column(heading, overflow="fold")
    for finding in islice(result.waiting.values(), SHOWN):
        table.add_row(_place(finding), Text(finding.stream), Text(f"{finding.zh}\n{finding.en}"))
    return table


def _place(finding: Finding) -> Text:
    return Text(finding.file if finding.line is None else f"{finding.file}:{finding.line}")


def _hint(console: Console, count: int, report: Path | None) -> None:
    if count <= SHOWN:
        return
    where = str(report) if report else "--report FILE"
    console.print(
        f"仅显示前 {SHOWN} 条,共 {count} 条;全部见 {where}。\nThe first {SHOWN} of {count}; all of them: {where}."
    )


@contextmanager
def _sink(report: Path | None) -> Iterator[Callable[[Finding], None] | None]:
    if report is None:
        yield None
        return
    with report.open("w", encoding="utf-8") as file:

        def write(finding: Finding) -> None:
            file.write(json.dumps(finding.as_dict(), ensure_ascii=False) + "\n")

        yield write


@contextmanager
def _bar(console: Console, *, is_shown: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    if not is_shown:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("导入 import", total=None)

        def tell(file: str, done: int, total: int) -> None:
            progress.update(task, description=file or "导入 import", completed=done, total=total)

        yield tell


def _unusable(console: Console, zh: str, en: str, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"error": {"zh": zh, "en": en}}, ensure_ascii=False))  # noqa: T201 - likewise
    else:
        console.print(f"{zh}\n{en}", style="red", markup=False)
    return UNUSABLE
