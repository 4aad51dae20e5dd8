"""A provider for one's own machine: it gives the parties of the run folder tokens, and has no place in production.

Its keys and its port are kept in the run folder, so that tokens outlive a restart.
"""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
from joserfc import jwk, jwt

from api.http.tokens import Tokens, write_private
from infra.services.spawn import LOOPBACK, free_ports, is_free
from ledger.parties import CLOCK, party_of
from ledger.principals import AUDITOR, OPERATOR

FOLDER = "issuer"
ALGORITHM = "ES256"
LIFETIME_SECONDS = 3600
_KEPT_KEYS = 2


class ClientRefusedError(Exception):
    """The token endpoint refuses a client (RFC 6749, section 5.2); ``code`` is one of its error codes."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def issuer_address(run_dir: Path) -> str | None:
    """Return the address of the issuer whose port the run folder remembers, ``None`` where it never had one."""
    try:
        return f"http://{LOOPBACK}:{int((run_dir / FOLDER / 'port').read_text())}"
    except (OSError, ValueError):
        return None


def choose_port(run_dir: Path) -> int:
    """Return the remembered port of the issuer if it is free, else another one, which is remembered from now on."""
    remembered = run_dir / FOLDER / "port"
    address = issuer_address(run_dir)
    port = int(address.rpartition(":")[2]) if address else 0
    if not port or not is_free(port):
        port = free_ports(1)[0]
        remembered.parent.mkdir(parents=True, exist_ok=True)
        write_private(remembered, str(port).encode())
    return port


def rotate(run_dir: Path, *, keep: int = _KEPT_KEYS - 1) -> str:
    """Make a new signing key and return its name; ``keep`` of the older ones go on to verify."""
    key = jwk.ECKey.generate_key("P-256", {"use": "sig", "alg": ALGORITHM, "kid": secrets.token_hex(8)}, private=True)
    rows = [*_rows(run_dir)[-keep:], key.as_dict(private=True)] if keep else [key.as_dict(private=True)]
    file = _file(run_dir)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_private(file, orjson.dumps({"keys": rows}))
    return str(key.kid)


class DevelopmentIssuer:
    """What the development provider answers; a client is a party, its secret the party's token of the run folder."""

    def __init__(
        self, run_dir: Path, address: str, clients: Tokens, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._run_dir = run_dir
        self._address = address
        self._clients = clients
        self._clock = clock
        if not _rows(run_dir):
            rotate(run_dir)

    def discovery(self) -> dict[str, Any]:
        """Return the metadata (OpenID Connect Discovery 1.0, section 3)."""
        return {
            "issuer": self._address,
            "jwks_uri": f"{self._address}/jwks",
            "token_endpoint": f"{self._address}/token",
            "grant_types_supported": ["client_credentials"],
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }

    def keys(self) -> dict[str, Any]:
        """Return the public keys (RFC 7517)."""
        return {"keys": [jwk.import_key(row).as_dict(private=False) for row in _rows(self._run_dir)]}

    def token(self, client: str, secret: str, *, role: str | None, audience: str) -> str:
        """Return an access token for client credentials (RFC 6749, section 4.4). Raises :class:`ClientRefusedError`.

        A role beside the party's own, ``auditor`` or ``operator``, is given to whoever asks: it is for trying things.
        """
        party = party_of(client)
        if party is None or self._clients.party(f"Bearer {secret}") != client:
            raise ClientRefusedError("invalid_client")
        if party.kind == CLOCK or role not in {None, party.kind, AUDITOR, OPERATOR}:
            raise ClientRefusedError("invalid_scope")
        now = int(self._clock().timestamp())
        claims = {
            "iss": self._address,
            "sub": f"development:{client}",
            "client_id": client,
            "aud": audience,
            "iat": now,
            "exp": now + LIFETIME_SECONDS,
            "jti": uuid4().hex,
            "certledger_party": client,
            "certledger_role": role or party.kind,
        }
        row = _rows(self._run_dir)[-1]
        header = {"alg": ALGORITHM, "kid": row["kid"], "typ": "at+jwt"}
        return jwt.encode(header, claims, jwk.import_key(row), algorithms=[ALGORITHM])


def _file(run_dir: Path) -> Path:
    return run_dir / FOLDER / "keys.json"


def _rows(run_dir: Path) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = orjson.loads(_file(run_dir).read_bytes())["keys"]
    except FileNotFoundError:
        return []
    return rows
