"""Query parameters that many operations share, each described once, and what a region that is asked for stands for."""

from typing import Annotated

from fastapi import Query

from api.http.problems import problem
from ledger.access.jurisdiction import area
from ledger.days import Day

Limit = Annotated[int, Query(ge=1, le=200, description="每页至多若干条 / At most so many a page")]
Cursor = Annotated[
    str | None,
    Query(max_length=800, pattern="^[0-9A-Za-z_-]+$", description="上一页给出的 next / The previous page's next"),
]
RegionAsked = Annotated[
    str | None,
    Query(pattern="^[0-9]{6}$", description="GB/T 2260 代码,含下级 / Code of a region, with all below it"),
]


def codes_asked(region: str | None, day: Day) -> tuple[str, ...] | None:
    """Return every code whose place a region's authority supervises on a day, ``None`` where no region is asked for.

    A code that names no government of that day ends the request.
    """
    return None if region is None else codes_of(region, day, "/query/region")


def codes_of(region: str, day: Day, pointer: str) -> tuple[str, ...]:
    """Return every code of a region's area; ``pointer`` says where in the request it is named."""
    codes = area(region, day)
    if not codes:
        raise problem("region_not_found", pointer, region=region)
    return codes
