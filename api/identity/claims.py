"""The claims of a token whose signature holds become a principal only if every one of them is as it must be."""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwt import JWTClaimsRegistry

from api.identity.reading import TokenRefusedError
from ledger.parties import CLOCK, KINDS, party_of
from ledger.principals import AUDITOR, OPERATOR, Principal

LEEWAY_SECONDS = 30
_LONGEST_ACCOUNT = 255
_REGISTERED = frozenset({"iss", "aud", "sub", "exp", "iat", "nbf"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a token must say; ``always_bound`` asks for a client certificate with every token (RFC 8705)."""

    issuer: str
    audience: str
    algorithms: frozenset[str]
    party_claim: str = "certledger_party"
    role_claim: str = "certledger_role"
    always_bound: bool = False


def principal_from(claims: dict[str, Any], rules: Rules, *, now: datetime, certificate: bytes | None) -> Principal:
    """Return who the claims name (RFC 9068, section 2.2). Raises :class:`TokenRefusedError`.

    ``certificate`` is the DER of the client's certificate, as far as the connection or a trusted proxy showed one.
    """
    _check_registered(claims, rules, now)
    _check_binding(claims.get("cnf"), certificate, always=rules.always_bound)
    account = claims["sub"]
    if not 0 < len(account) <= _LONGEST_ACCOUNT or not account.isprintable():
        raise TokenRefusedError("subject_wrong")
    return _principal(account, claims.get(rules.party_claim), claims.get(rules.role_claim))


def thumbprint(certificate: bytes) -> str:
    """Return the ``x5t#S256`` of a certificate in DER (RFC 8705, section 3.1)."""
    return base64.urlsafe_b64encode(sha256(certificate).digest()).rstrip(b"=").decode()


def _check_registered(claims: dict[str, Any], rules: Rules, now: datetime) -> None:
    registry = JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": rules.issuer},
        aud={"essential": True, "value": rules.audience},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )
    try:
        registry.validate(claims)
    except ExpiredTokenError as error:
        raise TokenRefusedError("expired") from error
    except (JoseError, OverflowError) as error:
        named = getattr(error, "claim", None)
        raise TokenRefusedError(f"claim_wrong_{named}" if named in _REGISTERED else "claims_wrong") from error


def _check_binding(confirmation: Any, certificate: bytes | None, *, always: bool) -> None:
    if confirmation is None and not always:
        return
    wanted = confirmation.get("x5t#S256") if isinstance(confirmation, Mapping) else None
    # A token bound in a way that is not understood here must not pass as one that is not bound at all.
    if not isinstance(wanted, str) or not wanted.isascii() or len(confirmation) != 1:
        raise TokenRefusedError("binding_unknown")
    if certificate is None or not hmac.compare_digest(thumbprint(certificate), wanted):
        raise TokenRefusedError("certificate_wrong")


def _principal(account: str, party: Any, role: Any) -> Principal:
    speaker = party_of(party) if isinstance(party, str) else None
    if party is not None and speaker is None:
        raise TokenRefusedError("party_unknown")
    if role is None and speaker is not None:
        role = speaker.kind
    if not isinstance(role, str):
        raise TokenRefusedError("role_wrong")
    if role in {AUDITOR, OPERATOR}:
        return Principal(speaker.id if speaker else "", role, account, speaker.region if speaker else None)
    # The ledger's own clock is no account that a provider could hand out.
    if speaker is None or role not in KINDS or role != speaker.kind or role == CLOCK:
        raise TokenRefusedError("role_wrong")
    return Principal(speaker.id, speaker.kind, account, speaker.region)
