"""The status map against a plain dictionary: any history, any key, and nothing but the one true proof."""

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.evidence.maptiles import TiledMap, decode_tile, encode_tile
from ledger.evidence.statusmap import EMPTY, MapProof, Value, bit, map_leaf, map_node
from ledger.evidence.strict import EvidenceError

# Few different octets, so that keys share long beginnings and split deep down.
KEYS = st.builds(
    lambda head, tail: (bytes(head) + sha256(tail).digest())[:32],
    st.lists(st.sampled_from([0, 1, 16, 128, 255]), max_size=31),
    st.binary(max_size=1),
)
VALUES = st.builds(Value, st.integers(1, 9), st.integers(0, 9), st.binary(min_size=32, max_size=32)).map(Value.encode)
HISTORY = st.lists(st.dictionaries(KEYS, VALUES, max_size=6), min_size=1, max_size=6)


def true_root(items: list[tuple[bytes, bytes]], depth: int = 0) -> tuple[bytes, bool]:
    """The root by the definition alone, and whether it stands for two leaves or more."""
    if len(items) < 2:
        return (map_leaf(*items[0]), False) if items else (EMPTY, False)
    halves = [true_root([each for each in items if bit(each[0], depth) == side], depth + 1) for side in (0, 1)]
    return map_node(halves[0][0], halves[1][0]), True


class Kept:
    """A map whose tiles are kept between batches, as the database keeps them."""

    def __init__(self) -> None:
        self.tiles: dict[bytes, bytes] = {}

    def opened(self) -> TiledMap:
        return TiledMap(lambda paths: {path: self.tiles[path] for path in paths if path in self.tiles})

    def put(self, batch: dict[bytes, bytes]) -> bytes:
        tiles = self.opened()
        tiles.load(batch)
        for key, value in batch.items():
            tiles.put(key, value)
        self.tiles.update(tiles.changed())
        return tiles.root()


@given(HISTORY, KEYS)
@settings(max_examples=150, deadline=None)
def test_every_history_gives_the_root_of_its_contents_and_proofs_that_hold(
    history: list[dict[bytes, bytes]], other: bytes
) -> None:
    kept, truth = Kept(), dict[bytes, bytes]()
    for batch in history:
        root = kept.put(batch)
        truth |= batch
        assert root == true_root(sorted(truth.items()))[0]
        for key in [*truth, other]:
            found = kept.opened().prove(key).verify(key, root)
            assert (found.encode() if found else None) == truth.get(key)


@given(HISTORY)
@settings(max_examples=50, deadline=None)
def test_the_tiles_follow_from_the_contents_and_not_from_the_order(history: list[dict[bytes, bytes]]) -> None:
    one, other = Kept(), Kept()
    for batch in history:
        one.put(batch)
    whole = {key: value for batch in history for key, value in batch.items()}
    for key in sorted(whole):
        other.put({key: whole[key]})
    assert one.tiles == other.tiles
    assert all(encode_tile(decode_tile(raw)) == raw for raw in one.tiles.values())


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=12), KEYS, st.integers(0, 255), VALUES)
@settings(max_examples=150, deadline=None)
def test_a_proof_shows_no_other_value_and_no_absence(
    contents: dict[bytes, bytes], other: bytes, flipped: int, value: bytes
) -> None:
    kept = Kept()
    root = kept.put(contents)
    for key in [*contents, other]:
        proof = kept.opened().prove(key)
        truth = contents.get(key)
        forged = [MapProof(proof.siblings), MapProof(proof.siblings, key, value), MapProof((), key, value)]
        forged += [replace(proof, siblings=(*proof.siblings, bytes(32))), replace(proof, siblings=proof.siblings[:-1])]
        forged += [replace(proof, siblings=(*proof.siblings, EMPTY))]
        if proof.siblings:
            at = flipped % len(proof.siblings)
            damaged = bytearray(proof.siblings[at])
            damaged[flipped % 32] ^= 1
            forged.append(replace(proof, siblings=(*proof.siblings[:at], bytes(damaged), *proof.siblings[at + 1 :])))
        for each in forged:
            if each == proof:
                continue
            try:
                shown = each.verify(key, root)
            except EvidenceError:
                continue
            assert (shown.encode() if shown else None) == truth


def test_a_proof_for_one_key_is_none_for_another() -> None:
    keys = [sha256(bytes([n])).digest() for n in range(40)]
    kept = Kept()
    root = kept.put({key: Value(1, n, bytes(32)).encode() for n, key in enumerate(keys)})
    proof = kept.opened().prove(keys[0])
    for key in keys[1:]:
        with pytest.raises(EvidenceError):
            proof.verify(key, root)


@pytest.mark.parametrize("raw", [b"\x00", b"\x20" + bytes(32), b"\x10" + bytes(31), b"\x11" + bytes(32) + b"\x11"])
def test_a_tile_that_is_none_is_refused(raw: bytes) -> None:
    with pytest.raises(EvidenceError):
        decode_tile(raw)
