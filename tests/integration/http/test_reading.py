from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import orjson
import pytest

from api.http.service import Ports
from ledger.days import instant_text
from tests.integration.http.conftest import Running, following, serving
from tests.support.statements import BODY, HOLDER, SIGNER, approved, corrected, decided, issued, suspended
from tests.support.waiting import eventually

NUMBER = "10131Q00001R0M"
HERE = f"/v1/certificates/{BODY}/{NUMBER}"


def status_of(answer: httpx.Response) -> tuple[str, str, str]:
    assert answer.status_code == 200, answer.text
    return answer.json()["status"]["value"], answer.json()["status"]["code"], answer.json()["validity"]["value"]


def test_status_and_validity_are_answered_for_today_and_for_any_day(whole: Running) -> None:
    seen = whole.accept(issued(), suspended(), decided("withdrawn", "2031-03-20", reason_code="0101"))
    today = whole.get(HERE, seen)
    assert status_of(today) == ("withdrawn", "03", "invalid")
    answer = today.json()
    assert answer["as_of"] == "2031-04-01"
    assert answer["status"]["zh"] == "撤销"
    assert answer["holder"]["name_zh"] == HOLDER["name_zh"]
    assert answer["reason"]["table"] == "withdrawal"
    assert answer["rests_on"]["position"] == seen
    assert int(today.headers["Ledger-Position"]) >= seen
    for day, expected in {
        "2031-01-05": ("valid", "01", "valid"),
        "2031-02-28": ("valid", "01", "valid"),
        "2031-03-01": ("suspended", "02", "invalid"),
        "2031-03-19T23:59:59+08:00": ("suspended", "02", "invalid"),
        "2031-03-19T16:00:00Z": ("withdrawn", "03", "invalid"),
        "2031-01-04": ("not_issued", "00", "invalid"),
    }.items():
        assert status_of(whole.get(HERE, seen, as_of=day)) == expected, day


def test_a_certificate_that_expired_is_not_called_cancelled(whole: Running) -> None:
    seen = whole.accept(issued())
    assert status_of(whole.get(HERE, seen, as_of="2034-01-04")) == ("valid", "01", "valid")
    assert status_of(whole.get(HERE, seen, as_of="2034-01-05")) == ("expired", "05", "invalid")


def test_what_was_known_then_is_not_changed_by_what_came_later(whole: Running) -> None:
    event = suspended()
    before = whole.accept(issued(), event)
    known = recorded(whole, before)
    seen = whole.accept(corrected(event, None))
    assert status_of(whole.get(HERE, seen, as_of="2031-03-10")) == ("valid", "01", "valid")
    assert status_of(whole.get(HERE, seen, as_of="2031-03-10", known_at=known)) == ("suspended", "02", "invalid")
    then = whole.get(HERE, seen, known_at="2001-01-01T00:00:00Z")
    assert (then.status_code, then.json()["code"]) == (404, "not_known_then")


def recorded(app: Running, position: int) -> str:
    event = app.client.get(f"/v1/events/{position}").json()
    return str(event["event"]["record"]["recorded"])


def test_never_registered_is_told_apart_from_every_end(whole: Running) -> None:
    answer = whole.get(f"/v1/certificates/{BODY}/NEVER")
    assert (answer.status_code, answer.json()["code"]) == (404, "never_registered")
    seen = whole.accept(suspended("HELD"))
    held = whole.get(f"/v1/certificates/{BODY}/HELD", seen).json()
    assert (held["status"]["value"], len(held["held"])) == ("not_issued", 1)
    assert held["held"][0]["waits"]["code"] == "certificate_not_issued"
    assert held["held"][0]["zh"] == "暂停证书"


def test_a_number_may_hold_a_slash(whole: Running) -> None:
    seen = whole.accept(issued("A/1(2)"))
    for spelling in ("A/1(2)", "A%2F1(2)"):
        assert status_of(whole.get(f"/v1/certificates/{BODY}/{spelling}", seen))[0] == "valid"


def test_an_unchanged_answer_is_not_sent_again(whole: Running) -> None:
    seen = whole.accept(issued())
    first = whole.get(HERE, seen)
    tag = first.headers["ETag"]
    assert tag.startswith(f'"{seen}-')
    again = whole.client.get(HERE, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert whole.get(HERE, seen, as_of="2031-03-31").headers["ETag"] != tag
    after = whole.accept(suspended())
    changed = whole.client.get(HERE, headers={"If-None-Match": tag, "Min-Position": str(after)})
    assert status_of(changed)[0] == "suspended"


def test_a_reader_of_its_own_write_is_told_to_come_back_while_views_stand_still(
    ports: Ports, database_url: str
) -> None:
    with following(database_url, ports):
        pass
    with serving(replace(ports, wait_seconds=0.3)) as running:
        written = running.accept(*approved(), issued())
        late = running.get(HERE, written)
    assert (late.status_code, late.json()["code"]) == (503, "views_behind")
    assert int(late.headers["Retry-After"]) >= 1


def test_a_position_that_was_never_given_out_is_not_waited_for(whole: Running, ports: Ports) -> None:
    head = ports.ledger.event_log.head()
    never = whole.client.get(HERE, headers={"Min-Position": str(head + 1_000)})
    assert (never.status_code, never.json()["code"]) == (400, "min_position_ahead")
    assert never.json()["params"] == {"position": str(head + 1_000), "head": str(head)}
    wrong = whole.client.get(HERE, headers={"Min-Position": "soon"})
    assert (wrong.status_code, wrong.json()["pointer"]) == (422, "/header/Min-Position")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"as_of": "2031-02-30"}, "as_of_wrong"),
        ({"as_of": "2031-03-05T00:00:00"}, "as_of_wrong"),
        ({"as_of": "yesterday"}, "as_of_wrong"),
        ({"known_at": "2031-03-05"}, "known_at_wrong"),
        ({"as_of": ""}, "as_of_wrong"),
        ({"known_at": ""}, "known_at_wrong"),
        ({"known_at": "2999-01-01T00:00:00Z"}, "known_at_in_future"),
    ],
)
def test_days_and_instants_that_are_none_are_refused(whole: Running, query: dict[str, str], code: str) -> None:
    answer = whole.get(HERE, **query)
    assert answer.json()["code"] == code
    assert answer.status_code == (400 if code == "known_at_in_future" else 422)


def test_the_timeline_shows_periods_and_facts_on_both_axes(whole: Running) -> None:
    seen = whole.accept(suspended(), issued(), decided("restored", "2031-05-01"))
    answer = whole.get(f"{HERE}/timeline", seen).json()
    assert [(p["effective_from"], p["status"]["value"]) for p in answer["periods"]] == [
        ("2031-01-05", "valid"), ("2031-03-01", "suspended"), ("2031-05-01", "valid"), ("2034-01-05", "expired")
    ]  # fmt: skip
    assert [p["by_calendar"] for p in answer["periods"]] == [False, False, False, True]
    assert answer["periods"][2]["effective_until"] == "2034-01-05"
    assert [f["type"].partition(".")[2] for f in answer["facts"]] == ["suspended", "issued", "restored"]
    assert answer["facts"][0]["waits"]["code"] == "certificate_not_issued"
    known = answer["facts"][0]["recorded"]
    earlier = whole.get(f"{HERE}/timeline", seen, known_at=known).json()
    assert (len(earlier["periods"]), len(earlier["facts"])) == (0, 1)


def test_an_event_is_on_the_trail_of_everyone_it_is_about(whole: Running) -> None:
    seen = whole.accept(issued(), suspended())
    for subject in (
        f"certificate:{BODY}:{NUMBER}",
        f"organisation:{HOLDER['code']}",
        f"organisation:{HOLDER['code'][8:17]}",
        f"body:{BODY}",
        f"person:CCAA:{SIGNER}",
    ):
        answer = whole.get(f"/v1/trail/{subject}", seen)
        assert answer.status_code == 200, answer.text
        assert {"certificate.issued", "certificate.suspended"} <= {e["type"] for e in answer.json()["events"]}, subject
    nobody = whole.get("/v1/trail/organisation:nonsense", seen)
    assert (nobody.status_code, nobody.json()["code"]) == (404, "subject_unknown")


def test_pages_never_shift_under_what_is_recorded_meanwhile(whole: Running) -> None:
    seen = whole.accept(*(issued(f"T{number}") for number in range(7)))
    for query in ({}, {"newest_first": "true"}):
        found: list[int] = []
        cursor: dict[str, str] = {}
        while True:
            page = whole.get(f"/v1/trail/body:{BODY}", seen, limit=3, **query, **cursor).json()
            found += [event["position"] for event in page["events"]]
            if page["next"] is None:
                break
            cursor = {"cursor": page["next"]}
            seen = whole.accept(issued(f"later{len(found)}{len(query)}"))
        assert found == sorted(set(found), reverse=bool(query))
        assert len(found) in {10, 13}
    wrong = whole.get("/v1/search", q="恒远", cursor=cursor["cursor"])
    assert (wrong.status_code, wrong.json()["code"]) == (400, "cursor_invalid")


def test_bodies_and_organisations_show_their_certificates_and_counts(whole: Running) -> None:
    seen = whole.accept(*(issued(f"C{number}") for number in range(5)), suspended("C1"))
    for address in (f"/v1/bodies/{BODY}", f"/v1/organisations/{HOLDER['code']}"):
        page = whole.get(address, seen, limit=3).json()
        assert {each["value"]: each["count"] for each in page["counts"]} == {"valid": 4, "suspended": 1}
        rest = whole.get(address, seen, limit=3, cursor=page["next"]).json()
        numbers = [each["number"] for each in page["certificates"] + rest["certificates"]]
        assert (numbers, rest["next"]) == ([f"C{number}" for number in range(5)], None)
        only = whole.get(address, seen, status="suspended").json()
        assert [each["number"] for each in only["certificates"]] == ["C1"]
    assert whole.get(f"/v1/bodies/{BODY}", seen).json()["standing"]["approved"] is True
    for address in ("/v1/bodies/CNCA-R-2031-999", "/v1/organisations/91350100M000100Y44x"):
        assert whole.get(address, seen).status_code == 404
    assert whole.get(f"/v1/bodies/{BODY}", seen, status="nonsense").status_code == 422


def test_certificates_are_found_by_name_and_number_page_by_page(whole: Running) -> None:
    seen = whole.accept(*(issued(f"S{number}") for number in range(5)))
    found, cursor = [], {}
    while cursor is not None:
        page = whole.get("/v1/search", seen, q="恒远电器", limit=2, **cursor).json()
        found += [each["number"] for each in page["certificates"]]
        cursor = {"cursor": page["next"]} if page["next"] else None
    assert found == [f"S{number}" for number in range(5)]
    assert whole.get("/v1/search", seen, q="不存在的").json()["certificates"] == []


def test_events_are_listed_by_position_in_their_own_bytes(app: Running) -> None:
    app.accept(*approved(), issued())
    first = app.client.get("/v1/events", params={"limit": 3})
    lines = first.content.splitlines()
    assert [orjson.loads(line)["position"] for line in lines] == [1, 2, 3]
    assert 'rel="next"' in first.headers["Link"]
    rest = app.client.get(first.headers["Link"].partition(">")[0].removeprefix("<"))
    assert [orjson.loads(line)["position"] for line in rest.content.splitlines()] == [4]
    assert issued().raw in rest.content
    one = app.client.get("/v1/events/4")
    assert one.content == rest.content.rstrip()
    assert app.client.get("/v1/events/4", headers={"If-None-Match": one.headers["ETag"]}).status_code == 304
    assert app.client.get("/v1/events/5").json()["code"] == "position_unknown"


def test_the_path_of_a_fact_names_every_step_and_what_is_still_waiting(whole: Running) -> None:
    seen = whole.accept(issued())
    whole.get(f"/v1/trail/body:{BODY}", seen)

    def arrived() -> Any:
        answer = whole.get(f"/v1/events/{seen}/path").json()
        return answer if not answer["waiting"] else None

    answer = eventually(arrived)
    steps = {step["step"]: step["at"] for step in answer["steps"]}
    assert list(steps)[:2] == ["received", "recorded"]
    assert {f"visible:{view}" for view in ("register", "history", "trail", "search")} <= steps.keys()
    assert all(steps[name] is None or steps[name] >= steps["recorded"] for name in steps if name.startswith("visible"))
    assert (answer["type"], answer["position"]) == ("certificate.issued", seen)


def test_a_database_without_views_says_which_is_missing(app: Running) -> None:
    answer = app.get(HERE)
    assert (answer.status_code, answer.json()["code"]) == (503, "view_missing")
    ready = app.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")


def test_health_and_metrics_tell_how_far_each_follower_is(whole: Running) -> None:
    seen = whole.accept(issued())
    whole.get(HERE, seen)

    def degraded() -> set[str]:
        answer = whole.get("/readyz")
        assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
        return {each["check"] for each in answer.json()["checks"] if each["status"] != "ok"}

    # Neither a relay, a notary nor a status map runs here; the views follow, each in its time.
    assert eventually(lambda: degraded() == {"kafka", "notary", "status_map"}), degraded()
    checks = {each["check"]: each["status"] for each in whole.get("/readyz").json()["checks"]}
    assert checks["kafka"] == "degraded"
    assert checks["notary"] == checks["status_map"] == "degraded"
    text = whole.get("/metrics").text
    for line in (
        f"certledger_ledger_position {float(seen)}",
        'certledger_submissions_total{result="recorded",type="certificate.issued"} 1.0',
        'certledger_view_lag_events{view="register"} ',
        'certledger_http_requests_total{method="GET",route="/v1/certificates/{body}/{number}",status="200"} 1.0',
    ):
        assert line in text, line


def test_missing_migrations_make_the_interface_unready(ports: Any) -> None:
    with serving(replace(ports, pending_migrations=lambda: ["999_more.sql"])) as running:
        answer = running.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "unready")


def test_answers_follow_the_clock_that_the_interface_was_given(whole: Running, now: datetime) -> None:
    assert now.tzinfo is UTC
    answer = whole.get(HERE, known_at=instant_text(now))
    assert answer.json()["code"] == "never_registered"
