"""The SM3 digest that stands in an entry beside the SHA-256 of its leaf: computed over what was said, and checked."""

import re
from pathlib import Path

import pytest

from ledger.evidence import entries
from ledger.evidence.entries import event_bytes
from ledger.evidence.report import Result
from ledger.evidence.sm3 import Sm3Missing, sm3
from ledger.service import Ledger
from tests.support.statements import accept, approved, issued, register_of
from tests.unit.evidence.making import check, digested, event, found, make

DIGEST = re.compile(rb'"sm3":"[0-9a-f]{64}",')


def test_an_entry_holds_the_sm3_digest_of_the_very_bytes_that_were_said() -> None:
    ledger: Ledger = register_of()
    said = issued()
    position = accept(ledger, said)[0].position
    row = ledger.event_log.load(0, [said.subject], ()).rows[said.subject][0]
    assert row.position == position
    assert event_bytes(row.raw) == said.raw
    # GB/T 32905-2016, annex A.1, by the same function.
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert b'"sm3":"%b"' % sm3(said.raw).hex().encode() in row.raw


def test_what_the_ledger_records_is_sound_to_the_verifier(tmp_path: Path) -> None:
    ledger = register_of()
    accept(ledger, issued())
    streams = ["certificate:CNCA-R-2031-101:10131Q00001R0M", *{each.subject for each in approved()}]
    rows = [row for rows in ledger.event_log.load(0, streams, ()).rows.values() for row in rows]
    shown = [row.raw for row in sorted(rows, key=lambda each: each.position)]
    assert len(shown) >= 4
    report = check(make(tmp_path / "b", shown))
    assert (report.result, report.findings) == (Result.SOUND, [])


@pytest.mark.parametrize("wrong", [b'"sm3":"%b",' % (b"0" * 64), b'"sm3":7,', b'"sm3":null,', b""])
def test_a_digest_that_is_wrong_or_left_out_is_named(tmp_path: Path, wrong: bytes) -> None:
    shown = [event(at) for at in range(20)]
    shown[7] = DIGEST.sub(wrong, shown[7])
    report = check(make(tmp_path / "b", shown))
    assert (report.result, found(report)) == (Result.TAMPERED, {"DIGEST_MISMATCH": [7]})
    assert (report.findings[0].stream, report.findings[0].version) == ("certificate:CNCA-R-2031-101:0", 2)


def test_a_statement_that_was_edited_no_longer_fits_its_digest_unless_that_was_made_anew(tmp_path: Path) -> None:
    edited = event(3).replace(b"2026-05-01", b"2026-05-02")
    shown = [event(0), event(1), event(2), edited]
    assert found(check(make(tmp_path / "a", shown))) == {"DIGEST_MISMATCH": [3]}
    shown[3] = digested(edited)
    assert check(make(tmp_path / "b", shown)).findings == []
    # Whoever makes it anew still meets the tree.
    truth = [*shown[:3], event(3)]
    assert found(check(make(tmp_path / "c", shown, truth))) == {"ENTRY_EDITED": [3], "ROOT_MISMATCH": [0]}


def test_entries_from_before_there_were_digests_are_sound_and_counted(tmp_path: Path) -> None:
    shown = [DIGEST.sub(b"", event(at)) for at in range(5)]
    assert check(make(tmp_path / "a", shown)).findings == []
    shown += [event(at) for at in range(5, 9)]
    report = check(make(tmp_path / "b", shown))
    assert report.findings == []
    assert [each for each in report.notes if "SM3" in each] == [entries.WITHOUT_DIGEST.format(5)]


def test_where_the_crypto_library_has_no_sm3_the_verifier_says_once_that_digests_were_not_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = make(tmp_path / "b", [event(at) for at in range(9)])

    def missing(*_: bytes) -> bytes:
        raise Sm3Missing("none here")

    monkeypatch.setattr(entries, "sm3", missing)
    report = check(bundle)
    assert (report.result, found(report)) == (Result.INCOMPLETE, {"DIGEST_UNCHECKED": [None]})
