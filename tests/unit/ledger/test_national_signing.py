"""SM2 keys of bodies: registered with proof of possession, and what is signed with them, where the extra is there."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from infra.keyfiles import PASSPHRASE, make_key, read_key
from infra.national import Sm2Key, sm2_verification
from infra.open_ledger import open_memory_ledger
from infra.services.errors import ServiceUnavailableError
from ledger.evidence import entries, signatures
from ledger.evidence.report import Result
from ledger.evidence.signatures import EVENT_TYPE, PublicKey, pae, public_key_of, sign
from ledger.evidence.sm3 import Sm3Missing
from ledger.evidence.strict import EvidenceError
from ledger.service import Ledger
from tests.support.signing import TERMS, ed25519_key, ended, registration, signed
from tests.support.statements import BODY, accept, approved, issued, refusal, suspended
from tests.unit.evidence.making import check, event, found, key, key_event, make
from tests.unit.evidence.making import signed as signed_entry

KEY, OTHER = Sm2Key.generate(), Sm2Key.generate()
MESSAGE = pae(EVENT_TYPE, b'{"data":{}}')
# GB/T 32918.5-2017: the order of the curve.
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


def a_ledger(*, takes_sm2: bool = True) -> Ledger:
    terms = replace(TERMS, verify_sm2=sm2_verification() if takes_sm2 else None)
    ledger = open_memory_ledger(terms)
    accept(ledger, *approved())
    return ledger


def test_a_body_registers_an_sm2_key_and_signs_with_it() -> None:
    ledger = a_ledger()
    accept(ledger, registration(KEY))
    assert accept(ledger, signed(issued(), KEY))[0].signed_by == (BODY,)
    both = signed(suspended(), KEY)
    assert refusal(ledger, replace(both, signatures=signed(issued(), KEY).signatures)).code == "signature_invalid"
    stranger = [replace(each, keyid=public_key_of(KEY).keyid) for each in signed(suspended(), OTHER).signatures]
    assert refusal(ledger, replace(both, signatures=tuple(stranger))).code == "signature_invalid"
    garbage = replace(both, signatures=(replace(both.signatures[0], value=b"0" * 70),))
    assert refusal(ledger, garbage).code == "signature_invalid"
    accept(ledger, ended(KEY))
    assert refusal(ledger, both).code == "key_revoked"


def test_possession_of_an_sm2_key_is_proved_and_its_point_is_of_the_curve() -> None:
    ledger = a_ledger()
    proof = registration(OTHER).data["proof"]
    assert refusal(ledger, registration(KEY, proof=proof)).code == "key_not_possessed"
    nist = "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    assert refusal(ledger, registration(KEY, public_key=nist)).code == "key_not_honest"


def test_without_the_extra_sm2_is_refused_and_what_to_do_is_said() -> None:
    ledger = a_ledger(takes_sm2=False)
    refused = refusal(ledger, registration(KEY))
    assert (refused.code, refused.status, refused.pointer) == ("sm2_not_taken", 422, "/data/algorithm")
    assert "certledger[national]" in refused.action("en")
    # A key from the time when the extra was there.
    with_it = a_ledger()
    accept(with_it, registration(KEY))
    with_it.terms = replace(with_it.terms, verify_sm2=None)
    assert refusal(with_it, signed(issued(), KEY)).code == "sm2_not_taken"
    assert accept(with_it, issued())[0].signed_by == ()


def test_tongsuo_and_the_verifier_s_own_arithmetic_judge_alike() -> None:
    fast = sm2_verification()
    assert fast is not None
    good = sign(KEY, MESSAGE)
    r, s = decode_dss_signature(good)
    cases = {
        "good": good,
        "longer": good + b"\0",
        "shorter": good[:-1],
        "r and s bare": r.to_bytes(32, "big") + s.to_bytes(32, "big"),
        "s and r": encode_dss_signature(s, r),
        "s + n": encode_dss_signature(r, s + ORDER),
        "-s": encode_dss_signature(r, ORDER - s),
        "0": encode_dss_signature(r, 0),
        "n": encode_dss_signature(ORDER, s),
        "r + s is n": encode_dss_signature(r, ORDER - r),
        "another's": sign(OTHER, MESSAGE),
        "of another message": sign(KEY, MESSAGE + b" "),
        "empty": b"",
    }
    for name, signature in cases.items():
        verdicts = []
        for verify in (fast, lambda raw, value, said: PublicKey("sm2", raw).verify(value, said)):
            try:
                verify(KEY.public.raw, signature, MESSAGE)
                verdicts.append(True)
            except EvidenceError:
                verdicts.append(False)
        assert verdicts == [name == "good"] * 2, name


def test_the_offline_verifier_checks_sm2_signatures_by_itself(tmp_path: Path) -> None:
    shown = [key_event(0, KEY), signed_entry(event(1), 1, KEY), event(2)]
    report = check(make(tmp_path / "a", shown))
    assert (report.result, report.findings, report.signed) == (Result.SOUND, [], 1)
    # A signature with another key under this key's name.
    forged = signed_entry(event(1), 1, OTHER).replace(
        public_key_of(OTHER).keyid.encode(), public_key_of(KEY).keyid.encode()
    )
    shown[1] = forged
    report = check(make(tmp_path / "b", shown))
    assert (report.result, found(report)) == (Result.TAMPERED, {"STATEMENT_SIGNATURE_INVALID": [1]})


def test_where_the_crypto_library_has_no_sm3_a_signature_is_unchecked_and_neither_sound_nor_tampered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = [key_event(0, key(40)), key_event(1, KEY), signed_entry(event(2), 2, key(40))]
    mine = make(tmp_path / "a", shown)
    theirs = make(tmp_path / "b", [key_event(0, KEY), signed_entry(event(1), 1, KEY)])

    def missing(*_: object, **__: object) -> bytes:
        raise Sm3Missing("none here")

    monkeypatch.setattr(signatures.sm2, "sm3", missing)
    monkeypatch.setattr(entries, "sm3", missing)
    report = check(mine)
    assert report.result == Result.INCOMPLETE
    assert found(report) == {"DIGEST_UNCHECKED": [None], "SIGNATURE_UNCHECKED": [1]}
    report = check(theirs)
    assert (report.result, found(report)["SIGNATURE_UNCHECKED"]) == (Result.INCOMPLETE, [0, 1])


@pytest.mark.parametrize("phrase", ["", "一个口令 of mine"])
def test_an_sm2_key_file_is_read_as_it_was_written(
    phrase: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSPHRASE, phrase)
    made = make_key(tmp_path / "body.key", "sm2")
    assert (tmp_path / "body.key").stat().st_mode & 0o777 == 0o600
    assert public_key_of(read_key(tmp_path / "body.key")) == public_key_of(made)
    assert public_key_of(made).algorithm == "sm2"
    if phrase:
        monkeypatch.setenv(PASSPHRASE, "another")
        with pytest.raises(ServiceUnavailableError):
            read_key(tmp_path / "body.key")


def test_keys_of_both_libraries_sign_side_by_side() -> None:
    ledger = a_ledger()
    mine = ed25519_key(5)
    accept(ledger, registration(mine), registration(KEY))
    assert accept(ledger, signed(issued(), mine, KEY))[0].signed_by == (BODY,)
