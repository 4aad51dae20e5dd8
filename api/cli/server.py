"""The command line asks the running server, so that a person reads there what a program reads from the interface."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from api.client import Client, ProblemError, UnreachableError
from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings

_PATIENCE_SECONDS = 3.0
_errors = Console(stderr=True)


@contextmanager
def ledger(token: str | None = None, reason: str | None = None) -> Iterator[Client]:
    """Lend a client of the running server; a problem is printed in both languages and ends the command with code 1."""
    settings = Settings()
    base = f"http://{settings.http_host}:{settings.http_port}"
    try:
        with Client(base, token=token, reason=reason, timeout=60, patience=_PATIENCE_SECONDS) as client:
            yield client
    except UnreachableError as error:
        raise ServiceUnavailableError(
            f"{base} 没有响应。请先运行 make run,或以 CERTLEDGER_HTTP_PORT 指明端口。",
            f"{base} does not answer. Start it with `make run`, or name its port by CERTLEDGER_HTTP_PORT.",
        ) from error
    except ProblemError as error:
        _say(error)
        raise typer.Exit(1) from error


def _say(error: ProblemError) -> None:
    for texts in (error.problem.zh, error.problem.en):
        _errors.print(f"{texts.title} {texts.action}", style="red", markup=False, soft_wrap=True)
    _errors.print(f"[{error.code}] {error.problem.rule}", style="dim", markup=False)
    for fault in error.faults:
        _errors.print(f"  {fault.pointer}: {fault.zh} / {fault.en}", markup=False, soft_wrap=True)
    if error.problem.pointer and not error.faults:
        _errors.print(f"  {error.problem.pointer}", markup=False, soft_wrap=True)
