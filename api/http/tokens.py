"""A bearer token speaks for one party; the file keeps SHA-256 digests, so that reading it gives nobody a voice."""

import hmac
import os
import secrets
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from ledger.parties import party_of
from ledger.principals import AUDITOR, OPERATOR

TOKENS_FILE = "tokens.json"
SECRETS_FILE = "tokens.txt"


class TokensUnreadable(RuntimeError):  # noqa: N818 - says what happened, in both languages
    """The tokens file is not a JSON object of SHA-256 digests to parties."""


class Tokens:
    """Which party a token speaks for."""

    def __init__(self, parties: Mapping[str, str]) -> None:
        self._parties = [(bytes.fromhex(digest), party) for digest, party in parties.items()]

    def party(self, authorization: str | None) -> str | None:
        """Return the party of an ``Authorization`` header, or ``None``.

        Every known digest is compared in constant time, so that timing tells nothing about which one is near.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        asked = sha256(token.strip().encode()).digest()
        found = None
        for digest, party in self._parties:
            if hmac.compare_digest(digest, asked):
                found = party
        return found


def read_tokens(path: Path) -> Tokens:
    """Return the tokens of a file; raise :class:`TokensUnreadable` with what to do."""
    try:
        parties: Any = orjson.loads(path.read_bytes())
        if not isinstance(parties, dict) or not all(_is_row(*row) for row in parties.items()):
            raise ValueError("not an object of digests to parties")
    except (OSError, ValueError) as error:
        raise TokensUnreadable(
            f"令牌文件 {path} 无法读取:应为 JSON 对象,键为令牌的 SHA-256,值为主体标识。"
            f" The tokens file {path} cannot be read: it must be a JSON object of SHA-256 digests to parties. ({error})"
        ) from error
    return Tokens(parties)


def make_tokens(folder: Path, parties: Iterable[str]) -> Path:
    """Make random tokens where the folder has none yet; return the file that holds them in clear.

    ``tokens.json`` holds the digests that the server reads, ``tokens.txt`` one ``party token`` a line for the
    people who hand them out; both are readable by their owner alone. An existing file is left as it is.
    """
    clear, digests = folder / SECRETS_FILE, folder / TOKENS_FILE
    if not digests.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = {party: secrets.token_urlsafe(32) for party in parties}
        write_private(clear, "".join(f"{party} {token}\n" for party, token in made.items()).encode())
        rows = {sha256(token.encode()).hexdigest(): party for party, token in made.items()}
        write_private(digests, orjson.dumps(rows, option=orjson.OPT_INDENT_2))
    return clear


def write_private(path: Path, content: bytes) -> None:
    """Write a file that is never readable by others and never half there."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _is_row(digest: str, party: Any) -> bool:
    return (
        len(bytes.fromhex(digest)) == 32
        and isinstance(party, str)
        and (party in {AUDITOR, OPERATOR} or party_of(party) is not None)
    )
