"""What the interface says about itself, to programs and to people: codes, schemas, topics, operations."""

from html import unescape

import pytest
from jsonschema import Draft202012Validator

from ledger.families import EVENT_TYPES
from ledger.refusals import messages
from ledger.schemas import released
from tests.integration.http.conftest import Running
from tests.support.statements import approved

CODE = "/v1/refusals/views_behind"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"), ("*/*", "application/json"), ("application/json", "application/json"),
        (BROWSER, "text/html"), ("text/*", "text/html"), ("text/html;q=0.1, application/json", "application/json"),
        ("application/json;q=0, */*", "text/html"),
    ],
)  # fmt: skip
def test_a_problems_type_leads_to_a_page_for_people_and_to_data_for_programs(
    app: Running, accept: str | None, media_type: str
) -> None:
    app.client.headers.pop("accept", None)
    answer = app.client.get(CODE, headers={"Accept": accept} if accept else {})
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (200, media_type)
    assert answer.headers["Vary"] == "Accept"


def test_the_page_of_every_code_speaks_both_languages_and_loads_nothing(app: Running) -> None:
    for code, row in messages().items():
        page = app.client.get(f"/v1/refusals/{code}", headers={"Accept": "text/html"})
        text = unescape(page.text)
        for language in ("zh", "en"):
            assert row.title[language].partition("{")[0] in text, code
            assert f'<section lang="{language}">' in page.text
        assert "{" not in text.partition("</style>")[2], "what depends on the case is an ellipsis"
        assert "http://" not in page.text
        assert "https://" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]


def test_neither_form_of_a_code_can_be_had_in_a_third(app: Running) -> None:
    answer = app.client.get(CODE, headers={"Accept": "image/png"})
    assert (answer.status_code, answer.json()["code"]) == (406, "not_acceptable")


def test_every_schema_is_served_as_it_was_released_and_for_ever(app: Running) -> None:
    rows = app.client.get("/v1/schemas/events").json()["schemas"]
    assert {(each["type"], each["version"]) for each in rows} == set(released())
    assert {each["type"] for each in rows if each["current"]} == set(EVENT_TYPES)
    for each in rows:
        answer = app.client.get(each["schema"])
        assert answer.headers["content-type"] == "application/schema+json"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.content == released()[each["type"], each["version"]]
        assert answer.json()["$id"] == each["schema"]
    again = app.client.get(
        rows[0]["schema"], headers={"If-None-Match": app.client.get(rows[0]["schema"]).headers["etag"]}
    )
    assert again.status_code == 304
    for wrong in ("/v1/schemas/events/nothing/1.json", "/v1/schemas/events/body.approved/99.json"):
        answer = app.client.get(wrong)
        assert (answer.status_code, answer.json()["code"]) == (404, "schema_unknown")


def test_a_recorded_event_names_the_schema_by_which_it_is_valid(app: Running) -> None:
    app.accept(*approved())
    types = {each["type"]: each for each in app.client.get("/v1/event-types").json()["event_types"]}
    for position in (1, 2, 3):
        recorded = app.client.get(f"/v1/events/{position}").json()["event"]
        row = types[recorded["event"]["type"]]
        assert recorded["record"]["schema"] == row["version"]
        Draft202012Validator(app.client.get(row["schema"]).json()).validate(recorded["event"])


def test_the_descriptions_are_where_the_page_of_operations_says(app: Running) -> None:
    page = app.client.get("/docs").text
    for address in ("/openapi.json", "/asyncapi.json", "/v1/event-types", "/v1/schemas/events", "/v1/refusals"):
        assert f'href="{address}"' in page
        assert app.client.get(address).status_code == 200
    assert app.client.get("/asyncapi.json").json()["asyncapi"] == "3.0.0"
    assert app.client.get("/openapi.json").json() == app.client.get("/v1/openapi.json").json()
