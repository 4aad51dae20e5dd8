"""``certledger check-reads``: whether the record of readings stands as it was written; every fault is named."""

import typer
from rich.console import Console

from api.cli.surroundings import database_url
from infra.read_record import check
from infra.settings import Settings

_out = Console(highlight=False)


def check_reads() -> None:
    """核对非公开信息的查阅记录。 Check the record of who read what was not public."""
    faults = 0
    for fault in check(database_url(Settings())):
        faults += 1
        _out.print(f"{fault.number}: {fault.zh} {fault.en}", style="red", markup=False, soft_wrap=True)
    if faults:
        raise typer.Exit(1)
    _out.print("查阅记录完好。 The record of readings stands as it was written.")
