"""Laboratories and bodies inspected as such, and which version of a list or catalogue was in force, over HTTP."""

from typing import Any

import pytest

from ledger.envelope import Submission
from tests.integration.http.conftest import Running
from tests.integration.http.test_archives_and_traces import street, told
from tests.support.access import FAR_ABOVE, LAB, OWN
from tests.support.inspecting import found, performed, planned
from tests.support.statements import BODY, LAW, approved, statement
from tests.support.supervised import COUNTY

INSPECTED = "inspection:lab-1"
CASE = f"case:{OWN}:2031-9"


def listing(said: str, day: str, by: str, name: str = "key", **data: Any) -> Submission:
    """A statement about a list or catalogue."""
    identity = f"{said} {day} {sorted(data.items())}"
    return statement(
        f"keylist.{said}", f"keylist:{by}:{name}", {"effective": day, **data}, source=by, identity=identity
    )


def penalised(target: str, kind: str) -> list[Submission]:
    """A case against a party that was inspected as such, and its penalty."""
    opened = {
        "effective": "2031-02-15",
        "target": target,
        "target_kind": kind,
        "region": COUNTY,
        "lead": "patrol",
        "violation": "出具虚假检验检测报告",
        "inspections": [INSPECTED],
    }
    decided = {
        "effective": "2031-03-01",
        "document_number": "市监处〔2031〕9号",
        "penalties": ["fine"],
        "description": "罚款",
        "legal_basis": LAW,
    }
    return [
        statement("case.opened", CASE, opened, source=OWN, identity="opened"),
        statement("case.penalty_decided", CASE, decided, source=OWN, identity="decided"),
    ]


@pytest.mark.requirement("S3-69")
@pytest.mark.parametrize(
    ("target", "party", "kind"),
    [(LAB, LAB, "testing_body"), (f"body:{BODY}", BODY, "body")],
    ids=["laboratory", "body"],
)
def test_a_laboratory_or_a_body_is_inspected_as_such_and_what_was_found_is_punished(
    whole: Running, target: str, party: str, kind: str
) -> None:
    plan = planned(INSPECTED, organisation=None, certificates=None, target=target)
    visit = performed(INSPECTED, organisation=None, certificates=None, target=target, result="nonconforming")
    at = whole.accept(*approved(), plan, visit, found("F1", stream=INSPECTED), *penalised(target, kind))
    for reader in (OWN, party):
        shown = told(whole, "/v1/inspections/lab-1", at, reader)
        assert (shown["subject"], shown["status"]["code"]) == (target, "performed")
        assert [each["finding"] for each in shown["findings"]] == ["F1"]
    case = told(whole, f"/v1/cases/{OWN}/2031-9", at, OWN)
    assert (case["phase"], case["facts"][0]["data"]["target"]) == ("decided", target)
    assert told(whole, f"/v1/trail/{target}", at, OWN)["events"]


@pytest.mark.requirement("S1-23")
def test_a_plan_holds_the_version_of_the_provinces_catalogue_that_was_in_force_when_it_was_made(whole: Running) -> None:
    def in_force(day: str, seen: int) -> list[str]:
        found = told(whole, f"/v1/patrol-plan/{COUNTY}", seen, as_of=day)["catalogues"]
        return [each["version"] for each in found if each["owner"] == FAR_ABOVE]

    at = whole.accept(
        *approved(),
        listing("issued", "2031-01-15", FAR_ABOVE, version="2031-1", document_number="粤市监重〔2031〕1号"),
    )
    (version,) = in_force("2031-02-01", at)
    at = whole.accept(planned(day="2031-02-01", catalogue=version))
    at = whole.accept(
        listing("issued", "2031-02-20", FAR_ABOVE, version="2031-2", document_number="粤市监重〔2031〕2号"),
        performed(day="2031-03-01"),
    )
    assert in_force("2031-03-01", at) == ["2031-2"]
    shown = told(whole, "/v1/inspections/i-1", at)
    assert (shown["planned"], shown["catalogue"]) == ("2031-02-01", "2031-1")
    assert in_force(shown["planned"], at) == [shown["catalogue"]], "as it can be verified at any time after"


@pytest.mark.requirement("S4-62")
def test_the_catalogue_of_any_day_is_answered_with_the_risk_and_maturity_of_that_day(whole: Running) -> None:
    def entry(kind: str, day: str, product: str, **rated: str) -> Submission:
        said = {"kind": "product", "entry": product, "basis": "认证目录动态调整", **rated}
        return listing(kind, day, "CNCA", "certification", **said)

    at = whole.accept(
        *street(),
        entry("entry_added", "2031-01-01", "0901", risk_level="high", maturity="growing"),
        entry("entry_added", "2031-02-01", "1802", risk_level="low", maturity="mature"),
        entry("entry_removed", "2031-03-01", "0901"),
        entry("entry_added", "2031-03-01", "0901", risk_level="medium", maturity="mature"),
        entry("entry_removed", "2031-03-20", "1802"),
    )

    def catalogue(day: str) -> list[tuple[str, str, str]]:
        found = told(whole, "/v1/key-lists", at, owner="CNCA", as_of=day)["entries"]
        return [(each["entry"], each["risk_level"], each["maturity"]) for each in found]

    assert catalogue("2030-12-31") == []
    assert catalogue("2031-01-31") == [("0901", "high", "growing")]
    assert catalogue("2031-02-28") == [("0901", "high", "growing"), ("1802", "low", "mature")]
    assert catalogue("2031-03-01") == [("0901", "medium", "mature"), ("1802", "low", "mature")]
    assert catalogue("2031-03-20") == [("0901", "medium", "mature")]
    patrols = told(whole, f"/v1/patrol-plan/{COUNTY}", at, as_of="2031-03-10")["patrols"]
    assert [each["product_kinds"] for each in patrols] == [["0901"]]
    assert "key_list" not in {each["kind"] for each in patrols[0]["reasons"]}, "it is not patrolled more often for this"
