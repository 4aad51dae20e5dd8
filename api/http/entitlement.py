"""What may be done beside reading rows: operations as a whole, by role; who may not is told nothing but that."""

from typing import Literal

from api.http.problems import problem
from ledger.parties import NATIONAL_AUTHORITY
from ledger.principals import AUDITOR, Principal

Operation = Literal["read_whole_log"]
# The whole log shows restricted events as they are: who reads it reads all, everywhere.
_ROLES: dict[Operation, frozenset[str]] = {
    "read_whole_log": frozenset({AUDITOR, NATIONAL_AUTHORITY}),
}


def require(principal: Principal, operation: Operation) -> None:
    """End the request with 403 unless the principal's role may do this (S3-30, I-17)."""
    if principal.role not in _ROLES[operation]:
        raise problem("not_entitled", role=principal.role or "public")
