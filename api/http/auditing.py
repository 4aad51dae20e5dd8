"""Who may read whole entries: an auditor or the operator; every entry of theirs that is not public is noted as read."""

from fastapi import Request

from api.http.principals import speaker_of
from api.http.problems import problem
from ledger.principals import AUDITOR, OPERATOR


async def require_auditor(request: Request) -> None:
    """End the request with a problem unless it speaks for an auditor or the operator."""
    principal = await speaker_of(request)
    if principal.role not in {AUDITOR, OPERATOR}:
        raise problem("auditor_only")
