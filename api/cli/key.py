"""``certledger key``: make a signing key, register it, end it, and see whose keys there are."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, cast

import orjson
import typer
from rich.console import Console
from rich.table import Table

from api.cli.ask import AsJson
from api.cli.server import ledger
from api.cli.tokens import token_of
from api.registering import registration
from infra.keyfiles import make_key, read_key
from ledger.days import instant_text, parse_instant
from ledger.envelope import make_event
from ledger.evidence.signatures import ALGORITHMS, Algorithm, public_key_of
from ledger.families import key_stream

key = typer.Typer(name="key", help="签名密钥 · signing keys", no_args_is_help=True, rich_markup_mode=None)
_out = Console()
File = Annotated[Path, typer.Argument(help="私钥文件(PKCS #8 PEM) · private key file")]
Party = Annotated[str, typer.Option("--as", help="以何主体提交 · the party that submits")]
Instant = Annotated[str | None, typer.Option(help="时刻,如 2036-01-01T00:00:00+08:00 · an instant")]
_COLOURS = {"valid": "green", "revoked": "red"}


@key.command()
def make(
    file: File,
    algorithm: Annotated[str, typer.Option(help="ed25519、ecdsa-p256 或 sm2 · or sm2")] = "ed25519",
) -> None:
    """生成私钥文件(仅本人可读)。 Make a private key file that its owner alone can read."""
    if algorithm not in ALGORITHMS:
        raise typer.BadParameter("ed25519 | ecdsa-p256 | sm2")
    _out.print(public_key_of(make_key(file, cast("Algorithm", algorithm))).keyid, markup=False)


@key.command()
def register(
    file: File,
    party: Party,
    owner: Annotated[
        str | None,
        typer.Option(help="所有者,缺省为提交主体;签署人写 person:CCAA:编号 · the owner; the party itself if unset"),
    ] = None,
    valid_from: Instant = None,
    valid_until: Instant = None,
) -> None:
    """登记公钥:取随机数、签名证明持有、提交。 Register the public key, with proof of possession."""
    private, token = read_key(file), token_of(party)
    with ledger(token) as client:
        given = client.key_challenge(owner or party)
    event = registration(
        private,
        source=party,
        owner=given.owner,
        ledger=given.ledger,
        nonce=given.nonce,
        now=datetime.now(UTC),
        valid_from=_instant(valid_from),
        valid_until=_instant(valid_until),
    )
    _submit(event, token)


@key.command()
def revoke(
    keyid: Annotated[str, typer.Argument(help="密钥名称(公钥的 SHA-256) · the key's name")],
    party: Party,
    reason: Annotated[str, typer.Option(help="原因 · the reason")],
    compromised_since: Annotated[
        str | None, typer.Option(help="失密起始时刻 · since when it was in other hands")
    ] = None,
) -> None:
    """吊销密钥,即刻生效;失密的写明起始时刻。 End a key at once; say since when it was compromised."""
    kind, data = "revoked", {"reason": reason}
    if compromised_since:
        kind, data["compromised_since"] = "compromised", _instant(compromised_since) or ""
    event = make_event(
        type_=f"key.{kind}",
        source=party,
        identity=f"{kind}-{keyid}-{data.get('compromised_since', '')}",
        subject=key_stream(keyid),
        time=instant_text(datetime.now(UTC)),
        data=data,
    )
    _submit(event, token_of(party))


@key.command("list")
def list_(
    party: Annotated[str, typer.Argument(help="主体、person:CCAA:编号或密钥名称 · a party, signatory or key")],
    json: AsJson = False,
) -> None:
    """列出密钥及其有效性。 List keys and whether they may sign."""
    with ledger() as client:
        answer = client.keys(party)
    if json:
        typer.echo(orjson.dumps(answer.as_dict(), option=orjson.OPT_INDENT_2).decode())
        return
    table = Table(
        "密钥 · key", "算法", "所有者 · owner", "登记 · registered", "至 · until", "状态 · status", title=party
    )
    for each in answer.keys:
        colour = _COLOURS.get(each.status.value, "yellow")
        table.add_row(
            each.keyid,
            each.algorithm,
            each.owner,
            each.registered[:19],
            (each.ended or each.valid_until or "")[:19],
            f"[{colour}]{each.status.zh} {each.status.en}[/]",
        )
    _out.print(table)


def _submit(event: dict[str, Any], token: str) -> None:
    with ledger(token) as client:
        answer = client.submit(event)
    _out.print(f"#{answer.position} · {answer.stream}", markup=False, soft_wrap=True)


def _instant(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return instant_text(parse_instant(text))
    except ValueError as error:
        raise typer.BadParameter(f"{text}: 时刻须带时区 · an instant with its offset, 2036-01-01T00:00:00Z") from error
