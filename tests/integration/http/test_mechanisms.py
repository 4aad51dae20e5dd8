"""Joint conferences, emergency plans, trainings and consulting bodies, as the lists of supervision show them."""

from typing import Any

import pytest

from tests.integration.http.conftest import Running, token
from tests.support.access import SUBJECT
from tests.support.mechanisms import (
    CONSULTANT,
    LOCAL,
    LOCAL_MEMBERS,
    MINISTRY,
    NATIONAL,
    PLAN,
    STRANGER,
    TRAINING,
    conference,
    consultant,
    held,
    plan,
    training,
)
from tests.support.statements import BODY, HOLDER
from tests.support.supervising import CITY, COUNTY, ELSEWHERE, LEGAL, PROVINCE, SIBLING, case, said, whole_course


def listed(app: Running, name: str, party: str = "", seen: int = 0, **params: Any) -> list[dict[str, Any]]:
    headers = {**token(party), "Read-Reason": "case"} if party else {}
    if seen:
        headers["Min-Position"] = str(seen)
    answer = app.client.get(f"/v1/supervision/lists/{name}", params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["rows"]
    return found


@pytest.mark.requirement("S4-16")
@pytest.mark.requirement("S4-141")
def test_resolutions_are_listed_with_their_follow_up_as_of_any_day(whole: Running) -> None:
    seen = whole.accept(
        *held(),
        conference("resolution_adopted", "2031-02-04", resolution="R2", text="建立信息通报"),
        conference("task_assigned", "2031-02-05", task="T2", lead="customs", others=["convener"]),
        conference("task_progressed", "2031-02-20"),
        conference("task_done", "2031-03-20"),
    )
    early = listed(whole, "resolutions", "CNCA", seen, as_of="2031-03-01")
    assert [(row["detail"]["resolution"], row["detail"]["task"]) for row in early] == [
        ("R2", None), ("R1", "T1"), ("R1", "T2"),
    ]  # fmt: skip
    task = early[1]
    assert (task["stream"], task["subject"], task["since"], task["due"], task["overdue"]) == (
        NATIONAL, SUBJECT_KEY, "2031-02-03", "2031-03-15", False,
    )  # fmt: skip
    said_so_far = task["detail"]
    assert (said_so_far["meeting"], said_so_far["lead"], said_so_far["done"]) == ("1", "commerce", None)
    assert [each["text"] for each in said_so_far["progress"]] == ["已征求意见"]
    late = [row["detail"]["task"] for row in listed(whole, "resolutions_overdue", "CNCA", as_of="2031-03-16")]
    assert late == ["T1"]
    done = listed(whole, "resolutions", "CNCA", as_of="2031-03-20")
    assert [(row["detail"]["done"], row["overdue"]) for row in done if row["detail"]["task"] == "T1"] == [
        ("2031-03-20", False)
    ]
    assert listed(whole, "resolutions_overdue", "CNCA", as_of="2031-03-20") == []
    assert [row["detail"]["task"] for row in listed(whole, "resolutions", "CNCA", by="customs")] == ["T2"]


SUBJECT_KEY = f"organisation:{HOLDER['code'][8:17]}"


@pytest.mark.requirement("S4-16")
def test_a_member_department_reads_and_reports_on_the_task_that_it_leads_and_no_other(whole: Running) -> None:
    assert MINISTRY == SUBJECT
    seen = whole.accept(
        *held(),
        conference("task_assigned", "2031-02-05", task="T2", lead="customs"),
        conference("task_progressed", "2031-02-20", source=MINISTRY),
    )
    (mine,) = listed(whole, "resolutions", MINISTRY, seen)
    assert (mine["detail"]["task"], mine["detail"]["text"]) == ("T1", "联合开展专项整治")
    assert listed(whole, "resolutions", BODY) == []
    refused = whole.say(conference("task_done", "2031-02-21", source=MINISTRY, task="T2"))
    assert (refused.status_code, refused.json()["code"]) == (403, "conference_task_not_yours")


def test_a_local_conference_is_in_the_list_of_its_region(whole: Running) -> None:
    seen = whole.accept(
        conference("established", "2031-01-10", LOCAL, members=LOCAL_MEMBERS),
        conference("meeting_held", "2031-02-01", LOCAL, attended=["city"]),
        conference("resolution_adopted", "2031-02-02", LOCAL),
        conference("task_assigned", "2031-02-03", LOCAL, lead="county"),
        conference("task_done", "2031-02-10", LOCAL, source=SIBLING),
    )
    for party, region, count in ((PROVINCE, "440000", 1), (COUNTY, "440600", 1), (ELSEWHERE, "330000", 0)):
        assert len(listed(whole, "resolutions", party, seen, region=region)) == count


@pytest.mark.requirement("S0-57")
def test_plans_are_listed_on_the_days_on_which_they_are_in_force_with_the_responses_that_go_on(whole: Running) -> None:
    seen = whole.accept(
        said("risk.detected", "risk:r-1", "2031-02-01", kind="signal", region="440604", text="多起烫伤", about=[]),
        plan("plan_issued", "2031-01-01", until="2031-12-31"),
        plan("plan_issued", "2031-06-01", version="v2"),
        plan("activated", "2031-02-02"),
        plan("ended", "2031-02-20"),
    )
    versions = {
        day: [row["detail"]["version"] for row in listed(whole, "emergency_plans", CITY, seen, as_of=day)]
        for day in ("2030-12-31", "2031-05-31", "2031-06-01")
    }
    assert versions == {"2030-12-31": [], "2031-05-31": ["v1"], "2031-06-01": ["v2"]}
    (response,) = listed(whole, "emergency_responses", CITY, as_of="2031-02-19")
    assert (response["stream"], response["detail"]["version"], response["detail"]["about"]) == (
        PLAN, "v1", ["risk:r-1"],
    )  # fmt: skip
    assert listed(whole, "emergency_responses", CITY, as_of="2031-02-20") == []
    refused = whole.say(plan("activated", "2031-06-05", activation="A2", version="v1"))
    assert (refused.status_code, refused.json()["code"]) == (409, "plan_version_not_in_force")
    trail = whole.client.get("/v1/trail/risk:r-1", headers={**token(COUNTY), "Read-Reason": "case"})
    assert "emergency.activated" in [each["type"] for each in trail.json()["events"]]


@pytest.mark.requirement("S0-65")
def test_a_review_of_case_files_shows_what_was_found_to_those_who_may_read_the_case(whole: Running) -> None:
    reviewed = case("file_reviewed", "2031-05-01", findings=["送达回证缺页"], by=LEGAL)
    named = {"cases": [f"case:{COUNTY}:1"], "reviews": [{"source": COUNTY, "id": reviewed.id}]}
    seen = whole.accept(
        *whole_course("1"),
        reviewed,
        training("case_file_review", "2031-05-10", **named),
        training("legal_lecture", "2031-05-11", f"training:{CITY}:2031-2"),
    )
    found = listed(whole, "trainings", CITY, seen, as_of="2031-06-01", by="case_file_review")
    assert [(row["stream"], row["detail"]["findings"]) for row in found] == [
        (TRAINING, [{"case": f"case:{COUNTY}:1", "by": "legal-1", "findings": ["送达回证缺页"]}])
    ]
    beside = listed(whole, "trainings", SIBLING, as_of="2031-06-01", by="case_file_review")
    assert [row["detail"]["findings"] for row in beside] == [None], "the case is not theirs"
    assert len(listed(whole, "trainings", CITY, as_of="2031-06-01")) == 2


@pytest.mark.requirement("S0-42")
def test_a_consulting_body_without_admission_is_flagged_wherever_an_event_names_it(whole: Running) -> None:
    def visited(number: str, day: str, who: str) -> Any:
        visit = {"mode": "unannounced", "organisation": HOLDER["code"], "region": "440604", "result": "conforming"}
        return said("inspection.performed", f"inspection:{number}", day, **visit, consultant=who)

    seen = whole.accept(
        consultant("admitted", "2031-01-01", until="2031-12-31"),
        consultant("admission_withdrawn", "2031-06-01"),
        visited("before", "2030-12-31", CONSULTANT),
        visited("within", "2031-05-31", CONSULTANT),
        visited("after", "2031-06-01", CONSULTANT),
        visited("never", "2031-03-01", STRANGER),
        case("opened", "2031-03-02", target=STRANGER, target_kind="consulting_body"),
        consultant("violation_recorded", "2031-05-02", source=COUNTY),
        consultant("violation_recorded", "2031-05-03", STRANGER, source=COUNTY),
    )
    flagged = listed(whole, "consultants_unadmitted", COUNTY, seen, as_of="2031-12-31")
    assert sorted((row["stream"], row["subject"], row["detail"]["admission"]) for row in flagged) == [
        (f"case:{COUNTY}:1", STRANGER, "none"),
        ("inspection:after", CONSULTANT, "withdrawn"),
        ("inspection:before", CONSULTANT, "none"),
        ("inspection:never", STRANGER, "none"),
    ]
    assert listed(whole, "consultants_unadmitted", ELSEWHERE, as_of="2031-12-31") == []
    register = {
        day: [row["detail"]["admission"] for row in listed(whole, "consultants", as_of=day)]
        for day in ("2030-12-31", "2031-05-31", "2031-06-01")
    }
    assert register == {"2030-12-31": [], "2031-05-31": ["admitted"], "2031-06-01": ["withdrawn"]}
    violations = listed(whole, "consultant_violations", CITY, as_of="2031-12-31")
    assert [(row["subject"], row["priority"]) for row in violations] == [(STRANGER, True), (CONSULTANT, False)]
    refused = whole.client.get("/v1/supervision/lists/consultant_violations")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_missing")
    # The very admission that was missing is reported late: the flag goes, also for the days before.
    late = whole.accept(consultant("admitted", "2031-02-01", STRANGER, source=PROVINCE))
    left = listed(whole, "consultants_unadmitted", COUNTY, late, as_of="2031-12-31")
    assert {row["subject"] for row in left} == {CONSULTANT}
