"""Two worlds that differ in restricted facts alone answer everybody who may not read them with the same bytes."""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from time import perf_counter
from typing import Any
from urllib.parse import quote

import httpx
import psycopg
import pytest

from api.http.service import Ports
from infra.migrations import pending
from infra.open_ledger import open_ledger
from projections.registry import VIEWS
from tests.integration.http.conftest import TOKENS, Running, following, serving, token
from tests.support.access import BESIDE, FOREIGN, OPERATOR, OTHER_LAB, STRANGER
from tests.support.services import fresh_database
from tests.support.statements import BODY, OTHER_BODY
from tests.support.waiting import eventually
from tests.support.worlds import CODES, NAMES, fill, numbers, recorded, secret_names

OUTSIDERS = ("", OTHER_BODY, STRANGER, FOREIGN, OTHER_LAB, "CNAS", "CCAA", OPERATOR)
_VARYING = {"date", "server"}
_COUNTS = "SELECT min(position) FROM {}.bookmark"


@pytest.fixture(params=[1, 2], scope="module")
def worlds(
    request: pytest.FixtureRequest, database_server: str, template_database: str
) -> Iterator[tuple[Running, Running]]:
    """The same country twice, over two databases that differ in what is restricted alone."""
    rows = {world: recorded(request.param, world) for world in ("one", "other")}
    with ExitStack() as stack:
        found = []
        for world in ("one", "other"):
            url = stack.enter_context(fresh_database(database_server, template_database))
            fill(url, rows[world], rows["one"])
            ledger = open_ledger(url)
            stack.callback(ledger.close)
            ports = Ports(
                ledger=ledger,
                database_url=url,
                tokens=TOKENS,
                clock=lambda: datetime(2031, 4, 1, 4, tzinfo=UTC),
                pending_migrations=lambda url=url: pending(url),  # type: ignore[misc]  # bound now
                keep_alive_seconds=0.2,
            )
            stack.enter_context(following(url, ports))
            eventually(lambda url=url: seen_by_every_view(url) >= len(rows["one"]))  # type: ignore[misc]  # bound now
            found.append(stack.enter_context(serving(ports)))
        assert [row.raw for row in rows["one"]] != [row.raw for row in rows["other"]]
        yield found[0], found[1]


def seen_by_every_view(url: str) -> int:
    with psycopg.connect(url) as connection:
        return min(connection.execute(_COUNTS.format(view)).fetchone()[0] for view in VIEWS)  # type: ignore[index,call-overload]  # one row


def questions(head: int) -> Iterator[str]:
    """Everything that an outsider may ask, about what exists in one of the worlds, in both, or in none."""
    certificates = [*numbers("one"), *numbers("other"), *(f"REF{w}{i}" for w in CODES for i in range(6)), "NEVER"]
    for number in certificates:
        yield f"/v1/certificates/{BODY}/{number}"
        yield f"/v1/certificates/{BODY}/{number}?as_of=2031-03-20"
        yield f"/v1/certificates/{BODY}/{number}?known_at=2031-03-20T00:00:00Z"
        yield f"/v1/certificates/{BODY}/{number}/timeline"
        yield f"/v1/trail/certificate:{BODY}:{number}"
    for code in CODES.values():
        yield f"/v1/organisations/{code}"
        yield f"/v1/organisations/{code}?status=refused"
        yield f"/v1/trail/organisation:{code}"
        yield f"/v1/trail/organisation:{code}?limit=2&newest_first=true"
    for secret in (*secret_names("one"), *secret_names("other")):
        yield f"/v1/trail/{secret}"
        yield f"/v1/search?q={quote(secret)}"
    for text in (*NAMES.values(), "申请", "恒远", "第一示例"):
        yield f"/v1/search?q={quote(text)}&limit=3"
    for body in (BODY, OTHER_BODY):
        yield f"/v1/bodies/{body}"
        yield f"/v1/bodies/{body}?limit=2&status=refused,valid"
        yield f"/v1/trail/body:{body}?limit=200"
        yield "/v1/trail/person:CCAA:S101001?limit=200"
    for secret in (*secret_names("one"), *secret_names("other")):
        if secret.startswith("inspection:"):
            yield f"/v1/inspections/{secret.partition(':')[2]}"
    for path in ("", "/worklist", "/coverage", "/schedule", "/samples", "/feedback", "/watch", "/double-sampling"):
        yield f"/v1/inspections{path}"
    yield "/v1/inspections/report?by=mode&since=2031-01-01&until=2031-12-31"
    yield "/v1/draws"
    yield from ("/v1/events?limit=1000", "/v1/events?limit=5", "/v1/events?after=10&limit=3", "/v1/reads")
    for position in range(1, head + 3):
        yield f"/v1/events/{position}"


def told(answer: httpx.Response) -> tuple[int, dict[str, str], bytes]:
    headers = {name: value for name, value in answer.headers.items() if name not in _VARYING}
    return answer.status_code, headers, answer.content


def path_without_times(running: Running, position: int, headers: dict[str, str]) -> Any:
    answer = running.client.get(f"/v1/events/{position}/path", headers=headers)
    found = answer.json()
    for step in found.get("steps", ()):
        step["at"] = None
    return answer.status_code, found


def streamed(running: Running, last: int, headers: dict[str, str]) -> list[str]:
    """All events of the stream up to the one at the last position that everybody sees."""
    lines = []
    with running.client.stream("GET", "/v1/events/stream", params={"after": 0}, headers=headers) as answer:
        for line in answer.iter_lines():
            if line.startswith(("id:", "data:")):
                lines.append(line)
                if line.startswith(f'data: {{"position":{last},'):
                    return lines
    raise AssertionError("the stream ended")


def test_nobody_learns_from_any_answer_what_he_may_not_read(worlds: tuple[Running, Running]) -> None:
    one, other = worlds
    head = one.ports.ledger.event_log.head()
    asked = 0
    for reader in OUTSIDERS:
        headers = {**token(reader), "Read-Reason": "audit"} if reader else {}
        for question in questions(head):
            answers = [told(running.client.get(question, headers=headers)) for running in worlds]
            assert answers[0] == answers[1], (reader, question)
            asked += 1
        for position in range(1, head + 3):
            assert path_without_times(one, position, headers) == path_without_times(other, position, headers)
        assert streamed(one, head, headers) == streamed(other, head, headers), reader
    assert asked > 1_000


def test_the_two_worlds_do_differ_for_those_who_may_read(worlds: tuple[Running, Running]) -> None:
    headers = {**token("CNCA"), "Read-Reason": "audit"}
    first, second = (running.client.get("/v1/events?limit=1000", headers=headers).content for running in worlds)
    assert first != second
    for reader in (BESIDE,):
        answers = [running.client.get("/v1/events?limit=1000", headers=token(reader)) for running in worlds]
        assert {answer.status_code for answer in answers} == {200}


def test_the_numbers_of_the_server_tell_no_restricted_kind_of_statement(worlds: tuple[Running, Running]) -> None:
    for running in worlds:
        assert not {"inspection.", "case.", "certificate.refused"} & set(running.get("/metrics").text.split('"'))


def test_what_is_hidden_and_what_is_absent_take_as_long(worlds: tuple[Running, Running]) -> None:
    one, _ = worlds
    hidden = [f"/v1/trail/{name}" for name in secret_names("one")]
    absent = [f"/v1/trail/{name.replace('one', 'nil')}" for name in secret_names("one")]
    spent: dict[str, list[float]] = {"hidden": [], "absent": []}
    for _ in range(12):
        for kind, paths in (("hidden", hidden), ("absent", absent)):
            for path in paths:
                began = perf_counter()
                assert one.client.get(path).status_code == 404
                spent[kind].append(perf_counter() - began)
    ratio = statistics.median(spent["hidden"]) / statistics.median(spent["absent"])
    assert 0.5 < ratio < 2
