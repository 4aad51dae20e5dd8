"""What would follow from a body's loss of approval: counted before, by the very rows that are flagged afterwards."""

from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger.days import Day

# In force on the day, as the register makes the status of the row: a marker of expiry with a later last day was
# overtaken by a renewal. These are the certificates that the loss flags.
_IN_FORCE = """
    FROM register.certificate
    WHERE body = %(body)s AND status IN ('valid', 'suspended', 'expired') AND NOT annulled AND expires >= %(day)s::date
"""
_COUNTS = f"""
    SELECT count(*) AS certificates, count(*) FILTER (WHERE status = 'suspended') AS suspended,
        count(DISTINCT holder_key) AS holders, count(DISTINCT region) AS regions {_IN_FORCE}
"""
_BY_SCHEME = f"SELECT coalesce(scheme_class, '') AS scheme, count(*) AS count {_IN_FORCE} GROUP BY 1 ORDER BY 1"
_BY_REGION = f"SELECT coalesce(region, '') AS region, count(*) AS count {_IN_FORCE} GROUP BY 1 ORDER BY 1"


async def loss_of_approval(connection: psycopg.AsyncConnection[Any], body: str, day: Day) -> dict[str, Any]:
    """Return how many certificates in force on a day would be flagged, by scheme and by the holder's region."""
    params = {"body": body, "day": day}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_COUNTS.encode(), params)
        counts = await cursor.fetchone()
        await cursor.execute(_BY_SCHEME.encode(), params)
        schemes = await cursor.fetchall()
        await cursor.execute(_BY_REGION.encode(), params)
        regions = await cursor.fetchall()
    return {**(counts or {}), "by_scheme": schemes, "by_region": regions}
