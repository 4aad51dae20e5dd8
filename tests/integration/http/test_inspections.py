"""Inspections and draws by HTTP: who sees a plan before it takes place, and what everybody sees of a draw."""

from typing import Any

import httpx
import orjson
import pytest

from tests.integration.http.conftest import Running, token
from tests.support.access import (
    ABOVE,
    BESIDE,
    FAR_ABOVE,
    FOREIGN,
    OTHER_LAB,
    OWN,
    READERS,
    STRANGER,
    SUBJECT,
    public_facts,
)
from tests.support.drawing import DRAWER, INSPECTEES, made, published, steps
from tests.support.inspecting import daily_patrol, filed, found, performed, planned, recorded, said
from tests.support.statements import BODY, OTHER_BODY, certificate
from tests.support.supervising import said as told
from tests.support.supervising import way

AUDITOR = "auditor:a-1"
STREAM = "inspection:i-1"
OF_PLACE = {OWN, ABOVE, FAR_ABOVE, "CNCA", AUDITOR}


def ask(running: Running, reader: str, path: str, seen: int, **params: Any) -> httpx.Response:
    headers = {"Min-Position": str(seen)}
    if reader:
        headers |= {**token(reader), "Read-Reason": "inspection"}
    return running.client.get(path, params=params, headers=headers)


def streams(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [row["stream"] for row in answer.json()["inspections"]]


@pytest.mark.requirement("S1-86")
@pytest.mark.parametrize("mode", ["unannounced", "covert_check", "routine_patrol"])
def test_no_enterprise_and_no_body_learns_of_a_plan_before_it_takes_place(whole: Running, mode: str) -> None:
    whole.accept(*public_facts())
    # Bodies that did not plan it, the enterprise, and authorities of elsewhere.
    outside = {"", BODY, OTHER_BODY, SUBJECT, STRANGER, BESIDE, FOREIGN, OTHER_LAB}
    position = whole.accept(planned(mode=mode))
    for reader in READERS:
        allowed = reader in OF_PLACE
        listed = ask(whole, reader, "/v1/inspections", position)
        if reader:
            assert streams(listed) == ([STREAM] if allowed else []), reader
        else:
            assert listed.status_code == 401
        one = ask(whole, reader, "/v1/inspections/i-1", position)
        assert one.status_code == (200 if allowed else 404 if reader else 401), reader
        for subject in (STREAM, SUBJECT, certificate()):
            trail = ask(whole, reader, f"/v1/trail/{subject}", position)
            events = [each["position"] for each in trail.json().get("events", ())]
            assert (position in events) == allowed, (reader, subject)
        assert ask(whole, reader, f"/v1/events/{position}", 0).status_code == (200 if allowed else 404), reader
        feed = ask(whole, reader, "/v1/events", position, limit=1000)
        fed = {orjson.loads(line)["position"] for line in feed.content.splitlines()}
        assert (position in fed) == allowed, reader
    assert outside.isdisjoint(OF_PLACE)
    visit = whole.accept(performed(mode=mode))
    assert streams(ask(whole, SUBJECT, "/v1/inspections", visit)) == [STREAM]
    # The visit is no secret any more; the plan stays the authorities' own.
    assert ask(whole, SUBJECT, f"/v1/events/{position}", 0).status_code == 404
    assert ask(whole, SUBJECT, f"/v1/events/{visit}", 0).status_code == 200


@pytest.mark.requirement("S3-48")
def test_each_of_the_four_tools_has_events_of_its_own_and_the_subject_reads_no_covert_plan(whole: Running) -> None:
    whole.accept(*public_facts())
    covert = whole.accept(planned("inspection:i-9", mode="covert_check"))
    whole.accept(performed("inspection:i-9", mode="covert_check"), performed(mode="open_check", result="nonconforming"))
    circular: dict[str, Any] = {
        "document_number": "1号",
        "title": "通报",
        "text": "全文",
        "scope": {"regions": ["440604"]},
    }
    tools = (
        found("F1"),
        way("opened", "2031-02-11"),
        way("interview_held", "2031-02-12", subject="约谈"),
        way("commitment_given", "2031-02-13", commitment="承诺整改"),
        way("recommended", "2031-02-14", document_number="督1号", recommendation="完善制度"),
        told("circular.public_issued", f"circular:{OWN}:1", "2031-02-15", OWN, **circular),
    )
    positions = {each.type.name: whole.accept(each) for each in tools}
    public = positions["circular.public_issued"]
    # Inspections, open and covert; talk and commitment; public circular; recommendation: each its own type.
    assert positions.keys() == {each.type.name for each in tools}
    assert len(positions) == len(tools)
    assert ask(whole, "", f"/v1/events/{public}", 0).status_code == 200
    assert ask(whole, OWN, f"/v1/events/{covert}", 0).status_code == 200
    for reader in ("", SUBJECT, BODY):
        assert ask(whole, reader, f"/v1/events/{covert}", 0).status_code == 404, reader


@pytest.mark.requirement("S0-20")
def test_who_takes_part_sees_the_plan_wherever_it_is_from_and_the_expert_has_no_task(whole: Running) -> None:
    units = [
        {"unit": OWN, "role": "lead"},
        {"unit": FOREIGN, "role": "co_responsible"},
        {"unit": OTHER_BODY, "role": "participant"},
        {"unit": OTHER_LAB, "role": "expert"},
    ]
    seen = whole.accept(*public_facts(), planned(mode="market_verification", units=units))
    for reader in (OWN, FOREIGN, OTHER_BODY, OTHER_LAB):
        assert streams(ask(whole, reader, "/v1/inspections", seen)) == [STREAM], reader
        tasks = ask(whole, reader, "/v1/inspections/worklist", seen).json()["tasks"]
        assert [row["stream"] for row in tasks] == ([] if reader == OTHER_LAB else [STREAM]), reader
    for reader in (BODY, SUBJECT, BESIDE):
        assert streams(ask(whole, reader, "/v1/inspections", seen)) == [], reader


@pytest.mark.requirement("S4-69")
def test_both_programmes_see_each_others_results_about_one_product(whole: Running) -> None:
    product = {"name": "微型计算机", "models": "A1"}
    seen = whole.accept(*public_facts())
    for stream, day, mode, source in (
        ("inspection:n", "2031-02-10", "national_spot_check", "CNCA"),
        ("inspection:c", "2031-03-10", "ccc_spot_check", OWN),
    ):
        result = {"sample": "S1", "standard": "GB 4943.1-2022", "passed": mode == "ccc_spot_check"}
        seen = whole.accept(
            performed(stream, day, source, mode=mode),
            said("sampled", day, stream, source, sample="S1", product=product, stage="sale"),
            said("sample_result_recorded", day, stream, source, **result),
        )
    for reader in (OWN, "CNCA", ABOVE):
        (pair,) = ask(whole, reader, "/v1/inspections/double-sampling", seen).json()["pairs"]
        assert (pair["first_passed"], pair["second_passed"]) == (False, True), reader
    assert ask(whole, FOREIGN, "/v1/inspections/double-sampling", seen).json()["pairs"] == []
    assert ask(whole, "CNCA", "/v1/inspections/double-sampling", seen, days=5).json()["pairs"] == []


@pytest.mark.requirement("S3-87")
def test_a_published_draw_is_open_to_everybody_and_its_selection_to_nobody_outside_before(whole: Running) -> None:
    said_before = steps()
    seen = whole.accept(*public_facts(), *said_before)
    drawn_at = whole.accept(made())
    for reader in READERS:
        allowed = reader in OF_PLACE
        one = ask(whole, reader, "/v1/draws/d-1", drawn_at)
        assert one.status_code == 200, one.text
        assert (one.json()["status"], one.json()["inspectees"]) == ("committed", len(INSPECTEES))
        assert bool(one.json()["drawn"]) == allowed, reader
        assert ask(whole, reader, f"/v1/events/{seen}", 0).status_code == 200
        assert ask(whole, reader, f"/v1/events/{drawn_at}", 0).status_code == (200 if allowed else 404), reader
    last = whole.accept(published())
    for reader in READERS:
        one = ask(whole, reader, "/v1/draws/d-1", last, limit=2).json()
        assert one["status"] == "published"
        rest = ask(whole, reader, "/v1/draws/d-1", last, limit=2, cursor=one["next"]).json()
        assert rest["next"] is None
        assert [each["inspectee"] for each in one["drawn"] + rest["drawn"]] == [
            each["inspectee"] for each in made().data["selected"]
        ]
        assert {each["outcome"] for each in one["drawn"]} == {"conforming"}
    (listed,) = ask(whole, "", "/v1/draws", last).json()["draws"]
    assert listed["organiser"] == DRAWER
    trail = ask(whole, "", "/v1/trail/draw:d-1", last).json()["events"]
    assert [each["type"] for each in trail] == [each.type.name for each in (*said_before, published())]


def test_lists_are_paged_filtered_and_told_in_both_languages(whole: Running) -> None:
    seen = whole.accept(*public_facts())
    for number in range(5):
        seen = whole.accept(planned(f"inspection:p-{number}", due="2031-03-31" if number % 2 else "2031-04-30"))
    first = ask(whole, OWN, "/v1/inspections", seen, limit=3)
    rest = ask(whole, OWN, "/v1/inspections", seen, limit=3, cursor=first.json()["next"])
    assert [*streams(first), *streams(rest)] == [f"inspection:p-{number}" for number in range(5)]
    row = first.json()["inspections"][0]
    assert row["mode"] == {"code": "routine_patrol", "zh": "日常巡查", "en": "Routine patrol"}
    assert row["status"]["zh"] == "已计划"
    assert "access" not in row
    overdue = ask(whole, OWN, "/v1/inspections", seen, overdue=True, as_of="2031-04-01")
    assert streams(overdue) == ["inspection:p-1", "inspection:p-3"]
    assert streams(ask(whole, OWN, "/v1/inspections", seen, region="440600")) == streams(first) + streams(rest)
    assert streams(ask(whole, "CNCA", "/v1/inspections", seen, region="330000")) == []
    assert streams(ask(whole, OWN, "/v1/inspections", seen, mode="unannounced")) == []
    nowhere = ask(whole, OWN, "/v1/inspections", seen, region="999999")
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "region_not_found")
    for wrong in ({"mode": "fishing"}, {"status": "lost"}, {"cursor": "AAAA"}):
        assert ask(whole, OWN, "/v1/inspections", seen, **wrong).status_code in {400, 422}, wrong
    without_reason = whole.client.get("/v1/inspections", headers=token(OWN))
    assert without_reason.json()["code"] == "read_reason_missing"


def test_reports_feedback_and_forms_answer(whole: Running) -> None:
    content = daily_patrol(feedback={"suggestions": ["网上办理"]})
    seen = whole.accept(*public_facts(), planned(), performed(), found("F1"), recorded(content=content), filed())
    year = {"since": "2031-01-01", "until": "2031-12-31"}
    report = ask(whole, OWN, "/v1/inspections/report", seen, by="stage", **year).json()
    assert [(row["value"], row["filed"], row["not_filed"], row["without_record"]) for row in report["rows"]] == [
        ("ex_factory", 1, 0, 0)
    ]
    assert ask(whole, FOREIGN, "/v1/inspections/report", seen, by="stage", **year).json()["rows"] == []
    assert ask(whole, OWN, "/v1/inspections/report", seen, by="gossip", **year).status_code == 422
    assert ask(whole, OWN, "/v1/inspections/report", seen, since="2031-02-30", until="2031-12-31").status_code == 422
    said_by_firm = ask(whole, OWN, "/v1/inspections/feedback", seen, kind="suggestion").json()["feedback"]
    assert [each["text"] for each in said_by_firm] == ["网上办理"]
    for path in ("coverage", "schedule", "samples", "watch"):
        assert ask(whole, OWN, f"/v1/inspections/{path}", seen).status_code == 200, path
    one = ask(whole, OWN, "/v1/inspections/i-1", seen).json()
    assert [each["finding"] for each in one["findings"]] == ["F1"]
    forms = whole.get("/v1/forms").json()
    assert {"form": "ccc_daily_patrol", "version": 1}.items() <= forms["forms"][0].items()
    assert "modes" in forms["lists"]
    form = whole.get("/v1/forms/ccc_daily_patrol/1").json()
    assert [each["code"] for each in form["sections"]][:5] == [
        "incoming_goods", "production", "inspection", "warehousing", "mark_use",
    ]  # fmt: skip
    assert whole.get("/v1/forms/ccc_daily_patrol/9").json()["code"] == "form_unknown"
