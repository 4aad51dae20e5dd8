"""Signs what a file holds before it is submitted: each event becomes an envelope over its canonical bytes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import typer

from api.cli.server import ledger
from api.cli.tokens import token_of
from infra.keyfiles import read_key
from infra.settings import Settings
from ledger.envelope import Submission, canonical_submission
from ledger.evidence.signatures import PrivateKey
from ledger.privacy.disclosed import is_disclosed
from ledger.refusals import Refusal
from ledger.sealed import envelope_of, sign_submission


def sealed(content: bytes, keys: Sequence[Path], *, party: str, chained: bool) -> tuple[bytes, bool]:
    """Return the events of a file (one, an array, or NDJSON) as envelopes signed with each key; whether they are lines.

    ``chained``: each event takes the next number of the party's own count and names the one before.
    """
    private, origin = [read_key(path) for path in keys], Settings().log_origin
    link = _head(party) if chained else None
    lines = []
    for number, event in enumerate(_events(content), 1):
        chain: dict[str, Any] = {}
        if link is not None:
            sequence, previous = link
            chain = {"issuersequence": sequence + 1, **({"issuerprevious": previous} if sequence else {})}
        made = _signed(event["event"] if is_disclosed(event) else event, origin, private, chain)
        if isinstance(made, Refusal):
            raise typer.BadParameter(f"{number}: {made.title('zh')} {made.title('en')} {made.pointer}")
        if link is not None:
            link = (link[0] + 1, made.digest.hex())
        lines.append(_with_disclosures(event, envelope_of(made)) if is_disclosed(event) else envelope_of(made))
    return (lines[0], False) if len(lines) == 1 else (b"\n".join(lines) + b"\n", True)


def _with_disclosures(brought: Mapping[str, Any], envelope: bytes) -> bytes:
    """Return what was brought with its event sealed; the disclosures are covered by the digests that are signed."""
    return orjson.dumps({**brought, "event": orjson.loads(envelope)}, option=orjson.OPT_SORT_KEYS)


def _signed(event: Any, origin: str, keys: Sequence[PrivateKey], chain: dict[str, Any]) -> Submission | Refusal:
    found = canonical_submission(event)
    return found if isinstance(found, Refusal) else sign_submission(found, origin, *keys, **chain)


def _events(content: bytes) -> list[Any]:
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError:
        try:
            return [orjson.loads(line) for line in content.splitlines() if line.strip()]
        except orjson.JSONDecodeError as error:
            raise typer.BadParameter(f"不是 JSON 或 NDJSON · neither JSON nor NDJSON: {error}") from error
    return value if isinstance(value, list) else [value]


def _head(party: str) -> tuple[int, str]:
    with ledger(token_of(party)) as client:
        chain = client.chain(party)
    if not chain.is_sound:
        raise typer.BadParameter(
            f"{party} 的编号有缺口或分叉,请先查看 /v1/issuers/{party}/chain。"
            f" The count of {party} has gaps or forks; look at /v1/issuers/{party}/chain first."
        )
    return (chain.head.sequence, chain.head.digest) if chain.head else (0, "")
