"""Supervision by HTTP: each list to those who may see it, and to the public what is published."""

from typing import Any

import pytest

from tests.integration.http.conftest import Running, token
from tests.support.statements import (
    BODY,
    CCC_NUMBER,
    HOLDER,
    OTHER_BODY,
    approved,
    certificate,
    corrected,
    decided,
    issued,
    issued_ccc,
)
from tests.support.supervising import COUNTY, SIBLING, case, found, said, way, whole_course

CITY, PROVINCE, ELSEWHERE = "SAMR-440600", "SAMR-440000", "SAMR-330106"
TIP_OFF = {"lead": "complaint", "channel": "telephone", "informant": "named", "violation": "举报未经认证"}


def read(app: Running, path: str, party: str = "", seen: int = 0, **params: Any) -> Any:
    headers = {**token(party), "Read-Reason": "case"} if party else {}
    if seen:
        headers["Min-Position"] = str(seen)
    return app.client.get(path, params=params or None, headers=headers)


def streams(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["stream"] for row in answer.json()["rows"]]


def test_a_list_shows_each_reader_what_its_area_holds_and_the_public_nothing(whole: Running) -> None:
    last = whole.accept(*whole_course("1"))
    path = "/v1/supervision/lists/reports_overdue?as_of=2031-04-22"
    for party in (COUNTY, CITY, PROVINCE, "CNCA"):
        assert streams(read(whole, path, party, last)) == [f"case:{COUNTY}:1"], party
    for party in (SIBLING, ELSEWHERE, BODY, f"organisation:{HOLDER['code']}"):
        assert streams(read(whole, path, party)) == [], party
    refused = read(whole, path)
    assert (refused.status_code, refused.json()["code"]) == (401, "token_missing")
    nowhere = read(whole, "/v1/supervision/lists/nothing", COUNTY)
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "list_unknown")
    assert streams(read(whole, f"{path}&region=330000", "CNCA")) == []
    assert streams(read(whole, f"{path}&region=440600", "CNCA")) == [f"case:{COUNTY}:1"]
    assert read(whole, f"{path}&region=999999", "CNCA").json()["code"] == "region_not_found"
    unsaid = whole.client.get(path, headers=token(COUNTY))
    assert unsaid.json()["code"] == "read_reason_missing"


def test_every_list_answers(whole: Running) -> None:
    names = [row["name"] for row in read(whole, "/v1/supervision/lists").json()["lists"]]
    assert len(names) > 15
    for name in names:
        found = streams(read(whole, f"/v1/supervision/lists/{name}", "CNCA"))
        assert bool(found) == (name == "bulletins_missing"), "where nothing was said, bulletins are missing alone"


@pytest.mark.requirement("S2-39")
def test_everybody_reads_a_periodic_bulletin_and_which_periods_have_none(whole: Running) -> None:
    stream = f"circular:{PROVINCE}:1"
    told = {"document_number": "1号", "title": "定期通报", "text": "情况如下", "scope": {"regions": ["440000"]}}
    last = whole.accept(said("circular.bulletin_issued", stream, "2031-04-12", PROVINCE, period="2031-Q1", **told))
    asked = f"?as_of=2031-04-20&by={PROVINCE}"
    answer = read(whole, f"/v1/supervision/lists/bulletins{asked}", seen=last)
    assert [row["detail"]["period"] for row in answer.json()["rows"]] == ["2031-Q1"]
    missing = read(whole, f"/v1/supervision/lists/bulletins_missing{asked}", seen=last).json()["rows"]
    assert [row["detail"]["period"] for row in missing] == ["2030-Q2", "2030-Q3", "2030-Q4"]
    assert "情况如下" in whole.client.get(f"/v1/events/{last}").text, "the bulletin itself is public"


@pytest.mark.requirement("S3-76")
def test_a_case_is_read_as_it_was_known_before_a_correction_and_as_it_is_now(whole: Running) -> None:
    course = whole_course("1")
    whole.accept(*course)
    wrong = course[4]
    whole.accept(corrected(wrong, {**wrong.data, "amount": "30000.00"}, "correction-1"))
    last = whole.accept(case("enforcement_reviewed", "2031-03-25", source=CITY, outcome="proper", opinion="已纠正"))
    path = f"/v1/cases/{COUNTY}/1"
    now = read(whole, path, COUNTY, last).json()
    assert now["phase"] == "closed"
    types = [fact["type"] for fact in now["facts"]]
    assert types[-2:] == ["case.corrected", "case.enforcement_reviewed"]
    decision = next(fact for fact in now["facts"] if fact["type"] == "case.penalty_decided")
    assert decision["data"]["amount"] == "50000.00", "what was said stays as it was said"
    (duty,) = now["duties"]
    assert (duty["obligation"], duty["due"]) == ("case_report", "2031-04-21")
    recorded = [fact["recorded"] for fact in now["facts"]]
    before = read(whole, path, COUNTY, known_at=recorded[-3]).json()

    def amount(answer: Any) -> str:
        return next(str(f["data"]["amount"]) for f in answer["holds"] if f["type"] == "case.penalty_decided")

    assert (amount(before), amount(now)) == ("50000.00", "30000.00")


def test_a_case_that_one_may_not_see_is_as_if_it_were_not_there(whole: Running) -> None:
    last = whole.accept(*whole_course("1"))
    path = f"/v1/cases/{COUNTY}/1"
    assert read(whole, path, CITY, last).status_code == 200
    for party in ("", SIBLING, BODY, f"organisation:{HOLDER['code']}"):
        answer = read(whole, path, party)
        assert (answer.status_code, answer.json()["code"]) == (404, "subject_unknown"), party
    assert read(whole, f"/v1/cases/{COUNTY}/2", CITY).json()["code"] == "subject_unknown"


@pytest.mark.requirement("S3-30")
def test_a_publication_opens_its_own_fields_to_everybody_and_nothing_else_of_the_case(whole: Running) -> None:
    last = whole.accept(*whole_course("1"), case("published", "2031-03-05"))
    (shown,) = read(whole, "/v1/penalties", seen=last).json()["penalties"]
    assert (shown["party"], shown["amount"]) == (HOLDER["name_zh"], "50000.00")
    assert set(shown) == {
        "stream", "authority", "document_number", "party", "violation", "penalties", "amount", "legal_basis",
        "decided", "published", "until", "position",
    }  # fmt: skip
    trail = whole.get(f"/v1/trail/case:{COUNTY}:1", last).json()
    assert [each["type"] for each in trail["events"]] == ["case.published"]


@pytest.mark.requirement("S1-80")
def test_the_public_sees_nothing_of_a_tip_off_and_no_reader_sees_who_gave_it(whole: Running) -> None:
    last = whole.accept(case("lead_registered", "2031-02-01", **TIP_OFF))
    assert read(whole, f"/v1/cases/{COUNTY}/1", seen=last).status_code == 404
    assert whole.get(f"/v1/trail/case:{COUNTY}:1", last).status_code == 404
    assert whole.get("/v1/penalties", last).json()["penalties"] == []
    told = read(whole, f"/v1/cases/{COUNTY}/1", COUNTY).json()["facts"][0]["data"]
    assert set(told) == {"effective", "region", *TIP_OFF}, "whether a name was given, and never which"


@pytest.mark.requirement("S2-79")
def test_a_body_sees_the_request_that_was_made_of_it_and_nothing_else_of_the_case(whole: Running) -> None:
    last = whole.accept(*approved(OTHER_BODY, "S101002"), case("opened", "2031-02-01"))
    last = whole.accept(case("evidence_requested", "2031-02-05"))
    path = "/v1/supervision/lists/requests_open"
    assert streams(read(whole, path, BODY, last)) == [f"case:{COUNTY}:1"]
    assert streams(read(whole, path, OTHER_BODY)) == []
    trail = read(whole, f"/v1/trail/case:{COUNTY}:1", BODY).json()
    assert [each["type"] for each in trail["events"]] == ["case.evidence_requested"]
    assert read(whole, f"/v1/cases/{COUNTY}/1", BODY).status_code == 404
    last = whole.accept(case("staff_assigned", "2031-02-10", source=BODY, request="Q1", persons=2))
    assert streams(read(whole, path, BODY, last)) == []


def test_the_enterprise_and_the_issuing_body_see_a_rectification_and_others_do_not(whole: Running) -> None:
    whole.accept(issued(), *found(), way("opened", "2031-02-02"), way("cause_analysed", "2031-02-03"))
    whole.accept(way("plan_submitted", "2031-02-04"))
    last = whole.accept(way("verified", "2031-02-20", outcome="failed"))
    path = "/v1/supervision/lists/decisions_outstanding"
    for party in (COUNTY, CITY, BODY, f"organisation:{HOLDER['code']}"):
        assert streams(read(whole, path, party, last)) == ["rectification:i-1:F1"], party
    for party in (SIBLING, OTHER_BODY, "organisation:91350100M00010102K"):
        assert streams(read(whole, path, party)) == [], party


def test_the_statistics_table_is_of_the_cases_that_the_reader_may_see(whole: Running) -> None:
    last = whole.accept(*whole_course("1"), *whole_course("2"))
    path = "/v1/statistics/cases"
    table = read(whole, path, CITY, last, period="2031-Q1").json()
    rows = {row["code"]: row for row in table["rows"]}
    assert (rows["1"]["cases"], rows["2"]["cases"], rows["3"]["cases"], rows["4"]["cases"]) == (2, 2, 2, 0)
    assert (rows["1"]["fines"], rows["1"]["ordinary"]) == ("10.000000", 2)
    assert table["table"]["zh"] == "认证认可与检验检测案件统计表"
    assert read(whole, path, SIBLING, period="2031").json()["rows"][0]["cases"] == 0
    assert read(whole, path, period="2031").status_code == 401
    wrong = read(whole, path, CITY, period="2031-Q4")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "period_wrong")


def test_the_share_of_findings_handled_is_of_those_that_the_reader_may_see(whole: Running) -> None:
    last = whole.accept(*found(), *found("G1", "minor", "i-2"))
    last = whole.accept(said("inspection.finding_closed", "inspection:i-2", "2031-03-01", COUNTY, finding="G1"))
    path = "/v1/supervision/coverage"
    assert read(whole, path, CITY, last).json()["percent"] == "50.00"
    assert read(whole, path, SIBLING).json()["findings"] == 0


@pytest.mark.requirement("S1-33")
def test_a_patrol_asks_what_a_certificate_was_on_the_day_of_production(whole: Running) -> None:
    whole.accept(issued_ccc())
    last = whole.accept(decided("suspended", "2031-02-25", CCC_NUMBER, until="2031-03-20", reason_code="0201"))
    path = f"/v1/checks/production/{BODY}/{CCC_NUMBER}"
    before = read(whole, path, seen=last, produced="2031-02-24", product="微型计算机").json()
    assert (before["status"], before["findings"]) == ("valid", [])
    during = read(whole, path, produced="2031-02-25", product="打印机").json()
    assert during["status"] == "suspended"
    assert [each["code"] for each in during["findings"]] == ["production_while_invalid", "certificate_mismatch"]
    unknown = read(whole, f"/v1/checks/production/{BODY}/2031900901999999", produced="2031-02-25").json()
    assert [each["code"] for each in unknown["findings"]] == ["forgery_certificate"]
    assert read(whole, path, produced="yesterday").status_code == 422

    bare = f"/v1/checks/uncertified/{HOLDER['code']}"
    asked = {"product_class": "0901"}
    assert read(whole, bare, produced="2031-02-24", **asked).json()["findings"] == []
    assert [f["code"] for f in read(whole, bare, produced="2031-02-26", **asked).json()["findings"]] == [
        "uncertified_production"
    ]
    assert read(whole, "/v1/checks/uncertified/nonsense", produced="2031-02-26", **asked).status_code == 404


def test_a_suspended_compulsory_certificate_is_on_a_list_that_everybody_reads(whole: Running) -> None:
    whole.accept(issued_ccc())
    last = whole.accept(decided("suspended", "2031-02-25", CCC_NUMBER, until="2031-05-20", reason_code="0201"))
    answer = read(whole, "/v1/supervision/lists/suspended_watch", seen=last)
    assert streams(answer) == [certificate(CCC_NUMBER)]
