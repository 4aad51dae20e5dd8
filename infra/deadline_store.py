"""Reads what passed from the view of deadlines; implements the port of the clock."""

from collections.abc import Sequence
from typing import Any

import psycopg

from ledger.days import Day
from ledger.deadlines.due import Overdue
from ledger.log import LogUnavailable

# Met elsewhere counts as met; what was said already is in the view as soon as it has followed.
_OVERDUE = """
    SELECT d.mark, d.stream, d.rule, d.cause ->> 'source', d.cause ->> 'id', d.due::text, d.responsible, d.region
    FROM deadlines.deadline d
    WHERE d.due < %(day)s::date AND d.met IS NULL AND d.mark > %(after)s
        AND NOT EXISTS (SELECT FROM deadlines.passed p WHERE p.stream = d.mark)
        AND NOT EXISTS (
            SELECT FROM deadlines.mention m WHERE m.about = d.stream AND m.type = ANY(d.across)
                AND (d.across_kind IS NULL OR m.kind = d.across_kind) AND m.day >= d.started)
    ORDER BY d.mark LIMIT %(limit)s
"""


class PostgresDeadlineStore:
    """The view ``deadlines`` over one connection, opened again when it broke."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection: psycopg.Connection[Any] | None = None

    def overdue(self, day: Day, after: str, limit: int) -> Sequence[Overdue]:
        """Return what passed before a day and was not said yet, in order of ``mark``. Raises ``LogUnavailable``."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
            found = self._connection.execute(_OVERDUE, {"day": day, "after": after, "limit": limit}).fetchall()
        except psycopg.errors.UndefinedTable as error:
            raise LogUnavailable("the view of deadlines is not there yet") from error
        except psycopg.OperationalError as error:
            if self._connection is not None:
                self._connection.close()
            raise LogUnavailable(str(error)) from error
        return [Overdue(*row) for row in found]

    def close(self) -> None:
        """Let go of the database until the next call."""
        if self._connection is not None:
            self._connection.close()
