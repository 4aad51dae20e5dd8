"""Reads of the archive view: the records about an organisation, who keeps them, classes, key lists and rule sets."""

from datetime import datetime
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row

from ledger.days import Day, instant_text

Row = dict[str, Any]
STREAMS_FOLLOWED = 5_000
"""Of how many streams about an organisation the events that only name the stream are looked for."""

# What only names an inspection, a case or a certificate of the organisation belongs to its archive as well.
_RECORDS = """
    WITH own AS (
        SELECT DISTINCT t.stream FROM trail.trail_subject s JOIN trail.trail t ON t.position = s.position
        WHERE s.subject = %(subject)s AND split_part(t.stream, ':', 1) <> ALL(%(shared)s) LIMIT %(followed)s
    ), named AS (SELECT %(subject)s AS subject UNION SELECT stream FROM own)
    SELECT t.position, t.stream, t.version, t.type, t.source, t.event_id AS id, t.effective::text, t.recorded,
        t.decision, t.waits, t.late_days, t.corrected_by, t.access, t.raw, (SELECT count(*) FROM own) AS followed
    FROM trail.trail t
    WHERE t.position IN (SELECT s.position FROM trail.trail_subject s WHERE s.subject IN (SELECT subject FROM named))
        AND t.position > %(after)s AND (%(known_at)s::timestamptz IS NULL OR t.recorded <= %(known_at)s::timestamptz)
        AND (%(types)s::text[] IS NULL OR t.type = ANY(%(types)s))
    ORDER BY t.position LIMIT %(limit)s
"""
_SHARED = ["body", "person", "organisation", "ruleset", "keylist", "key", "signing", "reads", "log", "privacy"]
_DOSSIERS = """
    SELECT d.stream, d.owner, d.region, d.is_open, lower(d.effective)::text AS begins, upper(d.effective)::text AS ends,
        d.product_kinds, c.officer
    FROM archive.dossier d LEFT JOIN archive.custodian c ON c.stream = d.stream AND c.effective @> %(day)s::date
    WHERE d.organisation = %(organisation)s AND d.effective @> %(day)s::date ORDER BY d.owner
"""
_RESPONSIBLE = """
    SELECT c.stream, c.owner, c.officer, lower(c.effective)::text AS begins, upper(c.effective)::text AS ends
    FROM archive.custodian c WHERE c.organisation = %(organisation)s AND c.effective @> %(day)s::date ORDER BY c.owner
"""
_CLASSES = """
    SELECT stream, owner, subject, purpose, class_code, score, lower(effective)::text AS begins,
        upper(effective)::text AS ends, version, said::text
    FROM archive.class WHERE subject = %(subject)s AND (%(day)s::date IS NULL OR effective @> %(day)s::date)
    ORDER BY purpose, owner, lower(effective)
"""
_RULE_SETS = """
    SELECT stream, owner, name, version, purpose, lower(effective)::text AS begins, upper(effective)::text AS ends,
        digest, rules::text
    FROM archive.rule_set WHERE (%(name)s::text IS NULL OR name = %(name)s)
        AND (%(day)s::date IS NULL OR effective @> %(day)s::date)
    ORDER BY owner, name, lower(effective) LIMIT 1000
"""
_ENTRIES = """
    SELECT stream, owner, list, kind, entry, lower(effective)::text AS begins, upper(effective)::text AS ends,
        interval_months, reason, category, risk_level, maturity, basis
    FROM archive.key_entry WHERE effective @> %(day)s::date
        AND (%(kind)s::text IS NULL OR kind = %(kind)s) AND (%(category)s::text IS NULL OR category = %(category)s)
        AND (%(owner)s::text IS NULL OR owner = %(owner)s)
    ORDER BY owner, list, kind, entry LIMIT 10000
"""
_ISSUES = """
    SELECT stream, owner, list, version, document, lower(effective)::text AS begins, upper(effective)::text AS ends
    FROM archive.key_issue WHERE effective @> %(day)s::date AND (%(owner)s::text IS NULL OR owner = %(owner)s)
    ORDER BY owner, list
"""

_ADVERSE = """
    SELECT control, day::text, type, source, event_id AS id, stream, version, said, access FROM archive.adverse
    WHERE body = %(body)s AND day <= %(day)s::date AND (ended IS NULL OR ended > %(day)s::date)
    ORDER BY day, stream, version LIMIT %(limit)s
"""


async def records_of(
    connection: psycopg.AsyncConnection[Any],
    organisation: str,
    *,
    types: list[str] | None = None,
    after: int = 0,
    limit: int = 100,
    known_at: datetime | None = None,
) -> tuple[list[Row], bool]:
    """Return up to ``limit`` events of an organisation's archive, oldest first: all that name it or what is its own.

    ``types`` bounds them to some event types. What the reader may not see is not there. The second value is false
    where the subject has more streams than were followed: what only names one of the others is missing.
    """
    asked = {
        "subject": organisation,
        "shared": _SHARED,
        "followed": STREAMS_FOLLOWED,
        "after": after,
        "known_at": known_at,
        "types": types,
        "limit": limit,
    }
    rows = await _rows(connection, _RECORDS, asked)
    is_whole = all(row.pop("followed") < STREAMS_FOLLOWED for row in rows)
    for row in rows:
        said = orjson.loads(row.pop("raw"))
        row |= {"recorded": instant_text(row["recorded"]), "event": said["event"], "record": said["record"]}
    return rows, is_whole


async def dossiers_of(connection: psycopg.AsyncConnection[Any], organisation: str, day: Day) -> list[Row]:
    """Return the archives that bureaus keep about an organisation on a day, each with its custodian."""
    return await _rows(connection, _DOSSIERS, {"organisation": organisation, "day": day})


async def responsible_for(connection: psycopg.AsyncConnection[Any], organisation: str, day: Day) -> list[Row]:
    """Return who kept each bureau's archive of an organisation on a day, with the days of the duty. S1-21, S1-93."""
    return await _rows(connection, _RESPONSIBLE, {"organisation": organisation, "day": day})


async def classes_of(connection: psycopg.AsyncConnection[Any], subject: str, day: Day | None = None) -> list[Row]:
    """Return the classes of a subject on a day, or its whole history; ``said`` is what each was assigned by."""
    rows = await _rows(connection, _CLASSES, {"subject": subject, "day": day})
    return [{**row, "said": orjson.loads(row["said"])} for row in rows]


async def rule_sets(
    connection: psycopg.AsyncConnection[Any], name: str | None = None, day: Day | None = None
) -> list[Row]:
    """Return the published versions of rule sets, all or those in force on a day."""
    rows = await _rows(connection, _RULE_SETS, {"name": name, "day": day})
    return [{**row, "rules": orjson.loads(row["rules"])} for row in rows]


async def key_entries(
    connection: psycopg.AsyncConnection[Any],
    day: Day,
    *,
    kind: str | None = None,
    category: str | None = None,
    owner: str | None = None,
) -> list[Row]:
    """Return what is on key lists on a day. S1-14."""
    return await _rows(connection, _ENTRIES, {"day": day, "kind": kind, "category": category, "owner": owner})


async def key_issues(connection: psycopg.AsyncConnection[Any], day: Day, owner: str | None = None) -> list[Row]:
    """Return the version of each key list in force on a day, for plans to name. S1-23."""
    return await _rows(connection, _ISSUES, {"day": day, "owner": owner})


async def adverse_to(connection: psycopg.AsyncConnection[Any], body: str, day: Day, limit: int) -> list[Row]:
    """Return what spoke against a body on a day, oldest first, with the source of control of each event (S4-92)."""
    return await _rows(connection, _ADVERSE, {"body": body, "day": day, "limit": limit})


async def _rows(connection: psycopg.AsyncConnection[Any], statement: str, asked: dict[str, Any]) -> list[Row]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement, asked)
        return await cursor.fetchall()
