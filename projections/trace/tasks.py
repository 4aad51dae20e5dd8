"""Whom an open problem of a product concerns: its enterprise, each issuing body, the laboratory. S2-72, S4-104.

A task is nobody's statement: it is there while the problem is, and for everybody whom the trace of it leads to.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from ledger.days import Day
from projections.trace.query import Found, Moment, walk

DEPTH = 4
_PROBLEMS = """
    SELECT q.stream, q.problem, q.organisation, q.kind, q.grade, q.found::text, q.due::text, q.access
    FROM archive.problem q JOIN unnest(%(streams)s::text[], %(names)s::text[]) AS asked (stream, name)
        ON asked.stream = q.stream AND asked.name = q.problem
    WHERE q.found <= %(day)s::date AND (q.closed IS NULL OR q.closed > %(day)s::date)
        AND (q.kind = 'sample' OR q.grade = 'major')
    ORDER BY q.found, q.stream, q.problem
"""
_KINDS = {"sample": "sample", "finding": "finding"}


async def tasks_for(
    connection: psycopg.AsyncConnection[Any], subject: str, day: Day
) -> tuple[list[dict[str, Any]], list[Found]]:
    """Return the tasks of a subject on a day, and the edges that lead to them.

    ``task`` is ``focused_audit`` for a body whose certificate a failed sample is about, else ``check``;
    ``certificates`` are those of the subject that are concerned.
    """
    walked, edges = await walk(connection, subject, "back", Moment(), depth=DEPTH)
    parts = [node.split(":", 1) for node in walked.reached if node.partition(":")[0] in _KINDS]
    named = [(f"inspection:{rest.rpartition(':')[0]}", rest.rpartition(":")[2]) for _, rest in parts]
    asked = {"streams": [each[0] for each in named], "names": [each[1] for each in named], "day": day}
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(_PROBLEMS, asked)
        rows = await cursor.fetchall()
    for row in rows:
        node = f"{row['kind']}:{row['stream'].partition(':')[2]}:{row['problem']}"
        row["certificates"] = _certificates(node, edges)
        is_audit = subject.startswith("body:") and row["kind"] == "sample"
        row["task"] = "focused_audit" if is_audit else "check"
    return rows, edges


def _certificates(node: str, edges: Sequence[Found]) -> list[str]:
    return sorted({edge.end for edge in edges if edge.start == node and edge.end.startswith("certificate:")})
