"""``GET /v1/events/{position}/disclosures``: the personal fields of an event, to the entitled, on the record."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.http.answers import JSON, json_response, require_acceptable
from api.http.describe_personal import DISCLOSURES
from api.http.disclosing import disclosed_of
from api.http.problems import problem
from api.http.reading import Reading
from infra.log_reading import head_of, row_at
from ledger.access.visibility import PERSONAL_CLASS
from ledger.envelope import open_recorded
from ledger.evidence.disclosures import digests_in, parse_disclosure

router = APIRouter()
_FAR = 2**53 - 1
_MAY_READ = "SELECT certledger_may_read(%s, %s, %s)"


@router.get("/v1/events/{position}/disclosures", response_class=Response, **DISCLOSURES)
async def disclosures(
    request: Request,
    position: Annotated[int, Path(ge=1, le=_FAR, description="账本位置 / Position in the ledger", examples=[18])],
) -> Response:
    """Return each personal field of an event as disclosed, erased or withheld; the reading is noted before."""
    require_acceptable(request, JSON)
    reading = await Reading.of(request, "get_disclosures")
    if reading.public:
        raise problem("token_missing")
    async with reading.connection() as connection:
        row = await row_at(connection, position, public=False)
        if row is None:
            raise problem("position_unknown", position=str(position), head=str(await head_of(connection)))
        recorded = open_recorded(row.position, row.raw)
        source, event_id = recorded.event["source"], recorded.event["id"]
        allowed = await (await connection.execute(_MAY_READ, (PERSONAL_CLASS, row.stream, source))).fetchone()
        if allowed != (True,):
            raise problem("personal_fields_not_yours")
        await reading.note(connection, [(row.access, row.stream), (PERSONAL_CLASS, row.stream)])
        kept, erased = await disclosed_of(reading.service.ports.vault, source, event_id)
    fields = [_field(digest, kept, erased) for digest in sorted(digests_in(recorded.event["data"]))]
    headers = {"Ledger-Position": str(position), "Cache-Control": "private, no-store"}
    return json_response({"position": position, "fields": fields}, headers=headers)


def _field(digest: str, kept: dict[str, str], erased: frozenset[str]) -> dict[str, str]:
    if digest in kept:
        found = parse_disclosure(kept[digest])
        told = {"path": found.path, "value": found.value, "disclosure": found.text}
        return {"digest": digest, "state": "disclosed", **told}
    return {"digest": digest, "state": "erased" if digest in erased else "withheld"}
