"""Keeps how far the policies have reacted, and what of theirs was refused; implements the consumers' port."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from ledger.log import LogUnavailable

_LOAD = "SELECT lane, position FROM policy_bookmark"
_MOVE = """
    INSERT INTO policy_bookmark (lane, position) SELECT * FROM unnest(%b::int[], %b::bigint[])
    ON CONFLICT (lane) DO UPDATE SET position = greatest(policy_bookmark.position, excluded.position)
"""
_REFUSED = """
    INSERT INTO policy_refusal (source, event_id, code, cause)
    SELECT source, event_id, code, %b FROM unnest(%b::text[], %b::text[], %b::text[]) AS r (source, event_id, code)
    ON CONFLICT DO NOTHING
"""


class PostgresPolicyStore:
    """The tables ``policy_bookmark`` and ``policy_refusal`` over one connection, opened again when it broke."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._connection: psycopg.Connection[Any] | None = None

    def bookmarks(self) -> Mapping[int, int]:
        """Return, by lane, the position up to which everything was reacted to. Raises ``LogUnavailable``."""
        with self._connected() as connection:
            return {int(lane): int(position) for lane, position in connection.execute(_LOAD)}

    def move(self, positions: Mapping[int, int]) -> None:
        """Move the bookmarks of these lanes forward, never back. Raises ``LogUnavailable``."""
        lanes = sorted(positions)
        with self._connected() as connection:
            connection.execute(_MOVE, (lanes, [positions[lane] for lane in lanes]))

    def keep_refusals(self, cause: int, refused: Sequence[tuple[str, str, str]]) -> None:
        """Keep source, id and code of what was refused, each once. Raises ``LogUnavailable``."""
        columns = [list(column) for column in zip(*refused, strict=True)]
        with self._connected() as connection:
            connection.execute(_REFUSED, (cause, *columns))

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection[Any]]:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._url, autocommit=True, connect_timeout=5)
            yield self._connection
        except psycopg.OperationalError as error:
            if self._connection is not None:
                self._connection.close()
            raise LogUnavailable(str(error)) from error
