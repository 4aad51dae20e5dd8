"""Who asks: no token is the public, a right token its party, anything wrong a 401 that never says what was wrong."""

import base64
import binascii
from dataclasses import dataclass

import structlog
from fastapi import Request

from api.http.problems import ProblemError, problem
from api.http.service import Service, service_of
from api.identity.fetching import ProviderUnavailableError
from api.identity.reading import TokenRefusedError
from ledger.parties import party_of
from ledger.principals import AUDITOR, OPERATOR, PUBLIC, Principal

_CHALLENGE = 'Bearer realm="certledger", error="invalid_token"'
_LARGEST_CERTIFICATE = 16 * 1024

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Found:
    """Kept with the request, so that asking twice verifies once."""

    principal: Principal


async def principal_of(request: Request) -> Principal:
    """Return who asks, ``PUBLIC`` where no credentials were sent.

    Ends the request with 401 where the credentials are not right (RFC 6750, section 3.1) and with 503 where that cannot
    be known, because the provider's keys are out of reach.
    """
    kept = getattr(request.state, "principal", None)
    if isinstance(kept, _Found):
        return kept.principal
    found = await _identified(request, service_of(request))
    request.state.principal = _Found(found)
    return found


async def speaker_of(request: Request) -> Principal:
    """Return who asks; ends the request with 401 where nobody said who (RFC 6750, section 3)."""
    principal = await principal_of(request)
    if principal == PUBLIC:
        raise problem("token_missing")
    return principal


def principal_of_party(party: str) -> Principal:
    """Return the principal that a party is by its spelling; an auditor or operator goes by its role and a name."""
    role = party.partition(":")[0]
    if role in {AUDITOR, OPERATOR}:
        return Principal(party, role, party)
    spoken_for = party_of(party)
    return PUBLIC if spoken_for is None else Principal(party, spoken_for.kind, party, spoken_for.region)


async def _identified(request: Request, service: Service) -> Principal:
    credentials = request.headers.getlist("authorization")
    if not credentials:
        return PUBLIC
    try:
        if len(credentials) > 1:
            raise TokenRefusedError("several_credentials")
        scheme, _, token = credentials[0].partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise TokenRefusedError("not_a_bearer_token")
        return await _bearer(request, service, token.strip())
    except TokenRefusedError as error:
        log.info("identity.token_refused", reason=error.reason)
        raise _refused() from error
    except ProviderUnavailableError as error:
        raise problem("identity_unavailable") from error


async def _bearer(request: Request, service: Service, token: str) -> Principal:
    if "." not in token:
        principal = principal_of_party(service.ports.tokens.party(f"Bearer {token}") or "")
        if principal == PUBLIC:
            raise TokenRefusedError("token_unknown")
        return principal
    if service.ports.verifier is None or not token.isascii():
        raise TokenRefusedError("no_provider")
    certificate = _certificate(request, service.ports.proxies)
    return await service.ports.verifier.principal(token.encode(), now=service.clock(), certificate=certificate)


def _certificate(request: Request, proxies: frozenset[str]) -> bytes | None:
    """Return the DER of the client's certificate as a trusted proxy forwarded it (RFC 9440, section 2.2)."""
    shown = request.headers.getlist("client-cert")
    # Anybody can write this header; only what the proxy itself connects with is believed.
    peer = request.scope.get("peer") or request.client
    if not shown or peer is None or peer[0] not in proxies:
        return None
    text = shown[0].strip()
    if len(shown) > 1 or len(text) > _LARGEST_CERTIFICATE or text[:1] != ":" or text[-1:] != ":":
        raise TokenRefusedError("certificate_malformed")
    try:
        return base64.b64decode(text[1:-1], validate=True)
    except (binascii.Error, ValueError) as error:
        raise TokenRefusedError("certificate_malformed") from error


def _refused() -> ProblemError:
    return problem("token_refused", headers={"WWW-Authenticate": _CHALLENGE})
