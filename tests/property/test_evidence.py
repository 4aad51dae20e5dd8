from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ledger.evidence.merkle import (
    CompactRange,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from ledger.evidence.notes import cosign, parse_note
from ledger.evidence.policy import parse_policy
from ledger.evidence.proofs import (
    ConsistencyProof,
    InclusionProof,
    parse_consistency_json,
    parse_inclusion_json,
    parse_inclusion_text,
)
from ledger.evidence.report import Result
from ledger.evidence.strict import EvidenceError, canonical_json
from ledger.evidence.tiles import Tile, TileBuilder, TileHashes, parse_path
from ledger.evidence.verify import Question, verify_bundle
from tests.unit.evidence.making import LOG, NOW, WITNESSES, check, events, make, note_of, tile_store

LEAVES = [leaf_hash(bytes([n % 256, n // 256])) for n in range(2_000)]
STORE = tile_store([bytes([n % 256, n // 256]) for n in range(2_000)])
POLICY = parse_policy(f"log {LOG.verifier.vkey}\nwitness w {WITNESSES[0].verifier.vkey}\nquorum w\n".encode())


def holds(check: object, *arguments: object) -> bool:
    try:
        check(*arguments)  # type: ignore[operator]  # any verification
    except EvidenceError:
        return False
    return True


def fetch(size: int) -> TileHashes:
    """Read a smaller tree out of the tiles of the larger one, as from rows that grew since."""

    def read(tile: Tile) -> bytes:
        for width in (tile.width, 256, 208, 7):
            found = STORE.get(Tile(tile.level, tile.index, width))
            if found is not None:
                return found[: tile.width * 32]
        builder = TileBuilder()
        builder.extend(b"".join(LEAVES[:size]))
        return dict(builder.unfinished())[tile]

    return TileHashes(size, read)


@st.composite
def flips(draw: DrawFn, raw: bytes) -> bytes:
    at, bit = draw(st.integers(0, len(raw) - 1)), draw(st.integers(0, 7))
    return raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]


@given(st.data(), st.integers(1, 2_000))
def test_every_leaf_of_every_tree_is_proved_and_no_flipped_bit_passes(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    root, leaf = root_of(LEAVES[:size]), LEAVES[index]
    proof = prove_inclusion(index, size, fetch(size))
    verify_inclusion(index, size, leaf, root, proof)
    assert not holds(verify_inclusion, index, size, data.draw(flips(leaf)), root, proof)
    assert not holds(verify_inclusion, index, size, leaf, data.draw(flips(root)), proof)
    assert not holds(verify_inclusion, index, size, leaf, root, [*proof, root])
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        changed = [*proof[:at], data.draw(flips(proof[at])), *proof[at + 1 :]]
        assert not holds(verify_inclusion, index, size, leaf, root, changed)
        assert not holds(verify_inclusion, index, size, leaf, root, proof[:-1])
    other = data.draw(st.integers(0, size - 1).filter(lambda each: each != index) if size > 1 else st.just(size))
    assert not holds(verify_inclusion, other, size, leaf, root, proof)


@given(st.data(), st.integers(1, 2_000))
def test_every_tree_extends_its_beginnings_and_no_flipped_bit_passes(data: st.DataObject, size: int) -> None:
    old = data.draw(st.integers(1, size))
    one, two = root_of(LEAVES[:old]), root_of(LEAVES[:size])
    proof = prove_consistency(old, size, fetch(size))
    verify_consistency(old, size, one, two, proof)
    assert not holds(verify_consistency, old, size, data.draw(flips(one)), two, proof)
    assert not holds(verify_consistency, old, size, one, data.draw(flips(two)), proof)
    assert not holds(verify_consistency, old, size, one, two, [*proof, one])
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        changed = [*proof[:at], data.draw(flips(proof[at])), *proof[at + 1 :]]
        assert not holds(verify_consistency, old, size, one, two, changed)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=6))
def test_neighbouring_ranges_merge_to_the_whole_tree_in_any_cut(widths: list[int]) -> None:
    whole = CompactRange()
    for width in widths:
        part = CompactRange(whole.end)
        for leaf in LEAVES[whole.end : whole.end + width]:
            part.append(leaf)
        whole.merge(part)
    assert whole.root() == root_of(LEAVES[: sum(widths)])
    assert len(whole.nodes) == sum(widths).bit_count()


@given(st.integers(-1, 63), st.integers(0, 10**15), st.integers(1, 256))
def test_a_tiles_path_is_read_back(level: int, index: int, width: int) -> None:
    assert parse_path(Tile(level, index, width).path) == Tile(level, index, width)


@cache
def signed_checkpoint(size: int) -> bytes:
    return cosign(note_of(events(size)), WITNESSES[0], 1_700_000_000)


@given(st.data())
def test_a_flipped_bit_in_a_checkpoint_is_rejected(data: st.DataObject) -> None:
    def judge(raw: bytes) -> None:
        if not POLICY.accept(parse_note(raw)).quorum:
            raise EvidenceError("quorum")

    judge(signed_checkpoint(9))
    assert not holds(judge, data.draw(flips(signed_checkpoint(9))))


@given(st.data())
def test_a_flipped_bit_in_a_proof_document_is_rejected(data: st.DataObject) -> None:
    entries = events(41)
    read = TileHashes(41, tile_store(entries).__getitem__)
    proof = InclusionProof(7, tuple(prove_inclusion(7, 41, read)), signed_checkpoint(41), entries[7])
    chain = ConsistencyProof(tuple(prove_consistency(9, 41, read)), signed_checkpoint(9), signed_checkpoint(41))

    def judge_json(raw: bytes) -> None:
        parse_inclusion_json(raw).verify(POLICY)

    def judge_text(raw: bytes) -> None:
        parse_inclusion_text(raw).verify(POLICY, entries[7])

    def judge_chain(raw: bytes) -> None:
        earlier, _ = parse_consistency_json(raw).verify(POLICY)
        if not earlier.quorum:
            raise EvidenceError("quorum")

    forms = ((judge_json, proof.to_json()), (judge_text, proof.to_text()), (judge_chain, chain.to_json()))
    for judge, raw in forms:
        judge(raw)
        assert not holds(judge, data.draw(flips(raw)))


@given(st.data(), st.booleans())
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_flipped_byte_of_a_bundle_is_found(data: st.DataObject, as_tar: bool) -> None:
    with TemporaryDirectory() as folder:
        history = [signed_checkpoint(9)]
        note = signed_checkpoint(20)
        path = make(Path(folder) / ("b.tar" if as_tar else "b"), events(20), note=note, history=history)
        assert check(path, policy=POLICY).result == Result.SOUND
        victim = path
        if not as_tar:
            victim = data.draw(st.sampled_from(sorted(each for each in path.rglob("*") if each.is_file())))
        raw = victim.read_bytes()
        at, change = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(1, 255))
        victim.write_bytes(raw[:at] + bytes([raw[at] ^ change]) + raw[at + 1 :])
        assert check(path, policy=POLICY).result in {Result.TAMPERED, Result.UNREADABLE}


@given(st.binary(max_size=400), st.sampled_from(["manifest.json", "keys.json", "checkpoint", "tile/entries/000.p/20"]))
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_content_in_the_place_of_a_file_ends_in_a_verdict(content: bytes, name: str) -> None:
    with TemporaryDirectory() as folder:
        path = make(Path(folder) / "b", events(20))
        (path / name).write_bytes(content)
        report = verify_bundle(path, Question(NOW))
        assert report.result in {Result.TAMPERED, Result.UNREADABLE}
        assert canonical_json(report.as_json())
        assert report.as_text()
