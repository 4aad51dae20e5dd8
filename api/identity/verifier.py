"""A bearer token becomes a principal only if the one provider signed it, for this ledger, for now."""

from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol

from joserfc import jwk, jws
from joserfc.errors import JoseError

from api.identity.claims import Rules, principal_from
from api.identity.reading import LONGEST_TOKEN, Header, TokenRefusedError, read_header, read_object
from ledger.principals import Principal

_REMEMBERED = 1_024


class Keys(Protocol):
    """Where the provider's keys come from; :class:`api.identity.keyring.Keyring` is one."""

    async def key(self, name: str) -> jwk.Key:
        """Return the key of that name."""
        ...


class _Registry(jws.JWSRegistry):
    """Bounded by the length of the whole token alone: a certificate chain in the header is passed over, not refused."""

    max_header_length = LONGEST_TOKEN
    max_payload_length = LONGEST_TOKEN


class TokenVerifier:
    """Verifies the access tokens of one OpenID provider (RFC 9068, section 4)."""

    def __init__(self, rules: Rules, keys: Keys) -> None:
        self._rules = rules
        self._keys = keys
        # A signature holds for ever under the same key; all that changes with time is asked anew each time.
        self._verified: dict[bytes, tuple[jwk.Key, dict[str, Any]]] = {}
        self._registry = _Registry(algorithms=sorted(rules.algorithms), strict_check_header=False)

    async def principal(self, token: bytes, *, now: datetime, certificate: bytes | None = None) -> Principal:
        """Return who the token speaks for. Raises :class:`TokenRefusedError` and ``ProviderUnavailableError``."""
        header = read_header(token)
        if header.algorithm not in self._rules.algorithms:
            raise TokenRefusedError("algorithm_not_allowed")
        claims = self._claims(token, header, await self._keys.key(header.key))
        return principal_from(claims, self._rules, now=now, certificate=certificate)

    def _claims(self, token: bytes, header: Header, key: jwk.Key) -> dict[str, Any]:
        digest = sha256(token).digest()
        verified, claims = self._verified.get(digest, (None, {}))
        # A key that was read again is another object: what it did not verify itself is verified again.
        if verified is key:
            return claims
        if key.alg not in {None, header.algorithm}:
            raise TokenRefusedError("algorithm_not_the_keys")
        try:
            payload = jws.deserialize_compact(token, key, registry=self._registry).payload
        except (JoseError, ValueError, TypeError) as error:
            raise TokenRefusedError("signature_wrong") from error
        claims = read_object(payload or b"")
        if len(self._verified) >= _REMEMBERED:
            self._verified.clear()
        self._verified[digest] = key, claims
        return claims
