"""Folds every stream into its rows of the register: what a batch touched is written anew, once."""

from collections import defaultdict
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import orjson
import psycopg
from psycopg import sql

from projections.certificates.packing import unpack
from projections.certificates.timelines import Known, Timelines, short, whole
from projections.copying import Lines
from projections.feed import Delivered
from projections.register.rows import TABLES, add_rows

_DELETE = "DELETE FROM {} WHERE stream = ANY(%b)"

# Held facts, facts of the future and annulments need all that went before.
_TIPS = """
    SELECT stream, version, first_position, last_effective::text, last_version, state::text, details::text
    FROM certificate
    WHERE stream = ANY(%b) AND held::text = '[]' AND pending_from IS NULL AND NOT annulled AND last_version IS NOT NULL
"""


class Register:
    """The view ``register``."""

    name = "register"
    tables = files(__package__).joinpath("tables.sql").read_text("utf-8")
    indexes = files(__package__).joinpath("indexes.sql").read_text("utf-8")
    contents = (
        "certificate", "refused", "standing", "supervision", "body_standing", "sample_failure", "finding_open",
        "case_open", "fact",
    )  # fmt: skip

    def __init__(self, timelines: Timelines | None = None) -> None:
        self._timelines = timelines or Timelines()

    def fold(self, connection: psycopg.Connection[Any], batch: Sequence[Delivered]) -> None:
        """Write what a batch changes."""
        lines = Lines()
        touched: dict[str, tuple[Known, Delivered]] = {}
        older: defaultdict[str, set[str]] = defaultdict(set)
        for step in self._timelines.walk(connection, batch, _tips):
            stream = step.delivered.recorded.stream
            touched[stream] = (step.known, step.delivered)
            lines["fact"].append(step.fact_line)
            if step.before.version:
                family = stream.partition(":")[0]
                for table in TABLES.get(family, ("supervision",)):
                    older[table].add(stream)
        for known, latest in touched.values():
            add_rows(known, latest, lines)
        for table, streams in older.items():
            connection.execute(sql.SQL(_DELETE).format(sql.Identifier(table)), (list(streams),))
        lines.write(connection)

    def whole(
        self,
        stream: str,  # noqa: ARG002 - the port names it; the rows follow from the events
        events: Sequence[Delivered],
        lines: Lines,
    ) -> None:
        """Add the rows of one whole stream."""
        known = None
        for step in whole(events):
            known = step.known
            lines["fact"].append(step.fact_line)
        if known is not None:
            add_rows(known, events[-1], lines)

    def forget(self) -> None:
        """Drop what is kept in memory."""
        self._timelines.forget()


def _tips(connection: psycopg.Connection[Any], streams: list[str]) -> dict[str, Known]:
    certificates = [stream for stream in streams if stream.startswith("certificate:")]
    found = connection.execute(_TIPS, (certificates,)).fetchall() if certificates else []
    return {
        stream: short(version, first, (effective, number), unpack(state, orjson.loads(details)))
        for stream, version, first, effective, number, state, details in found
    }
