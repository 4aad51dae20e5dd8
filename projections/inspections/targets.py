"""Which enterprises a campaign is about: worked out from the certificates as they stood on its day (S0-54)."""

from collections.abc import Mapping, Sequence
from typing import Any

from projections.inspections.query import MAXIMUM_PAGE, Connection, Rows, rows_of

_TARGETS = """
    SELECT 'organisation:' || e.key AS organisation, min(e.code) AS code, min(e.region) AS region,
        min(e.name) AS name_zh, array_agg(DISTINCT e.stream ORDER BY e.stream) AS certificates
    FROM (
        SELECT c.stream, w.party ->> 'code' AS code, w.party ->> 'name_zh' AS name,
            CASE length(w.party ->> 'code') WHEN 18 THEN substr(w.party ->> 'code', 9, 9) ELSE w.party ->> 'code' END
                AS key,
            coalesce(w.party ->> 'region', d.details -> 'holder' ->> 'region') AS region
        FROM history.period p
        JOIN history.certificate c ON c.key = p.certificate
        JOIN history.detail d ON d.certificate = p.certificate AND d.digest = p.details
        CROSS JOIN LATERAL (
            SELECT coalesce(d.details -> 'factory', d.details -> 'producer', d.details -> 'holder')
        ) AS w (party)
        WHERE p.effective @> %(day)s::date AND p.recorded_until = 'infinity' AND p.status IN ('valid', 'suspended')
            AND p.state ->> 'expires' >= %(day)s::date::text
            AND (%(scheme_class)s::text IS NULL OR d.details ->> 'scheme_class' = %(scheme_class)s)
            AND (%(product_classes)s::text[] IS NULL
                 OR d.details ->> 'product_class' = ANY(%(product_classes)s::text[]))
            AND (%(project_codes)s::text[] IS NULL
                 OR d.details ->> 'project_code' LIKE ANY(%(project_codes)s::text[]))
    ) AS e
    WHERE e.key > %(after)s AND e.region = ANY(%(regions)s::text[])
    GROUP BY e.key ORDER BY e.key LIMIT %(limit)s
"""


async def campaign_targets(
    connection: Connection, targets: Mapping[str, Any], regions: Sequence[str], after: str = "", limit: int = 100
) -> Rows:
    """Return up to ``limit`` enterprises that a campaign's filter selects in these regions, in order of their keys.

    An enterprise is the factory of a certificate, else its producer, else its holder, with the region that the
    certificate states for it on that day.
    """
    codes = targets.get("project_codes")
    params = {
        "day": targets["as_of"],
        "scheme_class": targets.get("scheme_class"),
        "product_classes": targets.get("product_classes"),
        "project_codes": None if codes is None else [f"{_literal(code)}%" for code in codes],
        "regions": list(regions),
        "after": after,
        "limit": min(limit, MAXIMUM_PAGE),
    }
    return await rows_of(connection, _TARGETS, params)


def _literal(code: str) -> str:
    """Return a code as LIKE reads it letter for letter: an underscore is one, and no placeholder."""
    return code.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
