"""What operations about an area share: the day asked about, all codes of the area, and who may count what is in it."""

from collections.abc import Sequence

from fastapi import Request

from api.http.answers import as_of_day
from api.http.parameters import codes_of
from api.http.problems import problem
from api.http.reading import Reading
from infra.readers import Connection
from ledger.access.jurisdiction import area
from ledger.days import Day, china_day
from ledger.parties import LOCAL_AUTHORITY, NATIONAL_AUTHORITY
from projections.authorities import query


async def begun(request: Request, operation: str, views: Sequence[str]) -> tuple[Reading, Day, int]:
    """Return the reading, the day asked about, and how far the views have come."""
    reading = await Reading.of(request, operation)
    day = as_of_day(request.query_params.get("as_of"), reading.service.clock())
    return reading, day, await reading.reached(request, *views)


async def area_asked(reading: Reading, connection: Connection, region: str | None, day: Day) -> tuple[str, ...] | None:
    """Return all codes of an area, with what its authority took over from others; ``None`` is the nation.

    A region's own database answers for that region and the places in it: of others it does not know everything.
    """
    own = reading.service.ports.region
    if region is None and own is None:
        return None
    asked = region or str(own)
    codes = (*codes_of(asked, day, "/query/region"), *await query.areas_taken_over(connection, f"SAMR-{asked}", day))
    if own is not None and asked != own:
        kept = (*area(own, day), *await query.areas_taken_over(connection, f"SAMR-{own}", day))
        if not set(codes) <= set(kept):
            raise problem("region_not_kept_here", "/query/region", region=asked, own=own)
    return codes


def may_count(reading: Reading, codes: Sequence[str] | None) -> bool:
    """Tell whether who answers for what in an area is all for this reader to see: a part of it would count wrong."""
    if reading.principal.role in {"auditor", NATIONAL_AUTHORITY}:
        return True
    mine = area(reading.principal.region, china_day(reading.service.clock()))
    return reading.principal.role == LOCAL_AUTHORITY and codes is not None and set(codes) <= set(mine)
