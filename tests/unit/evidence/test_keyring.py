"""What the verifier says about signatures, by the history of keys in the log itself."""

import json
from pathlib import Path

import pytest

from ledger.evidence.entries import event_bytes
from ledger.evidence.keyfile import IssuerKey, KeyFile, parse_keys
from ledger.evidence.keyring import Keyring
from ledger.evidence.report import Report, Result
from ledger.evidence.signatures import PrivateKey, public_key_of
from ledger.evidence.strict import canonical_json
from tests.unit.evidence.making import (
    BODY,
    check,
    digested,
    event,
    found,
    instant,
    key,
    key_event,
    linked,
    make,
    recorded,
    signed,
)

MINE, FOREIGN, STRANGER = key(40), key(41), key(42)
OTHER_BODY = "CNCA-R-1999-001"
EARLY, LATE = "2026-01-01T00:00:00.000000Z", "2026-02-01T00:00:00.000000Z"


def test_statements_signed_with_keys_of_the_log_are_sound_without_any_key_file(tmp_path: Path) -> None:
    report = check(make(tmp_path / "b", [key_event(0, MINE), signed(event(1), 1, MINE), event(2)]))
    assert (report.result, report.findings, report.signed, report.unsigned) == (Result.SOUND, [], 1, 2)


def test_each_fault_of_a_signature_is_named(tmp_path: Path) -> None:
    def statement(index: int, *keys: PrivateKey, by: str = BODY) -> bytes:
        return signed(event(index, 1_000), index, *keys, by=[by], streams=1_000)

    unsigned = event(9, 1_000)
    shown = [
        key_event(0, MINE),
        key_event(1, FOREIGN, owner=OTHER_BODY),
        key_event(2, key(43), valid_until=LATE),
        statement(3, MINE),
        statement(4, FOREIGN, by=OTHER_BODY),
        statement(5, STRANGER),
        statement(6, key(43)),
        statement(7, MINE).replace("第7件".encode(), "第8件".encode()),
        statement(8, MINE, by=OTHER_BODY),
        recorded(event_bytes(unsigned), 9, 1_000, signed_by=[BODY]),
    ]
    assert found(check(make(tmp_path / "b", shown))) == {
        "WRONG_SIGNER": [4],
        "SIGNER_UNREGISTERED": [5],
        "SIGNED_OUTSIDE_VALIDITY": [6],
        "STATEMENT_SIGNATURE_INVALID": [7],
        "DIGEST_MISMATCH": [7],
        "SIGNERS_MISSTATED": [8, 9],
    }


def test_a_revoked_key_signs_nothing_from_its_revocation_on(tmp_path: Path) -> None:
    shown = [key_event(0, MINE), signed(event(1), 1, MINE), key_event(2, MINE, "revoked", version=2, reason="x")]
    assert check(make(tmp_path / "a", shown)).findings == []
    shown.append(signed(event(3), 3, MINE))
    report = check(make(tmp_path / "b", shown))
    assert (found(report), report.result) == ({"SIGNED_AFTER_REVOCATION": [3]}, Result.TAMPERED)


def test_a_key_does_not_speak_before_its_own_registration(tmp_path: Path) -> None:
    shown = [signed(event(0), 0, MINE), key_event(1, MINE)]
    assert found(check(make(tmp_path / "b", shown))) == {"SIGNER_UNREGISTERED": [0]}


def test_what_a_compromised_key_signed_since_then_is_to_be_reviewed_and_no_proof_of_tampering(tmp_path: Path) -> None:
    shown = [key_event(0, MINE), *(signed(event(n), n, MINE) for n in range(1, 6))]
    shown.append(key_event(6, MINE, "compromised", version=2, compromised_since=instant(4), reason="x"))
    report = check(make(tmp_path / "a", shown))
    assert (found(report), report.result) == ({"SIGNED_WHILE_COMPROMISED": [4, 5]}, Result.SOUND)
    shown.append(key_event(7, MINE, "compromised", version=3, compromised_since=instant(2), reason="x"))
    assert found(check(make(tmp_path / "b", shown))) == {"SIGNED_WHILE_COMPROMISED": [4, 5, 2, 3]}
    edited = event(1).replace(b"e-1", b"e-X")
    tampered = check(make(tmp_path / "c", [*shown[:1], edited, *shown[2:]], shown))
    assert tampered.result == Result.TAMPERED


@pytest.mark.parametrize("ledger", [b'"ledger":"another.log/x"', None])
def test_a_signed_statement_names_this_ledger(tmp_path: Path, ledger: bytes | None) -> None:
    named = b'"ledger":"ledger.example.cn/test"'
    other = event(1).replace(named, ledger) if ledger else event(1).replace(named + b",", b"")
    assert found(check(make(tmp_path / "b", [key_event(0, MINE), signed(other, 1, MINE)]))) == {"WRONG_AUDIENCE": [1]}


def test_a_registration_without_proof_or_under_another_name_does_not_hold(tmp_path: Path) -> None:
    name, other = (public_key_of(each).keyid.encode() for each in (MINE, FOREIGN))
    cases = [
        key_event(0, MINE, owner=OTHER_BODY).replace(OTHER_BODY.encode(), BODY.encode()),
        key_event(0, MINE).replace(name, other),
        key_event(0, MINE).replace(b"ed25519", b"rsa"),
        key_event(0, MINE, valid_until="soon"),
        key_event(0, MINE, proof=7),
    ]
    for number, entry in enumerate(cases):
        report = check(make(tmp_path / str(number), [digested(entry), signed(event(1), 1, MINE)]))
        assert found(report) == {"KEY_REGISTRATION_INVALID": [0], "SIGNER_UNREGISTERED": [1]}
    twice = [key_event(0, MINE), key_event(1, MINE, version=2, owner=OTHER_BODY), signed(event(2), 2, MINE)]
    assert found(check(make(tmp_path / "twice", twice))) == {"KEY_REGISTRATION_INVALID": [1]}


def test_the_key_file_is_never_believed_against_the_log(tmp_path: Path) -> None:
    shown = [key_event(0, MINE), signed(event(1), 1, MINE), signed(event(2), 2, STRANGER)]
    invented = IssuerKey(BODY, public_key_of(STRANGER), EARLY)
    assert parse_keys(KeyFile((), (invented,)).to_json()).issuers == (invented,)
    report = check(make(tmp_path / "b", shown, issuers=[invented]))
    assert found(report).keys() == {"SIGNER_UNREGISTERED", "KEYS_CONTRADICTED"}
    ring = Keyring(Report(), None)
    ring.note(0, json.loads(shown[0])["event"], json.loads(shown[0])["record"])
    assert check(make(tmp_path / "c", shown[:2], issuers=ring.issuers())).findings == []
    longer = [IssuerKey(each.owner, each.key, EARLY) for each in ring.issuers()]
    assert found(check(make(tmp_path / "d", shown[:2], issuers=longer))).keys() == {"KEYS_CONTRADICTED"}


def test_where_entries_are_withheld_a_key_may_come_from_the_file_and_that_is_said(tmp_path: Path) -> None:
    shown = [key_event(0, MINE), *(event(n) for n in range(1, 256)), signed(event(256), 256, MINE)]
    shown.append(signed(event(257), 257, STRANGER))
    for name, issuers in (("a", [IssuerKey(BODY, public_key_of(MINE), EARLY)]), ("b", [])):
        make(tmp_path / name, shown, issuers=issuers)
        (tmp_path / name / "tile/entries/000").unlink()
        manifest = json.loads((tmp_path / name / "manifest.json").read_bytes())
        del manifest["files"]["tile/entries/000"]
        (tmp_path / name / "manifest.json").write_bytes(canonical_json(manifest))
    told = found(check(tmp_path / "a", partial=True))
    assert told == {"KEY_NOT_FROM_LOG": [256], "SIGNER_UNKNOWN": [257]}
    assert found(check(tmp_path / "b", partial=True)) == {"SIGNER_UNKNOWN": [256, 257]}


def test_forks_and_gaps_in_an_issuers_own_count_are_found(tmp_path: Path) -> None:
    first = linked(1, 1, None, MINE)
    second = linked(2, 2, first, MINE)
    shown = [key_event(0, MINE), first, second, linked(3, 3, second, MINE)]
    assert check(make(tmp_path / "a", shown)).findings == []
    assert found(check(make(tmp_path / "b", [*shown, linked(4, 2, first, MINE)]))) == {"ISSUER_FORK": [4]}
    assert found(check(make(tmp_path / "c", [*shown, linked(4, 4, second, MINE)]))) == {"ISSUER_FORK": [4]}
    report = check(make(tmp_path / "d", [*shown, linked(4, 7, second, MINE)]))
    assert (found(report), report.result) == ({"ISSUER_GAP": [4]}, Result.INCOMPLETE)
    swapped = [shown[0], linked(1, 2, first, MINE), linked(2, 1, None, MINE)]
    assert found(check(make(tmp_path / "e", swapped))) == {"ISSUER_FORK": [1]}
