"""A provider over real HTTP for tests, and the tools of those who would like to pass for one."""

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from joserfc import jwk, jws

from api.http.tokens import Tokens
from api.identity.claims import Rules
from api.identity.development import DevelopmentIssuer, rotate
from api.identity.fetching import fetcher
from api.identity.issuer_app import create_issuer, issuer_server
from api.identity.keyring import Keyring
from api.identity.verifier import TokenVerifier
from infra.services.spawn import free_ports
from infra.settings import Settings
from tests.support.waiting import eventually

AUDIENCE = "certledger"


@dataclass
class Provider:
    """The development provider, running; ``moment`` is the verifier's monotonic clock, which a test moves by hand."""

    folder: Path
    address: str
    now: datetime
    moment: list[float] = field(default_factory=lambda: [0.0])
    asked: list[str] = field(default_factory=list)

    @property
    def signing(self) -> dict[str, Any]:
        rows: list[dict[str, Any]] = orjson.loads((self.folder / "issuer" / "keys.json").read_bytes())["keys"]
        return rows[-1]

    def rotate(self, *, keep: int) -> None:
        rotate(self.folder, keep=keep)

    def claims(self, party: str, **changes: Any) -> dict[str, Any]:
        now = int(self.now.timestamp())
        claims = {
            "iss": self.address,
            "sub": "account-1",
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 600,
            "certledger_party": party,
        }
        return {name: value for name, value in {**claims, **changes}.items() if value is not None}

    def header(self, **changes: Any) -> dict[str, Any]:
        header = {"alg": "ES256", "kid": self.signing["kid"], "typ": "at+jwt", **changes}
        return {name: value for name, value in header.items() if value is not None}

    def token(self, party: str, header: dict[str, Any] | None = None, **changes: Any) -> str:
        return signed(self.header(**(header or {})), self.claims(party, **changes), self.signing)

    def verifier(self, **rules: Any) -> TokenVerifier:
        fetch = fetcher(development=True)

        async def noted(address: str) -> dict[str, Any]:
            self.asked.append(address.removeprefix(self.address))
            return await fetch(address)

        ring = Keyring(self.address, noted, clock=lambda: self.moment[0])
        named = {"issuer": self.address, "audience": AUDIENCE, "algorithms": Settings().algorithms, **rules}
        return TokenVerifier(Rules(**named), ring)


def signed(header: dict[str, Any], claims: dict[str, Any] | bytes, key: dict[str, Any], algorithm: str = "") -> str:
    """A compact JWS, made by the library, of whatever a test wants to say."""
    payload = claims if isinstance(claims, bytes) else orjson.dumps(claims)
    registry = jws.JWSRegistry(algorithms=[algorithm or header["alg"]], strict_check_header=False)
    registry.max_header_length = 100_000
    return jws.serialize_compact(header, payload, jwk.import_key(key), registry=registry)


def raw(header: dict[str, Any] | bytes, claims: dict[str, Any] | bytes, signature: bytes) -> str:
    """A compact JWS put together by hand."""
    parts = [each if isinstance(each, bytes) else orjson.dumps(each) for each in (header, claims)]
    return ".".join(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in (*parts, signature))


@contextmanager
def providing(folder: Path, now: datetime, secrets: dict[str, str] | None = None) -> Iterator[Provider]:
    """Run the development provider; ``secrets`` are those of its clients, by party."""
    port = free_ports(1)[0]
    address = f"http://127.0.0.1:{port}"
    clients = Tokens({sha256(secret.encode()).hexdigest(): party for party, secret in (secrets or {}).items()})
    issuer = DevelopmentIssuer(folder, address, clients, clock=lambda: now)
    with answering(create_issuer(issuer, audience=AUDIENCE), port):
        yield Provider(folder, address, now)


@contextmanager
def answering(app: Callable[..., Any], port: int) -> Iterator[None]:
    """Serve an application on loopback in a thread."""
    server = issuer_server(app, port)  # type: ignore[arg-type]  # any ASGI application will do
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        eventually(lambda: server.started or not thread.is_alive())
        yield
    finally:
        server.should_exit = True
        thread.join(30)
