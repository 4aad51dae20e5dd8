"""``certledger erase`` and ``sweep-personal``: personal fields go for ever, and the ledger records that they went."""

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from api.cli.surroundings import database_url
from infra.open_ledger import WRITER, open_ledger
from infra.settings import Settings
from infra.terms import terms_of
from infra.vault.erasing import RETENTION, Order, due, identity_at, record_pending
from infra.vault.erasing import erase as erase_fields
from infra.vault.keys import file_keys
from infra.vault.store import Kept, Vault
from infra.vault.tip_offs import TipOffs
from ledger.parties import CLOCK, party_of
from ledger.privacy.fields import bases, person_at

_out = Console(highlight=False)
_FIELDS_AT_ONCE = 1_000


def erase(
    basis: Annotated[str, typer.Option(help="法律依据代码 · code of the legal ground, see docs/privacy.md")],
    ordered_by: Annotated[str, typer.Option(help="决定删除的主体 · the party that decided")],
    event: Annotated[list[int], typer.Option(help="事件的账本位置,可多次 · position of an event, any number of times")],
    path: Annotated[
        list[str] | None, typer.Option(help="只删此字段,如 contact/name · this field alone, any number of times")
    ] = None,
    everywhere: Annotated[
        bool, typer.Option("--everywhere", help="同一人员的所有事件 · the same persons in all their events")
    ] = False,
    request: Annotated[Path | None, typer.Option(help="申请文件,只记其摘要 · the request; its digest is kept")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问 · do not ask")] = False,
) -> None:
    """删除个人字段并登记;不可恢复。 Erase personal fields, and record that; nothing brings them back."""
    if basis not in bases():
        known = "\n".join(f"  {code}: {row['zh']} {row['en']} ({row['source']})" for code, row in bases().items())
        raise typer.BadParameter(f"--basis 应为 · must be one of:\n{known}")
    if party_of(ordered_by) is None:
        raise typer.BadParameter("--ordered-by 应为主体代号 · must be a party, such as CNCA or CNCA-R-2031-101")
    settings = Settings()
    url = database_url(settings)
    vault = Vault(url, lambda: file_keys(settings))
    fields = _chosen(vault, url, event, path, everywhere=everywhere)
    if not fields:
        _finish(vault, settings, url)
        _out.print("没有可删除的个人字段。 There are no such personal fields.")
        return
    for each in fields:
        _out.print(f"  {each.source} {each.event_id} {each.path}", markup=False, soft_wrap=True)
    if not yes:
        typer.confirm(f"永久删除以上 {len(fields)} 项? Erase these for ever?", abort=True)
    digest = None if request is None else sha256(request.read_bytes()).hexdigest()
    erase_fields(vault, url, fields, Order(basis, ordered_by, request=digest), datetime.now(UTC))
    _finish(vault, settings, url)
    _out.print(f"已删除并登记 {len(fields)} 项。 Erased and recorded: {len(fields)}.")


def sweep_personal(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出 · only list")] = False,
) -> None:
    """删除保存期已满的个人字段并登记。 Erase personal fields whose retention has ended, and record that."""
    settings = Settings()
    url = database_url(settings)
    vault = Vault(url, lambda: file_keys(settings))
    now = datetime.now(UTC)
    fields = due(vault, url, now)
    if dry_run:
        for each in fields:
            _out.print(f"  {each.source} {each.event_id} {each.path}", markup=False, soft_wrap=True)
    else:
        for start in range(0, len(fields), _FIELDS_AT_ONCE):
            part = fields[start : start + _FIELDS_AT_ONCE]
            erase_fields(vault, url, part, Order(RETENTION, CLOCK, "retention"), now)
        _finish(vault, settings, url)
    told = TipOffs(url, lambda: file_keys(settings), days=settings.tip_off_days).sweep(now, dry_run=dry_run)
    _out.print(f"保存期已满:{len(fields)} 项。 Retention ended: {len(fields)}.")
    if told:
        _out.print(f"保存期已满的举报:{told} 件。 Tip-offs whose days are over: {told}.")


def _chosen(
    vault: Vault, url: str, positions: Sequence[int], paths: Sequence[str] | None, *, everywhere: bool
) -> list[Kept]:
    """Return the fields that are asked for; with ``everywhere`` all of the persons whom they are about."""
    found: dict[tuple[str, str, str], Kept] = {}
    for position in positions:
        identity = identity_at(url, position)
        if identity is None:
            raise typer.BadParameter(f"--event {position}: 没有此位置 · there is no such position")
        found |= {each.key: each for each in vault.of_event(*identity) if not paths or each.path in paths}
    if everywhere:
        found |= {each.key: each for each in vault.of_persons({each.person for each in found.values()})}
    return sorted(found.values(), key=lambda each: (each.source, each.event_id, person_at(each.path), each.path))


def _finish(vault: Vault, settings: Settings, url: str) -> None:
    """Record what was erased, also what a killed process left behind."""
    with closing(open_ledger(url, acting_as=WRITER, terms=terms_of(settings))) as ledger:
        record_pending(vault, ledger.submit)
