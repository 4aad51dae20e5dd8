from pathlib import Path

from api.importer.ahead import batches_ahead
from api.importer.files import files_of
from tests.support.make_reports import make_reports


def test_a_process_reads_the_same_batches_as_a_thread(tmp_path: Path) -> None:
    make_reports(tmp_path / "r", organisations=20, months=3, seed=4, faults=0.05)
    files = files_of(tmp_path / "r")
    read = []
    for large_bytes in (0, files.size + 1):
        with batches_ahead(files, 50, large_bytes=large_bytes) as batches:
            read.append(list(batches))
    from_process, from_thread = read
    assert from_process == from_thread
    assert any(batch.findings for batch in from_thread)


def test_a_reading_process_ends_when_nobody_wants_more(tmp_path: Path) -> None:
    make_reports(tmp_path / "r", organisations=20, months=3, seed=4, faults=0.0)
    with batches_ahead(files_of(tmp_path / "r"), 10, large_bytes=0) as batches:
        assert next(batches).pending
