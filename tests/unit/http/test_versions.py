"""What was released stays: the described interface breaks nobody who was written for an earlier version of it."""

import asyncio
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from api.http.app import create_app
from api.http.service import Ports
from api.http.tokens import Tokens
from api.http.versions import DEPRECATIONS, Deprecation
from api.version import __version__
from infra.open_ledger import open_memory_ledger
from ledger.refusals import messages
from tests.tools.released_openapi import breaks, codes, described, essence, stored

WHAT_TO_DO = (
    "this breaks programs that were written for {version}. Keep the old and add the new beside it, deprecate the old "
    "in api/http/versions.py, and let it end in a later release (docs/api.md). Only while {version} is not released: "
    "`python -m tests.tools.released_openapi`"
)
ROW = Deprecation("get_refusal", date(2031, 3, 1), date(2031, 9, 1), "/v2/refusals/{code}", "改用第二版", "use v2")


@pytest.fixture(scope="module")
def now() -> dict[str, Any]:
    return described()


def test_this_version_is_stored() -> None:
    assert __version__ in stored(), "run `python -m tests.tools.released_openapi`"


@pytest.mark.parametrize("version", sorted(stored()))
def test_nothing_that_was_released_is_broken(now: dict[str, Any], version: str) -> None:
    assert list(breaks(stored()[version], now)) == [], WHAT_TO_DO.format(version=version)


@pytest.mark.parametrize("version", sorted(stored()))
def test_no_code_of_a_problem_is_ever_taken_away(version: str) -> None:
    assert codes(stored()[version])
    assert codes(stored()[version]) <= set(messages())


def without(path: str) -> Callable[[dict[str, Any]], object]:
    return lambda document: document["paths"].pop(path)


def required(document: dict[str, Any]) -> None:
    parameters = document["paths"]["/v1/search"]["get"]["parameters"]
    next(each for each in parameters if each["name"] == "limit")["required"] = True


def narrowed(document: dict[str, Any]) -> None:
    parameters = document["paths"]["/v1/events"]["get"]["parameters"]
    next(each for each in parameters if each["name"] == "limit")["schema"]["maximum"] = 10


def without_parameter(document: dict[str, Any]) -> None:
    operation = document["paths"]["/v1/search"]["get"]
    operation["parameters"] = [each for each in operation["parameters"] if each["name"] != "cursor"]


def changed(part: str, **members: Any) -> Callable[[dict[str, Any]], object]:
    return lambda document: document["components"]["schemas"][part]["properties"].update(members)


def without_member(part: str, name: str) -> Callable[[dict[str, Any]], object]:
    return lambda document: document["components"]["schemas"][part]["properties"].pop(name)


def not_promised(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Receipt"]["required"].remove("position")


def without_media_type(document: dict[str, Any]) -> None:
    document["paths"]["/v1/events"]["post"]["requestBody"]["content"].pop("application/x-ndjson")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without("/v1/search"), "GET /v1/search: is gone"),
        (required, "the parameter limit is required now"),
        (narrowed, "maximum fell to 10"),
        (without_parameter, "the parameter cursor is gone"),
        (without_member("Certificate", "holder"), "/holder: is gone"),
        (changed("Certificate", body={"type": "integer"}), "/body: was"),
        (changed("Receipt", decision={"enum": ["applied"]}), "the value 'held' is gone"),
        (not_promised, "/position: may be missing now"),
        (without_media_type, "no longer takes application/x-ndjson"),
    ],
)
def test_a_change_that_breaks_is_seen(now: dict[str, Any], change: Callable[[Any], object], told: str) -> None:
    later = deepcopy(essence(now))
    change(later)
    assert any(told in each for each in breaks(essence(now), later)), list(breaks(essence(now), later))


@pytest.mark.parametrize(
    "change",
    [
        changed("Certificate", more={"type": "string"}),
        changed("Receipt", decision={"enum": ["applied", "held", "other"]}),
        lambda document: document["paths"].update({"/v1/more": {}}),
    ],
)
def test_a_change_that_adds_breaks_nobody(now: dict[str, Any], change: Callable[[Any], object]) -> None:
    later = deepcopy(essence(now))
    change(later)
    assert list(breaks(essence(now), later)) == []


def answers(*asked: tuple[str, str]) -> list[httpx.Response]:
    """What the application answers while one row is in the table; these operations need neither database nor pool."""
    application = create_app(Ports(ledger=open_memory_ledger(), database_url="", tokens=Tokens({})), [ROW])

    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://ledger") as client:
            return [await client.request(method, path) for method, path in asked]

    return asyncio.run(ask())


def test_what_is_going_to_end_says_so_in_every_answer_and_in_the_description() -> None:
    here = "/v1/refusals/token_missing"
    *deprecated, other, document = answers(
        ("GET", here),
        ("HEAD", here),
        ("GET", "/v1/refusals/nothing"),
        ("GET", "/v1/refusals"),
        ("GET", "/openapi.json"),
    )
    assert [each.status_code for each in deprecated] == [200, 200, 404]
    for answer in deprecated:
        assert answer.headers["Deprecation"] == f"@{int(datetime(2031, 3, 1, tzinfo=UTC).timestamp())}"
        assert answer.headers["Sunset"] == "Mon, 01 Sep 2031 00:00:00 GMT"
        assert answer.links["successor-version"]["url"] == "/v2/refusals/{code}"
        assert answer.links["deprecation"]["url"] == "/docs"
    assert "Deprecation" not in other.headers
    operation = document.json()["paths"]["/v1/refusals/{code}"]["get"]
    assert operation["deprecated"] is True
    assert "2031-09-01" in operation["description"]


def test_nobody_is_given_less_than_half_a_year() -> None:
    with pytest.raises(ValueError, match="180 days"):
        replace(ROW, sunset=date(2031, 8, 1))


def test_the_table_names_operations_that_there_are(now: dict[str, Any]) -> None:
    there = {each["operationId"] for methods in now["paths"].values() for each in methods.values()}
    assert {each.operation for each in DEPRECATIONS} <= there


def test_what_a_connection_may_be_refused_for_is_described_for_every_operation(now: dict[str, Any]) -> None:
    of_connections = {
        "request_malformed": "400",
        "not_through_the_proxy": "403",
        "header_too_slow": "408",
        "body_too_slow": "408",
        "url_too_long": "414",
        "connections_full_here": "429",
        "header_too_large": "431",
        "connections_full": "503",
    }
    for path, methods in now["paths"].items():
        for method, operation in methods.items():
            for code, status in of_connections.items():
                told = operation["responses"][status]["content"]["application/problem+json"]["examples"]
                assert code in told, (method, path)
