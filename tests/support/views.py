"""What tests of views need: the deliveries of a log, and all rows of a view to compare."""

from collections.abc import Iterator, Sequence

import psycopg
from psycopg import sql

from ledger.envelope import open_recorded
from ledger.service import Ledger
from projections.feed import Delivered, Feed, lane_of
from projections.projector import Projector
from projections.view import View


def deliveries(ledger: Ledger, after: int = 0) -> list[Delivered]:
    """Every event of the log, as a feed would deliver it."""
    rows = ledger.event_log.read(after, 1_000_000)
    return [Delivered(lane_of(row.stream), open_recorded(row.position, row.raw)) for row in rows]


def batches_of(feed: Feed, kept: Projector) -> Iterator[Sequence[Delivered]]:
    """The feed's batches until it has nothing more."""
    for batch in feed.batches(kept.bookmarks):
        if not batch:
            return
        yield batch


def rows(url: str, view: View, schema: str | None = None) -> dict[str, list[str]]:
    """All rows of a view's tables as text, in one order."""
    found = {}
    with psycopg.connect(url) as connection:
        for table in view.contents:
            name = sql.Identifier(schema or view.name, table)
            every = connection.execute(sql.SQL("SELECT t::text FROM {} AS t ORDER BY 1").format(name))
            found[table] = [row[0] for row in every]
    return found
