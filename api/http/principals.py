"""Who asks, from the request's token: nobody in particular without one, and nobody at all with a wrong one."""

from fastapi import Request

from api.http.problems import problem
from api.http.service import service_of
from ledger.parties import party_of
from ledger.principals import AUDITOR, OPERATOR, PUBLIC, Principal


async def principal_of(request: Request) -> Principal:
    """Return the principal of a request; end it with 401 where its token is none of ours."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        return PUBLIC
    party = service_of(request).ports.tokens.party(authorization)
    if party is None:
        raise problem("token_missing")
    role = party.partition(":")[0]
    if role in {AUDITOR, OPERATOR}:
        return Principal(party, role, party)
    spoken_for = party_of(party)
    if spoken_for is None:
        raise problem("token_missing")
    return Principal(party, spoken_for.kind, party, spoken_for.region)
