"""The status map in tiles of four levels, so that a batch of changes reads and writes few rows and no more memory.

A tile is named by the half octets of the path to it and holds up to 16 children: a leaf, or the hash of a tile below.
What is in a tile follows from the map's contents alone, never from the order in which they came.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from ledger.evidence.statusmap import EMPTY, VALUE, MapProof, bit, map_leaf, map_node
from ledger.evidence.strict import EvidenceError

LEVELS = 4
FAN = 1 << LEVELS
_DEPTHS = 64
_LEAF, _TILE = 0, 16
_HALVES = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))
Path = bytes
"""The half octets from the root down to a tile, one an octet; empty for the tile at the root."""
ReadTiles = Callable[[Collection[Path]], Mapping[Path, bytes]]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A key that is alone from here on, and its value."""

    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Below:
    """A tile below, by the hash of its subtree."""

    hash: bytes


Child = Leaf | Below
Children = dict[int, Child]
_Node = tuple[bytes, bool]
"""A hash, and whether it stands for two leaves or more."""
_NOTHING: _Node = (EMPTY, False)


def halves(key: bytes) -> Path:
    """Return the 64 half octets of a key."""
    return key.hex().encode().translate(_HALVES)


def encode_tile(children: Children) -> bytes:
    """Return a tile's octets: for each child its place and kind in one, then key and value, or a hash."""
    parts = []
    for slot in sorted(children):
        child = children[slot]
        if isinstance(child, Leaf):
            parts += [bytes([_LEAF | slot]), child.key, child.value]
        else:
            parts += [bytes([_TILE | slot]), child.hash]
    return b"".join(parts)


def decode_tile(raw: bytes) -> Children:
    """Return the children in a tile's octets, or raise."""
    children: Children = {}
    at, last = 0, -1
    while at < len(raw):
        kind, slot = raw[at] & ~15, raw[at] & 15
        size = 32 + VALUE if kind == _LEAF else 32
        part = raw[at + 1 : at + 1 + size]
        if kind not in {_LEAF, _TILE} or slot <= last or len(part) != size:
            raise EvidenceError("not a tile of the status map")
        children[slot] = Leaf(part[:32], part[32:]) if kind == _LEAF else Below(part)
        at, last = at + 1 + size, slot
    return children


def tile_hash(children: Children) -> bytes:
    """Return the hash of a tile's subtree."""
    nodes = [(slot, *_node(children[slot])) for slot in sorted(children)]
    for _ in range(LEVELS):
        above: list[tuple[int, bytes, bool]] = []
        at = 0
        while at < len(nodes):
            slot, found, is_many = nodes[at]
            if at + 1 < len(nodes) and nodes[at + 1][0] == slot ^ 1:
                found, is_many = map_node(found, nodes[at + 1][1]), True
                at += 1
            elif is_many:
                found = map_node(EMPTY, found) if slot & 1 else map_node(found, EMPTY)
            above.append((slot >> 1, found, is_many))
            at += 1
        nodes = above
    return nodes[0][1] if nodes else EMPTY


def _node(child: Child) -> _Node:
    return (map_leaf(child.key, child.value), False) if isinstance(child, Leaf) else (child.hash, True)


def _levels(children: Children) -> list[list[_Node]]:
    """Return the nodes of each level, the tile's own root first."""
    level: list[_Node] = [_NOTHING] * FAN
    for slot, child in children.items():
        level[slot] = _node(child)
    levels = [level]
    while len(level) > 1:
        level = [_join(level[at], level[at + 1]) for at in range(0, len(level), 2)]
        levels.append(level)
    return levels[::-1]


def _join(left: _Node, right: _Node) -> _Node:
    if left is _NOTHING and not right[1]:
        return right
    if right is _NOTHING and not left[1]:
        return left
    return (map_node(left[0], right[0]), True)


class TiledMap:
    """One state of the map over a port that reads tiles; changes are gathered until :meth:`changed` hands them out."""

    def __init__(self, read: ReadTiles) -> None:
        self._read = read
        self._tiles: dict[Path, Children] = {}
        self._dirty: set[Path] = set()

    def load(self, keys: Iterable[bytes]) -> None:
        """Read all tiles on the paths of these keys, one reading a depth."""
        waiting = {key: halves(key) for key in keys}
        for depth in range(_DEPTHS):
            paths = {path[:depth] for path in waiting.values()}
            missing = paths - self._tiles.keys()
            if missing:
                found = self._read(missing)
                self._tiles.update((path, decode_tile(found.get(path, b""))) for path in missing)
            waiting = {
                key: path
                for key, path in waiting.items()
                if isinstance(self._tiles[path[:depth]].get(path[depth]), Below)
            }
            if not waiting:
                return

    def value(self, key: bytes) -> bytes | None:
        """Return a key's value; its path must have been loaded."""
        path = halves(key)
        for depth in range(_DEPTHS):
            child = self._tiles[path[:depth]].get(path[depth])
            if isinstance(child, Leaf):
                return child.value if child.key == key else None
            if child is None:
                return None
        raise EvidenceError("the map goes on below its last level")

    def put(self, key: bytes, value: bytes) -> None:
        """Give a key its value; its path must have been loaded."""
        self._put(Leaf(key, value), halves(key), 0)

    def _put(self, leaf: Leaf, path: Path, depth: int) -> None:
        while True:
            tile = self._tiles.setdefault(path[:depth], {})
            self._dirty.add(path[:depth])
            slot = path[depth]
            child = tile.get(slot)
            if child is None or (isinstance(child, Leaf) and child.key == leaf.key):
                tile[slot] = leaf
                return
            if isinstance(child, Leaf):
                # Two keys part further down; the hash follows once all changes are known.
                tile[slot] = Below(EMPTY)
                self._tiles[path[: depth + 1]] = {}
                self._put(child, halves(child.key), depth + 1)
            depth += 1

    def changed(self) -> dict[Path, bytes]:
        """Return the tiles that the changes make, with every hash above them, and forget which ones changed."""
        for path in sorted(self._dirty, key=len, reverse=True):
            if path:
                above = path[:-1]
                self._tiles[above][path[-1]] = Below(tile_hash(self._tiles[path]))
                if above not in self._dirty:
                    raise EvidenceError("a tile changed and the one above it did not")
        found = {path: encode_tile(self._tiles[path]) for path in self._dirty}
        self._dirty.clear()
        return found

    def root(self) -> bytes:
        """Return the map's root, once :meth:`changed` was asked."""
        self.load([bytes(32)])
        return tile_hash(self._tiles[b""])

    def prove(self, key: bytes) -> MapProof:
        """Return what the map shows about a key: its value, or that there is none."""
        self.load([key])
        path = halves(key)
        siblings: list[bytes] = []
        for depth in range(_DEPTHS):
            children = self._tiles[path[:depth]]
            levels, at = _levels(children), 0
            for height in range(LEVELS + 1):
                found, is_many = levels[height][at]
                if not is_many:
                    leaf = _only_leaf(children, height, at) if found != EMPTY else None
                    return MapProof(tuple(siblings), leaf.key if leaf else None, leaf.value if leaf else None)
                if height < LEVELS:
                    at = 2 * at + bit(key, LEVELS * depth + height)
                    siblings.append(levels[height + 1][at ^ 1][0])
        raise EvidenceError("the map goes on below its last level")


def _only_leaf(children: Children, height: int, at: int) -> Leaf:
    """Return the one leaf below a node of a tile."""
    width = FAN >> height
    for slot in range(at * width, (at + 1) * width):
        child = children.get(slot)
        if isinstance(child, Leaf):
            return child
    raise EvidenceError("not a tile of the status map")
