"""An emergency plan is activated by the version in force on the day, and by no other."""

from collections.abc import Iterator

import pytest

from ledger.service import Ledger
from tests.support.mechanisms import PLAN, ill_formed, plan
from tests.support.statements import accept, corrected, refusal, register_of
from tests.support.supervising import COUNTY


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = register_of()
    accept(
        ledger,
        plan("plan_issued", "2031-01-01", until="2031-12-31"),
        plan("plan_issued", "2031-06-01", version="v2", until="2032-05-31"),
        plan("plan_repealed", "2031-09-01", version="v2"),
        plan("plan_issued", "2031-10-01", version="v3", until="2031-10-31"),
    )
    yield ledger
    ledger.close()


@pytest.mark.requirement("S0-57")
@pytest.mark.parametrize(
    ("day", "version", "in_force"),
    [
        ("2030-12-31", "v1", "—"),
        ("2031-01-01", "v1", "v1"),
        ("2031-05-31", "v1", "v1"),
        ("2031-05-31", "v2", "v1"),
        ("2031-06-01", "v1", "v2"),
        ("2031-06-01", "v2", "v2"),
        ("2031-08-31", "v2", "v2"),
        ("2031-09-01", "v2", "—"),
        ("2031-10-31", "v3", "v3"),
        ("2031-11-01", "v3", "—"),
        ("2031-07-01", "v9", "v2"),
    ],
)
def test_an_activation_names_the_version_in_force_on_its_day_or_is_refused(
    day: str, version: str, in_force: str, ledger: Ledger
) -> None:
    activated = plan("activated", day, version=version)
    if version == in_force:
        assert accept(ledger, activated)[0].decision == "applied"
        assert ledger.timeline(PLAN).tip.active == {"A1"}
        return
    found = refusal(ledger, activated)
    assert (found.code, found.pointer) == ("plan_version_not_in_force", "/data/version")
    assert dict(found.params) == {"version": version, "in_force": in_force, "day": day}


@pytest.mark.requirement("S0-57")
def test_no_correction_leaves_an_activation_without_a_version_in_force(ledger: Ledger) -> None:
    issued = plan("plan_issued", "2032-01-01", version="v4")
    accept(ledger, issued, plan("activated", "2032-01-05", version="v4"))
    moved = corrected(issued, {**issued.data, "effective": "2032-01-06"})
    assert refusal(ledger, moved).code == "contradicts_later_fact"
    assert refusal(ledger, plan("plan_issued", "2032-01-03", version="v5")).code == "contradicts_later_fact"


def test_a_response_ends_once_and_its_code_is_not_used_again(ledger: Ledger) -> None:
    accept(ledger, plan("activated", "2031-02-01"), plan("ended", "2031-02-10"))
    assert ledger.timeline(PLAN).tip.active == frozenset()
    assert refusal(ledger, plan("ended", "2031-02-11")).code == "activation_not_active"
    assert refusal(ledger, plan("activated", "2031-02-11")).code == "activation_taken"
    assert refusal(ledger, plan("plan_issued", "2031-12-01", version="v1")).code == "plan_version_taken"


def test_an_authority_issues_its_own_plans_for_its_own_area(ledger: Ledger) -> None:
    assert refusal(ledger, plan("activated", "2031-02-01", source=COUNTY)).code == "not_own_mechanism"
    outside = plan("plan_issued", "2031-01-01", f"emergency:{COUNTY}:1", region="330106")
    assert refusal(ledger, outside).code == "outside_jurisdiction"


def test_what_an_activation_is_about_is_a_risk_or_a_warning() -> None:
    found = ill_formed(plan("activated", "2031-02-01"), about=["case:SAMR-440604:1"])
    assert [each.pointer for each in found.problems] == ["/data/about/0"]
