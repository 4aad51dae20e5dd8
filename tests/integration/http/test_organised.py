"""How bureaux are organised, as the interface tells it: whole to those above, published contacts to everybody."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import orjson
import psycopg
import pytest
from typer.testing import CliRunner

from api.cli import app as command_line
from api.http.service import Ports
from infra.vault.erasing import Order, erase, record_pending
from infra.vault.keys import FileKeys
from infra.vault.store import Vault
from ledger.codes.regions import children
from ledger.envelope import Submission
from ledger.evidence.disclosures import Disclosure, commit, disclose
from tests.integration.http.conftest import Running, following, serving, token
from tests.support.access import (
    ABOVE,
    AUDITOR,
    BESIDE,
    CITY,
    CITY_FIRM_CODE,
    COUNTY,
    FAR_ABOVE,
    FOREIGN,
    OTHER_CODE,
    OWN,
    PROVINCE,
    SIBLING,
)
from tests.support.authorities import about_authority, registered
from tests.support.inspecting import planned
from tests.support.statements import BODY, HOLDER, approved, corrected, issued

CAMPAIGN = "inspection:campaign-1"
CITIES = sorted(f"SAMR-{each.code}" for each in children(PROVINCE, "2031-04-01"))
GUANGZHOU, SHENZHEN = "SAMR-440100", "SAMR-440300"
FIELDS = [
    disclose("contact/name", "示例联系人"),
    disclose("contact/telephone", "示例电话一"),
    disclose("contact/fax", "示例传真一"),
    disclose("contact/email", "office@example.org"),
    disclose("contact/address", "示例路1号"),
    disclose("contact/postcode", "示例邮编"),
]
EVERY_FIELD = {each.path.removeprefix("contact/"): each.value for each in FIELDS}


@pytest.fixture
def vault(database_url: str) -> Vault:
    return Vault(database_url, lambda: FileKeys([b"k" * 32]))


@pytest.fixture
def country(ports: Ports, vault: Vault) -> Iterator[Running]:
    """A province, a city and two counties of it, registered, where fields can be kept."""
    with following(ports.database_url, ports), serving(replace(ports, vault=vault)) as running:
        running.accept(
            *approved(),
            registered(FAR_ABOVE, "province", "province", PROVINCE, source="CNCA"),
            registered(ABOVE, "city", "prefecture", CITY, source=FAR_ABOVE),
            registered(OWN, "district", "county", COUNTY),
            registered(BESIDE, "district", "county", SIBLING),
        )
        yield running


def ask(running: Running, path: str, reader: str = "", seen: int = 0, **params: Any) -> httpx.Response:
    headers = {**token(reader), "Read-Reason": "guidance"} if reader else {}
    return running.client.get(path, params=params, headers={**headers, "Min-Position": str(seen)})


def campaign(source: str = FAR_ABOVE, **data: Any) -> Submission:
    said = {"mode": "special_campaign", "programme": "special", "organisation": None, "certificates": None, **data}
    return planned(CAMPAIGN, source=source, **{"region": PROVINCE, **said})


def leads(leader: str, authority: str = ABOVE, day: str = "2031-03-01", **data: Any) -> Submission:
    said = {"campaign": CAMPAIGN, "leader": leader, **data}
    return about_authority("campaign_leader_designated", day, authority, authority, **said)


def contact(code: str, *fields: Disclosure, day: str = "2031-03-01", **data: Any) -> Submission:
    return about_authority("contact_stated", day, contact=code, _sd=commit(list(fields)), **data)


def state(running: Running, said: Submission, *fields: Disclosure) -> int:
    content = b'{"disclosures":%b,"event":%b}' % (orjson.dumps([each.text for each in fields]), said.raw)
    headers = {"Content-Type": "application/json", **token(said.source)}
    answer = running.client.post("/v1/events", content=content, headers=headers)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["position"])


def directory(running: Running, reader: str = "", seen: int = 0, **headers: str) -> dict[str, dict[str, str]]:
    sent = {**(token(reader) if reader else {}), "Min-Position": str(seen), **headers}
    answer = running.client.get(f"/v1/authorities/{OWN}/contacts", headers=sent)
    assert answer.status_code == 200, answer.text
    return {
        each["contact"]: {field["field"]: field["value"] for field in each["fields"]}
        for each in answer.json()["contacts"]
    }


@pytest.mark.requirement("S0-27")
def test_a_provinces_campaign_is_about_its_subtree_and_one_for_a_planning_region_about_those_cities(
    country: Running,
) -> None:
    places = {"N-foshan": "440604", "N-guangzhou": "440106", "N-shenzhen": "440305", "N-hangzhou": "330106"}
    codes = (HOLDER["code"], OTHER_CODE, CITY_FIRM_CODE, "91440300M00010508R")
    for (number, region), code in zip(places.items(), codes, strict=True):
        details = {**issued().data["details"], "holder": {**HOLDER, "code": code, "region": region}}
        country.accept(issued(number, details=details))

    def chosen(number: str) -> set[str]:
        found = ask(country, f"/v1/inspections/{number}/targets", FAR_ABOVE, seen).json()
        return {row["region"] for row in found["enterprises"]}

    targets = {"targets": {"as_of": "2031-03-01", "scheme_class": "management_system"}}
    seen = country.accept(campaign(**targets))
    assert chosen("campaign-1") == {"440604", "440106", "440305"}
    elsewhere = {"mode": "special_campaign", "organisation": None, "certificates": None, "region": "330000"}
    refused = country.say(planned("inspection:c-2", source=FAR_ABOVE, **elsewhere, **targets))
    assert (refused.status_code, refused.json()["code"]) == (403, "outside_jurisdiction")
    grouped = {"planning_region": "GF", "name_zh": "广佛片区", "cities": ["440100", "440600"]}
    country.accept(about_authority("planning_region_defined", "2031-01-05", FAR_ABOVE, FAR_ABOVE, **grouped))
    of_region = {"mode": "special_campaign", "organisation": None, "certificates": None, "region": PROVINCE}
    seen = country.accept(planned("inspection:c-3", source=FAR_ABOVE, planning_region="GF", **of_region, **targets))
    assert chosen("c-3") == {"440604", "440106"}
    (told,) = ask(country, f"/v1/authorities/{FAR_ABOVE}", seen=seen).json()["planning_regions"]
    assert told == {"planning_region": "GF", "name_zh": "广佛片区", "name_en": None, "cities": ["440100", "440600"]}


@pytest.mark.requirement("S4-09")
def test_the_owner_of_a_task_is_told_as_the_department_that_it_is(country: Running) -> None:
    owner = {"unit": "CNCA", "role": "lead", "department": "accreditation"}
    helper = {"unit": "CNCA", "role": "co_responsible", "department": "cyber_office"}
    seen = country.accept(campaign("CNCA", units=[owner, helper]))
    told = ask(country, "/v1/inspections/campaign-1", "CNCA", seen).json()["units"]
    assert {(each["role"], each["department"]["code"], each["department"]["zh"]) for each in told} == {
        ("lead", "accreditation", "认可部"),
        ("co_responsible", "cyber_office", "网信办"),
    }


@pytest.mark.requirement("S2-73")
def test_each_city_bureau_has_one_leader_and_a_missing_or_second_one_is_reported(country: Running) -> None:
    def report(seen: int) -> dict[str, Any]:
        found: dict[str, Any] = ask(country, "/v1/inspections/campaign-1/leaders", FAR_ABOVE, seen).json()
        return found

    assert report(country.accept(campaign()))["missing"] == CITIES
    told = report(country.accept(leads("YZ440600001")))
    assert ABOVE not in told["missing"]
    assert (len(told["missing"]), told["several"]) == (len(CITIES) - 1, [])
    told = report(country.accept(leads("YZ440600002", day="2031-03-02")))
    assert told["several"] == [ABOVE]
    (own,) = (row for row in told["bureaux"] if row["authority"] == ABOVE)
    assert [each["leader"] for each in own["leaders"]] == ["YZ440600001", "YZ440600002"]
    replaced = leads("YZ440600003", day="2031-03-03", instead_of="YZ440600001")
    assert report(country.accept(replaced))["several"] == [ABOVE]
    told = report(country.accept(corrected(leads("YZ440600002", day="2031-03-02"), None)))
    assert told["several"] == []
    assert ABOVE not in told["missing"]


def test_who_may_not_see_all_leaders_gets_no_report_that_would_be_wrong(country: Running) -> None:
    seen = country.accept(campaign(units=[{"unit": ABOVE, "role": "participant"}]), leads("YZ1"))
    told = ask(country, "/v1/inspections/campaign-1/leaders", ABOVE, seen).json()
    assert (told["bureaux"], told["missing"], told["several"]) == (None, None, None)
    assert ask(country, "/v1/inspections/campaign-1/leaders", FOREIGN, seen).status_code == 404
    assert ask(country, "/v1/inspections/campaign-1/leaders", "", seen).status_code == 401


@pytest.mark.requirement("S0-95")
def test_counties_that_nobody_guided_inspected_or_assessed_in_the_period_are_listed(country: Running) -> None:
    counties = {f"SAMR-{each.code}" for each in children(CITY, "2031-03-31")}

    def report(seen: int, since: str = "2031-01-01", reader: str = ABOVE) -> dict[str, Any]:
        period = {"region": CITY, "since": since, "until": "2031-03-31"}
        found: dict[str, Any] = ask(country, "/v1/superintendence", reader, seen, **period).json()
        return found

    assert set(report(0)["without"]) == counties
    assessed = {"begins": "2030-01-01", "ends": "2030-12-31", "result": "良好"}
    seen = country.accept(
        about_authority("guidance_issued", "2031-01-10", OWN, ABOVE, function="training", text="培训"),
        about_authority("guidance_issued", "2031-02-10", OWN, ABOVE, function="inspection", text="检查"),
        about_authority("assessed", "2031-02-20", BESIDE, FAR_ABOVE, **assessed),
    )
    told = report(seen)
    assert set(told["without"]) == counties - {OWN, BESIDE}
    rows = {row["authority"]: row for row in told["counties"]}
    assert [rows[OWN][part] for part in ("guidance", "inspection", "assessment")] == [1, 1, 0]
    assert [rows[BESIDE][part] for part in ("guidance", "inspection", "assessment")] == [0, 0, 1]
    assert rows[BESIDE]["acts"][0]["result"] == "良好"
    assert set(report(seen, "2031-02-15")["without"]) == counties - {BESIDE}
    assert report(seen, reader=OWN)["counties"] is None
    assert report(seen, reader=AUDITOR)["without"] == told["without"]
    public = ask(country, "/v1/superintendence", region=CITY, since="2031-01-01", until="2031-03-31")
    assert public.status_code == 401


@pytest.mark.parametrize("wrong", [{"since": "2031-02-30"}, {"region": "999999"}, {"until": "x"}])
def test_a_period_or_place_that_is_none_is_refused(country: Running, wrong: dict[str, str]) -> None:
    asked = {"region": CITY, "since": "2031-01-01", "until": "2031-03-31", **wrong}
    assert ask(country, "/v1/superintendence", ABOVE, **asked).status_code in {400, 404, 422}


@pytest.mark.requirement("S2-90")
def test_the_public_sees_of_a_contact_what_is_published_and_authorised_readers_see_all(
    country: Running, vault: Vault, database_url: str
) -> None:
    seen = state(country, contact("CCC", *FIELDS), *FIELDS)
    assert directory(country, seen=seen) == {"CCC": {}}
    assert directory(country, BODY, seen) == {"CCC": {}}
    for reader in (OWN, ABOVE, FOREIGN, "CNCA", AUDITOR):
        assert directory(country, reader, seen, **{"Read-Reason": "guidance"}) == {"CCC": EVERY_FIELD}, reader
    silent = country.client.get(f"/v1/authorities/{OWN}/contacts", headers=token(ABOVE))
    assert (silent.status_code, silent.json()["code"]) == (400, "read_reason_missing")
    with psycopg.connect(database_url) as connection:
        noted = connection.execute("SELECT count(*) FROM ledger_reads WHERE access = 'contact'").fetchone()
    assert noted == (5,)
    published = contact("CCC", *FIELDS, day="2031-03-02", published=["email", "address"])
    seen = state(country, published, *FIELDS)
    assert directory(country, seen=seen) == {"CCC": {"email": "office@example.org", "address": "示例路1号"}}
    fields = vault.of_event(*published.identity)
    erase(vault, database_url, fields, Order("consent_withdrawn", OWN), country.ports.clock())
    record_pending(vault, country.ports.ledger.submit)
    assert directory(country, seen=seen) == {"CCC": {}}
    events = country.client.get("/v1/events", params={"limit": 1_000}).text
    assert "office@example.org" not in events
    assert "示例联系人" not in events


def test_verbs_tell_a_person_of_leaders_counties_and_contacts(
    country: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CERTLEDGER_HTTP_PORT", str(country.client.base_url.port))
    monkeypatch.setenv("CERTLEDGER_TOKEN", token(FAR_ABOVE)["Authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("COLUMNS", "200")

    def say(*words: str) -> str:
        done = CliRunner().invoke(command_line, list(words))
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    country.accept(campaign(), leads("YZ440600001"))
    seen = state(country, contact("CCC", *FIELDS, published=["email"]), *FIELDS)
    ask(country, "/v1/inspections/campaign-1/leaders", FAR_ABOVE, seen)
    assert "YZ440600001" in say("leaders", "campaign-1", "--as", FAR_ABOVE)
    assert GUANGZHOU in orjson.loads(say("leaders", "campaign-1", "--as", FAR_ABOVE, "--json"))["missing"]
    period = ("--since", "2031-01-01", "--until", "2031-03-31")
    assert OWN in say("superintendence", CITY, *period, "--as", FAR_ABOVE)
    monkeypatch.setenv("CERTLEDGER_TOKEN", token(OWN)["Authorization"].removeprefix("Bearer "))
    assert "无权查看全部" in say("superintendence", CITY, *period, "--as", OWN)
    assert "office@example.org" in say("contacts", OWN)
    assert "示例联系人" not in say("contacts", OWN)
    assert "示例联系人" in say("contacts", OWN, "--as", OWN)
