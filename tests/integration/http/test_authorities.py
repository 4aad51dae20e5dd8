"""Authorities and the enforcement ledgers as people ask for them: by area, by day, and by who may know."""

import csv
import io
from typing import Any

import httpx
import psycopg
import pytest

from api.http.service import Ports
from projections.projector import Projector
from projections.registry import VIEWS
from tests.integration.http.conftest import Running, following, token
from tests.support.access import (
    ABOVE,
    BESIDE,
    CASE,
    CITY,
    COUNTY,
    ELSEWHERE,
    FAR_ABOVE,
    FOREIGN,
    INSPECTION,
    OTHER_CODE,
    OWN,
    SIBLING,
    SUBJECT,
    case_opened,
    inspected,
    public_facts,
)
from tests.support.authorities import about_authority, assigned, established, registered, took_over
from tests.support.statements import BODY, HOLDER, approved, decided, issued, statement
from tests.support.waiting import eventually

KEY = f"organisation:{HOLDER['code'][8:17]}"


@pytest.fixture
def country(whole: Running) -> Running:
    """Two counties, their city and province, with an enterprise, its certificate, an inspection and a case."""
    whole.accept(*public_facts())
    last = whole.accept(
        registered(OWN, "district", "county", COUNTY),
        registered(BESIDE, "district", "county", SIBLING),
        registered(ABOVE, "city", "prefecture", CITY, source=FAR_ABOVE),
        registered(FAR_ABOVE, "province", "province", "440000", source="CNCA"),
        inspected(),
        case_opened(),
    )
    ask(whole, "/v1/ledgers/cases", "CNCA", last)
    return whole


def ask(running: Running, path: str, reader: str = "", seen: int = 0, **params: Any) -> httpx.Response:
    headers = {**token(reader), "Read-Reason": "inspection"} if reader else {}
    answer = running.client.get(path, params=params, headers={**headers, "Min-Position": str(seen)})
    assert answer.status_code == 200, answer.text
    return answer


def entries(running: Running, ledger: str, reader: str = "", seen: int = 0, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(running, f"/v1/ledgers/{ledger}", reader, seen, **params).json()["entries"]
    return found


def names(rows: list[dict[str, Any]], of: str) -> set[str]:
    return {row[of] for row in rows}


@pytest.mark.requirement("S0-36")
def test_the_register_of_a_place_changes_with_issue_suspension_withdrawal_and_move(country: Running) -> None:
    seen = country.accept(issued("N2"))
    assert names(entries(country, "certificates", seen=seen, region=COUNTY), "number") == {"10131Q00001R0M", "N2"}
    assert entries(country, "certificates", seen=seen, region=SIBLING) == []
    seen = country.accept(decided("suspended", "2031-03-01", "N2", until="2031-06-01", reason_code="0111"))
    (kept,) = entries(country, "certificates", seen=seen, region=COUNTY, status="suspended")
    assert (kept["number"], kept["bureau"]) == ("N2", OWN)
    (enterprise,) = entries(country, "enterprises", seen=seen, region=COUNTY)
    assert (enterprise["organisation"], enterprise["valid"], enterprise["suspended"]) == (KEY, 1, 1)
    seen = country.accept(decided("withdrawn", "2031-03-10", "N2", reason_code="0115"))
    assert names(entries(country, "certificates", seen=seen, region=COUNTY, status="withdrawn"), "number") == {"N2"}
    moved = {"effective": "2031-03-20", "region": SIBLING, "address": "桂城1号"}
    seen = country.accept(statement("organisation.moved", KEY, moved, source=OWN))
    assert entries(country, "certificates", seen=seen, region=COUNTY) == []
    assert {row["bureau"] for row in entries(country, "certificates", seen=seen, region=SIBLING)} == {BESIDE}
    assert len(entries(country, "certificates", seen=seen, region=CITY)) == 2


@pytest.mark.requirement("S2-14")
def test_a_body_is_listed_where_it_has_certificates_and_nowhere_else(country: Running) -> None:
    assert names(entries(country, "bodies", region="440000"), "body") == {BODY}
    assert entries(country, "bodies", region="330000") == []
    details = {**issued().data["details"], "holder": {**HOLDER, "code": OTHER_CODE, "region": ELSEWHERE}}
    seen = country.accept(issued("N3", details=details))
    (body,) = entries(country, "bodies", seen=seen, region="330000")
    assert (body["body"], body["certificates"], body["name_zh"]) == (BODY, 1, "第一示例认证有限公司")


@pytest.mark.requirement("S0-29")
def test_inspections_and_cases_of_an_area_are_listed_for_those_over_it(country: Running) -> None:
    for reader, count in ((OWN, 1), (ABOVE, 1), (FAR_ABOVE, 1), ("CNCA", 1), (BESIDE, 0), (FOREIGN, 0), ("", 0)):
        assert len(entries(country, "inspections", reader, region=COUNTY)) == count, reader
        assert len(entries(country, "cases", reader, region=COUNTY)) == count, reader
    (inspection,) = entries(country, "inspections", OWN)
    assert (inspection["stream"], inspection["party"], inspection["region"]) == (INSPECTION, KEY, COUNTY)
    (case,) = entries(country, "cases", OWN)
    assert (case["stream"], case["authority"], case["latest"]) == (CASE, OWN, "case.opened")
    silent = country.client.get("/v1/ledgers/cases", headers=token(OWN))
    assert (silent.status_code, silent.json()["code"]) == (400, "read_reason_missing")


@pytest.mark.requirement("S0-24", "S0-25")
def test_the_gaps_are_the_bureaux_without_a_focal_unit_or_a_supervision_unit(country: Running) -> None:
    def gaps(seen: int = 0) -> tuple[set[str], set[str]]:
        found = ask(country, "/v1/authority-gaps", seen=seen, region="440000").json()
        return names(found["without_focal_unit"], "authority"), names(found["without_supervision_unit"], "authority")

    assert gaps() == ({OWN, BESIDE, ABOVE}, {FAR_ABOVE})
    seen = country.accept(
        established("U1"),
        about_authority("focal_unit_designated", "2031-02-01", unit="U1"),
        established("U1", FAR_ABOVE),
    )
    assert gaps(seen) == ({BESIDE, ABOVE}, set())
    seen = country.accept(about_authority("unit_closed", "2031-03-01", unit="U1"))
    assert gaps(seen) == ({OWN, BESIDE, ABOVE}, set())


@pytest.mark.requirement("S0-37")
def test_the_enterprises_that_nobody_answers_for_are_listed_until_somebody_does(country: Running) -> None:
    assert names(entries(country, "enterprises", OWN, region=COUNTY, unassigned=True), "organisation") == {KEY}
    assert ask(country, "/v1/authority-gaps", OWN, region=COUNTY).json()["unassigned_enterprises"] == 1
    seen = country.accept(established("U1"), assigned("U1", officer="YZ001"))
    assert entries(country, "enterprises", OWN, seen, region=COUNTY, unassigned=True) == []
    (row,) = entries(country, "enterprises", OWN, seen, region=COUNTY)
    assert (row["responsible_officer"], row["responsible_authority"]) == ("YZ001", OWN)
    assert ask(country, "/v1/authority-gaps", OWN, seen, region=COUNTY).json()["unassigned_enterprises"] == 0
    moved = {"effective": "2031-03-20", "region": SIBLING, "address": "桂城1号"}
    gone = country.accept(statement("organisation.moved", KEY, moved, source=OWN))
    (there,) = entries(country, "enterprises", ABOVE, gone, region=SIBLING, unassigned=True)
    assert there["responsible_officer"] is None, "who answered for it where it was answers for it no more"
    back = {"effective": "2031-03-21", "region": COUNTY, "address": "季华路1号"}
    seen = country.accept(statement("organisation.moved", KEY, back, source=ABOVE))
    (public,) = entries(country, "enterprises", seen=seen, region=COUNTY)
    assert public["responsible_officer"] is None
    assert ask(country, "/v1/authority-gaps", seen=seen, region=COUNTY).json()["unassigned_enterprises"] is None


@pytest.mark.requirement("S0-19")
def test_a_new_certified_enterprise_is_its_countys_and_those_above_only_read(country: Running) -> None:
    details = {**issued().data["details"], "holder": {**HOLDER, "code": "91440600M00010209B", "region": SIBLING}}
    moved = {"effective": "2031-01-02", "region": SIBLING, "address": "新路1号"}
    moving = statement("organisation.moved", "organisation:M00010209", moved, source=ABOVE)
    seen = country.accept(moving, issued("N4", details=details))
    for reader in (BESIDE, ABOVE, FAR_ABOVE):
        (row,) = entries(country, "enterprises", reader, seen, region=SIBLING)
        assert (row["organisation"], row["bureau"]) == ("organisation:M00010209", BESIDE)
    for above in (ABOVE, FAR_ABOVE):
        answer = country.say(assigned("U1", BESIDE, above, code="91440600M00010209B"))
        assert (answer.status_code, answer.json()["code"]) == (403, "not_own_authority")


@pytest.mark.requirement("S0-29")
def test_guidance_is_read_by_the_authority_and_those_above_and_by_nobody_beside_it(country: Running) -> None:
    said = about_authority("guidance_issued", "2031-02-01", source=ABOVE, function="guidance", text="完善巡查记录")
    position = country.accept(said)
    for reader, status in ((OWN, 200), (ABOVE, 200), (FAR_ABOVE, 200), ("CNCA", 200), (BESIDE, 404), ("", 404)):
        headers = {**token(reader), "Read-Reason": "inspection"} if reader else {}
        country.client.get("/v1/trail/" + SUBJECT, headers={**headers, "Min-Position": str(position)})
        assert country.client.get(f"/v1/events/{position}", headers=headers).status_code == status, reader


@pytest.mark.requirement("S3-03", "S3-07")
def test_after_a_succession_the_successor_sees_what_was_the_others_and_history_keeps_its_name(country: Running) -> None:
    assert entries(country, "cases", BESIDE, region=COUNTY) == []
    seen = country.accept(*took_over(BESIDE, OWN, "2031-03-20"))
    for ledger in ("cases", "inspections"):
        (row,) = entries(country, ledger, BESIDE, seen, region=SIBLING)
        assert (row["authority"], row["bureau"]) == (OWN, BESIDE)
    old = ask(country, f"/v1/authorities/{OWN}", seen=seen).json()
    assert (old["bureau"], old["now"]["successor"], old["now"]["name_zh"]) == (BESIDE, BESIDE, "局")
    assert [each["effective_from"] for each in old["history"]] == ["2020-01-01", "2031-03-20"]
    before = ask(country, f"/v1/authorities/{OWN}", seen=seen, as_of="2031-03-19").json()
    assert (before["bureau"], before["now"]["successor"]) == (OWN, None)
    assert ask(country, f"/v1/authorities/{BESIDE}", seen=seen).json()["predecessors"] == [OWN]


@pytest.mark.requirement("S3-05")
def test_authorities_are_listed_by_level_in_any_of_its_names_with_the_powers_of_it(country: Running) -> None:
    for level, expected in (("市(地)", {ABOVE}), ("县(区)", {OWN, BESIDE}), ("province", {FAR_ABOVE})):
        found = ask(country, "/v1/authorities", region="440000", level=level).json()["authorities"]
        assert names(found, "authority") == expected
    county = ask(country, f"/v1/authorities/{OWN}").json()
    assert "C-51" in names(county["powers"], "row")
    assert "C-82" not in names(county["powers"], "row")
    assert county["superior"] == ABOVE


def test_a_ledger_is_exported_as_csv_page_by_page_without_formulas(country: Running) -> None:
    evil = {**HOLDER, "code": OTHER_CODE, "name_zh": "=1+1", "region": COUNTY}
    data = {"effective": "2031-01-01", "organisation": evil}
    known = statement("organisation.registered", f"organisation:{OTHER_CODE[8:17]}", data, source="CNCA")
    seen = country.accept(known)
    headers = {"Accept": "text/csv", "Min-Position": str(seen)}
    path, found = f"/v1/ledgers/enterprises?region={COUNTY}&limit=1", []
    while path:
        answer = country.client.get(path, headers=headers)
        assert answer.headers["content-type"].startswith("text/csv")
        found += list(csv.DictReader(io.StringIO(answer.text)))
        path = answer.links.get("next", {}).get("url", "")
    assert [row["organisation"] for row in found] == sorted(row["organisation"] for row in found)
    assert {row["name_zh"] for row in found} == {HOLDER["name_zh"], "'=1+1"}


@pytest.mark.requirement("S0-74")
def test_an_answer_says_how_far_it_has_seen_and_a_view_that_stands_still_raises_an_alarm(
    app: Running, ports: Ports, database_url: str
) -> None:
    for make in VIEWS.values():
        projector = Projector(lambda: psycopg.connect(database_url), make())
        projector.prepare()
        projector.close()
    seen = app.accept(*approved())

    def views() -> dict[str, str]:
        checks = app.get("/readyz").json()["checks"]
        return {each["check"]: each["status"] for each in checks if each["check"].startswith("view:")}

    assert set(views().values()) == {"degraded"}
    with following(database_url, ports):
        eventually(lambda: set(views().values()) == {"ok"})
        answer = app.get("/v1/ledgers/bodies", seen)
        assert int(answer.headers["Ledger-Position"]) == answer.json()["position"] >= seen


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/ledgers/rumours", "subject_unknown"),
        ("/v1/ledgers/cases?region=999999", "region_not_found"),
        ("/v1/ledgers/certificates?status=lost", "parameters_wrong"),
        ("/v1/authorities/SAMR-110101", "subject_unknown"),
        ("/v1/authorities?level=乡", "parameters_wrong"),
        ("/v1/ledgers/cases?cursor=AAAA", "cursor_invalid"),
    ],
)
def test_what_cannot_be_asked_is_said_so(country: Running, path: str, code: str) -> None:
    assert country.client.get(path).json()["code"] == code
