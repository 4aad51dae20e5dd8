import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from ledger.codes.identifiers import (
    CREDIT_CODE_ALPHABET,
    ORGANISATION_CODE_ALPHABET,
    CccNumber,
    ccc_number,
    credit_code_check,
    credit_code_problem,
    is_approval_number,
    is_credit_code,
    is_organisation_code,
    organisation_code_check,
    organisation_key,
)

PUBLISHED = ["91350100M000100Y43", "914403001922038216", "9144030071526726XG"]
credit_heads = st.text(alphabet=CREDIT_CODE_ALPHABET, min_size=17, max_size=17)
numeric_credit_heads = st.builds(
    str.__add__,
    st.text(alphabet="0123456789", min_size=8, max_size=8),
    st.text(alphabet=CREDIT_CODE_ALPHABET, min_size=9, max_size=9),
)


@pytest.mark.parametrize("code", PUBLISHED)
def test_published_credit_codes_are_sound(code: str) -> None:
    assert credit_code_problem(code) is None
    assert credit_code_check(code[:17]) == code[17]


@pytest.mark.parametrize("code", PUBLISHED)
def test_every_single_wrong_character_of_a_credit_code_is_caught(code: str) -> None:
    wrong = [code[:i] + other + code[i + 1 :] for i in range(18) for other in CREDIT_CODE_ALPHABET if other != code[i]]
    assert len(wrong) == 18 * 30
    assert all(credit_code_problem(each) == "check_character" for each in wrong)


@given(credit_heads)
def test_every_swap_of_different_neighbours_is_caught(head: str) -> None:
    code = head + credit_code_check(head)
    for i in range(16):
        if code[i] != code[i + 1]:
            assert not is_credit_code(code[:i] + code[i + 1] + code[i] + code[i + 2 :])


@given(numeric_credit_heads)
def test_check_characters_agree_with_an_independent_implementation(head: str) -> None:
    assert credit_code_check(head) == uscc.calc_check_digit(head)
    assert uscc.is_valid(head + credit_code_check(head))


def test_a_sum_that_31_divides_gives_the_check_character_0() -> None:
    assert credit_code_check("0" * 17) == "0"
    assert is_credit_code("0" * 18)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("", "length"),
        ("91350100M000100Y4", "length"),
        ("91350100M000100Y433", "length"),
        ("91350100I000100Y43", "character"),
        ("91350100m000100y43", "character"),
        ("９1350100M000100Y43", "character"),
        ("91350100M000100Y4Z", "character"),
        ("91350100M000100Y44", "check_character"),
    ],
)
def test_the_problem_of_a_wrong_credit_code_is_named(code: str, problem: str) -> None:
    assert credit_code_problem(code) == problem


@given(st.text(max_size=20))
def test_no_text_makes_the_checks_fail(text: str) -> None:
    assert is_credit_code(text) == uscc_says(text)
    assert is_organisation_code(text) in {True, False}
    assert is_approval_number(text) in {True, False}
    ccc_number(text)


def uscc_says(text: str) -> bool:
    return len(text) == 18 and all(c in CREDIT_CODE_ALPHABET for c in text) and credit_code_check(text[:17]) == text[17]


@pytest.mark.parametrize(("head", "check"), [("19220382", "1"), ("71526726", "X"), ("M000100Y", "4")])
def test_published_organisation_codes_are_sound(head: str, check: str) -> None:
    assert organisation_code_check(head) == check
    assert is_organisation_code(head + check)
    assert [c for c in ORGANISATION_CODE_ALPHABET if is_organisation_code(head + c)] == [check]


@pytest.mark.parametrize("head", ["", "1234567", "123456789", "1234567a", "1234567-"])
def test_a_check_character_is_made_for_eight_proper_characters_only(head: str) -> None:
    with pytest.raises(ValueError, match="first eight"):
        organisation_code_check(head)
    assert not is_organisation_code(head + "0")


def test_a_credit_code_check_is_made_for_17_proper_characters_only() -> None:
    for head in ("", "1" * 16, "1" * 18, "I" * 17, "中" * 17):
        with pytest.raises(ValueError, match="first 17"):
            credit_code_check(head)


def test_both_spellings_name_one_organisation() -> None:
    assert organisation_key("914403001922038216") == organisation_key("192203821") == "192203821"
    assert organisation_key("19220382-1") == "192203821"
    with pytest.raises(ValueError, match="neither"):
        organisation_key("1922038")


@pytest.mark.parametrize("number", ["CNCA-R-2002-001", "CNCA-RF-2006-45", "CNCA-R-2031-101", "CNCA-R-2025-1234"])
def test_approval_numbers_are_known_by_their_shape(number: str) -> None:
    assert is_approval_number(number)


@pytest.mark.parametrize(
    "number",
    ["CNCA-R-1802-001", "CNCA-R-2002-1", "CNCA-R-2002-00111", "cnca-r-2002-001", "CNCA-R-2002-001\n"],
)
def test_other_numbers_are_no_approval_numbers(number: str) -> None:
    assert not is_approval_number(number)


def test_a_ccc_number_says_year_body_class_and_serial() -> None:
    assert ccc_number("2016010901123456") == CccNumber(2016, "01", "0901", "123456")


@pytest.mark.parametrize(
    "number",
    ["201601090112345", "20160109011234567", "1916010901123456", "２016010901123456", "2016010901A23456"],
)
def test_what_is_not_16_digits_of_this_century_is_no_ccc_number(number: str) -> None:
    assert ccc_number(number) is None
