import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.codes.reasons import ChangeCode, normalise_change_code, reason, reasons, tables_of

DAY = "2026-06-01"


def texts(scheme_class: str, table: str, code: str) -> tuple[str, str]:
    found = reason(scheme_class, table, code, DAY)
    assert found is not None
    return found.zh, found.en


def test_the_same_digits_differ_per_table_and_scheme() -> None:
    said = {
        texts("ccc", "suspension", "0201"),
        texts("ccc", "withdrawal", "0201"),
        texts("ccc", "cancellation", "0201"),
    }
    assert len(said) == 3
    assert texts("management_system", "suspension", "0116") != texts("management_system", "withdrawal", "0116")
    assert reason("ccc", "suspension", "0116", DAY) is None
    assert reason("management_system", "cancellation", "0201", DAY) is None


def test_replacement_is_told_apart_from_punishment() -> None:
    assert texts("management_system", "withdrawal", "0120") == (
        "因换发新证而撤销旧证书",
        "Replaced by a new certificate",
    )


def test_an_unknown_code_or_table_has_no_reason() -> None:
    assert reason("ccc", "suspension", "0298", DAY) is None
    assert reason("ccc", "nothing", "0201", DAY) is None
    assert reason("nothing", "suspension", "0201", DAY) is None


def test_other_schemes_file_with_the_tables_of_the_two() -> None:
    assert tables_of("automotive") == "management_system"
    assert reason("automotive", "suspension", "0116", DAY) == reason("management_system", "suspension", "0116", DAY)


@pytest.mark.parametrize(
    ("scheme_class", "table", "how_many"),
    [
        ("ccc", "suspension", 9),
        ("ccc", "withdrawal", 10),
        ("ccc", "cancellation", 5),
        ("ccc", "replacement", 5),
        ("management_system", "suspension", 10),
        ("management_system", "withdrawal", 14),
        ("management_system", "cancellation", 0),
    ],
)
def test_tables_are_listed_in_order_with_both_languages(scheme_class: str, table: str, how_many: int) -> None:
    rows = reasons(scheme_class, table, DAY)
    assert len(rows) == how_many
    assert [row.code for row in rows] == sorted(row.code for row in rows)
    assert all(row.zh and row.en.isascii() and row.source for row in rows)


@pytest.mark.parametrize("raw", ["05", "0105", "105", "5", " 05 "])
def test_management_system_change_codes_are_one_code_in_every_spelling(raw: str) -> None:
    assert normalise_change_code("management_system", raw) == ChangeCode("05", "changed")


@pytest.mark.parametrize("raw", ["01", "0101", "101", "1"])
def test_a_change_of_name_is_read_in_every_spelling(raw: str) -> None:
    assert normalise_change_code("management_system", raw) == ChangeCode("01", "changed")


@pytest.mark.parametrize(
    ("scheme_class", "raw", "code", "effect"),
    [
        ("management_system", "97_01", "97_01", "suspended"),
        ("management_system", "97_02", "97_02", "restored"),
        ("management_system", "97_03", "97_03", "withdrawn"),
        ("management_system", "97_05", "97_05", "expired"),
        ("management_system", "0197_01", "97_01", "suspended"),
        ("management_system", "9701", "97_01", "suspended"),
        ("management_system", "97-03", "97_03", "withdrawn"),
        ("management_system", "0110", "10", "corrected"),
        ("management_system", "98", "10", "corrected"),
        ("management_system", "0199", "99", "changed"),
        ("ccc", "08_01", "08_01", "suspended"),
        ("ccc", "08_02", "08_02", "restored"),
        ("ccc", "08_03", "08_03", "withdrawn"),
        ("ccc", "8_04", "08_04", "cancelled"),
        ("ccc", "98", "98", "corrected"),
        ("ccc", "99", "99", "changed"),
        ("ccc", "1", "01", "changed"),
        ("automotive", "97_02", "97_02", "restored"),
    ],
)
def test_status_changes_say_what_happened(scheme_class: str, raw: str, code: str, effect: str) -> None:
    assert normalise_change_code(scheme_class, raw) == (code, effect)


@pytest.mark.parametrize(
    ("scheme_class", "raw"),
    [
        ("management_system", "97_04"),
        ("management_system", "08_01"),
        ("ccc", "97_01"),
        ("ccc", "0101"),
        ("ccc", "08_05"),
        ("ccc", ""),
        ("nothing", "01"),
    ],
)
def test_codes_of_another_table_are_not_taken(scheme_class: str, raw: str) -> None:
    assert normalise_change_code(scheme_class, raw) is None


@given(st.sampled_from(["ccc", "management_system"]), st.text(alphabet="0123456789_- ", max_size=8))
def test_a_normalised_code_is_in_its_table_and_stays_as_it_is(scheme_class: str, raw: str) -> None:
    found = normalise_change_code(scheme_class, raw)
    if found is not None:
        assert reason(scheme_class, "change", found.code, DAY) is not None
        assert normalise_change_code(scheme_class, found.code) == found
