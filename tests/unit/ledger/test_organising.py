"""How bureaux are organised: planning regions, leaders of campaigns, contacts, departments that own tasks."""

from typing import Any

import pytest

from ledger.authorities import AuthorityState
from ledger.authorities.judging import state_on
from ledger.authorities.lists import departments, labels
from ledger.envelope import canonical_submission, make_event
from ledger.evidence.disclosures import commit, disclose
from ledger.inspections import EVENTS
from ledger.privacy.fields import field_at
from ledger.refusals import Refusal
from ledger.service import Ledger
from tests.support.access import ABOVE, CITY, COUNTY, FAR_ABOVE, OWN, PROVINCE
from tests.support.authorities import about_authority, established, registered
from tests.support.inspecting import planned
from tests.support.statements import accept, corrected, refusal, register_of

CAMPAIGN = "inspection:campaign-1"
UNITS_OF_THE_SOURCE = {
    "办公室", "机关党委", "法律部", "认可部", "认证部", "注册部", "实验室部", "国际部", "财务部", "科标部",
    "机关服务中心", "信息中心", "研究所", "认可中心", "协会",
}  # fmt: skip


@pytest.fixture
def ledger() -> Ledger:
    """A province, a city and a county of it, registered."""
    ledger = register_of()
    accept(
        ledger,
        registered(FAR_ABOVE, "province", "province", PROVINCE, source="CNCA"),
        registered(ABOVE, "city", "prefecture", CITY, source=FAR_ABOVE),
        registered(OWN, "district", "county", COUNTY),
    )
    return ledger


def known(ledger: Ledger, authority: str, day: str = "2031-12-31") -> AuthorityState:
    return state_on(ledger.timeline(f"authority:{authority}"), day)


def region(day: str = "2031-01-01", authority: str = FAR_ABOVE, **data: Any) -> Any:
    said = {"planning_region": "PRD", "name_zh": "珠三角片区", "cities": ["440100", "440600"], **data}
    return about_authority("planning_region_defined", day, authority, authority, **said)


def leads(leader: str, day: str = "2031-02-01", authority: str = ABOVE, **data: Any) -> Any:
    said = {"campaign": CAMPAIGN, "leader": leader, **data}
    return about_authority("campaign_leader_designated", day, authority, authority, **said)


def campaign(**data: Any) -> Any:
    said = {"mode": "special_campaign", "programme": "special", "organisation": None, "certificates": None, **data}
    return planned(CAMPAIGN, source=FAR_ABOVE, **{"region": PROVINCE, **said})


def test_a_province_groups_cities_of_its_own_and_plans_for_them(ledger: Ledger) -> None:
    assert refusal(ledger, campaign(planning_region="PRD")).code == "planning_region_unknown"
    accept(ledger, region(), campaign(planning_region="PRD"))
    assert known(ledger, FAR_ABOVE).planning_regions[0].cities == ("440100", "440600")


@pytest.mark.parametrize("city", ["330100", COUNTY, PROVINCE])
def test_a_planning_region_holds_cities_directly_below_its_province_alone(ledger: Ledger, city: str) -> None:
    found = refusal(ledger, region(cities=["440600", city]))
    assert (found.code, found.pointer) == ("planning_region_city_wrong", "/data/cities/1")


def test_only_a_province_groups_cities_and_only_its_own_plan_rests_on_it(ledger: Ledger) -> None:
    assert refusal(ledger, region(authority=ABOVE)).code == "not_competent"
    accept(ledger, region())
    assert refusal(ledger, campaign(planning_region="PRD", region="440600")).code == "planning_region_unknown"
    city = planned(source=ABOVE, region=CITY, planning_region="PRD")
    assert refusal(ledger, city).code == "planning_region_unknown"


def test_a_planning_region_is_redrawn_and_dissolved_from_a_day_on(ledger: Ledger) -> None:
    dissolved = about_authority("planning_region_dissolved", "2031-06-01", FAR_ABOVE, FAR_ABOVE, planning_region="PRD")
    (held,) = accept(ledger, dissolved)
    assert held.decision == "held"
    accept(ledger, region(), region("2031-03-01", cities=["440600"]))
    assert known(ledger, FAR_ABOVE, "2031-02-28").planning_regions[0].cities == ("440100", "440600")
    assert known(ledger, FAR_ABOVE, "2031-03-01").planning_regions[0].cities == ("440600",)
    assert known(ledger, FAR_ABOVE, "2031-06-01").planning_regions == ()


def test_a_second_leader_stands_beside_the_first_and_a_successor_in_its_place(ledger: Ledger) -> None:
    accept(ledger, leads("YZ1"))
    assert refusal(ledger, leads("YZ1", "2031-02-02")).code == "campaign_leader_designated_already"
    accept(ledger, leads("YZ2", "2031-03-01"))
    assert known(ledger, ABOVE).campaign_leaders == ((CAMPAIGN, "YZ1"), (CAMPAIGN, "YZ2"))
    accept(ledger, leads("YZ3", "2031-03-02", instead_of="YZ1"))
    assert known(ledger, ABOVE).campaign_leaders == ((CAMPAIGN, "YZ2"), (CAMPAIGN, "YZ3"))
    (held,) = accept(ledger, leads("YZ5", "2031-03-03", instead_of="YZ4"))
    assert held.decision == "held"


def test_a_designation_made_by_mistake_is_taken_back(ledger: Ledger) -> None:
    second = leads("YZ2", "2031-03-01")
    accept(ledger, leads("YZ1"), second, corrected(second, None))
    assert known(ledger, ABOVE).campaign_leaders == ((CAMPAIGN, "YZ1"),)


def test_a_leader_is_designated_by_the_city_bureau_itself(ledger: Ledger) -> None:
    assert refusal(ledger, leads("YZ1", authority=OWN)).code == "not_competent"
    other = about_authority(
        "campaign_leader_designated", "2031-02-01", "SAMR-440100", ABOVE, campaign=CAMPAIGN, leader="YZ1"
    )
    assert refusal(ledger, other).code == "not_own_authority"


def test_a_county_is_assessed_from_above_and_never_by_itself(ledger: Ledger) -> None:
    said = {"begins": "2030-01-01", "ends": "2030-12-31", "result": "良好"}
    accept(ledger, about_authority("assessed", "2031-02-01", OWN, ABOVE, **said))
    assert refusal(ledger, about_authority("assessed", "2031-02-01", OWN, OWN, **said)).code == "not_competent"
    assert (
        refusal(ledger, about_authority("assessed", "2031-02-01", ABOVE, ABOVE, **said)).code == "authority_not_below"
    )


def test_a_contact_holds_its_fields_by_digest_and_a_later_one_takes_its_place(ledger: Ledger) -> None:
    fields = [disclose(f"contact/{name}", "x") for name in ("name", "email")]
    stated = about_authority("contact_stated", "2031-02-01", contact="CCC", unit="U1", _sd=commit(fields))
    (held,) = accept(ledger, stated)
    assert held.decision == "held"
    accept(ledger, established("U1"))
    (contact,) = known(ledger, OWN).contacts
    assert (contact.unit, contact.published, len(contact.digests)) == ("U1", (), 2)
    accept(ledger, about_authority("contact_stated", "2031-03-01", contact="CCC", published=["email"]))
    (contact,) = known(ledger, OWN).contacts
    assert (contact.unit, contact.published, contact.digests) == (None, ("email",), ())
    accept(ledger, about_authority("contact_removed", "2031-03-02", contact="CCC"))
    assert known(ledger, OWN).contacts == ()


@pytest.mark.parametrize("name", ["name", "telephone", "fax", "email", "address", "postcode"])
def test_every_field_of_a_contact_record_is_a_personal_field_of_a_contact(name: str) -> None:
    kind = field_at(f"contact/{name}")
    assert kind is not None
    assert kind.may_stand_in("authority.contact_stated")


@pytest.mark.requirement("S4-09")
def test_the_departments_of_the_national_administration_are_all_there_and_own_tasks(ledger: Ledger) -> None:
    theirs = {code for code, of in departments().items() if of == "CNCA"}
    named = {labels("units")[code][0] for code in theirs}
    assert named == UNITS_OF_THE_SOURCE | {"网信办"}
    assert len(UNITS_OF_THE_SOURCE) == 15
    for number, code in enumerate(sorted(theirs)):
        owners = [{"unit": "CNCA", "role": "lead", "department": code}]
        accept(ledger, planned(f"inspection:task-{number}", source="CNCA", units=owners))


@pytest.mark.requirement("S4-09")
@pytest.mark.parametrize(
    ("unit", "department"),
    [("CNCA", "no_such_department"), ("SAMR-440604", "accreditation"), ("CNCA-R-2031-101", "business_section")],
)
@pytest.mark.parametrize("kind", ["inspection.planned", "inspection.performed"])
def test_an_owner_of_a_task_that_does_not_resolve_is_refused(kind: str, unit: str, department: str) -> None:
    units = [{"unit": unit, "role": "lead", "department": department}]
    data = {**planned().data, "units": units}
    if kind == "inspection.performed":
        data = {"effective": "2031-02-10", "mode": "other", "organisation": data["organisation"], "region": COUNTY}
        data |= {"result": "conforming", "units": units}
    event = make_event(
        type_=kind,
        source="CNCA",
        identity="1",
        subject="inspection:task",
        time="2031-02-01T00:00:00.000000Z",
        data=data,
    )
    found = canonical_submission(event)
    assert isinstance(found, Refusal)
    assert [each.code for each in found.problems] == ["department_unknown"]
    assert EVENTS[kind].version > 1
