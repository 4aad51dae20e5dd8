"""The scripted year is taken in whole, in the order of its files, and a second time changes nothing."""

import pytest

from infra.demo.year import load, scripts
from infra.open_ledger import open_memory_ledger


def test_every_statement_of_the_year_is_taken_and_again_changes_nothing() -> None:
    ledger = open_memory_ledger()
    told: list[tuple[str, int, int]] = []
    first = load(ledger, lambda *each: told.append(each))
    lines = sum(len(each) for _, each in scripts())
    assert first.refused == ()
    assert (first.recorded, first.duplicate, first.held) == (lines, 0, 0)
    assert told[-1][1:] == (lines, lines)
    head = ledger.event_log.head()
    again = load(ledger)
    assert (again.recorded, again.duplicate, again.refused) == (0, lines, ())
    assert ledger.event_log.head() == head


def test_the_files_are_taken_by_name_and_each_names_who_speaks() -> None:
    names = [name for name, _ in scripts()]
    assert names == sorted(names)
    assert names[0] == "01-org.jsonl"


def test_what_is_refused_is_told_by_file_and_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.demo.year.scripts", lambda: iter([("99-wrong.jsonl", [b"{}"])]))
    assert load(open_memory_ledger()).refused == (("99-wrong.jsonl", 1, "not_a_cloudevent"),)
