"""The command line asks the running server, so that a person reads there what a program reads from the interface."""

from typing import Any

import httpx
import typer
from rich.console import Console

from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings

_errors = Console(stderr=True)


def get(path: str, token: str | None = None, /, **query: str | int | None) -> Any:
    """Return the JSON answer of a read; a problem is printed in both languages and ends the command with code 1."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    params = {key: value for key, value in query.items() if value is not None}
    response = _request("GET", path, params=params, headers=headers)
    return response.json()


def post(path: str, content: bytes, media_type: str, token: str, **query: str) -> httpx.Response:
    """Return the answer to a submission; a problem is printed in both languages and ends the command with code 1."""
    headers = {"Content-Type": media_type, "Authorization": f"Bearer {token}"}
    return _request("POST", path, content=content, headers=headers, params=query)


def _request(method: str, path: str, **options: Any) -> httpx.Response:
    settings = Settings()
    base = f"http://{settings.http_host}:{settings.http_port}"
    try:
        response = httpx.request(method, f"{base}{path}", timeout=60, **options)
    except httpx.TransportError as error:
        raise ServiceUnavailableError(
            f"{base} 没有响应。请先运行 make run,或以 CERTLEDGER_HTTP_PORT 指明端口。",
            f"{base} does not answer. Start it with `make run`, or name its port by CERTLEDGER_HTTP_PORT.",
        ) from error
    if response.status_code >= 400:
        _say_problem(response)
        raise typer.Exit(1)
    return response


def _say_problem(response: httpx.Response) -> None:
    try:
        problem = response.json()
    except ValueError:
        problem = {"code": str(response.status_code)}
    for language in ("zh", "en"):
        text = problem.get(language) or {}
        _errors.print(
            f"{text.get('title', problem['code'])} {text.get('action', '')}", style="red", markup=False, soft_wrap=True
        )
    _errors.print(f"[{problem['code']}] {problem.get('rule') or ''}", style="dim", markup=False)
    for each in problem.get("errors") or []:
        _errors.print(f"  {each.get('pointer')}: {each.get('zh')} / {each.get('en')}", markup=False, soft_wrap=True)
