"""The provider's keys are kept for minutes and asked for again when a new one appears, at a bounded rate.

A key that the provider took back is believed for at most ``KEEP_SECONDS`` while the provider answers, and for at most
``LONGEST_SECONDS`` while it does not.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from joserfc import jwk
from joserfc.errors import JoseError

from api.identity.fetching import Fetch, ProviderUnavailableError
from api.identity.reading import TokenRefusedError

KEEP_SECONDS = 300.0
LONGEST_SECONDS = 3600.0
COOL_DOWN_SECONDS = 10.0
_MOST_KEYS = 50
_SMALLEST_RSA_BITS = 2048
_KINDS = frozenset({"RSA", "EC", "OKP"})
Keys = Mapping[str, jwk.Key]

log = structlog.get_logger(__name__)


class Keyring:
    """The public keys of one issuer, found by its discovery document (OpenID Connect Discovery 1.0, section 4)."""

    def __init__(self, issuer: str, fetch: Fetch, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._issuer = issuer
        self._fetch = fetch
        self._clock = clock
        self._keys: Keys = {}
        self._read_at = -LONGEST_SECONDS
        self._asked_at = -COOL_DOWN_SECONDS
        self._ask = asyncio.Lock()

    async def key(self, name: str) -> jwk.Key:
        """Return the key of that name.

        Raises :class:`TokenRefusedError` where the issuer has none, :class:`ProviderUnavailableError` where that cannot
        be known.
        """
        if self._needs_asking(name):
            async with self._ask:
                # Whoever waited here finds what the first one brought.
                if self._needs_asking(name):
                    await self._refresh()
        if self._clock() - self._read_at >= LONGEST_SECONDS:
            raise ProviderUnavailableError("the keys are too old")
        found = self._keys.get(name)
        if found is None:
            raise TokenRefusedError("key_unknown")
        return found

    def _needs_asking(self, name: str) -> bool:
        now = self._clock()
        if now - self._asked_at < COOL_DOWN_SECONDS:
            return False
        return name not in self._keys or now - self._read_at >= KEEP_SECONDS

    async def _refresh(self) -> None:
        self._asked_at = self._clock()
        try:
            document = await self._fetch(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            address = document.get("jwks_uri")
            # A document that speaks for another issuer would let that one speak here (section 4.3).
            if document.get("issuer") != self._issuer or not isinstance(address, str):
                raise ProviderUnavailableError("the discovery document is another issuer's")
            self._keys = public_keys(await self._fetch(address))
            self._read_at = self._clock()
        except ProviderUnavailableError as error:
            log.warning("identity.provider_unavailable", reason=str(error))


def public_keys(document: Mapping[str, Any]) -> Keys:
    """Return the keys of a JWK set (RFC 7517, section 5) that may verify signatures, by name.

    What is secret, weak, for another use or named twice is left out. Raises :class:`ProviderUnavailableError`.
    """
    rows = document.get("keys")
    if not isinstance(rows, list) or len(rows) > _MOST_KEYS:
        raise ProviderUnavailableError("the key set has no list of keys")
    found: dict[str, jwk.Key] = {}
    doubled: set[str] = set()
    for row in rows:
        key = _usable(row)
        if key is None or key.kid is None:
            continue
        if key.kid in found:
            doubled.add(key.kid)
        found[key.kid] = key
    return {name: key for name, key in found.items() if name not in doubled}


def _usable(row: Any) -> jwk.Key | None:
    if not isinstance(row, dict) or row.get("kty") not in _KINDS or not isinstance(row.get("kid"), str):
        return None
    operations = row.get("key_ops", ["verify"])
    if row.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations or "d" in row:
        return None
    try:
        key = jwk.import_key({name: value for name, value in row.items() if name in _MEMBERS})
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    weak = isinstance(key, jwk.RSAKey) and key.raw_value.key_size < _SMALLEST_RSA_BITS
    return None if weak else key


_MEMBERS = frozenset({"kty", "kid", "alg", "n", "e", "crv", "x", "y"})
