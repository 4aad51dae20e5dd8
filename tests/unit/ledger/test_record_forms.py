"""Record forms are versioned data: five mandatory sections, three checks, each day its version."""

from copy import deepcopy
from typing import Any

import pytest

from ledger.inspections import forms
from ledger.inspections.codes import codes
from ledger.service import Ledger
from tests.support.inspecting import CHECKS, SECTIONS, daily_patrol, filed, found, performed, recorded
from tests.support.statements import accept, corrected, refusal, register_of


@pytest.fixture
def ledger() -> Ledger:
    ledger = register_of()
    accept(ledger, performed())
    return ledger


@pytest.mark.requirement("S1-26")
@pytest.mark.parametrize("section", SECTIONS)
def test_a_patrol_record_without_one_of_the_five_sections_is_refused(ledger: Ledger, section: str) -> None:
    refused = refusal(ledger, recorded(content=daily_patrol(**{section: None})))
    assert refused.code == "record_section_missing"
    assert refused.pointer == f"/data/parts/0/content/{section}"
    without_result = refusal(ledger, recorded(content=daily_patrol(**{section: {"remark": "已看"}})))
    assert without_result.code == "record_member_missing"
    accept(ledger, recorded(content=daily_patrol(**{section: {"result": "not_applicable"}})))


@pytest.mark.requirement("S1-31")
def test_the_behaviours_to_be_handled_are_three_checks_that_every_patrol_answers(ledger: Ledger) -> None:
    definition = forms.definitions()["ccc_daily_patrol", 1]
    behaviours = [each["violation"] for each in definition["sections"] if "violation" in each]
    assert behaviours == list(CHECKS)
    assert set(behaviours) < set(codes("violations"))
    for check in CHECKS:
        assert refusal(ledger, recorded(content=daily_patrol(**{check: None}))).code == "record_section_missing"
        wrong = refusal(ledger, recorded(content=daily_patrol(**{check: {"answer": "perhaps"}})))
        assert (wrong.code, wrong.pointer) == ("record_member_wrong", f"/data/parts/0/content/{check}/answer")


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_answered_yes_cites_a_finding(ledger: Ledger, check: str) -> None:
    assert refusal(ledger, recorded(content=daily_patrol(**{check: {"answer": "yes"}}))).code == "record_needs_finding"
    accept(ledger, recorded(content=daily_patrol(**{check: {"answer": "yes", "findings": ["F1"]}})))


@pytest.mark.requirement("S1-50")
@pytest.mark.parametrize(
    ("product", "needs"),
    [
        ({"certificate": "certificate:CNCA-R-2031-101:1", "mark_affixed": "yes"}, False),
        ({"certificate": "certificate:CNCA-R-2031-101:1", "mark_affixed": "no"}, True),
        ({"certificate": "certificate:CNCA-R-2031-101:1"}, True),
        ({"mark_affixed": "yes"}, True),
        ({}, True),
    ],
)
def test_what_left_the_factory_without_certificate_or_mark_has_a_finding(
    ledger: Ledger, product: dict[str, Any], needs: bool
) -> None:
    gone = {"name": "微型计算机", "left_factory": "yes", **product}
    submission = recorded(content=daily_patrol(products={"checked": [gone]}))
    if needs:
        assert refusal(ledger, submission).code == "record_needs_finding"
        gone["findings"] = ["F1"]
        accept(ledger, recorded(content=daily_patrol(products={"checked": [gone]})), found("F1"), filed())
    else:
        accept(ledger, submission)


@pytest.mark.requirement("S1-27")
def test_a_routine_patrol_of_a_producer_takes_the_daily_form_and_keeps_its_version(ledger: Ledger) -> None:
    other = recorded(form="general_record", content={"result": {"result": "conforming"}})
    refused = refusal(ledger, other)
    assert (refused.code, dict(refused.params)["form"]) == ("record_form_missing", "ccc_daily_patrol")
    accept(ledger, recorded())
    assert ledger.timeline("inspection:i-1").tip.forms == (("ccc_daily_patrol", 1),)


@pytest.fixture
def second_version(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A second version of the form from 2032 on, which asks for one section more."""
    known = dict(forms.definitions())
    first = {**known["ccc_daily_patrol", 1], "valid_to": "2032-01-01"}
    second = deepcopy(first) | {"version": 2, "valid_from": "2032-01-01", "valid_to": ""}
    second["sections"].append({**second["sections"][0], "code": "online_sale", "zh": "网上销售", "en": "Online sale"})
    known |= {("ccc_daily_patrol", 1): first, ("ccc_daily_patrol", 2): second}
    monkeypatch.setattr(forms, "definitions", lambda: known)
    return known


@pytest.mark.requirement("S1-27")
def test_a_record_is_judged_by_the_version_of_its_day_and_the_old_one_stays_readable(
    ledger: Ledger, second_version: dict[str, Any]
) -> None:
    new = daily_patrol(online_sale={"result": "conforming"})
    assert refusal(ledger, recorded(version=2, content=new)).code == "record_form_not_in_force"
    late = refusal(ledger, recorded(day="2032-02-01"))
    assert (late.code, dict(late.params)["version"]) == ("record_form_not_in_force", "2")
    assert refusal(ledger, recorded(day="2032-02-01", version=2)).code == "record_section_missing"
    old = recorded()
    accept(ledger, old)
    accept(ledger, performed("inspection:i-2"), recorded("inspection:i-2", "2032-02-01", version=2, content=new))
    kept = [ledger.timeline(f"inspection:i-{number}").tip.forms for number in (1, 2)]
    assert kept == [(("ccc_daily_patrol", 1),), (("ccc_daily_patrol", 2),)]
    assert forms.definitions()["ccc_daily_patrol", 1]["sections"][0]["code"] == "incoming_goods"
    moved = {**old.data, "effective": "2032-03-01"}
    assert refusal(ledger, corrected(old, moved)).code == "record_form_not_in_force"


def test_what_was_recorded_by_the_rules_of_its_day_stands_when_the_table_changes(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept(ledger, recorded())
    known = {("ccc_daily_patrol", 1): {**forms.definitions()["ccc_daily_patrol", 1], "valid_to": "2020-01-01"}}
    monkeypatch.setattr(forms, "definitions", lambda: known)
    accept(ledger, filed())
    assert ledger.timeline("inspection:i-1").tip.filed


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (daily_patrol(gossip={"text": "x"}), "record_member_unknown"),
        (daily_patrol(production={"result": "conforming", "mood": "good"}), "record_member_unknown"),
        (daily_patrol(production="conforming"), "record_member_wrong"),
        (daily_patrol(production={"result": "conforming", "remark": "x" * 4_001}), "record_member_wrong"),
        (daily_patrol(feedback={"problems": []}), "record_member_wrong"),
        (daily_patrol(feedback={"problems": ["x"] * 201}), "record_member_wrong"),
        (daily_patrol(products={"checked": [{"name": "a", "produced_on": "2031-02-30"}]}), "record_member_wrong"),
        (daily_patrol(products={"checked": {"name": "a"}}), "record_member_wrong"),
        (daily_patrol(products={"checked": [{}]}), "record_member_missing"),
        (daily_patrol(products={"checked": ["a"]}), "record_member_wrong"),
        ({}, "record_section_missing"),
    ],
)
def test_a_form_takes_what_its_definition_has_and_nothing_else(
    ledger: Ledger, content: dict[str, Any], code: str
) -> None:
    assert refusal(ledger, recorded(content=content)).code == code


def test_particulars_name_at_least_two_inspectors() -> None:
    content = {
        "visit": {"site": "一号车间", "inspectors": ["440604-001"]},
        "conclusion": {"text": "未见异常", "representative": "confirmed", "next": "none"},
    }
    fault = forms.fault_of("patrol_particulars", 1, content)
    assert fault is not None
    assert fault.pointer == "/visit/inspectors"
    content["visit"]["inspectors"] = ["440604-001", "440604-002"]  # type: ignore[index]  # a literal of this test
    assert forms.fault_of("patrol_particulars", 1, content) is None


@pytest.mark.requirement("S2-57")
@pytest.mark.parametrize(
    "item", ["consistency", "mark_and_certificate_use", "body_law", "body_basic_norms", "body_rules"]
)
def test_the_checklist_after_certification_is_complete_with_its_five_items(item: str) -> None:
    ledger = register_of()
    accept(ledger, performed(mode="post_certification_check"))
    items = {
        each["code"]: {"result": "conforming"}
        for each in forms.definitions()["post_certification_checklist", 1]["sections"]
    }
    assert len(items) == 5
    short = {name: each for name, each in items.items() if name != item}
    assert refusal(ledger, recorded(form="post_certification_checklist", content=short)).code == (
        "record_section_missing"
    )
    accept(ledger, recorded(form="post_certification_checklist", content=items))


@pytest.mark.requirement("S2-56")
def test_a_mismatch_after_certification_has_a_finding(ledger: Ledger) -> None:
    accept(ledger, performed("inspection:i-2", mode="post_certification_check"))
    names = [each["code"] for each in forms.definitions()["post_certification_checklist", 1]["sections"]]
    items: dict[str, Any] = {name: {"result": "conforming"} for name in names}
    items["consistency"] = {"result": "nonconforming"}
    kept = {"form": "post_certification_checklist", "content": items}
    assert refusal(ledger, recorded("inspection:i-2", **kept)).code == "record_needs_finding"
    items["consistency"] = {"result": "nonconforming", "findings": ["F1"]}
    accept(ledger, recorded("inspection:i-2", **kept))
    accept(ledger, found("F1", stream="inspection:i-2", violation="certificate_mismatch"), filed("inspection:i-2"))


def test_every_definition_says_what_its_sources_state_and_what_was_added() -> None:
    for (form, version), each in forms.definitions().items():
        assert each["note"]["zh"], form
        assert version >= 1
        for section in each["sections"]:
            assert section["origin"] in {"stated", "implied", "design"}
            assert all(field["origin"] in {"stated", "design"} for field in section["fields"])
            assert section["zh"], section
            assert section["en"], section
