"""Keeps how far a topic is filled, so that a relay need not read the whole log again when it starts."""

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from ledger.log import LogUnavailable

_LOAD = "SELECT through, lanes FROM relay_bookmark WHERE topic = %s"
_SAVE = """
    INSERT INTO relay_bookmark (topic, through, lanes) VALUES (%s, %s, %s)
    ON CONFLICT (topic) DO UPDATE SET through = excluded.through, lanes = excluded.lanes, saved_at = clock_timestamp()
"""


@dataclass(frozen=True, slots=True)
class SavedBookmark:
    """All up to ``through`` was acknowledged; ``lanes`` is the last position of each partition."""

    through: int
    lanes: tuple[int, ...]


class RelayBookmarks:
    """The row of one topic in the table ``relay_bookmark``."""

    def __init__(self, database_url: str, topic: str) -> None:
        self._url = database_url
        self._topic = topic

    def load(self) -> SavedBookmark | None:
        """Return what was saved last, or None. Raises ``LogUnavailable``."""
        try:
            with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
                row = connection.execute(_LOAD, (self._topic,)).fetchone()
        except psycopg.Error as error:
            raise LogUnavailable(str(error)) from error
        return SavedBookmark(int(row[0]), tuple(row[1])) if row else None

    def save(self, through: int, lanes: Sequence[int]) -> None:
        """Save it. Raises ``LogUnavailable``."""
        try:
            with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
                connection.execute(_SAVE, (self._topic, through, list(lanes)))
        except psycopg.Error as error:
            raise LogUnavailable(str(error)) from error
