"""Reports over inspections, counted live from the rows that the reader may see, and what drills down to them.

Every ratio comes with its numerator and denominator, and with what is missing.
"""

from collections.abc import Sequence
from typing import Any

from ledger.days import Day
from ledger.inspections.codes import labels
from ledger.inspections.frequency import next_patrol_due
from projections.inspections.query import MAXIMUM_PAGE, Connection, Rows, rows_of

_OF_INSPECTION = """
    SELECT {} AS value, count(*) AS inspections, count(i.performed) AS performed, count(i.filed) AS filed,
        count(*) FILTER (WHERE i.performed IS NOT NULL AND i.recorded IS NULL) AS without_record,
        count(*) FILTER (WHERE i.recorded IS NOT NULL AND i.filed IS NULL) AS not_filed,
        count(*) FILTER (WHERE i.result = 'nonconforming') AS nonconforming
    FROM inspections.inspection i
    WHERE (%(regions)s::text[] IS NULL OR i.region = ANY(%(regions)s::text[]))
        AND i.status <> 'cancelled'
        AND coalesce(i.performed, i.planned) BETWEEN %(since)s::date AND %(until)s::date
    GROUP BY 1
"""
_OF_FINDING = """
    SELECT {} AS value, count(*) AS findings, count(f.closed) AS closed, count(DISTINCT f.stream) AS inspections
    FROM inspections.finding f JOIN inspections.inspection i ON i.stream = f.stream {}
    WHERE (%(regions)s::text[] IS NULL OR i.region = ANY(%(regions)s::text[]))
        AND f.found BETWEEN %(since)s::date AND %(until)s::date
    GROUP BY 1
"""
_REPORTS = {
    "programme": (_OF_INSPECTION.format("i.programme"), "programmes"),
    "stage": (_OF_INSPECTION.format("i.stage"), "stages"),
    "mode": (_OF_INSPECTION.format("i.mode"), "modes"),
    "status": (_OF_INSPECTION.format("i.status"), None),
    "violation": (_OF_FINDING.format("f.violation", ""), "violations"),
    "standard": (_OF_FINDING.format("f.standard", ""), None),
    "tag": (_OF_FINDING.format("t.tag", "CROSS JOIN LATERAL unnest(f.tags) AS t (tag)"), "tags"),
}
BY = tuple(_REPORTS)
"""What a report may be split by."""

_PRODUCERS = """
    WITH producer AS (
        SELECT k.key, coalesce(min(s.state ->> 'region'), min(c.region)) AS region, min(c.issued) AS since,
            array_agg(DISTINCT c.stream ORDER BY c.stream) AS certificates
        FROM register.certificate c
        CROSS JOIN LATERAL (SELECT coalesce(c.factory_key, c.producer_key, c.holder_key)) AS k (key)
        LEFT JOIN register.standing s ON s.stream = 'organisation:' || k.key
        WHERE c.scheme_class = 'ccc' AND c.status IN ('valid', 'suspended') AND c.expires >= %(day)s::date
            AND c.issued <= %(day)s::date AND k.key IS NOT NULL
        GROUP BY k.key
    )
    SELECT 'organisation:' || p.key AS organisation, p.region, p.since::text, p.certificates,
        v.plan, v.due::text AS planned_due, v.last::text, v.serious::text
    FROM producer p
    LEFT JOIN LATERAL (
        SELECT max(i.performed) FILTER (WHERE i.mode = 'routine_patrol') AS last, max(i.serious) AS serious,
            min(i.due) FILTER (WHERE i.mode = 'routine_patrol' AND i.status = 'planned') AS due,
            min(i.stream) FILTER (WHERE i.mode = 'routine_patrol' AND i.status = 'planned') AS plan
        FROM inspections.inspection i WHERE i.subject = 'organisation:' || p.key
            AND coalesce(i.performed, i.planned) <= %(day)s::date
    ) AS v ON true
    WHERE (%(regions)s::text[] IS NULL OR p.region = ANY(%(regions)s::text[])) AND p.key > %(after)s
    ORDER BY p.key LIMIT %(limit)s
"""
_DOUBLE = """
    SELECT a.subject, a.product, a.models, a.stream AS first, a.mode AS first_mode, a.taken::text AS first_taken,
        a.passed AS first_passed, b.stream AS second, b.mode AS second_mode, b.taken::text AS second_taken,
        b.passed AS second_passed
    FROM inspections.sample a
    JOIN inspections.sample b ON b.subject = a.subject AND b.product = a.product
        AND b.models IS NOT DISTINCT FROM a.models AND b.stream <> a.stream AND b.mode <> a.mode
        AND (a.taken, a.stream, a.sample) < (b.taken, b.stream, b.sample)
        AND b.taken - a.taken <= %(window)s
    ORDER BY a.taken, a.stream, b.stream LIMIT %(limit)s
"""
_SAMPLES = """
    SELECT stream, subject, mode, sample, product, models, batch, stage, certificates, level, laboratory, taken::text,
        tested::text, report, resulted::text, passed, grave
    FROM inspections.sample
    WHERE (%(subject)s::text IS NULL OR subject = %(subject)s)
        AND (%(passed)s::boolean IS NULL OR passed = %(passed)s)
    ORDER BY coalesce(resulted, tested, taken) DESC, stream, sample LIMIT %(limit)s
"""
_WATCH = """
    SELECT c.stream AS certificate, c.body, c.number, c.holder_name_zh, c.region, c.since::text AS suspended,
        c.suspended_until::text,
        (SELECT count(*) FROM inspections.inspection i
         WHERE i.subject = 'organisation:' || coalesce(c.factory_key, c.producer_key, c.holder_key)
            AND i.performed >= c.since) AS checks,
        (SELECT min(i.due)::text FROM inspections.inspection i
         WHERE i.subject = 'organisation:' || coalesce(c.factory_key, c.producer_key, c.holder_key)
            AND i.mode = 'suspension_follow_up' AND i.status = 'planned') AS planned
    FROM register.certificate c
    WHERE c.scheme_class = 'ccc' AND c.status = 'suspended' AND c.expires >= %(day)s::date
        AND (%(regions)s::text[] IS NULL OR c.region = ANY(%(regions)s::text[])) AND c.stream > %(after)s
    ORDER BY c.stream LIMIT %(limit)s
"""


async def report(connection: Connection, by: str, regions: Sequence[str] | None, since: Day, until: Day) -> Rows:
    """Return how many inspections (or findings) there were by a member of :data:`BY`, each with its share of all.

    Rows are in the order of their code list (the ex-factory stage first, S1-37); what was not stated is a row of its
    own, whose ``value`` is null.
    """
    statement, named = _REPORTS[by]
    params = {"regions": list(regions) if regions is not None else None, "since": since, "until": until}
    rows = await rows_of(connection, statement, params)
    counted = "findings" if "findings" in statement else "inspections"
    whole = sum(row[counted] for row in rows)
    known = labels(named) if named else {}
    order = {code: number for number, code in enumerate(known)}
    for row in rows:
        label = known.get(row["value"])
        row.update({"zh": label["zh"], "en": label["en"]} if label else {}, share=round(row[counted] / whole, 6))
    return sorted(rows, key=lambda row: (order.get(row["value"], len(order)), row["value"] is None, row["value"]))


async def patrol_schedule(
    connection: Connection, day: Day, regions: Sequence[str] | None, after: str = "", limit: int = MAXIMUM_PAGE
) -> Rows:
    """Return producers with compulsory certificates in force on a day, and how each stands to the patrol system.

    The population is the register's (S1-22). ``is_scheduled``: a routine patrol is planned, or was made and the next
    is not due yet; ``next_due`` follows from the frequency table and from what was found (S0-78).
    """
    params = {"day": day, "regions": list(regions) if regions is not None else None, "after": after, "limit": limit}
    rows = await rows_of(connection, _PRODUCERS, params)
    for row in rows:
        row["next_due"] = next_patrol_due(row["last"] or row["since"], row["serious"], day)
        row["is_scheduled"] = row["plan"] is not None or (row["last"] is not None and row["next_due"] >= day)
        row["overdue"] = row["next_due"] < day
    return rows


async def coverage(connection: Connection, day: Day, regions: Sequence[str] | None) -> dict[str, Any]:
    """Return the ratio of producers under the patrol system (S1-17: 100 %), and those that are missing."""
    missing: list[dict[str, Any]] = []
    scheduled = whole = overdue = 0
    after = ""
    while rows := await patrol_schedule(connection, day, regions, after):
        whole += len(rows)
        scheduled += sum(row["is_scheduled"] for row in rows)
        overdue += sum(row["overdue"] for row in rows)
        missing += [row for row in rows if not row["is_scheduled"]]
        after = rows[-1]["organisation"].partition(":")[2]
    ratio = round(scheduled / whole, 6) if whole else None
    return {"producers": whole, "scheduled": scheduled, "ratio": ratio, "overdue": overdue, "missing": missing}


async def samples(connection: Connection, subject: str | None, *, passed: bool | None, limit: int = 200) -> Rows:
    """Return samples with their products, certificates, reports and results, newest first."""
    return await rows_of(
        connection, _SAMPLES, {"subject": subject, "passed": passed, "limit": min(limit, MAXIMUM_PAGE)}
    )


async def double_sampling(connection: Connection, window_days: int, limit: int = 200) -> Rows:
    """Return pairs of samples of one product that two programmes took within a number of days (S4-69)."""
    return await rows_of(connection, _DOUBLE, {"window": window_days, "limit": min(limit, MAXIMUM_PAGE)})


async def suspension_watch(
    connection: Connection, day: Day, regions: Sequence[str] | None, after: str = "", limit: int = 200
) -> Rows:
    """Return the suspended compulsory certificates and the checks made since; a lifted or ended one is gone (S2-31)."""
    params = {"day": day, "regions": list(regions) if regions is not None else None, "after": after, "limit": limit}
    return await rows_of(connection, _WATCH, params)
