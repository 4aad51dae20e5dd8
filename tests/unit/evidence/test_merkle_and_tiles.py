from collections.abc import Sequence
from hashlib import sha256

import pytest

from ledger.evidence.merkle import (
    EMPTY_ROOT,
    CompactRange,
    HashReader,
    Node,
    leaf_hash,
    node_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from ledger.evidence.strict import EvidenceError
from ledger.evidence.tiles import (
    ENTRIES,
    MAXIMUM_ENTRY,
    MAXIMUM_SUBMISSION,
    Tile,
    TileBuilder,
    TileHashes,
    decode_entries,
    encode_entries,
    entry_bundles_of,
    parse_path,
    tiles_of,
    width_of,
)
from tests.unit.evidence.making import tile_store

# The test vectors of the RFC 6962 reference implementation: eight leaves and the roots over the first n of them.
LEAVES = [
    bytes.fromhex(each)
    for each in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 1): [],
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 1): [],
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}


def reader(leaves: list[bytes]) -> HashReader:
    def read(nodes: Sequence[Node]) -> list[bytes]:
        return [root_of(leaves[n.index << n.height : (n.index + 1) << n.height]) for n in nodes]

    return read


def test_hashes_and_roots_are_those_of_the_reference_vectors() -> None:
    assert leaf_hash(b"").hex() == ROOTS[1]
    assert leaf_hash(b"L123456").hex() == "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    assert node_hash(b"N123", b"N456").hex() == "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    assert sha256(b"").digest() == EMPTY_ROOT
    hashes = [leaf_hash(each) for each in LEAVES]
    assert [root_of(hashes[:size]).hex() for size in range(9)] == ROOTS


def test_proofs_are_those_of_the_reference_vectors() -> None:
    hashes = [leaf_hash(each) for each in LEAVES]
    read = reader(hashes)
    for (index, size), proof in INCLUSION.items():
        made = prove_inclusion(index, size, read)
        assert [each.hex() for each in made] == proof
        verify_inclusion(index, size, hashes[index], bytes.fromhex(ROOTS[size]), made)
    for (old, new), proof in CONSISTENCY.items():
        made = prove_consistency(old, new, read)
        assert [each.hex() for each in made] == proof
        verify_consistency(old, new, bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new]), made)


def test_impossible_sizes_and_proofs_of_a_wrong_length_are_refused() -> None:
    root, hashes = bytes(32), [bytes(32)]
    for index, size, proof in [(0, 0, []), (1, 1, []), (-1, 1, []), (0, 2**63, hashes), (0, 1, hashes), (0, 2, [])]:
        with pytest.raises(EvidenceError):
            verify_inclusion(index, size, root, root, proof)
    for old, new, proof in [(0, 1, []), (2, 1, []), (1, 1, hashes), (1, 2, []), (1, 2, hashes * 70), (3, 4, [])]:
        with pytest.raises(EvidenceError):
            verify_consistency(old, new, root, root, proof)
    with pytest.raises(EvidenceError):
        verify_inclusion(0, 2, b"short", root, hashes)
    for old, new in [(0, 1), (2, 1)]:
        with pytest.raises(EvidenceError):
            prove_consistency(old, new, reader([]))


def test_a_compact_range_keeps_few_hashes_and_joins_neighbours_alone() -> None:
    hashes = [leaf_hash(bytes([n])) for n in range(200)]
    for cut in (0, 1, 3, 64, 100, 199):
        left, right = CompactRange(), CompactRange(cut)
        for each in hashes[:cut]:
            left.append(each)
        for each in hashes[cut:]:
            right.append(each)
        assert len(right.nodes) <= 16
        left.merge(right)
        assert left.root() == root_of(hashes)
        assert len(left.nodes) == (200).bit_count()
    with pytest.raises(EvidenceError):
        CompactRange().merge(CompactRange(1))
    with pytest.raises(EvidenceError):
        CompactRange(1).root()


def test_paths_are_those_of_the_specification() -> None:
    assert Tile(0, 1_234_067).path == "tile/0/x001/x234/067"
    assert Tile(1, 0, 17).path == "tile/1/000.p/17"
    assert Tile(ENTRIES, 273, 112).path == "tile/entries/273.p/112"
    for tile in (Tile(0, 1_234_067), Tile(63, 999), Tile(5, 1_000, 255), Tile(ENTRIES, 0, 1)):
        assert parse_path(tile.path) == tile
    for path in (
        "tile/0/x000/001", "tile/64/000", "tile/00/000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01",
        "tile/0/1", "tile/0/001/000", "tile/x/000", "/tile/0/000", "tile/0/000\n", "tile/0/0\u0660\u0660",
        "tile/0/000/",
    ):  # fmt: skip
        with pytest.raises(EvidenceError):
            parse_path(path)


def test_a_tree_of_70000_has_the_tiles_of_the_worked_example() -> None:
    paths = [tile.path for tile in tiles_of(70_000)]
    assert len(paths) == 274 + 2 + 1
    assert paths[273:] == ["tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]
    assert [tile.path for tile in entry_bundles_of(257)] == ["tile/entries/000", "tile/entries/001.p/1"]
    assert width_of(0, 274, 70_000) == 0
    assert list(tiles_of(0)) == []


def test_tiles_give_the_same_roots_and_proofs_as_the_leaves_from_at_most_five_reads() -> None:
    size = 70_000
    hashes = [sha256(n.to_bytes(4, "big")).digest() for n in range(size)]
    store = {}
    builder = TileBuilder(lambda tile, data, _root: store.__setitem__(tile, data))
    builder.extend(b"".join(hashes[:300]))
    builder.extend(b"".join(hashes[300:]))
    store.update(builder.unfinished())
    assert store.keys() == set(tiles_of(size))
    assert builder.root() == root_of(hashes)
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        reads = []
        read = TileHashes(size, lambda tile, reads=reads: reads.append(tile) or store[tile])
        proof = prove_inclusion(index, size, read)
        verify_inclusion(index, size, hashes[index], builder.root(), proof)
        assert len(reads) <= 5
    old = TileBuilder()
    old.extend(b"".join(hashes[:66_000]))
    proof = prove_consistency(66_000, size, TileHashes(size, store.__getitem__))
    verify_consistency(66_000, size, old.root(), builder.root(), proof)


def test_a_builder_resumes_from_tiles_and_a_row_that_grew_since_serves_as_its_prefix() -> None:
    entries = [bytes([n % 256, n // 256]) for n in range(1_000)]
    hashes = b"".join(map(leaf_hash, entries))
    for size in (0, 1, 256, 300, 512, 999):
        store = tile_store(entries[:size])
        grown = TileBuilder.resume(size, lambda tile, store=store: store[tile] + b"later hashes")
        grown.extend(hashes[size * 32 :])
        assert (grown.size, grown.root()) == (1_000, root_of(map(leaf_hash, entries)))
    with pytest.raises(EvidenceError):
        TileBuilder.resume(3, lambda tile: b"short")
    with pytest.raises(EvidenceError):
        TileBuilder().extend(b"short")


def test_a_node_outside_the_tree_is_refused() -> None:
    read = TileHashes(300, tile_store([bytes([n % 256]) for n in range(300)]).__getitem__)
    for node in (Node(0, 300), Node(8, 1), Node(3, 37)):
        with pytest.raises(EvidenceError):
            read([node])


def test_entry_bundles_carry_entries_of_every_permitted_length() -> None:
    entries = [b"", b"x", bytes(MAXIMUM_ENTRY)]
    assert decode_entries(encode_entries(entries)) == entries
    assert encode_entries([b"ab"]) == b"\x00\x02ab"
    with pytest.raises(EvidenceError):
        encode_entries([bytes(MAXIMUM_ENTRY + 1)])
    for bad in (b"\x00", b"\x00\x02a", b"\xff\xff", b"\x00\x00" * 257):
        with pytest.raises(EvidenceError):
            decode_entries(bad)


def test_the_largest_submission_fits_an_entry_with_names_and_sixteen_signatures() -> None:
    names = {"stream": "\U00020000" * 200, "submitter": "\U00020000" * 200, "waits": "w" * 200, "rules": "r" * 200}
    signature = '{"keyid":"","sig":""}' + "0" * 64 + "A" * 100
    releases = ",".join(str(10_000 + n) for n in range(400))
    record = (
        '{"event":,"record":{"decision":"applied","recorded":"2026-05-12T08:15:30.000000Z","schema":1,"version":99999'
    )
    around = len(record) + sum(len(f',"{n}":"{v}"'.encode()) for n, v in names.items())
    around += len(f',"releases":[{releases}]') + len('},"signatures":[]}') + 17 * len(signature)
    assert around + MAXIMUM_SUBMISSION <= MAXIMUM_ENTRY + 1
