"""SM2 with SM3: the example of the standard, what Tongsuo signs, what does not fit, and its line on a checkpoint."""

from pathlib import Path

import pytest

from infra.log_key import Kind, add_key, make_key, read_keys
from infra.national import Sm2Signer, parse_sm2_secret
from ledger.evidence import sm2
from ledger.evidence.notes import parse_note, parse_vkey, sign_checkpoint
from ledger.evidence.policy import parse_policy
from ledger.evidence.sm3 import sm3
from ledger.evidence.strict import EvidenceError
from tests.unit.evidence.making import LOG, ORIGIN
from tests.unit.evidence.test_log_keys import TREE

# GB/T 32918.5-2017, annex A.
X = 0x09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020
Y = 0xCCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13
PRIVATE = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
SIGNED = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
MESSAGE = b"message digest"
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
SIGNER = Sm2Signer.generate(ORIGIN)


def test_sm3_gives_the_digest_of_the_standard() -> None:
    # GB/T 32905-2016, annex A.1.
    assert sm3(b"a", b"bc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_the_example_of_the_standard_verifies_and_nothing_near_it() -> None:
    public = sm2.public_of(X, Y)
    assert sm2.verify(public, SIGNED, MESSAGE)
    assert not sm2.verify(public, SIGNED, MESSAGE + b".")
    for octet in (0, 31, 32, 63):
        near = bytearray(SIGNED)
        near[octet] ^= 1
        assert not sm2.verify(public, bytes(near), MESSAGE)
    r, s = SIGNED[:32], SIGNED[32:]
    for wrong in (bytes(64), bytes(32) + s, r + bytes(32), ORDER.to_bytes(32, "big") + s, SIGNED[:-1], SIGNED + b"\0"):
        assert not sm2.verify(public, wrong, MESSAGE)


def test_the_sum_of_products_holds_also_where_points_meet_or_cancel() -> None:
    point, sums = (X, Y), sm2._sum_of_products
    twice = sums(2, point, 0, point)
    assert twice == sums(1, point, 1, point) == sums(5, point, 3, (X, sm2._P - Y))
    assert sums(3, point, ORDER - 3, point) is None
    assert sums(PRIVATE, sm2._G, 0, point) == X


def test_a_point_off_the_curve_or_of_another_kind_is_no_key() -> None:
    public = sm2.public_of(X, Y)
    for wrong in (sm2.public_of(X, Y ^ 1), public[:-1], b"x" + public[1:], sm2.IDENTIFIER + b"\x04" + b"\xff" * 64):
        with pytest.raises(EvidenceError):
            sm2.check_key(wrong)


def test_what_tongsuo_signs_verifies_here() -> None:
    for number in range(5):
        text = f"{TREE.text}{number}\n"
        value = parse_note((text + "\n" + SIGNER.line(text)).encode()).signatures[0].value
        assert sm2.verify(SIGNER.verifier.public, value, text.encode())
        assert not sm2.verify(SIGNER.verifier.public, value, TREE.text.encode())


def test_its_line_stands_beside_the_log_s_own_and_is_asked_for_where_the_policy_names_it() -> None:
    both = sign_checkpoint(TREE, LOG, SIGNER)
    policy = parse_policy(f"log {LOG.verifier.vkey}\nlog {SIGNER.verifier.vkey}\nquorum none\n".encode())
    assert policy.accept(parse_note(both)).sufficient
    assert policy.accept(parse_note(sign_checkpoint(TREE, LOG))).lacking == ("SM2",)
    assert parse_note(both).verify([LOG.verifier]) == {LOG.verifier: None}
    forged = SIGNER.line(TREE.text + "more\n")
    with pytest.raises(EvidenceError, match="does not fit"):
        parse_note(both.replace(SIGNER.line(TREE.text).encode(), b"") + forged.encode()).verify([SIGNER.verifier])
    assert parse_vkey(SIGNER.verifier.vkey) == SIGNER.verifier


def test_the_key_file_holds_all_three_kinds(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    make_key(path, ORIGIN)
    add_key(path, Kind.ML_DSA_44)
    keys = add_key(path, Kind.SM2)
    assert [each.verifier.kind for each in keys] == [0x01, 0x06, 0xFF]
    assert [each.secret for each in read_keys(path)] == [each.secret for each in keys]
    assert parse_sm2_secret(LOG.secret) is None
    with pytest.raises(EvidenceError):
        parse_sm2_secret(SIGNER.secret.replace(SIGNER.verifier.id.hex(), "00000000"))
