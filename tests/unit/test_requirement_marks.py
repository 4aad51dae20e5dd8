"""A mark that names a requirement names one that exists, and the generated catalogue knows every event type."""

from ledger.families import EVENT_TYPES
from tests.tools import events_doc
from tests.tools.requirements_doc import Shown, marked_tests, page, rows, unknown


def test_every_mark_names_a_row() -> None:
    assert unknown(list(marked_tests())) == []


def test_a_mark_that_names_no_row_is_found_and_a_known_one_is_listed() -> None:
    assert unknown([Shown("tests/x.py", "test_x", ("S9-99", "S4-115"))]) == ["tests/x.py::test_x: S9-99"]
    assert "| S4-115 |" in page([Shown("tests/x.py", "test_x", ("S4-115",))]).split("## 尚无测试")[0]


def test_the_copy_of_the_rows_holds_nothing_but_requirements() -> None:
    copy = rows()
    assert len({row["id"] for row in copy}) == len(copy) > 500
    assert {tuple(row) for row in copy} == {("id", "quote", "name", "tier", "capabilities")}
    assert not any("@" in row["quote"] + row["name"] for row in copy)


def test_the_catalogue_of_events_describes_every_type() -> None:
    text = events_doc.page()
    assert all(f"### {name}\n" in text for name in EVENT_TYPES)
