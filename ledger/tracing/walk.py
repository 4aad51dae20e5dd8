"""A walk along edges, forward or back, level by level: bounded in depth, in width and in all, and it says where it was.

An edge to the whole that a part belongs to (a finding's inspection) is not gone beyond: the whole is about other
things too. So forward it can only be a way's last edge, and back only its first; either way the same ways are walked.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from ledger.tracing.edges import table

Direction = Literal["forward", "back"]
DEPTH, FAN_OUT, NODES = 6, 200, 2_000
MAXIMUM_DEPTH, MAXIMUM_FAN_OUT = 12, 1_000


class Connecting(Protocol):
    """What a walk asks of an edge."""

    @property
    def start(self) -> str:
        """Return what was found."""
        ...

    @property
    def relation(self) -> str:
        """Return how they are related."""
        ...

    @property
    def end(self) -> str:
        """Return where it came from."""
        ...


EdgeT = TypeVar("EdgeT", bound=Connecting)


@dataclass(slots=True)
class Walk:
    """The nodes reached, by how many edges; ask :meth:`frontier` for nodes, and give their edges to :meth:`take`."""

    start: str
    direction: Direction
    depth: int = DEPTH
    fan_out: int = FAN_OUT
    most_nodes: int = NODES
    reached: dict[str, int] = field(default_factory=dict)
    truncated: dict[str, str] = field(default_factory=dict)
    _level: int = 0
    _next: list[str] = field(default_factory=list)
    _gone_beyond: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.reached[self.start] = 0
        self._next = [self.start]
        self._gone_beyond.add(self.start)

    def frontier(self) -> list[str]:
        """Return the nodes whose edges are wanted next; none when the walk is over."""
        return self._next if self._level < self.depth else []

    @property
    def with_terminal(self) -> bool:
        """Whether edges to the whole are wanted of this frontier."""
        return self.direction == "forward" or self._level == 0

    def take(self, edges: Iterable[EdgeT]) -> Sequence[EdgeT]:
        """Go along the edges of the frontier, at most ``fan_out`` + 1 of each node; return those that were gone."""
        terminal = frozenset(table()["terminal"])
        counted: dict[str, int] = {}
        gone, following = [], []
        for edge in edges:
            at, to = (edge.start, edge.end) if self.direction == "forward" else (edge.end, edge.start)
            counted[at] = counted.get(at, 0) + 1
            if counted[at] > self.fan_out:
                self.truncated[at] = "fan_out"
                continue
            if to not in self.reached:
                if len(self.reached) >= self.most_nodes:
                    self.truncated[at] = "nodes"
                    continue
                self.reached[to] = self._level + 1
            gone.append(edge)
            stops = self.direction == "forward" and edge.relation in terminal
            if not stops and to not in self._gone_beyond:
                self._gone_beyond.add(to)
                following.append(to)
        self._level += 1
        self._next = following
        if self._level == self.depth:
            self.truncated.update({node: "depth" for node in following if node not in self.truncated})
        return gone
