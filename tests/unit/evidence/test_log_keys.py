"""A log's further keys: their lines beside the Ed25519 line, what a policy that names them asks, who ignores them."""

from base64 import b64decode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from infra.log_key import Kind, add_key, make_key, read_key, read_keys
from infra.services.errors import ServiceUnavailableError
from infra.witness_folder import WitnessFolder
from ledger.evidence.log_signers import MlDsaSigner, parse_log_secret
from ledger.evidence.merkle import leaf_hash, root_of
from ledger.evidence.mldsa import cosigned_tree
from ledger.evidence.notes import Checkpoint, Verifier, parse_checkpoint, parse_note, parse_vkey, sign_checkpoint
from ledger.evidence.policy import Policy, parse_policy
from ledger.evidence.proofs import InclusionProof
from ledger.evidence.report import Result
from ledger.evidence.strict import EvidenceError, encode_base64
from ledger.evidence.witness import Request, Witness
from tests.unit.evidence.making import LOG, NOW, ORIGIN, WITNESSES, check, events, found, make, note_of

QUANTUM = MlDsaSigner(ORIGIN, MLDSA44PrivateKey.from_seed_bytes(bytes(range(32))))
ENTRIES = events(9)
TREE = Checkpoint(ORIGIN, len(ENTRIES), root_of(map(leaf_hash, ENTRIES)))
BOTH = sign_checkpoint(TREE, LOG, QUANTUM)


def policy(*lines: str) -> Policy:
    return parse_policy("\n".join([f"log {LOG.verifier.vkey}", *lines, "quorum none"]).encode())


def spoilt(note: bytes, octet: int) -> bytes:
    """Flip one bit of the last signature line, counted from the key's ID on."""
    head, _, value = note.decode().rstrip("\n").rpartition(" ")
    raw = bytearray(b64decode(value))
    raw[octet] ^= 1
    return f"{head} {encode_base64(bytes(raw))}\n".encode()


def test_the_signed_message_is_that_of_the_specification_octet_by_octet() -> None:
    expected = (
        b"\x73\x75\x62\x74\x72\x65\x65\x2f\x76\x31\x0a\x00"
        b"\x04w/ab" + bytes.fromhex("0000000064185041") + b"\x03log" + bytes(8) + bytes.fromhex("0000000000000102")
        + bytes.fromhex("ab" * 32)
    )  # fmt: skip
    assert cosigned_tree("w/ab", 0x64185041, "log", 258, bytes.fromhex("ab" * 32)) == expected
    for name in ("", "x" * 256):
        with pytest.raises(EvidenceError):
            cosigned_tree(name, 0, "log", 1, bytes(32))


def test_the_line_holds_the_key_s_id_no_time_and_a_signature_that_another_implementation_would_check() -> None:
    line = BOTH.decode().splitlines()[-1]
    raw = b64decode(line.rpartition(" ")[2])
    public = QUANTUM.private.public_key()
    assert raw[:4] == sha256(ORIGIN.encode() + b"\n\x06" + public.public_bytes_raw()).digest()[:4]
    assert (raw[4:12], len(raw)) == (bytes(8), 4 + 8 + 2420)
    public.verify(raw[12:], cosigned_tree(ORIGIN, 0, ORIGIN, TREE.size, TREE.root))


def test_both_lines_verify_and_a_policy_that_names_both_keys_is_satisfied(tmp_path: Path) -> None:
    accepted = policy(f"log {QUANTUM.verifier.vkey}").accept(parse_note(BOTH))
    assert (accepted.log, accepted.sufficient, accepted.lacking) == (LOG.verifier, True, ())
    make(tmp_path / "b", ENTRIES, note=BOTH, log_keys=[LOG.verifier, QUANTUM.verifier])
    report = check(tmp_path / "b", policy=policy(f"log {QUANTUM.verifier.vkey}"))
    assert (report.result, report.notes) == (Result.SOUND, [])
    assert check(tmp_path / "b").result == Result.SOUND


def test_a_line_left_out_is_told_where_the_policy_names_its_key_and_nowhere_else(tmp_path: Path) -> None:
    strict, lax = policy(f"log {QUANTUM.verifier.vkey}"), policy()
    make(tmp_path / "b", ENTRIES, log_keys=[LOG.verifier, QUANTUM.verifier])
    report = check(tmp_path / "b", policy=strict)
    assert (report.result, found(report).keys()) == (Result.INCOMPLETE, {"LOG_SIGNATURE_MISSING"})
    assert "ML-DSA-44" in report.as_text()
    assert check(tmp_path / "b", policy=lax).result == Result.SOUND
    assert check(tmp_path / "b").result == Result.SOUND
    proof = InclusionProof(0, (), note_of(ENTRIES[:1]), ENTRIES[0])
    proof.verify(lax)
    with pytest.raises(EvidenceError, match="ML-DSA-44"):
        proof.verify(strict)


def test_checkpoints_from_before_the_further_key_stay_good(tmp_path: Path) -> None:
    history = [note_of(ENTRIES[:size]) for size in (3, 7)]
    make(tmp_path / "b", ENTRIES, note=BOTH, history=history)
    strict = policy(f"log {QUANTUM.verifier.vkey}")
    assert check(tmp_path / "b", policy=strict, since=history[0]).result == Result.SOUND


def test_neither_line_alone_makes_up_for_the_other() -> None:
    strict = policy(f"log {QUANTUM.verifier.vkey}")
    with pytest.raises(EvidenceError, match="no trusted key"):
        strict.accept(parse_note(sign_checkpoint(TREE, QUANTUM)))


@pytest.mark.parametrize("octet", [4, 11, 12, 1_000, 2_431])
def test_a_bit_of_the_time_or_the_signature_that_is_flipped_condemns_the_note(octet: int) -> None:
    with pytest.raises(EvidenceError, match=r"does not fit|no possible time"):
        parse_note(spoilt(BOTH, octet)).verify([QUANTUM.verifier])


def test_a_signature_over_another_tree_or_in_another_name_does_not_fit() -> None:
    for other in (replace(TREE, size=8), replace(TREE, root=bytes(32))):
        stolen = sign_checkpoint(other, QUANTUM).split(b"\n\n")[1]
        with pytest.raises(EvidenceError):
            parse_note(TREE.text.encode() + b"\n" + stolen).verify([QUANTUM.verifier])
    named = replace(QUANTUM, name="another.example")
    raw = b64decode(BOTH.decode().splitlines()[-1].rpartition(" ")[2])
    with pytest.raises(EvidenceError):
        named.verifier.verify(TREE.text, raw[4:])


def test_whoever_does_not_know_the_kind_passes_the_line_over(tmp_path: Path) -> None:
    assert parse_note(BOTH).verify([LOG.verifier]) == {LOG.verifier: None}
    folder = WitnessFolder(tmp_path / "witness")
    assert folder.acquire()
    witness = Witness([WITNESSES[0]], [LOG.verifier], folder, lambda: NOW)
    answer = witness.add_checkpoint(Request(0, (), BOTH).to_bytes())
    assert answer.status == 200, answer
    assert parse_note(BOTH + answer.body).verify([WITNESSES[0].verifier, LOG.verifier, QUANTUM.verifier]).keys() == {
        WITNESSES[0].verifier,
        LOG.verifier,
        QUANTUM.verifier,
    }
    folder.release()


def test_a_witness_may_have_such_a_key_and_its_time_counts() -> None:
    witness = MlDsaSigner("witness.example/q", MLDSA44PrivateKey.from_seed_bytes(bytes(32)))
    tree = parse_checkpoint(TREE.text)
    message = cosigned_tree(witness.name, int(NOW), tree.origin, tree.size, tree.root)
    value = witness.verifier.id + int(NOW).to_bytes(8, "big") + witness.private.sign(message)
    note = parse_note(BOTH + f"— {witness.name} {encode_base64(value)}\n".encode())
    trusting = parse_policy(f"log {LOG.verifier.vkey}\nwitness w {witness.verifier.vkey}\nquorum w\n".encode())
    accepted = trusting.accept(note)
    assert (accepted.cosigned, accepted.sufficient) == ({"w": int(NOW)}, True)


@pytest.mark.parametrize(
    "lines",
    [
        [f"log {QUANTUM.verifier.vkey}", f"log {QUANTUM.verifier.vkey}"],
        [f"log {replace(QUANTUM, name='other.example').verifier.vkey}"],
        [f"log {QUANTUM.verifier.vkey}", f"witness w {QUANTUM.verifier.vkey}"],
    ],
)
def test_a_further_key_belongs_to_one_log_that_stands_above_it(lines: list[str]) -> None:
    with pytest.raises(EvidenceError):
        policy(*lines)


def test_keys_have_one_spelling_and_one_length() -> None:
    assert parse_vkey(QUANTUM.verifier.vkey) == QUANTUM.verifier
    assert parse_log_secret(QUANTUM.secret).verifier == QUANTUM.verifier
    assert parse_log_secret(LOG.secret).verifier == LOG.verifier
    with pytest.raises(EvidenceError):
        Verifier(ORIGIN, 0x06, bytes(1311))
    with pytest.raises(EvidenceError):
        parse_log_secret(QUANTUM.secret.replace(QUANTUM.verifier.id.hex(), "00000000"))


def test_the_key_file_holds_one_key_of_each_kind_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    first = make_key(path, ORIGIN)
    keys = add_key(path, Kind.ML_DSA_44)
    assert [each.verifier.kind for each in keys] == [0x01, 0x06]
    assert {each.name for each in keys} == {ORIGIN}
    assert read_key(path).verifier == first.verifier
    again = add_key(path, Kind.ML_DSA_44)
    assert [each.secret for each in again] == [each.secret for each in keys]
    assert path.stat().st_mode & 0o777 == 0o600
    for wrong in (keys[1].secret, f"{keys[0].secret}\n{LOG.secret}", f"{LOG.secret}\nrubbish"):
        path.write_text(wrong)
        with pytest.raises(ServiceUnavailableError):
            read_keys(path)
