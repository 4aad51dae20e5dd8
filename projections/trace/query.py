"""Reads of the trace: walks from a node, and sideways to what shares a factory, a model, a signatory or another origin.

One statement a level, by the index, at most so many edges of each node: the graph's size plays no part.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row

from ledger.days import Day
from ledger.tracing.edges import table
from ledger.tracing.walk import DEPTH, FAN_OUT, NODES, Direction, Walk

_KNOWN = """
        AND x.known_until > coalesce(%(known_at)s::timestamptz, '-infinity')
        AND (%(known_at)s::timestamptz IS NOT NULL OR x.known_until = 'infinity')
        AND x.known_from <= coalesce(%(known_at)s::timestamptz, 'infinity')
        AND (%(as_of)s::date IS NULL OR x.effective @> %(as_of)s::date)
"""
_COLUMNS = """
    x.start, x.relation, x.finish AS end, lower(x.effective)::text AS begins, upper(x.effective)::text AS ends,
    x.stream, x.version, x.position, x.access, x.source
"""
# Each way by its own index; NULLs for the way that is not asked would keep the planner from either.
_LEVEL = """
    SELECT {columns} FROM unnest(%(nodes)s::text[]) WITH ORDINALITY AS asked (node, place)
    CROSS JOIN LATERAL (
        SELECT * FROM trace.edge x WHERE x.{at} = asked.node {known}
            AND x.relation <> ALL(%(terminal)s::text[])
        ORDER BY x.{at}, x.relation, x.{to}, x.position LIMIT %(most)s
    ) AS x ORDER BY asked.place, x.relation, x.{to}, x.position
"""
_FORWARD = _LEVEL.format(columns=_COLUMNS, at="start", to="finish", known=_KNOWN)
_BACK = _LEVEL.format(columns=_COLUMNS, at="finish", to="start", known=_KNOWN)
_CERTIFICATE = "certificate:"
SHARED = ("factory", "model")
"""By what products are looked for beside each other where nothing else is asked."""
_RELATIONS = {
    "factory": ("factory", "producer"),
    "model": ("certified_by",),
    "person": ("signed_decision", "signed_evaluation", "signed_head"),
    "body": ("issued_by",),
    "report": ("evidence", "report", "test_report"),
    "site": ("site",),
}
KINDS_SHARED = tuple(_RELATIONS)


@dataclass(frozen=True, slots=True)
class Found:
    """An edge as read: ``position`` and ``stream`` with ``version`` name the event that states it."""

    start: str
    relation: str
    end: str
    begins: Day
    ends: Day | None
    stream: str
    version: int
    position: int
    access: str
    source: str


@dataclass(frozen=True, slots=True)
class Moment:
    """The two times: a China day (``None``: whenever), and an instant of knowledge (``None``: now)."""

    as_of: Day | None = None
    known_at: datetime | None = None


async def walk(
    connection: psycopg.AsyncConnection[Any],
    start: str,
    direction: Direction,
    moment: Moment = Moment(),
    *,
    depth: int = DEPTH,
    fan_out: int = FAN_OUT,
    most_nodes: int = NODES,
) -> tuple[Walk, list[Found]]:
    """Return the walk from a node and the edges gone along, in the order in which they were."""
    walked = Walk(start, direction, depth, fan_out, most_nodes)
    gone: list[Found] = []
    while nodes := walked.frontier():
        edges = await _level(connection, nodes, direction, moment, fan_out + 1, with_terminal=walked.with_terminal)
        gone += walked.take(edges)
    return walked, gone


async def sideways(
    connection: psycopg.AsyncConnection[Any],
    start: str,
    moment: Moment = Moment(),
    *,
    by: Sequence[str] = SHARED,
    fan_out: int = FAN_OUT,
) -> list[dict[str, Any]]:
    """Return the certificates that share an origin with those of a node: ``shared``, ``kind``, ``certificates``.

    The node's certificates are itself, or those that it leads to. ``is_truncated`` says that there are more.
    """
    if start.startswith(_CERTIFICATE):
        mine = {start}
    else:
        forward, _ = await walk(connection, start, "forward", moment, fan_out=fan_out)
        mine = {node for node in forward.reached if node.startswith(_CERTIFICATE)}
    relations = {relation: kind for kind in by for relation in _RELATIONS[kind]}
    edges = [
        *await _level(connection, sorted(mine), "forward", moment, fan_out + 1, with_terminal=False),
        *await _level(connection, sorted(mine), "back", moment, fan_out + 1, with_terminal=False),
    ]
    shared = {
        (edge.start if edge.end in mine else edge.end): relations[edge.relation]
        for edge in edges
        if edge.relation in relations and _is_shared_kind(edge, mine, relations[edge.relation])
    }
    others: defaultdict[str, dict[str, Found]] = defaultdict(dict)
    counted: defaultdict[str, int] = defaultdict(int)
    for direction in ("forward", "back"):
        found = await _level(connection, sorted(shared), direction, moment, fan_out + 1, with_terminal=False)
        for edge in found:
            node, other = (edge.start, edge.end) if direction == "forward" else (edge.end, edge.start)
            counted[node] += 1
            if other.startswith(_CERTIFICATE) and other not in mine and relations.get(edge.relation) == shared[node]:
                others[node].setdefault(other, edge)
    return [
        {
            "shared": node,
            "kind": kind,
            "certificates": sorted(others[node]),
            "edges": [others[node][each] for each in sorted(others[node])],
            "is_truncated": counted[node] > fan_out,
        }
        for node, kind in sorted(shared.items())
    ]


def _is_shared_kind(edge: Found, mine: set[str], kind: str) -> bool:
    if kind != "model":
        return edge.start in mine
    return edge.start.startswith("model:") and edge.end in mine


async def _level(
    connection: psycopg.AsyncConnection[Any],
    nodes: list[str],
    direction: Direction,
    moment: Moment,
    most: int,
    *,
    with_terminal: bool,
) -> list[Found]:
    asked = {
        "nodes": nodes,
        "most": most,
        "as_of": moment.as_of,
        "known_at": moment.known_at,
        "terminal": [] if with_terminal else table()["terminal"],
    }
    async with connection.cursor(row_factory=class_row(Found)) as cursor:
        await cursor.execute(_FORWARD if direction == "forward" else _BACK, asked)
        return await cursor.fetchall()
