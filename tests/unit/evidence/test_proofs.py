import json

import pytest

from ledger.evidence.merkle import prove_consistency, prove_inclusion
from ledger.evidence.notes import cosign
from ledger.evidence.policy import parse_policy
from ledger.evidence.proofs import (
    ConsistencyProof,
    InclusionProof,
    parse_consistency_json,
    parse_inclusion_json,
    parse_inclusion_text,
)
from ledger.evidence.strict import EvidenceError, canonical_json
from ledger.evidence.tiles import TileHashes
from tests.unit.evidence.making import LOG, WITNESSES, events, note_of, tile_store

ENTRIES = events(300)
READ = TileHashes(300, tile_store(ENTRIES).__getitem__)
POLICY = parse_policy(f"log {LOG.verifier.vkey}\nquorum none\n".encode())
STRICT = parse_policy(
    f"log {LOG.verifier.vkey}\nwitness w {WITNESSES[0].verifier.vkey}\nquorum w\n".encode(),
)


def proof_of(index: int, note: bytes | None = None) -> InclusionProof:
    proof = tuple(prove_inclusion(index, 300, READ))
    return InclusionProof(index, proof, note or note_of(ENTRIES), ENTRIES[index])


@pytest.mark.parametrize("index", [0, 41, 299])
def test_an_inclusion_proof_survives_both_forms(index: int) -> None:
    proof = proof_of(index)
    again = parse_inclusion_json(proof.to_json())
    assert again == proof
    assert again.verify(POLICY).checkpoint.size == 300
    text = parse_inclusion_text(proof.to_text())
    assert text.verify(POLICY, ENTRIES[index]).log == LOG.verifier
    assert proof.to_text().startswith(b"c2sp.org/tlog-proof@v1\nindex %d\n" % index)
    with pytest.raises(EvidenceError):
        text.verify(POLICY, ENTRIES[index - 1])
    with pytest.raises(EvidenceError):
        text.verify(POLICY)
    with pytest.raises(EvidenceError):
        text.to_json()


def test_extra_data_travels_in_the_text_form() -> None:
    proof = InclusionProof(0, (), note_of(ENTRIES[:1]), extra=b"anything")
    assert parse_inclusion_text(proof.to_text()) == proof
    assert proof.verify(POLICY, ENTRIES[0])


def test_a_proof_without_the_policys_witnesses_proves_nothing() -> None:
    with pytest.raises(EvidenceError, match="quorum"):
        proof_of(5).verify(STRICT)
    assert proof_of(5, cosign(note_of(ENTRIES), WITNESSES[0], 7)).verify(STRICT).cosigned == {"w": 7}


def test_a_consistency_proof_survives_its_form_and_binds_both_checkpoints() -> None:
    proof = ConsistencyProof(tuple(prove_consistency(41, 300, READ)), note_of(ENTRIES[:41]), note_of(ENTRIES))
    again = parse_consistency_json(proof.to_json())
    earlier, later = again.verify(POLICY)
    assert (earlier.checkpoint.size, later.checkpoint.size) == (41, 300)
    wrong = ConsistencyProof(proof.proof, note_of(ENTRIES[1:42]), proof.later)
    with pytest.raises(EvidenceError):
        parse_consistency_json(wrong.to_json()).verify(POLICY)


def test_documents_that_contradict_themselves_are_refused() -> None:
    good = json.loads(proof_of(41).to_json())
    for name, value in [
        ("tree_size", 299), ("leaf_index", "41"), ("leaf_index", True), ("leaf_index", -1), ("v", True), ("v", 2),
        ("type", "consistency"), ("origin", "other"), ("root_hash", good["leaf_hash"]),
        ("leaf_hash", good["root_hash"]),
        ("proof", "x"), ("proof", [1]), ("proof", ["AA=="]), ("proof", good["proof"] * 20), ("entry", None),
        ("checkpoint", ""), ("more", 1),
    ]:  # fmt: skip
        with pytest.raises(EvidenceError):
            parse_inclusion_json(canonical_json({**good, name: value})).verify(POLICY)
    for raw in (b"", b"[" * 100_000, json.dumps(good).encode(), b"{}", bytes(3_000_000)):
        with pytest.raises(EvidenceError):
            parse_inclusion_json(raw)


@pytest.mark.parametrize(
    "change",
    [
        (b"@v1", b"@v2"), (b"index 41", b"index 041"), (b"index 41", b"index 99999999999999999999"),
        (b"index 41\n", b""),
        (b"index 41", b"extra !\nindex 41"), (b"index 41\n", b"index 41\n" + b"A" * 43 + b"=\n" * 90), (b"\n\n", b"\n"),
        (b"index 41", b"index 42"),
    ],
)  # fmt: skip
def test_texts_of_another_form_are_refused(change: tuple[bytes, bytes]) -> None:
    raw = proof_of(41).to_text().replace(*change)
    with pytest.raises(EvidenceError):
        parse_inclusion_text(raw).verify(POLICY, ENTRIES[41])
