"""Reads of the register: one certificate, those of a body or of an organisation, and how many are in which status.

A status read here is the one the clock makes of the row on a given China day; flags from other streams are joined.
"""

from collections.abc import Sequence
from typing import Any

import orjson
import psycopg
from psycopg.rows import tuple_row

from ledger.certificates.answer import answer
from ledger.codes.statuses import Status
from ledger.days import Day, instant_text
from projections.certificates.packing import unpack

MAXIMUM_PAGE = 1_000
_STILL = frozenset({Status.VALID, Status.SUSPENDED})
# Expiry follows from the clock; an expired marker with later validity was overtaken by a renewal.
STATUS = """
    CASE WHEN c.status NOT IN ('valid', 'suspended', 'expired') THEN c.status
         WHEN c.expires < %(day)s::date THEN 'expired'
         WHEN c.status <> 'expired' THEN c.status
         WHEN c.suspended_until IS NULL THEN 'valid' ELSE 'suspended' END
"""
_SELECT = """
    SELECT c.stream, c.version, c.position, c.recorded, c.pending_from::text, c.held::text, c.state::text,
        c.details::text,
        (SELECT b.approved FROM register.body_standing b
         WHERE b.body = c.body AND b.effective @> %(day)s::date LIMIT 1),
        (SELECT min(f.due)::text FROM register.sample_failure f
         WHERE f.certificate = c.stream AND f.failed >= c.last_surveillance AND f.failed <= %(day)s::date),
        ARRAY(SELECT f.stream FROM register.sample_failure f
         WHERE f.certificate = c.stream AND f.failed >= c.last_surveillance AND f.failed <= %(day)s::date),
        ARRAY(SELECT o.stream FROM register.finding_open o WHERE o.certificate = c.stream),
        ARRAY(SELECT o.stream FROM register.case_open o WHERE o.certificate = c.stream)
    FROM register.certificate c
"""
_MANY = f"""
    {_SELECT.replace("%(day)s::date", "asked.day").replace("SELECT c.stream", "SELECT asked.number, c.stream", 1)}
    JOIN unnest(%(streams)s::text[], %(days)s::date[]) WITH ORDINALITY AS asked (stream, day, number)
        ON asked.stream = c.stream
"""
_HELD = "SELECT stream, held::text FROM register.certificate WHERE stream = ANY(%(streams)s::text[])"
_PAGE = f"""
    {_SELECT}
    WHERE {{owner}} AND c.stream > %(after)s
        AND (%(status)s::text[] IS NULL OR {STATUS} = ANY(%(status)s::text[]))
        AND (%(scheme)s::text IS NULL OR c.scheme_class = %(scheme)s::text)
    ORDER BY c.stream LIMIT %(limit)s
"""
_COUNTS = f"SELECT {STATUS}, count(*) FROM register.certificate c WHERE {{owner}} GROUP BY 1 ORDER BY 1"  # noqa: S608 - likewise
_AND_REFUSED = "(TABLE register.certificate UNION ALL TABLE register.refused) c"
_OF_BODY = "c.body = %(key)s"
_OF_ORGANISATION = "(c.holder_key = %(key)s OR c.producer_key = %(key)s OR c.factory_key = %(key)s)"
_STANDING = """
    SELECT stream, family, version, position, held::text, state::text FROM register.standing WHERE stream = %s
"""


async def certificate_now(connection: psycopg.AsyncConnection[Any], stream: str, day: Day) -> dict[str, Any] | None:
    """Return what the register knows of a certificate, or ``None`` where nothing was ever said under its number.

    A certificate of which everything is held has the status ``not_issued``.
    """
    rows = await _rows(connection, f"{_SELECT} WHERE c.stream = %(stream)s", {"stream": stream, "day": day})
    return described(day, rows[0]) if rows else None


async def certificates_now(
    connection: psycopg.AsyncConnection[Any], asked: Sequence[tuple[str, Day]], *, refused: bool = False
) -> list[dict[str, Any] | None]:
    """Return what :func:`certificate_now` returns for each stream and day, in one round trip.

    ``refused`` looks among refused applications as well, as far as the reader may.
    """
    params = {"streams": [stream for stream, _ in asked], "days": [day for _, day in asked]}
    found: list[dict[str, Any] | None] = [None] * len(asked)
    for number, *row in await _rows(connection, _among(_MANY, refused=refused), params):
        found[number - 1] = described(asked[number - 1][1], row)
    return found


async def held_facts(
    connection: psycopg.AsyncConnection[Any], streams: Sequence[str]
) -> dict[str, list[dict[str, Any]]]:
    """Return, for each of these certificates that the register knows, the facts that wait."""
    rows = await _rows(connection, _HELD, {"streams": list(streams)})
    return {stream: [] if held == "[]" else orjson.loads(held) for stream, held in rows}


async def certificates_of_body(
    connection: psycopg.AsyncConnection[Any],
    body: str,
    day: Day,
    *,
    status: Sequence[str] | None = None,
    scheme_class: str | None = None,
    after: str = "",
    limit: int = 100,
    refused: bool = False,
) -> list[dict[str, Any]]:
    """Return a page of a body's certificates by stream; the next page begins after the last one's ``stream``."""
    statement = _among(_PAGE.format(owner=_OF_BODY), refused=refused)
    return await _page(connection, statement, body, day, status, scheme_class, after, limit)


async def certificates_of_organisation(
    connection: psycopg.AsyncConnection[Any],
    key: str,
    day: Day,
    *,
    status: Sequence[str] | None = None,
    scheme_class: str | None = None,
    after: str = "",
    limit: int = 100,
    refused: bool = False,
) -> list[dict[str, Any]]:
    """Return a page of the certificates that name an organisation (nine characters) as holder, producer or factory."""
    statement = _among(_PAGE.format(owner=_OF_ORGANISATION), refused=refused)
    return await _page(connection, statement, key, day, status, scheme_class, after, limit)


async def counts_by_status(
    connection: psycopg.AsyncConnection[Any],
    day: Day,
    *,
    body: str | None = None,
    organisation: str | None = None,
    refused: bool = False,
) -> dict[str, int]:
    """Return the number of certificates by status on a day, of one body, of one organisation, or of all."""
    owner = _OF_BODY if body else _OF_ORGANISATION if organisation else "true"
    statement = _among(_COUNTS.format(owner=owner), refused=refused)
    rows = await _rows(connection, statement, {"key": body or organisation, "day": day})
    return dict(rows)


async def standing(connection: psycopg.AsyncConnection[Any], stream: str) -> dict[str, Any] | None:
    """Return the latest standing of a body, person, organisation, inspection or case, or ``None`` if unknown."""
    async with connection.cursor(row_factory=tuple_row) as cursor:
        row = await (await cursor.execute(_STANDING, (stream,), prepare=True)).fetchone()
    if row is None:
        return None
    return {
        "stream": row[0],
        "family": row[1],
        "version": row[2],
        "position": row[3],
        "held": orjson.loads(row[4]),
        "state": orjson.loads(row[5]),
    }


def described(day: Day, row: Sequence[Any]) -> dict[str, Any]:
    """Return a row of the register as plain data, with the answer for a day and the flags of all streams.

    ``rests_on_restricted`` names by class and stream what the answer shows and the public does not read.
    """
    stream, version, position, recorded, pending, held, packed, details, approved, audit_due, *others = row
    samples, findings, cases = others
    state = unpack(packed, orjson.loads(details))
    if state.status is Status.NOT_ISSUED:
        status, validity, flags = state.status.value, "invalid", []
    else:
        answered = answer(state, day)
        status, validity, flags = answered.status.value, answered.validity.value, list(answered.flags)
    if approved is False and status in _STILL:
        flags.append("issuer_not_approved")
    if audit_due is not None and status in _STILL:
        flags.append("short_notice_audit_overdue" if day > audit_due else "short_notice_audit_due")
    flags += [flag for flag, holds in (("finding_open", findings), ("case_open", cases)) if holds]
    _, body, number = stream.split(":", 2)
    return {
        "stream": stream,
        "body": body,
        "number": number,
        "status": status,
        "validity": validity,
        "flags": flags,
        "since": state.since or None,
        "issued": state.issued or None,
        "first_issued": state.first_issued or None,
        "expires": state.expires or None,
        "suspended_from": state.suspended_from,
        "suspended_until": state.suspended_until,
        "reason_table": state.reason_table,
        "reason_code": state.reason_code,
        "ended_by": state.ended_by,
        "annulled": state.annulled,
        "last_surveillance": state.last_surveillance or None,
        "head_signed": state.head_signed,
        "linked_to": state.linked_to,
        "short_notice_audit_due": audit_due,
        "pending_from": pending,
        "held": orjson.loads(held),
        "details": state.details,
        "version": version,
        "position": position,
        "recorded": instant_text(recorded),
        "rests_on_restricted": [
            *(("refused", stream) for _ in range(state.status is Status.REFUSED)),
            *(("sample", each) for each in samples),
            *(("inspection", each) for each in findings),
            *(("case", each) for each in cases),
        ],
    }


def _among(statement: str, *, refused: bool) -> str:
    return statement.replace("register.certificate c", _AND_REFUSED) if refused else statement


async def _page(
    connection: psycopg.AsyncConnection[Any],
    statement: str,
    key: str,
    day: Day,
    status: Sequence[str] | None,
    scheme_class: str | None,
    after: str,
    limit: int,
) -> list[dict[str, Any]]:
    params = {
        "key": key,
        "day": day,
        "status": list(status) if status else None,
        "scheme": scheme_class,
        "after": after,
        "limit": min(limit, MAXIMUM_PAGE),
    }
    return [described(day, row) for row in await _rows(connection, statement, params)]


async def _rows(connection: psycopg.AsyncConnection[Any], statement: str, params: dict[str, Any]) -> list[Any]:
    async with connection.cursor(row_factory=tuple_row) as cursor:
        await cursor.execute(statement.encode(), params, prepare=True)
        return await cursor.fetchall()
