"""Each personal field of a log is valid, withheld, erased or a mismatch; no disclosure is needed for a sound log."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from ledger.evidence.disclosures import Disclosure, commit, decoy, disclose, disclosures_json
from ledger.evidence.entries import event_bytes
from ledger.evidence.report import Report, Result
from ledger.evidence.strict import canonical_json
from tests.unit.evidence.making import check, event, found, make, recorded

NAME = disclose("contact/name", "张伟")
MAIL = disclose("contact/email", "zhang@example.cn")


def holding(index: int, digests: Sequence[str]) -> bytes:
    said = json.loads(event_bytes(event(index)))
    return recorded(canonical_json(said | {"data": said["data"] | {"_sd": list(digests)}}), index)


def erasing(index: int, position: int, *disclosures: Disclosure) -> bytes:
    said = json.loads(event_bytes(event(index)))
    erased = [{"position": position, "path": each.path, "digest": each.digest} for each in disclosures]
    return recorded(canonical_json(said | {"type": "privacy.erased", "data": {"erased": erased}}), index)


def report_of(folder: Path, entries: Sequence[bytes], **disclosed: Sequence[str]) -> Report:
    bundle = make(folder / "bundle", entries)
    (bundle / "disclosures").mkdir()
    for name, texts in disclosed.items():
        (bundle / "disclosures" / name.removeprefix("at_")).write_bytes(disclosures_json(texts))
    return check(bundle)


def states(report: Report) -> list[tuple[int, str]]:
    return [(each["index"], each["state"]) for each in report.field_states]


def test_a_disclosed_field_is_valid_and_one_that_nobody_brings_is_withheld(tmp_path: Path) -> None:
    report = report_of(tmp_path, [event(0), holding(1, commit([NAME, MAIL], decoys=2))], at_1=[NAME.text])
    assert report.result is Result.SOUND
    assert report.fields == {"valid": 1, "withheld": 3}
    assert {each.get("path") for each in report.field_states} == {None, "contact/name"}
    assert "张伟" not in report.as_text() + json.dumps(report.as_json(), ensure_ascii=False)


def test_an_erased_field_is_told_from_a_withheld_one_and_the_log_stays_sound(tmp_path: Path) -> None:
    entries = [holding(0, commit([NAME, MAIL])), event(1), erasing(2, 1, NAME)]
    report = report_of(tmp_path, entries)
    assert report.result is Result.SOUND
    assert report.fields == {"erased": 1, "withheld": 1}


def test_an_erasure_speaks_of_its_own_entry_alone(tmp_path: Path) -> None:
    entries = [holding(0, commit([NAME])), holding(1, commit([NAME])), erasing(2, 2, NAME)]
    assert sorted(states(report_of(tmp_path, entries))) == [(0, "withheld"), (1, "erased")]


def test_what_is_shown_although_it_was_erased_is_named_for_review(tmp_path: Path) -> None:
    report = report_of(tmp_path, [holding(0, commit([NAME])), erasing(1, 1, NAME)], at_0=[NAME.text])
    assert (report.result, report.fields) == (Result.SOUND, {"valid": 1})
    assert found(report) == {"DISCLOSED_THOUGH_ERASED": [0]}


@pytest.mark.parametrize(
    "text",
    [
        disclose("contact/name", "王芳").text,
        NAME.text[:-1],
        NAME.text + "=",
        "",
        "{}",
        "é",
    ],
)
def test_a_disclosure_that_fits_no_digest_is_a_mismatch_and_tampering(tmp_path: Path, text: str) -> None:
    report = report_of(tmp_path, [holding(0, commit([NAME]))], at_0=[text])
    assert report.result is Result.TAMPERED
    assert report.fields == {"mismatch": 1, "withheld": 1}
    assert found(report) == {"DISCLOSURE_MISMATCH": [0]}


def test_a_disclosure_for_an_entry_without_personal_fields_is_a_mismatch(tmp_path: Path) -> None:
    assert found(report_of(tmp_path, [event(0)], at_0=[NAME.text])) == {"DISCLOSURE_MISMATCH": [0]}


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"[", b"[1.5]", b"\xff"])
def test_a_file_of_disclosures_that_is_none_is_named_and_ends_nothing(tmp_path: Path, content: bytes) -> None:
    bundle = make(tmp_path / "bundle", [holding(0, [decoy()])])
    (bundle / "disclosures").mkdir()
    (bundle / "disclosures" / "0").write_bytes(content)
    assert found(check(bundle)) == {"DISCLOSURE_MISMATCH": [0]}


def test_an_edited_digest_is_an_edited_entry(tmp_path: Path) -> None:
    shown = [holding(0, [decoy()]), event(1)]
    report = check(make(tmp_path / "bundle", shown, [holding(0, commit([NAME])), event(1)]))
    assert found(report)["ENTRY_EDITED"] == [0]
