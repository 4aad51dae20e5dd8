import pytest

from ledger.codes.lists import codes, country_alpha, label, list_names, source

SIZES = {
    "accreditation_mark": 7,
    "audit_role": 3,
    "audit_type": 12,
    "ccc_finding_class": 11,
    "check_result": 4,
    "country": 249,
    "currency": 5,
    "finding_grade": 3,
    "identity_document": 8,
    "organisation_type": 27,
    "qualification": 5,
    "risk_level": 3,
}


def test_the_lists_are_complete() -> None:
    assert {name: len(codes(name)) for name in list_names()} == SIZES


@pytest.mark.parametrize("name", sorted(SIZES))
def test_every_code_reads_in_both_languages_and_names_its_source(name: str) -> None:
    assert source(name)
    assert all(each.zh and each.en for each in codes(name).values())


def test_countries_are_known_by_number() -> None:
    assert label("country", "156", "2026-01-01") == ("中国", "China")
    assert [country_alpha(code) for code in ("156", "344", "446", "158", "000")] == [
        "CN",
        "HK",
        "MO",
        "TW",
        None,
    ]


def test_an_unknown_code_has_no_label_and_an_unknown_list_is_an_error() -> None:
    assert label("risk_level", "04") is None
    with pytest.raises(KeyError):
        label("nothing", "01")
