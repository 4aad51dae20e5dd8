"""Who read what was not public: for auditors and operators, for whoever read, and for those who were read about."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from psycopg.rows import dict_row
from starlette.responses import Response

from api.http.answers import JSON, json_response, require_acceptable
from api.http.describe_access import READS
from api.http.problems import problem
from api.http.reading import Reading, reasons
from ledger.access.visibility import classes
from ledger.days import instant_text
from ledger.principals import AUDITOR, OPERATOR

router = APIRouter()
_SEES_ACCOUNTS = frozenset({AUDITOR, OPERATOR})
_READS = """
    SELECT number, at, account, party, role, reason, operation, access, stream FROM ledger_reads
    WHERE number > %s ORDER BY number LIMIT %s
"""


@router.get("/v1/reads", response_class=Response, **READS)
async def reads(
    request: Request,
    after: Annotated[int, Query(ge=0, le=2**53 - 1, description="从此编号之后开始 / Begin after this number")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000, description="至多若干条 / At most so many")] = 100,
) -> Response:
    """Return the readings that the caller may know of, oldest first."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "list_reads")
    if reading.public:
        raise problem("token_missing")
    async with reading.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_READS, (after, limit))
        rows = await cursor.fetchall()
    told = [_told(row, reading) for row in rows]
    following = rows[-1]["number"] if len(rows) == limit else None
    return json_response({"reads": told, "next": following}, headers={"Cache-Control": reading.cache_control("")})


def _told(row: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """Return a row in both languages; the account is told to those who oversee, and to the reader's own party."""
    reason, rule = reasons()[row["reason"]], classes()[row["access"]]
    if reading.principal.role not in _SEES_ACCOUNTS and row["party"] != reading.principal.party:
        row["account"] = None
    return {
        **row,
        "at": instant_text(row["at"]),
        "reason": {"code": row["reason"], **reason},
        "access": {"code": row["access"], "zh": rule.zh, "en": rule.en, "rule": rule.source},
    }
