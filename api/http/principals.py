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
    return principal_of_party(party)


def principal_of_party(party: str) -> Principal:
    """Return the principal that a party is by its spelling; an auditor or operator goes by its role and a name."""
    role = party.partition(":")[0]
    if role in {AUDITOR, OPERATOR}:
        return Principal(party, role, party)
    spoken_for = party_of(party)
    return PUBLIC if spoken_for is None else Principal(party, spoken_for.kind, party, spoken_for.region)
