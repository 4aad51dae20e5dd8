import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import orjson
import psycopg
import pytest

from tests.integration.http.conftest import Running, token
from tests.support.statements import BODY, DETAILS, approved, decided, issued, statement, suspended

BATCH = "application/cloudevents-batch+json"
LINES = "application/x-ndjson"
PROBLEM = "application/problem+json"


def post(app: Running, content: bytes, media_type: str, party: str = BODY, **more: Any) -> httpx.Response:
    headers = {"Content-Type": media_type, **token(party), **more.pop("headers", {})}
    return app.client.post("/v1/events", content=content, headers=headers, **more)


def lines_of(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.headers["content-type"] == LINES, answer.text
    return [orjson.loads(line) for line in answer.content.splitlines()]


def test_one_event_is_recorded_once_and_the_same_bytes_get_the_first_receipt(app: Running) -> None:
    event = approved()[0]
    first, again = app.say(event), app.say(event)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["outcome"] == "recorded"
    assert first.headers["Ledger-Position"] == str(first.json()["position"]) == "1"
    assert first.headers["Location"] == "/v1/events/1"
    assert again.json() == {**first.json(), "outcome": "duplicate", "duplicate": True}


def test_the_bytes_that_were_sent_are_the_bytes_that_are_served(app: Running) -> None:
    event = approved()[0]
    app.accept(event)
    assert b'"event":{"event":' + event.raw in app.client.get("/v1/events/1").content


def test_other_bytes_under_the_same_id_are_refused_and_name_the_first(app: Running) -> None:
    event = approved()[0]
    app.accept(event)
    other = statement(
        "body.approved", event.subject, {**event.data, "name_zh": "另名"}, source="CNCA", identity=event.id
    )
    answer = app.say(other)
    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["params"]) == ("identity_reused", {"position": "1"})


def test_a_fact_that_waits_for_an_earlier_one_is_held_with_what_it_waits_for(app: Running) -> None:
    app.accept(*approved())
    answer = app.say(suspended())
    assert answer.status_code == 202
    assert answer.json()["outcome"] == "held"
    assert answer.json()["waits"]["code"] == "certificate_not_issued"
    released = app.say(issued())
    assert (released.status_code, released.json()["releases"]) == (201, [1])


def test_sound_json_in_another_spelling_is_brought_into_canonical_form(app: Running) -> None:
    event = approved()[0]
    loose = orjson.dumps(dict(reversed(orjson.loads(event.raw).items())), option=orjson.OPT_INDENT_2)
    assert post(app, loose, "application/json; charset=utf-8", "CNCA").status_code == 201
    assert event.raw in app.client.get("/v1/events/1").content


@pytest.mark.parametrize(
    ("change", "reason", "pointer"),
    [
        (lambda raw: raw.replace(b'"id":', b'"id":"first","id":', 1), "duplicate_key", "/id"),
        (lambda raw: raw.replace(b'"name_zh":"', b'"name_zh":1.5,"name_en":"', 1), "float", "/data/name_zh"),
        (lambda raw: raw.replace(b'"name_zh":"', '"name_zh":"e\u0301'.encode(), 1), "not_nfc", "/data/name_zh"),
        (lambda raw: raw[:-1], "not_json", ""),
        (lambda raw: raw.replace(b'"name_zh":"', b'"name_zh":"\xff', 1), "not_json", ""),
    ],
)
def test_what_a_parser_would_change_in_silence_is_refused_with_its_place(
    app: Running, change: Any, reason: str, pointer: str
) -> None:
    answer = post(app, change(approved()[0].raw), "application/cloudevents+json", "CNCA")
    assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
    assert answer.json()["code"] == "not_canonical"
    assert (answer.json()["params"]["reason"], answer.json()["pointer"]) == (reason, pointer)


def test_a_token_speaks_for_its_own_party_alone(app: Running) -> None:
    event = approved()[0]
    other = app.client.post(
        "/v1/events", content=event.raw, headers={"Content-Type": "application/json", **token(BODY)}
    )
    assert (other.status_code, other.json()["code"]) == (403, "source_not_yours")
    for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic token of CNCA"}):
        nobody = app.client.post(
            "/v1/events", content=event.raw, headers={"Content-Type": "application/json", **header}
        )
        code = "token_refused" if header else "token_missing"
        assert (nobody.status_code, nobody.json()["code"]) == (401, code)
        assert nobody.headers["www-authenticate"].startswith("Bearer")
    assert app.client.get("/v1/events").content == b""


def test_each_event_of_a_batch_is_answered_for_itself(app: Running) -> None:
    app.accept(*approved())
    wrong = issued("B", details={**DETAILS, "project_code": "Z9"})
    foreign = statement("body.approval_restored", f"body:{BODY}", {"effective": "2031-01-01"}, source="CNCA")
    events = [orjson.loads(each.raw) for each in (issued("A"), wrong, foreign, suspended("C"), issued("A"))]
    answer = post(app, orjson.dumps(events), BATCH)
    assert answer.status_code == 200
    outcomes = answer.json()["outcomes"]
    assert [each["outcome"] for each in outcomes] == ["recorded", "refused", "refused", "held", "duplicate"]
    assert [each["problem"]["code"] for each in outcomes if "problem" in each] == [
        "body_not_approved_for_scheme", "source_not_yours"
    ]  # fmt: skip
    assert answer.json()["summary"] == {"recorded": 1, "held": 1, "duplicate": 1, "refused": 2, "position": 5}
    assert answer.headers["Ledger-Position"] == "5"


def test_every_line_of_ndjson_is_answered_under_its_number(app: Running) -> None:
    app.accept(*approved())
    made = [issued(f"N{number}").raw for number in range(1_200)]
    content = b"\n".join([made[0], b"", b"{", *made[1:], b""])
    answer = lines_of(post(app, content, LINES))
    summary = answer.pop()["summary"]
    assert [each["line"] for each in answer] == [1, *range(3, 1_203)]
    assert answer[1]["problem"]["code"] == "not_canonical"
    assert {each["outcome"] for each in answer[2:]} == {"recorded"}
    assert summary == {
        "lines": 1_201, "recorded": 1_200, "held": 0, "duplicate": 0, "refused": 1, "position": 1_203
    }  # fmt: skip
    again = lines_of(post(app, content, LINES))
    assert again[-1]["summary"]["duplicate"] == 1_200


@pytest.mark.parametrize("media_type", [LINES, BATCH])
def test_an_atomic_batch_is_recorded_whole_or_not_at_all(app: Running, media_type: str) -> None:
    app.accept(*approved())

    def body(*events: bytes) -> bytes:
        return b"[" + b",".join(events) + b"]" if media_type == BATCH else b"\n".join(events)

    bad = issued("B", signers=[{"number": "UNKNOWN1"}]).raw
    refused = post(app, body(issued("A").raw, bad), media_type, params={"atomic": "true"})
    assert (refused.status_code, refused.json()["code"]) == (409, "batch_refused")
    place = "/2/data/signers/0" if media_type == LINES else "/1/data/signers/0"
    assert [(e["pointer"], e["code"]) for e in refused.json()["errors"]] == [(place, "signatory_not_registered")]
    assert len(app.client.get("/v1/events").content.splitlines()) == 3
    whole = post(app, body(issued("A").raw, issued("B").raw), media_type, params={"atomic": "true"})
    assert whole.status_code == 200
    assert len(app.client.get("/v1/events").content.splitlines()) == 5


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"x" * 300_000, "application/json", 413, "body_too_large"),
        (b'"' + b"x" * 70_000 + b'"', "application/json", 413, "event_too_large"),
        (b"{}\n" * 5_001, LINES, 413, "batch_too_long"),
        (b"\n" * 8_000_000, LINES, 413, "batch_too_long"),
        (b"\n\n", LINES, 422, "batch_empty"),
        (b"[]", BATCH, 422, "batch_empty"),
        (b"{}", BATCH, 422, "not_a_batch"),
        (b"{}", "application/json", 422, "not_a_cloudevent"),
        (b"[" * 100_000, "application/json", 400, "json_too_deep"),
        (b"{}", "text/plain", 415, "media_type_unsupported"),
        (b"{}", "application/json; charset=gb18030", 415, "media_type_unsupported"),
        (b"{}", "", 415, "media_type_unsupported"),
    ],
)
def test_bodies_outside_the_limits_are_problems(
    app: Running, content: bytes, media_type: str, status: int, code: str
) -> None:
    answer = post(app, content, media_type)
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.json()["code"] == code


def test_a_body_without_a_length_is_refused_at_the_limit(app: Running) -> None:
    parts = (b" " * 65_536 for _ in range(200))
    answer = app.client.post("/v1/events", content=parts, headers={"Content-Type": LINES, **token(BODY)})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_the_callers_trace_stays_beside_the_event(app: Running) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    app.say(approved()[0], traceparent=f"00-{trace}-b7ad6b7169203331-01")
    app.say(approved()[1], traceparent="nonsense")
    first, second = (app.client.get(f"/v1/events/{position}/path", headers=token("CNCA")).json() for position in (1, 2))
    assert first["trace_id"] == trace
    assert second["trace_id"] not in {None, trace}
    assert trace.encode() not in app.client.get("/v1/events/1").content


def test_sixteen_callers_at_once_are_each_answered_and_nothing_is_doubled(app: Running) -> None:
    app.accept(*approved())
    start = threading.Barrier(16)

    def caller(number: int) -> list[int]:
        start.wait()
        return [app.say(issued(f"P{number}-{i % 10}")).json()["position"] for i in range(20)]

    with ThreadPoolExecutor(16) as pool:
        positions = list(pool.map(caller, range(16)))
    assert all(each[:10] == each[10:] for each in positions)
    assert sorted(p for each in positions for p in each[:10]) == list(range(4, 164))


def test_a_ledger_out_of_reach_is_a_503_and_the_same_id_is_safe_afterwards(app: Running, database_url: str) -> None:
    server, _, name = database_url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        away = app.say(approved()[0])
        assert (away.status_code, away.json()["code"]) == (503, "ledger_unavailable")
        assert int(away.headers["Retry-After"]) >= 1
        assert app.client.get("/readyz").status_code == 503
        assert app.client.get("/livez").status_code == 200
        admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    # The first attempt's fate was unknown: it may have been recorded meanwhile, and is never recorded twice.
    assert app.say(approved()[0]).status_code in {200, 201}
    assert len(app.client.get("/v1/events").content.splitlines()) == 1
    assert app.say(decided("restored", "2031-04-01")).status_code == 403
