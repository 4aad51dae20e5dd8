import pytest

from api.importer.normalise import code_of, day_of, padded, signers_of, standards_of, text_of


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("９１４４０３００", "91440300"),
        (" 10122q00053r0m ", "10122Q00053R0M"),
        ("97＿01", "97_01"),
        ("CNCA－R－2031－101", "CNCA-R-2031-101"),
        ("\ufeff01\u3000", "01"),
    ],
)
def test_codes_become_upper_case_ascii_without_space(cell: str, code: str) -> None:
    assert code_of(cell) == code


@pytest.mark.parametrize(
    ("code", "full"), [("1", "01"), ("301", "0301"), ("111", "0111"), ("97_01", "97_01"), ("", "")]
)
def test_the_leading_zero_that_spreadsheets_drop_comes_back(code: str, full: str) -> None:
    assert padded(code) == full


@pytest.mark.parametrize(
    "cell",
    ["2024-03-05", "2024/3/5", "2024.03.05", "20240305", "２０２４－０３－０５", "2024年3月5日", "2024-03-05 00:00:00"],
)
def test_a_day_is_read_in_every_usual_spelling(cell: str) -> None:
    assert day_of(cell) == "2024-03-05"


@pytest.mark.parametrize("cell", ["2024-02-30", "2023-02-29", "05-03-2024", "2024-3/5", "soon", "2024-03-05 12:30:00"])
def test_what_is_no_day_of_the_calendar_is_not_guessed(cell: str) -> None:
    assert day_of(cell) is None


def test_texts_become_one_line_of_composed_characters() -> None:
    assert text_of("Cafe\u0301 ") == "Café"
    assert text_of("佛山市\r\n禅城区\u3000一路") == "佛山市 禅城区 一路"
    assert text_of("佛山市禅城区") == "佛山市禅城区"


def test_signers_are_register_numbers_in_any_separation() -> None:
    assert signers_of("S101001；s101002、Ｓ101003 S101001") == ("S101001", "S101002", "S101003")


@pytest.mark.parametrize("cell", ["某某某", "S101001;某某", "ZHANG SAN"])
def test_a_name_is_no_register_number(cell: str) -> None:
    assert signers_of(cell) is None


def test_a_cell_may_name_several_standards() -> None:
    cell = "GB/T 19001-2016/ISO 9001:2015；GB/T 24001-2016\nGB/T 45001-2020"
    assert standards_of(cell) == ("GB/T 19001-2016/ISO 9001:2015", "GB/T 24001-2016", "GB/T 45001-2020")
