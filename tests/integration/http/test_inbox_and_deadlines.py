"""Who is told finds it in the inbox; what is due is listed by unit and jurisdiction to those who may see the matter."""

from collections.abc import Iterator

import pytest

from infra.open_ledger import WRITER, open_ledger
from tests.integration.http.conftest import Running, token
from tests.support.access import CITY, COUNTY, FOREIGN, OWN, SIBLING
from tests.support.notified import ABOVE, REPORT, REQUEST, founded, told
from tests.support.reacting import react
from tests.support.statements import BODY, CCC_NUMBER, HOLDER, OTHER_BODY, about_body, decided, statement

WHY = {"Read-Reason": "guidance"}


@pytest.fixture
def notified(whole: Running) -> Iterator[tuple[Running, int]]:
    for each in [*founded(), *told()]:
        whole.say(each)
    ledger = open_ledger(whole.ports.database_url, acting_as=WRITER)
    assert react(ledger).refused == []
    yield whole, ledger.event_log.head()
    ledger.close()


def asked(running: Running, path: str, party: str, seen: int, **params: object) -> dict[str, object]:
    answer = running.client.get(path, params=params, headers={**token(party), **WHY, "Min-Position": str(seen)})  # type: ignore[arg-type]  # plain values
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def kinds(running: Running, party: str, seen: int, **params: object) -> list[str]:
    return [each["kind"]["value"] for each in asked(running, "/v1/inbox", party, seen, **params)["notices"]]  # type: ignore[attr-defined, index]


def test_each_party_finds_what_it_is_told_and_nobody_elses(notified: tuple[Running, int]) -> None:
    running, seen = notified
    assert kinds(running, BODY, seen) == ["violation_found", "violation_found"]
    at_city = ["certificate_ended", "problem_raised", "spot_check_information"]
    assert sorted(kinds(running, ABOVE, seen)) == at_city
    assert kinds(running, f"SAMR-{SIBLING}", seen) == ["early_warning"]
    assert kinds(running, FOREIGN, seen) == []
    assert kinds(running, OWN, seen, sent=True)[0] == "problem_raised"


@pytest.mark.requirement("S1-61")
def test_a_change_that_a_body_states_reaches_the_inbox_of_the_territory_and_the_enterprises_archive(
    notified: tuple[Running, int],
) -> None:
    running, _ = notified
    changed = decided("changed", "2031-03-20", CCC_NUMBER, change_code="02", changes={"mode": "1"})
    position = running.accept(changed)
    ledger = open_ledger(running.ports.database_url, acting_as=WRITER)
    react(ledger)
    seen = ledger.event_log.head()
    ledger.close()
    assert kinds(running, OWN, seen, kind="certificate_changed") == ["certificate_changed"]
    trail = asked(running, f"/v1/trail/organisation:{HOLDER['code']}", OWN, seen)["events"]
    assert position in {each["position"] for each in trail}  # type: ignore[attr-defined]
    archived = asked(running, f"/v1/archives/{HOLDER['code']}", OWN, seen)["records"]
    assert changed.id in {each["id"] for each in archived}  # type: ignore[attr-defined]


@pytest.mark.requirement("S0-08")
def test_an_issue_that_a_county_raises_is_in_the_inbox_of_the_national_authority_and_ages_until_it_is_answered(
    notified: tuple[Running, int],
) -> None:
    running, _ = notified
    issue = {
        "effective": "2031-03-01",
        "kind": "implementation_issue",
        "sender": OWN,
        "recipient": "CNCA",
        "basis": "S0-08",
        "statement": "目录界定不清",
        "about": [],
        "answer": True,
    }
    seen = running.accept(statement("notice.created", "notice:issue-1", issue, source=OWN))
    assert kinds(running, "CNCA", seen, state="open") == ["implementation_issue"]
    assert _unanswered(running, seen) == [(1, 20)]
    answer = {"effective": "2031-03-22", "outcome": "replied"}
    seen = running.accept(statement("notice.answered", "notice:issue-1", answer, source="CNCA"))
    assert kinds(running, "CNCA", seen, state="open") == []
    assert _unanswered(running, seen, "2031-03-23") == []


def _unanswered(running: Running, seen: int, day: str = "2031-03-21") -> list[tuple[int, int]]:
    report = asked(running, "/v1/deadlines/ageing", "CNCA", seen, as_of=day, unit="CNCA")["ageing"]
    return [(each["count"], each["oldest"]) for each in report if each["kind"]["value"] == "notice_unanswered"]  # type: ignore[attr-defined]


def test_what_waits_for_an_answer_is_open_until_it_is_answered(notified: tuple[Running, int]) -> None:
    running, seen = notified
    assert kinds(running, ABOVE, seen, state="overdue") == ["problem_raised"]
    answer = {"effective": "2031-03-30", "outcome": "replied", "reason": "已调配"}
    seen = running.accept(statement("notice.answered", REPORT, answer, source=ABOVE))
    assert kinds(running, ABOVE, seen, state="overdue") == []
    one = asked(running, f"/v1/notices/{REPORT.partition(':')[2]}", OWN, seen)
    assert (one["status"]["value"], one["outcome"], one["reply"]) == ("answered", "replied", "已调配")  # type: ignore[index]


def test_a_notice_is_read_by_those_it_is_between_and_those_above_alone(notified: tuple[Running, int]) -> None:
    running, seen = notified
    path = f"/v1/notices/{REQUEST.partition(':')[2]}"
    for party, status in ((OTHER_BODY, 200), (ABOVE, 200), ("SAMR-440000", 200), ("CNCA", 200), (BODY, 404),
                          (OWN, 404), (FOREIGN, 404)):  # fmt: skip
        answer = running.client.get(path, headers={**token(party), **WHY, "Min-Position": str(seen)})
        assert answer.status_code == status, party
    assert running.client.get(path).status_code == 401
    assert running.client.get("/v1/inbox").status_code == 401


def test_an_authority_says_why_it_reads_what_is_not_addressed_to_it(notified: tuple[Running, int]) -> None:
    running, seen = notified
    headers = {**token("SAMR-440000"), "Min-Position": str(seen)}
    answer = running.client.get(f"/v1/notices/{REQUEST.partition(':')[2]}", headers=headers)
    assert answer.json()["code"] == "read_reason_missing"
    headers = {**token(ABOVE), "Min-Position": str(seen)}
    assert running.client.get("/v1/inbox", headers=headers).status_code == 200, "one's own matter is reason enough"


def test_overdue_items_are_listed_by_unit_and_jurisdiction(notified: tuple[Running, int]) -> None:
    running, seen = notified

    def listed(party: str, **params: object) -> list[tuple[str, str]]:
        found = asked(running, "/v1/deadlines", party, seen, **params)["deadlines"]
        return [(each["kind"]["value"], each["responsible"]) for each in found]  # type: ignore[attr-defined]

    late = [("finding_due", OWN), ("notice_answer_due", ABOVE)]
    assert sorted(listed("CNCA", state="overdue", as_of="2031-03-21")) == late
    assert listed("CNCA", state="overdue", as_of="2031-03-20") == []
    assert ("case_report", OWN) in listed("CNCA", state="open", as_of="2031-03-30")
    assert ("case_report", OWN) in listed("CNCA", state="overdue", as_of="2031-03-31")
    assert listed(FOREIGN, state="overdue", as_of="2031-03-31") == []
    own = listed("CNCA", state="overdue", as_of="2031-03-31", unit=OWN)
    assert {unit for _, unit in own} == {OWN}
    assert listed("CNCA", state="overdue", as_of="2031-03-31", region="330000") == []
    province = listed("SAMR-440000", state="overdue", as_of="2031-03-31", region="440000")
    assert sorted(province) == sorted(listed("CNCA", state="overdue", as_of="2031-03-31", region=CITY))
    wrong = running.client.get("/v1/deadlines", params={"region": "999999"}, headers={**token("CNCA"), **WHY})
    assert wrong.json()["code"] == "region_not_found"


def test_pages_of_deadlines_join_to_the_whole(notified: tuple[Running, int]) -> None:
    running, seen = notified
    whole = asked(running, "/v1/deadlines", "CNCA", seen)["deadlines"]
    found: list[object] = []
    cursor: dict[str, object] = {}
    while True:
        page = asked(running, "/v1/deadlines", "CNCA", seen, limit=2, **cursor)
        found += page["deadlines"]  # type: ignore[operator, arg-type]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    assert found == whole


def test_what_has_no_limit_is_measured_by_unit(notified: tuple[Running, int]) -> None:
    running, seen = notified
    report = asked(running, "/v1/deadlines/ageing", "CNCA", seen, as_of="2031-03-31")["ageing"]
    lines = {(each["responsible"], each["kind"]["value"]): each for each in report}  # type: ignore[attr-defined]
    assert lines[BODY, "notice_unanswered"]["count"] == 2
    assert lines[BODY, "notice_unanswered"]["oldest"] > 1_000, "recorded years before the day that is asked about"
    assert lines[OWN, "finding_open"]["oldest"] == 28
    assert lines[OWN, "risk_unanswered"]["median"] == 26


@pytest.mark.requirement("S0-58")
def test_risks_and_warnings_are_seen_in_their_jurisdiction(notified: tuple[Running, int]) -> None:
    running, seen = notified
    (risk,) = asked(running, "/v1/risks", ABOVE, seen, region=COUNTY)["risks"]  # type: ignore[misc]
    assert risk["lags"] == [{"from": "detected", "to": "assessed", "days": 2}]
    assert asked(running, "/v1/risks", FOREIGN, seen)["risks"] == []
    (warning,) = asked(running, "/v1/warnings", ABOVE, seen, as_of="2031-06-05")["warnings"]  # type: ignore[misc]
    assert (warning["state"], warning["raised_by"][0]["id"]) == ("in_force", "finding F1")
    (warning,) = asked(running, "/v1/warnings", ABOVE, seen, as_of="2031-06-06")["warnings"]  # type: ignore[misc]
    assert warning["state"] == "expired"


def test_a_loss_of_approval_flags_from_one_event_just_what_was_counted_before(notified: tuple[Running, int]) -> None:
    running, seen = notified
    path = f"/v1/bodies/{BODY}/loss-of-approval"
    before = running.get(path, seen).json()
    assert (before["certificates"], before["suspended"], before["holders"]) == (2, 1, 1)
    seen = running.accept(about_body("approval_withdrawn", "2031-03-31", BODY, reason="出具虚假认证结论"))
    page = running.get(f"/v1/bodies/{BODY}", seen, status="valid,suspended").json()
    flagged = [each for each in page["certificates"] if "issuer_not_approved" in {f["code"] for f in each["flags"]}]
    assert len(flagged) == len(page["certificates"]) == before["certificates"]
    assert running.get("/v1/bodies/CNCA-R-2031-999/loss-of-approval", seen).status_code == 404
