"""The verbs about who speaks: the development provider, and a token of it to try things with."""

from enum import StrEnum
from typing import Annotated

import httpx
import typer

from api.http.tokens import SECRETS_FILE, TOKENS_FILE, Tokens, read_tokens
from api.identity.development import DevelopmentIssuer, choose_port, issuer_address
from api.identity.development import rotate as rotate_keys
from infra.production import require_development
from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings
from infra.telemetry import configure_logging
from ledger.principals import AUDITOR, OPERATOR


class Role(StrEnum):
    """A role beside the party's own."""

    AUDITOR = AUDITOR
    OPERATOR = OPERATOR


def issuer(
    rotate: Annotated[
        bool, typer.Option("--rotate", help="只更换签名密钥后退出 · make a new signing key and end")
    ] = False,
) -> None:
    """开发用身份提供方(生产环境拒绝)。 The identity provider for development; refused in production."""
    settings = Settings()
    require_development(settings, "certledger issuer ", "`certledger issuer`")
    if rotate:
        typer.echo(rotate_keys(settings.run_dir))
        return
    from api.identity.issuer_app import create_issuer, issuer_server  # noqa: PLC0415 - the server is slow to import

    configure_logging(settings.log_level)
    port = choose_port(settings.run_dir)
    tokens = read_tokens(settings.run_dir / TOKENS_FILE)
    provider = DevelopmentIssuer(settings.run_dir, f"http://127.0.0.1:{port}", tokens)
    issuer_server(create_issuer(provider, audience=settings.oidc_audience), port).run()


def token(
    party: Annotated[str, typer.Argument(help="主体 · the party")],
    role: Annotated[Role | None, typer.Option(help="不写则按主体种类 · the party's own if none")] = None,
) -> None:
    """取得一个开发令牌并打印(生产环境拒绝)。 Print a token of the development provider; refused in production."""
    settings = Settings()
    require_development(settings, "certledger token ", "`certledger token`")
    address = issuer_address(settings.run_dir)
    form = {"grant_type": "client_credentials", "client_id": party, "client_secret": development_secret(party)}
    try:
        answer = httpx.post(
            f"{address}/token", data=form | ({"scope": role.value} if role else {}), timeout=10, trust_env=False
        )
    except httpx.HTTPError as error:
        raise ServiceUnavailableError(
            "开发用身份提供方没有应答。请先运行 make run(或 certledger issuer)。",
            "The development identity provider does not answer. Start it with `make run` or `certledger issuer`.",
        ) from error
    if answer.status_code != httpx.codes.OK:
        raise typer.BadParameter(f"提供方拒绝 · refused by the provider: {answer.json().get('error')}")
    typer.echo(answer.json()["access_token"])


def development_secret(party: str) -> str:
    """Return a party's secret of the run folder; end the command with the parties that have one."""
    file = Settings().run_dir / SECRETS_FILE
    rows = dict(line.split(" ", 1) for line in file.read_text("utf-8").splitlines()) if file.exists() else {}
    if party not in rows:
        raise typer.BadParameter(
            f"{file} 中没有 {party} 的令牌。 There is no token of {party}; there are: {', '.join(rows) or '—'}"
        )
    return rows[party].strip()


def accepted_tokens(settings: Settings) -> Tokens:
    """Return the development tokens, none in production."""
    return read_tokens(settings.run_dir / TOKENS_FILE) if settings.in_development else Tokens({})
