import json
import re
from typing import Any

import httpx
import pytest
from openapi_spec_validator import validate

from api.http.routes import catalogue
from ledger.families import EVENT_TYPES
from ledger.refusals import messages
from tests.integration.http.conftest import Running, token

PROBLEM = "application/problem+json"


def described(app: Running) -> dict[str, Any]:
    document: dict[str, Any] = app.client.get("/v1/openapi.json").json()
    return document


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/nowhere", {}, 404, "address_unknown"),
        ("GET", "/v1/events/", {}, 404, "address_unknown"),
        ("DELETE", "/v1/events", {}, 405, "method_not_allowed"),
        ("POST", "/v1/events/1", {}, 405, "method_not_allowed"),
        ("GET", "/v1/events/1", {"Accept": "text/html"}, 406, "not_acceptable"),
        ("GET", "/v1/events/one", {}, 422, "parameters_wrong"),
        ("GET", "/v1/events?limit=0", {}, 422, "parameters_wrong"),
        ("GET", "/v1/search", {}, 422, "parameters_wrong"),
        ("GET", "/v1/refusals/nothing", {}, 404, "code_unknown"),
        ("GET", "/v1/certificates/CNCA-R-2031-101/%0A/timeline", {}, 400, "request_wrong"),
        ("GET", "/v1/refusals/%00", {}, 400, "request_wrong"),
    ],
)
def test_every_error_is_a_problem_in_both_languages(
    app: Running, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = app.client.request(method, path, headers=headers)
    told = answer.json()
    assert (answer.status_code, answer.headers["content-type"], told["code"]) == (status, PROBLEM, code)
    assert told["status"] == status
    assert told["instance"] == path.partition("?")[0]
    assert told["title"] == told["zh"]["title"]
    assert told["detail"] == told["zh"]["action"]
    assert {"title", "action"} <= told["en"].keys()
    assert app.client.get(told["type"]).json()["code"] == code
    if path == "/v1/events":
        assert answer.headers["Allow"] == "GET, HEAD, POST"


def test_the_instance_is_a_uri_reference_whatever_was_asked_for(app: Running) -> None:
    told = app.client.get("/v1/refusals/%E8%AF%81%01%20%23").json()
    assert told["instance"] == "/v1/refusals/%E8%AF%81%01%20%23"


def test_the_language_follows_accept_language_and_the_trace_is_named(app: Running) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"Accept-Language": "fr, en-GB;q=0.8, zh;q=0.5", "traceparent": f"00-{trace}-b7ad6b7169203331-00"}
    answer = app.client.get("/nowhere", headers=headers)
    assert answer.headers["Content-Language"] == "en"
    assert answer.json()["title"] == answer.json()["en"]["title"]
    assert answer.json()["trace_id"] == trace


def test_a_defect_shows_nothing_of_the_inside(app: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_row: Any) -> Any:
        raise RuntimeError("secret of the inside")

    monkeypatch.setattr(catalogue, "_refusal", broken)
    answer = app.client.get("/v1/refusals")
    assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.text
    assert app.client.get("/livez").status_code == 200


def test_the_description_is_valid_openapi_with_both_languages_and_examples(app: Running) -> None:
    document = described(app)
    validate(document)
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert any("\u4e00" <= character <= "\u9fff" for character in operation["summary"]), where
            assert any(character.isascii() and character.isalpha() for character in operation["summary"]), where
            content = operation["responses"]["200"]["content"]
            assert all("example" in each or "examples" in each for each in content.values()), where
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and not path.endswith("z"):
                    assert list(answer["content"]) == [PROBLEM], f"{where} {status}"
                    assert answer["content"][PROBLEM]["examples"], f"{where} {status}"


def test_every_parameter_in_a_path_is_described(app: Running) -> None:
    for path, methods in described(app)["paths"].items():
        named = set(re.findall(r"\{(\w+)", path))
        for operation in methods.values():
            given = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"}
            assert named == given, path


def test_every_refusal_and_event_type_is_in_its_catalogue(app: Running) -> None:
    codes = app.client.get("/v1/refusals").json()["refusals"]
    assert {each["code"] for each in codes} == set(messages())
    types = app.client.get("/v1/event-types").json()["event_types"]
    assert {each["type"] for each in types} == set(EVENT_TYPES)
    assert all(each["zh"] and each["en"] and each["actors"] and "properties" in each["data"] for each in types)


def test_the_page_of_operations_loads_nothing_from_anywhere(app: Running) -> None:
    page = app.client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    for foreign in ("http://", "https://", "<script", "<link"):
        assert foreign not in page.text
    assert "/v1/certificates/{body}/{number}" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_head_is_answered_like_get_without_a_body(app: Running) -> None:
    get, head = app.client.get("/v1/refusals"), app.client.head("/v1/refusals")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


def test_problems_in_a_submission_point_at_each_fault(app: Running) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "CNCA", "type": "body.approved", "subject": "body:X",
             "time": "2031-01-01T00:00:00.000000Z", "data": {"effective": "2031-02-30", "schemes": []}}  # fmt: skip
    headers = {"Content-Type": "application/json", "Accept-Language": "en", **token("CNCA")}
    answer: httpx.Response = app.client.post("/v1/events", content=json.dumps(event), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "data_invalid")
    faults = {each["pointer"]: each for each in answer.json()["errors"]}
    assert faults.keys() == {"/data/effective", "/data/name_zh", "/data/schemes"}
    assert all(each["detail"] == each["en"] and each["zh"] for each in faults.values())
