"""I-16 over random graphs: nothing in a trace is an orphan, and tracing back from what was reached finds the start."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from ledger.tracing.walk import Direction, Walk

NODES = [f"n{number}" for number in range(9)]


@dataclass(frozen=True, order=True)
class Edge:
    start: str
    relation: str
    end: str


GRAPHS = st.lists(
    st.builds(
        Edge,
        st.sampled_from(NODES),
        st.sampled_from(["named", "signed", "part_of"]),
        st.sampled_from(NODES),
    ).filter(lambda edge: edge.start != edge.end),
    max_size=30,
    unique=True,
)


def walked(graph: Iterable[Edge], start: str, direction: Direction, depth: int) -> tuple[Walk, list[Edge]]:
    """The walk with a store that answers as the view does: all edges of the frontier, in their order."""
    walk, gone = Walk(start, direction, depth), []
    while frontier := walk.frontier():
        edges = [
            edge
            for node in frontier
            for edge in sorted(graph)
            if (edge.start if direction == "forward" else edge.end) == node
            and (walk.with_terminal or edge.relation != "part_of")
        ]
        gone += walk.take(edges)
    return walk, gone


def ways(graph: Sequence[Edge], start: str, depth: int) -> set[str]:
    """Every node at the end of a way of at most so many edges, where an edge to the whole can only be the last."""
    found = {start}
    beyond = {start}
    for _ in range(depth):
        nodes = {edge.end for edge in graph if edge.start in beyond}
        beyond |= {edge.end for edge in graph if edge.start in beyond and edge.relation != "part_of"}
        found |= nodes
    return found


@given(GRAPHS, st.sampled_from(NODES), st.integers(1, 6))
def test_a_trace_is_every_way_from_its_start_and_nothing_else(graph: list[Edge], start: str, depth: int) -> None:
    walk, gone = walked(graph, start, "forward", depth)
    assert set(walk.reached) == ways(graph, start, depth)
    assert set(gone) <= set(graph)


@given(GRAPHS, st.sampled_from(NODES), st.sampled_from(["forward", "back"]), st.integers(1, 6))
def test_nothing_in_a_trace_is_an_orphan(graph: list[Edge], start: str, direction: Direction, depth: int) -> None:
    walk, gone = walked(graph, start, direction, depth)
    connected = {start}
    for edge in gone:
        at, to = (edge.start, edge.end) if direction == "forward" else (edge.end, edge.start)
        assert at in connected
        connected.add(to)
    assert connected == set(walk.reached)


@given(GRAPHS, st.sampled_from(NODES), st.integers(1, 6))
def test_whatever_a_trace_reaches_leads_back_to_its_start_and_nothing_else_does(
    graph: list[Edge], start: str, depth: int
) -> None:
    forward, _ = walked(graph, start, "forward", depth)
    for node in NODES:
        back, _ = walked(graph, node, "back", depth)
        assert (node in forward.reached) == (start in back.reached)


@given(GRAPHS, st.sampled_from(NODES), st.integers(1, 4), st.integers(1, 9))
def test_a_bounded_walk_is_part_of_the_whole_one_and_says_where_it_was_cut(
    graph: list[Edge], start: str, fan_out: int, most_nodes: int
) -> None:
    whole, _ = walked(graph, start, "forward", 9)
    walk = Walk(start, "forward", 9, fan_out, most_nodes)
    while frontier := walk.frontier():
        walk.take([edge for node in frontier for edge in sorted(graph) if edge.start == node])
    assert set(walk.reached) <= set(whole.reached)
    assert len(walk.reached) <= most_nodes
    assert set(walk.reached) == set(whole.reached) or walk.truncated
