"""Who may read whole entries: an auditor or the operator, by the party that the token speaks for."""

from fastapi import Request

from api.http.problems import problem
from api.http.service import service_of
from ledger.principals import AUDITOR, OPERATOR


def require_auditor(request: Request) -> None:
    """End the request with a problem unless it speaks for an auditor or the operator."""
    party = service_of(request).ports.tokens.party(request.headers.get("authorization"))
    if party is None:
        raise problem("token_missing")
    if party not in {AUDITOR, OPERATOR}:
        raise problem("auditor_only")
