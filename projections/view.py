"""The port of a view: tables in a schema of its own, an incremental fold, and the rows that a whole stream comes to.

Both ways give the same rows, whatever the batches and the order across streams: a rebuild is compared row for row.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import psycopg

from projections.copying import Lines
from projections.feed import Delivered


class View(Protocol):
    """One view. Its statements name no schema: the connection's search path is set to the view's."""

    @property
    def name(self) -> str:
        """The view's name, and that of its schema."""
        ...

    @property
    def tables(self) -> str:
        """Statements that create the tables."""
        ...

    @property
    def indexes(self) -> str:
        """Statements that create keys, constraints and indexes; in bulk they come after the rows."""
        ...

    @property
    def contents(self) -> tuple[str, ...]:
        """The tables whose rows follow from the events."""
        ...

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        """Write what a batch changes, in the caller's transaction; each event comes once, a stream's in order."""
        ...

    def whole(self, stream: str, events: Sequence[Delivered], lines: Lines) -> None:
        """Add the rows that all events of one stream come to, for a view whose tables are empty."""
        ...

    def forget(self) -> None:
        """Drop what is kept in memory: a transaction was rolled back."""
        ...


class OutOfOrder(Exception):  # noqa: N818 - says what happened
    """An event of a stream came before one that the view has not seen: the feed broke its promise."""
