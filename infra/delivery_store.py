"""The tables of channels and deliveries; implements the port of the deliveries, and what the operator does with them.

A letter under way is a locked row: a process that dies lets go of it, and another one brings it under the same name.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger.days import instant_text
from ledger.log import LogUnavailable
from ledger.notices.letter import Letter, letter

# A lane's bookmark moves with the lane's own events, so that how far an address was served is kept for each lane.
_MARKS = "SELECT coalesce(array_agg(position ORDER BY lane), '{}') AS marks FROM notices.bookmark"
_QUEUE = """
    WITH seen AS (SELECT %(marks)s::bigint[] AS marks),
    waiting AS (
        SELECT party, kind, address, c.through, seen.marks FROM notice_channel c, seen
        WHERE c.through <> seen.marks FOR UPDATE OF c),
    queued AS (
        INSERT INTO notice_delivery (notice, party, kind, address, position, next_attempt)
        SELECT n.stream, w.party, w.kind, w.address, n.position, %(now)s
        FROM waiting w CROSS JOIN LATERAL unnest(w.through, w.marks) WITH ORDINALITY AS t (after, through, lane)
        JOIN notices.notice n ON n.recipient = w.party AND n.lane = t.lane - 1
            AND n.arrived > t.after AND n.arrived <= t.through AND n.withdrawn IS NULL
        ON CONFLICT DO NOTHING RETURNING 1),
    moved AS (
        UPDATE notice_channel c
        SET through = (SELECT array_agg(greatest(a, b) ORDER BY lane)
                       FROM unnest(w.through, w.marks) WITH ORDINALITY AS t (a, b, lane))
        FROM waiting w WHERE (c.party, c.kind, c.address) = (w.party, w.kind, w.address))
    SELECT count(*) AS count FROM queued
"""
_DUE = """
    SELECT d.kind AS channel, d.address, d.attempts, n.stream, n.position, n.kind, n.sender, n.recipient, n.basis,
        n.mandatory, n.answer, n.statement, n.about, n.created::text, n.due::text, n.recorded
    FROM notice_delivery d JOIN notices.notice n ON n.stream = d.notice
    WHERE d.next_attempt <= %s ORDER BY d.next_attempt LIMIT 1 FOR UPDATE OF d SKIP LOCKED
"""
_DELIVERED = """
    UPDATE notice_delivery SET delivered = %s, attempts = attempts + 1, next_attempt = NULL, failure = NULL
    WHERE (notice, kind, address) = (%s, %s, %s)
"""
_FAILED = """
    UPDATE notice_delivery SET attempts = attempts + 1, failure = %s, next_attempt = %s
    WHERE (notice, kind, address) = (%s, %s, %s)
"""
# An address that is down is asked once, not once for every letter; when it answers again, all that wait are due.
_POSTPONED = """
    UPDATE notice_delivery SET next_attempt = %s
    WHERE (party, kind, address) = (%s, %s, %s) AND next_attempt < %s AND notice <> %s
"""
_DUE_AGAIN = """
    UPDATE notice_delivery SET next_attempt = %s WHERE (party, kind, address) = (%s, %s, %s) AND next_attempt > %s
"""
_UNRECORDED = """
    SELECT d.notice, d.position, d.kind, d.address, d.delivered, n.created::text AS created
    FROM notice_delivery d JOIN notices.notice n ON n.stream = d.notice
    WHERE d.delivered IS NOT NULL AND NOT d.recorded ORDER BY d.delivered, d.notice, d.kind, d.address LIMIT %s
"""
_RECORDED = """
    UPDATE notice_delivery d SET recorded = true
    FROM unnest(%b::text[], %b::text[], %b::text[]) AS r (notice, kind, address)
    WHERE (d.notice, d.kind, d.address) = (r.notice, r.kind, r.address)
"""
_ADD = """
    INSERT INTO notice_channel (party, kind, address, through)
    SELECT %s, %s, %s, array_agg(position ORDER BY lane) FROM notices.bookmark ON CONFLICT DO NOTHING
"""
_REPLAY = """
    WITH again AS (
        UPDATE notice_delivery SET attempts = 0, next_attempt = %(now)s, delivered = NULL, recorded = false
        WHERE party = %(party)s AND position >= %(since)s RETURNING 1),
    missed AS (
        INSERT INTO notice_delivery (notice, party, kind, address, position, next_attempt)
        SELECT n.stream, c.party, c.kind, c.address, n.position, %(now)s
        FROM notice_channel c JOIN notices.notice n ON n.recipient = c.party AND n.position >= %(since)s
        WHERE c.party = %(party)s ON CONFLICT DO NOTHING RETURNING 1)
    SELECT (SELECT count(*) FROM again) + (SELECT count(*) FROM missed) AS count
"""
_LIST = """
    SELECT c.party, c.kind, c.address, count(d.notice) AS queued, count(d.delivered) AS delivered,
        count(*) FILTER (WHERE d.delivered IS NULL AND d.next_attempt IS NOT NULL) AS waiting,
        count(*) FILTER (WHERE d.delivered IS NULL AND d.next_attempt IS NULL AND d.notice IS NOT NULL) AS given_up
    FROM notice_channel c LEFT JOIN notice_delivery d USING (party, kind, address)
    GROUP BY c.party, c.kind, c.address ORDER BY 1, 2, 3
"""


@dataclass
class _Lent:
    letter: Letter
    connection: psycopg.Connection[Any]
    key: tuple[str, str, str]

    def delivered(self, at: datetime) -> None:
        """Note that it arrived."""
        self.connection.execute(_DELIVERED, (at, *self.key))
        self.connection.execute(_DUE_AGAIN, (at, *self._where, at))

    def failed(self, reason: str, next_attempt: datetime | None) -> None:
        """Note why it did not, and when to try again."""
        self.connection.execute(_FAILED, (reason, next_attempt, *self.key))
        if next_attempt is not None:
            self.connection.execute(_POSTPONED, (next_attempt, *self._where, next_attempt, self.key[0]))

    @property
    def _where(self) -> tuple[str, str, str]:
        return (self.letter.recipient, self.letter.kind, self.letter.address)


class PostgresDeliveryStore:
    """Channels and deliveries over one connection, opened again when it broke."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection: psycopg.Connection[Any] | None = None

    def queue(self, now: datetime) -> int:
        """Queue every notice that an address waits for; return how many were new. Raises ``LogUnavailable``."""
        with self._connected() as connection:
            row = connection.execute(_MARKS).fetchone()
            if row is None or not row["marks"]:
                return 0
            found = connection.execute(_QUEUE, {"now": now, "marks": row["marks"]}).fetchone()
            return int(found["count"]) if found else 0

    @contextmanager
    def lend(self, now: datetime) -> Iterator[_Lent | None]:
        """Lend the letter whose attempt is due longest; its row is locked until the end. Raises ``LogUnavailable``."""
        with self._connected() as connection, connection.transaction():
            row = connection.execute(_DUE, (now,)).fetchone()
            if row is None:
                yield None
                return
            notice = {**row, "recorded": instant_text(row["recorded"])}
            made = letter(row["channel"], row["address"], row["attempts"], notice)
            yield _Lent(made, connection, (row["stream"], row["channel"], row["address"]))

    def unrecorded(self, limit: int) -> Sequence[tuple[str, int, str, str, datetime, str]]:
        """Return deliveries that the ledger does not know yet, oldest first. Raises ``LogUnavailable``."""
        with self._connected() as connection:
            rows = connection.execute(_UNRECORDED, (limit,)).fetchall()
        names = ("notice", "position", "kind", "address", "delivered", "created")
        return [tuple(row[name] for name in names) for row in rows]

    def recorded(self, delivered: Sequence[tuple[str, str, str]]) -> None:
        """Note that these deliveries are recorded. Raises ``LogUnavailable``."""
        with self._connected() as connection:
            connection.execute(_RECORDED, tuple(list(column) for column in zip(*delivered, strict=True)))

    def add(self, party: str, kind: str, address: str) -> None:
        """Bring a party's notices to an address from now on. Raises ``LogUnavailable``."""
        with self._connected() as connection:
            connection.execute(_ADD, (party, kind, address))

    def remove(self, party: str, kind: str, address: str) -> bool:
        """Bring nothing more to an address; return whether it was there. Raises ``LogUnavailable``."""
        key = (party, kind, address)
        with self._connected() as connection, connection.transaction():
            connection.execute(
                "UPDATE notice_delivery SET next_attempt = NULL, failure = 'removed' "
                "WHERE next_attempt IS NOT NULL AND (party, kind, address) = (%s, %s, %s)",
                key,
            )
            gone = connection.execute(
                "DELETE FROM notice_channel WHERE (party, kind, address) = (%s, %s, %s)", key
            ).rowcount
        return gone > 0

    def replay(self, party: str, since: int, now: datetime) -> int:
        """Bring a party everything from a position on once more; return how many. Raises ``LogUnavailable``."""
        with self._connected() as connection:
            row = connection.execute(_REPLAY, {"party": party, "since": since, "now": now}).fetchone()
        return int(row["count"]) if row else 0

    def channels(self) -> list[dict[str, Any]]:
        """Return every address with what is queued, delivered, waiting and given up. Raises ``LogUnavailable``."""
        with self._connected() as connection:
            return connection.execute(_LIST).fetchall()

    def close(self) -> None:
        """Let go of the database until the next call."""
        if self._connection is not None:
            self._connection.close()

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[dict[str, Any]]]:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5, row_factory=dict_row)
            yield self._connection
        except psycopg.errors.UndefinedTable as error:
            raise LogUnavailable("the view of notices is not there yet") from error
        except psycopg.OperationalError as error:
            if self._connection is not None:
                self._connection.close()
            raise LogUnavailable(str(error)) from error
