from pathlib import Path

import pytest

from api.audit.export import Wanted, export
from ledger.evidence.entries import place_of
from ledger.evidence.notes import parse_checkpoint, parse_note
from ledger.evidence.reader import BundleReader
from ledger.evidence.report import Result
from ledger.evidence.sources import open_source
from ledger.evidence.strict import EvidenceError
from tests.integration.audit.conftest import OLD, PARTIES, SUBJECT, Log, check, found
from tests.support.notarised import as_administrator
from tests.support.statements import HOLDER


def take(log: Log, target: Path, **wanted: object) -> Path:
    with log.reader() as reader:
        export(reader, target, Wanted(**wanted), lambda _done, _of: None)
    return target


def size_of(log: Log) -> int:
    return parse_checkpoint(parse_note(log.notes[-1]).text).size


@pytest.mark.parametrize("name", ["b", "b.tar"])
def test_the_whole_log_verifies_with_its_older_checkpoints_in_it(log: Log, tmp_path: Path, name: str) -> None:
    report = check(take(log, tmp_path / name), since=log.notes[0])
    assert (report.result, report.scope, report.entries) == (Result.SOUND, "whole", size_of(log))
    assert f"checkpoints/{OLD}" in open_source(tmp_path / name).names
    report = check(take(log, tmp_path / "older", checkpoint=OLD))
    assert (report.result, report.entries) == (Result.SOUND, OLD)


def test_an_edited_a_removed_and_a_moved_row_are_named_by_index_and_stream(log: Log, tmp_path: Path) -> None:
    with as_administrator(log.url) as administrator:
        administrator.execute(
            "UPDATE ledger_events SET state = convert_to(replace(convert_from(state, 'UTF8'), 'R0M', 'R1M'), 'UTF8')"
            " WHERE notification_id = 101"
        )
        administrator.execute("DELETE FROM ledger_events WHERE notification_id = 351")
        administrator.execute(
            "UPDATE ledger_events one SET state = other.state FROM ledger_events other"
            " WHERE one.notification_id IN (401, 402) AND other.notification_id = 803 - one.notification_id"
        )
    report = check(take(log, tmp_path / "b"))
    assert report.result == Result.TAMPERED
    codes = found(report)
    assert codes["ENTRY_EDITED"] == [100]
    assert 350 in codes["ENTRY_MISSING"]
    assert codes["ENTRY_MOVED"] == [400, 401]
    named = next(each for each in report.findings if each.code == "ENTRY_EDITED")
    assert named.stream is not None


def test_a_range_holds_what_was_asked_for_and_verifies_without_the_rest(log: Log, tmp_path: Path) -> None:
    path = take(log, tmp_path / "b", first=300, last=310, since=log.notes[0])
    assert {each for each in open_source(path).names if "entries" in each} == {"tile/entries/001"}
    report = check(path, since=log.notes[0])
    assert (report.result, report.scope, report.entries) == (Result.SOUND, "range", 256)
    assert check(take(log, tmp_path / "last", first=size_of(log), last=size_of(log) + 9)).result == Result.SOUND
    with as_administrator(log.url) as administrator:
        administrator.execute(
            "UPDATE ledger_events SET state = state || '\\x20' WHERE notification_id IN (5, 305, 600)"
        )
        administrator.execute("DELETE FROM ledger_events WHERE notification_id = 307")
    report = check(take(log, tmp_path / "c", first=300, last=310))
    assert report.result == Result.TAMPERED
    assert (found(report)["ENTRY_EDITED"], found(report)["ENTRY_MISSING"]) == ([304], [306])


def test_a_range_without_a_proof_from_the_trusted_checkpoint_is_incomplete(log: Log, tmp_path: Path) -> None:
    report = check(take(log, tmp_path / "b", first=300, last=310), since=log.notes[0])
    assert (report.result, found(report).keys()) == (Result.INCOMPLETE, {"CONSISTENCY_UNCHECKED"})


def test_a_subject_comes_with_what_it_rests_on_and_with_nothing_else(log: Log, tmp_path: Path) -> None:
    path = take(log, tmp_path / "b", subject=SUBJECT, since=log.notes[0])
    report = check(path, since=log.notes[0])
    assert (report.result, report.scope) == (Result.SOUND, "subject")
    source = open_source(path)
    entries = [source.read(name, 65_535) for name in source.names if name.startswith("entry/")]
    streams = {place_of(raw)["stream"] for raw in entries}
    assert streams == {SUBJECT, *PARTIES}
    assert HOLDER["code"] not in streams
    assert not any(name.startswith("tile/") for name in source.names)


def test_an_edited_entry_and_a_missing_version_of_a_subject_are_named(log: Log, tmp_path: Path) -> None:
    with as_administrator(log.url) as administrator:
        place = "SELECT notification_id FROM ledger_events WHERE originator_id = %s AND originator_version = %s"
        edited = administrator.execute(place, (SUBJECT, 2)).fetchone()
        gone = administrator.execute(place, (PARTIES[0], 1)).fetchone()
        assert edited
        assert gone
        administrator.execute(
            "UPDATE ledger_events SET state = convert_to(replace(convert_from(state, 'UTF8'), '0111', '0115'), 'UTF8')"
            " WHERE notification_id = %s",
            edited,
        )
        administrator.execute("DELETE FROM ledger_events WHERE notification_id = %s", gone)
    report = check(take(log, tmp_path / "b", subject=SUBJECT))
    assert report.result == Result.TAMPERED
    assert found(report)["ENTRY_NOT_PROVED"] == [edited[0] - 1]
    gaps = [(each.stream, each.version) for each in report.findings if each.code == "STREAM_VERSION_GAP"]
    assert gaps == [(PARTIES[0], 2)]


def test_a_bundle_of_one_subject_can_be_taken_out_of_a_bundle_of_all(log: Log, tmp_path: Path) -> None:
    whole = take(log, tmp_path / "whole.tar")
    with BundleReader(open_source(whole)) as mirror:
        export(mirror, tmp_path / "one", Wanted(subject=SUBJECT), lambda _done, _of: None)
        export(mirror, tmp_path / "range", Wanted(first=1, last=5), lambda _done, _of: None)
        with pytest.raises(EvidenceError):
            export(mirror, tmp_path / "none", Wanted(subject="certificate:X:Y"), lambda _done, _of: None)
    assert (check(tmp_path / "one").result, check(tmp_path / "range").result) == (Result.SOUND, Result.SOUND)
    direct = take(log, tmp_path / "direct", subject=SUBJECT)
    assert open_source(direct).names == open_source(tmp_path / "one").names
    assert sorted(each.name for each in tmp_path.iterdir()) == ["direct", "one", "range", "whole.tar"]


def test_what_a_killed_export_left_behind_does_not_stand_in_the_way_and_nothing_is_overwritten(
    log: Log, tmp_path: Path
) -> None:
    (tmp_path / "b.unfinished").mkdir()
    (tmp_path / "b.unfinished/manifest.json").write_text("{}")
    take(log, tmp_path / "b", first=1, last=2)
    assert [each.name for each in tmp_path.iterdir()] == ["b"]
    with pytest.raises(EvidenceError):
        take(log, tmp_path / "b", first=1, last=2)
    for wrong in ({"first": 5_000, "last": 5_001}, {"checkpoint": 7}, {"subject": "body:nobody"}):
        with pytest.raises(EvidenceError):
            take(log, tmp_path / "c", **wrong)
    assert [each.name for each in tmp_path.iterdir()] == ["b"]
