from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.codes.reasons import reason
from ledger.codes.schemes import (
    _data,
    product_class,
    product_classes,
    quality_tools,
    rules,
    scheme_classes,
    scheme_of,
)
from ledger.codes.statuses import Status, Validity
from tests.support.statements import BODY, DETAILS, accept, issued, register_of, statement

CLASSES = ["management_system", "ccc", "automotive", "voluntary_product", "food", "service"]


@pytest.mark.parametrize(
    ("code", "scheme_class"),
    [
        ("A010101", "management_system"),
        ("A010102", "management_system"),
        ("A020102", "management_system"),
        ("A030101", "management_system"),
        ("A011001", "management_system"),
        ("A100101", "management_system"),
        ("A010301", "automotive"),
        ("C0299", "service"),
        ("0901", "ccc"),
        ("1119", "ccc"),
    ],
)
def test_a_code_says_the_scheme_class(code: str, scheme_class: str) -> None:
    assert scheme_of(code) == scheme_class
    assert scheme_class in scheme_classes()


@pytest.mark.requirement("S4-32")
def test_traceability_supply_chain_and_business_continuity_are_tools_with_a_scheme_code_each() -> None:
    tools = {tool.code: tool for tool in quality_tools("2031-01-05")}
    assert set(tools) == {"traceability", "supply_chain", "business_continuity"}
    assert len({tool.project for tool in tools.values()}) == 3
    for tool in tools.values():
        assert scheme_of(tool.project) == "management_system"
        ledger = register_of(BODY)
        approval = {"effective": "2031-01-01", "schemes": [tool.project]}
        accept(ledger, statement("body.approval_changed", f"body:{BODY}", approval, source="CNCA"))
        details = {**DETAILS, "project_code": tool.project, "standards": [tool.en]}
        (receipt,) = accept(ledger, issued(details=details))
        assert receipt.decision == "applied"
        assert ledger.timeline(receipt.stream).tip.details["project_code"] == tool.project


@pytest.mark.parametrize("code", ["", "Z01", "090", "09011"])
def test_a_code_of_no_scheme_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="neither"):
        scheme_of(code)


def test_a_suspension_lasts_as_long_as_scheme_and_reason_allow() -> None:
    day = date(2026, 6, 1)
    assert rules("management_system", day).suspension_limit_days("0113") == 184
    assert rules("ccc", day).suspension_limit_days("0201") == 92
    assert rules("ccc", day).suspension_limit_days("0208") == 366
    assert rules("automotive", day).suspension_limit_days("0116") == 110
    assert rules("service", day).suspension_limit_days("0116") is None
    assert reason("ccc", "suspension", "0208", day) is not None


def test_suspended_is_invalid_except_where_the_scheme_says_otherwise() -> None:
    valid = {name for name in CLASSES if rules(name, "2026-06-01").suspended_is_valid}
    assert valid == {"automotive"}


def test_restoration_after_expiry_is_closed_for_management_systems_from_2026() -> None:
    assert rules("management_system", "2025-12-31").restore_after_expiry_months == 6
    assert rules("management_system", "2026-01-01").restore_after_expiry_months == 0
    assert rules("ccc", "2025-12-31").restore_after_expiry_months == 0


def test_validity_and_surveillance_are_limited_by_scheme() -> None:
    for name, years in (("management_system", 3), ("automotive", 3), ("ccc", 5)):
        found = rules(name, "2026-06-01")
        assert (found.validity_years_max, found.surveillance_gap_months) == (years, 12)


def test_what_is_not_confirmed_says_so() -> None:
    found = rules("ccc", "2026-06-01")
    assert not found.is_confirmed("suspension_limit_days")
    assert found.is_confirmed("suspended_is_valid")
    assert {(s.reason, s.confirmed) for s in found.sources if s.rule == "suspension_limit_days"} == {
        ("", False),
        ("0208", True),
    }


def test_an_unknown_scheme_class_has_no_rules() -> None:
    with pytest.raises(ValueError, match="scheme class"):
        rules("nothing", "2026-06-01")


@given(st.sampled_from(CLASSES), st.dates(min_value=date(2002, 1, 1), max_value=date(2050, 1, 1)))
def test_every_scheme_has_exactly_one_rule_of_each_kind_on_every_day(name: str, day: date) -> None:
    found = rules(name, day)
    keys = [(source.rule, source.reason) for source in found.sources]
    assert len(keys) == len(set(keys))
    assert found is rules(name, day.isoformat())


def test_every_rule_and_class_names_a_known_source() -> None:
    sources = _data()["sources"]
    rows = [*_data()["rules"], *_data()["projects"], *_data()["ccc_classes"], *_data()["quality_tools"]]
    assert {row["source"] for row in rows} <= set(sources)


@pytest.mark.parametrize("code", ["0901", "0702", "1802", "2202", "1104", "1119"])
def test_reported_product_classes_are_known(code: str) -> None:
    found = product_class(code, "2024-01-01")
    assert found is not None
    assert found in product_classes("2024-01-01")


def test_a_product_class_is_known_from_the_day_it_was_made_compulsory() -> None:
    assert product_class("2202", "2007-05-31") is None
    assert product_class("2202", "2007-06-01") is not None
    assert product_class("9999", "2024-01-01") is None


def test_a_status_is_a_word_a_code_and_two_labels() -> None:
    assert [status.value for status in Status] == [
        "not_issued",
        "refused",
        "valid",
        "suspended",
        "withdrawn",
        "cancelled",
        "expired",
    ]
    assert Status("withdrawn") is Status.WITHDRAWN
    assert (Status.WITHDRAWN.zh, Status.CANCELLED.zh, Status.EXPIRED.zh) == ("撤销", "注销", "过期失效")
    assert [status.code for status in Status] == ["00", "00", "01", "02", "03", "04", "05"]
    assert (Validity.INVALID.zh, Validity.VALID.en) == ("无效", "Valid")


def test_filed_status_codes_are_01_to_05() -> None:
    assert [Status.from_code(f"0{digit}").value for digit in range(1, 6)] == [
        "valid",
        "suspended",
        "withdrawn",
        "cancelled",
        "expired",
    ]
    for code in ("00", "09", "1", ""):
        with pytest.raises(ValueError, match="status"):
            Status.from_code(code)


def test_final_statuses_end_a_certificate() -> None:
    assert {status for status in Status if status.is_final} == {
        Status.REFUSED,
        Status.WITHDRAWN,
        Status.CANCELLED,
        Status.EXPIRED,
    }
