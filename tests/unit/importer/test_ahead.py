from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from api.importer.ahead import batches_ahead, parted
from api.importer.batches import Batch
from api.importer.files import Files, files_of
from tests.support.make_reports import make_reports


@pytest.fixture
def files(tmp_path: Path) -> Files:
    make_reports(tmp_path / "r", organisations=20, months=3, seed=4, faults=0.05)
    return files_of(tmp_path / "r")


def read(files: Files, large_bytes: int) -> tuple[list[Any], list[Any], list[Any], list[int]]:
    """Return what was submitted, found and counted, and how far the files were read."""
    with batches_ahead(files, 50, large_bytes=large_bytes) as given:
        batches: Sequence[Batch] = list(given)
    return (
        [pending for batch in batches for pending in batch.pending],
        [finding for batch in batches for finding in batch.findings],
        sorted(
            (group, sum(batch.rows.get(group, 0) for batch in batches)) for batch in batches for group in batch.rows
        ),
        [batch.bytes_done for batch in batches],
    )


def test_a_thread_and_then_a_process_read_the_same_as_a_thread_alone(files: Files) -> None:
    alone = read(files, files.size + 1)
    assert alone[1], "nothing was found"
    for large_bytes in (0, files.size // 2):
        pending, findings, counted, done = read(files, large_bytes)
        assert (pending, findings, dict(counted)) == (*alone[:2], dict(alone[2]))
        assert done == sorted(done)
        assert done[-1] == files.size == alone[3][-1]


def test_every_report_is_read_once_by_one_of_them(files: Files) -> None:
    for size in (0, files.reports[0].size, files.size // 2, files.size):
        first, others = parted(files, size)
        assert (*first.reports, *others.reports) == files.reports
        assert first.size <= size
        assert (first.register, others.register) == (files.register, None)


def test_a_reading_process_ends_when_nobody_wants_more(files: Files) -> None:
    with batches_ahead(files, 10, large_bytes=0) as batches:
        assert next(batches).pending
