"""Every reader against everything that is not public, as the table of visibility says, by HTTP and in the database."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import Any

import httpx
import orjson
import psycopg
import pytest

from api.http.entitlement import require
from api.http.principals import principal_of_party
from api.http.problems import ProblemError
from infra.readers import context, is_public
from ledger.access.visibility import classes
from ledger.days import china_day
from ledger.principals import Principal
from projections.fence import PUBLIC_ROLE
from tests.integration.http.conftest import Running, token
from tests.support.access import (
    ABOVE,
    APPLICATION,
    CASE,
    CERTIFICATE,
    CITY_INSPECTION,
    ELSEWHERE,
    FOREIGN,
    INSPECTION,
    OWN,
    PLANNED_INSPECTION,
    READERS,
    SUBJECT,
    Item,
    finding,
    public_facts,
    restricted_facts,
)
from tests.support.statements import BODY, decided, statement
from tests.support.waiting import eventually


@pytest.fixture
def country(whole: Running) -> tuple[Running, dict[int, Item]]:
    """The country's facts, recorded and seen by every view; the events that are not public by position."""
    whole.accept(*public_facts())
    found = {whole.accept(item.submission): item for item in restricted_facts()}
    last = max(found)
    answer = whole.client.get(
        f"/v1/trail/{SUBJECT}", headers={**token("CNCA"), "Min-Position": str(last), "Read-Reason": "audit"}
    )
    assert answer.status_code == 200, answer.text
    return whole, found


def asked_by(reader: str) -> dict[str, str]:
    return {**token(reader), "Read-Reason": "inspection"} if reader else {}


def expected(reader: str, found: dict[int, Item]) -> set[int]:
    """The positions that the table of visibility opens to a reader."""
    return {position for position, item in found.items() if reader in item.readers(classes()[item.access].readers)}


@contextmanager
def acting_as(url: str, reader: str, now: datetime) -> Iterator[psycopg.Connection[Any]]:
    """A connection that acts in the database as one reader's does."""
    with psycopg.connect(url) as connection:
        principal = principal_of_party(reader)
        if is_public(principal):
            connection.execute(f"SET LOCAL ROLE {PUBLIC_ROLE}")
        else:
            connection.execute(
                "SELECT set_config('role', %s, true), set_config('certledger.role', %s, true),"
                " set_config('certledger.party', %s, true), set_config('certledger.area', %s, true),"
                " set_config('certledger.today', %s, true), set_config('certledger.account', %s, true)",
                context(principal, china_day(now)),
            )
        yield connection


def positions_in(answer: httpx.Response) -> set[int]:
    assert answer.status_code == 200, answer.text
    return {orjson.loads(line)["position"] for line in answer.content.splitlines()}


def trailed(running: Running, reader: str) -> set[int]:
    """The positions that all trails together show to a reader."""
    seen = set()
    for subject in (
        CERTIFICATE,
        INSPECTION,
        CITY_INSPECTION,
        PLANNED_INSPECTION,
        CASE,
        APPLICATION,
        SUBJECT,
        f"body:{BODY}",
    ):
        answer = running.client.get(f"/v1/trail/{subject}", headers=asked_by(reader))
        if answer.status_code == 200:
            seen |= {event["position"] for event in answer.json()["events"]}
        else:
            assert (answer.status_code, answer.json()["code"]) == (404, "subject_unknown")
    return seen


@pytest.mark.requirement("S0-29")
def test_over_http_each_reader_sees_what_the_table_says_and_nothing_else(
    country: tuple[Running, dict[int, Item]],
) -> None:
    running, found = country
    for reader in READERS:
        wanted = expected(reader, found)
        listed = positions_in(running.client.get("/v1/events", params={"limit": 1000}, headers=asked_by(reader)))
        assert listed & found.keys() == wanted, reader
        assert trailed(running, reader) & found.keys() == wanted, reader
        for position in found:
            for path in (f"/v1/events/{position}", f"/v1/events/{position}/path"):
                answer = running.client.get(path, headers=asked_by(reader))
                assert answer.status_code == (200 if position in wanted else 404), (reader, path)
                if position in wanted:
                    assert "private" in answer.headers["cache-control"] or "no-store" in answer.headers["cache-control"]


def test_in_the_database_each_role_sees_what_the_table_says_and_nothing_else(
    country: tuple[Running, dict[int, Item]], now: datetime
) -> None:
    running, found = country
    for reader in READERS:
        wanted = expected(reader, found)
        by_class = {item.access for position, item in found.items() if position in wanted}
        with acting_as(running.ports.database_url, reader, now) as connection:

            def column(statement: str, connection: psycopg.Connection[Any] = connection) -> set[Any]:
                return {row[0] for row in connection.execute(statement)}  # type: ignore[arg-type]  # a constant

            assert column("SELECT notification_id FROM ledger_events") & found.keys() == wanted, reader
            assert column("SELECT position FROM trail.trail") & found.keys() == wanted, reader
            assert column("SELECT position FROM trail.trail_subject") & found.keys() == wanted, reader
            assert column("SELECT 'refused' FROM register.refused") == by_class & {"refused"}, reader
            # A view's row about a whole stream takes more than one event of it that one said or was served with.
            whole = {"inspection", "case", "notice", "circular", "risk", "adoption"}
            seen = {found[position].submission.subject for position in wanted if found[position].access in whole}
            plans = {found[position].submission.subject for position in wanted if found[position].access == "plan"}
            assert column("SELECT stream FROM register.supervision") == seen | plans, reader
            inspected = {stream for stream in seen | plans if stream.startswith("inspection:")}
            assert column("SELECT stream FROM inspections.inspection") == inspected, reader
            assert column("SELECT stream FROM inspections.unit") == plans, reader
            flagged = column("SELECT stream FROM register.finding_open UNION SELECT stream FROM register.case_open")
            assert flagged == seen & {INSPECTION, CASE}, reader


def test_the_roles_of_the_database_can_read_no_table_of_the_machinery_and_write_none(
    country: tuple[Running, dict[int, Item]], now: datetime
) -> None:
    running, _ = country
    hidden = (
        "access.audience", "access.place", "trail.party", "register.fact", "history.fact", "search.fact",
        "inspections.fact", "register.quarantine", "intake_receipts",
    )  # fmt: skip
    written = (
        "DELETE FROM ledger_events", "UPDATE register.certificate SET status = 'valid'", "DELETE FROM ledger_reads",
        "INSERT INTO ledger_equivocations VALUES ('a', 'b', '', '', 1)", "CREATE TABLE mine (a int)",
        "SELECT * FROM ledger_append(0, '{}', '{}', NULL" + ", '{}'" * 11 + ")", "TRUNCATE ledger_reads",
    )  # fmt: skip
    for reader in READERS:
        for attempt in (*(f"SELECT * FROM {table}" for table in hidden), *written):
            with (
                acting_as(running.ports.database_url, reader, now) as connection,
                pytest.raises(psycopg.errors.InsufficientPrivilege),
            ):
                connection.execute(attempt)  # type: ignore[call-overload]  # a constant


def test_the_public_reads_no_trace_that_links_what_one_party_sent(country: tuple[Running, dict[int, Item]]) -> None:
    running, _ = country
    assert running.get("/v1/events/1/path").json()["trace_id"] is None
    with psycopg.connect(running.ports.database_url) as connection:
        connection.execute(f"SET LOCAL ROLE {PUBLIC_ROLE}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT traceparent FROM ledger_events")


def test_flags_that_rest_on_what_is_not_public_are_shown_to_those_alone_who_read_it(
    country: tuple[Running, dict[int, Item]],
) -> None:
    running, _ = country
    path = f"/v1/certificates/{BODY}/{CERTIFICATE.split(':')[2]}"
    shown = {
        reader: {flag["code"] for flag in running.client.get(path, headers=asked_by(reader)).json()["flags"]}
        & {"finding_open", "case_open"}
        for reader in READERS
    }
    both, finding_alone = {"finding_open", "case_open"}, {"finding_open"}
    for reader, flags in shown.items():
        of_place = reader in {"CNCA", "auditor:a-1", "SAMR-440604", "SAMR-440600", "SAMR-440000"}
        assert flags == (both if of_place else finding_alone if reader in {BODY, SUBJECT} else set()), reader


def test_a_refused_application_exists_for_its_body_and_its_applicant_alone(
    country: tuple[Running, dict[int, Item]],
) -> None:
    running, _ = country
    path = f"/v1/certificates/{BODY}/{APPLICATION.split(':')[2]}"
    for reader in READERS:
        answer = running.client.get(path, headers=asked_by(reader))
        if reader in {"CNCA", BODY, SUBJECT, "auditor:a-1"}:
            assert answer.json()["status"]["value"] == "refused", (reader, answer.text)
        else:
            assert (answer.status_code, answer.json()["code"]) == (404, "never_registered"), reader


def test_jurisdiction_is_that_of_now_when_an_enterprise_moves(
    country: tuple[Running, dict[int, Item]],
) -> None:
    running, found = country
    first = min(found)
    moves = statement(
        "organisation.moved",
        f"organisation:{SUBJECT[-10:-1]}",
        {"effective": "2031-03-15", "region": ELSEWHERE, "address": "文三路1号"},
        source="CNCA",
    )
    later = statement(
        "organisation.moved",
        f"organisation:{SUBJECT[-10:-1]}",
        {"effective": "2031-12-01", "region": "440605", "address": "桂城1号"},
        source="CNCA",
    )
    seen = running.accept(moves, later)
    status = {
        reader: running.client.get(
            f"/v1/trail/{INSPECTION}", headers={**asked_by(reader), "Min-Position": str(seen)}
        ).status_code
        for reader in (FOREIGN, OWN, ABOVE, "SAMR-440605")
    }
    # The one that inspected keeps its own; what moved away left the city, and what will come is not here yet.
    assert status == {FOREIGN: 200, OWN: 200, ABOVE: 404, "SAMR-440605": 404}
    assert running.client.get(f"/v1/events/{first}", headers=asked_by(FOREIGN)).status_code == 200


def stream_of(running: Running, reader: str, after: int, until: int) -> list[int]:
    """The positions that a client's stream brings, up to one that everybody sees."""
    found: list[int] = []
    headers, deadline = asked_by(reader), monotonic() + 30
    with running.client.stream("GET", "/v1/events/stream", params={"after": after}, headers=headers) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            if line.startswith("id: "):
                found.append(int(line.removeprefix("id: ")))
                if found[-1] == until:
                    return found
            assert monotonic() < deadline, f"{reader or 'the public'} was brought {found} and not {until}"
    raise AssertionError(f"the stream ended after {found}")


def clients(running: Running) -> float:
    lines = running.get("/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("certledger_sse_clients "))


def test_a_stream_brings_what_is_restricted_as_it_happens_to_those_alone_who_may_read_it(
    country: tuple[Running, dict[int, Item]],
) -> None:
    running, found = country
    first = min(found)
    end = running.accept(decided("maintained", "2031-03-25"))
    for reader in ("", FOREIGN, BODY, OWN, "CNCA"):
        streamed = stream_of(running, reader, first - 1, end)
        assert set(streamed) - {end} == expected(reader, found), reader
        assert streamed == sorted(streamed)
    eventually(lambda: clients(running) == 0)
    with ThreadPoolExecutor() as threads:
        # Both wait for what comes: it is brought to one of them at once, and the other learns of the next public fact.
        own, public = (threads.submit(stream_of, running, reader, end, end + 2) for reader in (OWN, ""))
        eventually(lambda: clients(running) == 2)
        another = {**finding().data, "finding": "F9"}
        hidden = statement("inspection.finding_recorded", INSPECTION, another, source=OWN, identity="F9")
        running.accept(hidden, decided("maintained", "2031-03-26"))
        assert (own.result(20), public.result(20)) == ([end + 1, end + 2], [end + 2])


def test_a_stream_that_would_need_a_reason_does_not_begin_without_one(country: tuple[Running, dict[int, Item]]) -> None:
    running, _ = country
    answer = running.client.get("/v1/events/stream", headers=token(OWN))
    assert (answer.status_code, answer.json()["code"]) == (400, "read_reason_missing")


@pytest.mark.parametrize("role", ["public", "body", "local_authority", "laboratory", "organisation", "operator"])
def test_the_whole_log_is_for_auditors_and_the_national_authority(role: str) -> None:
    for entitled in ("auditor", "national_authority"):
        require(Principal("x", entitled), "read_whole_log")
    with pytest.raises(ProblemError) as refused:
        require(Principal("x", role), "read_whole_log")
    assert (refused.value.refusal.code, refused.value.refusal.status) == ("not_entitled", 403)
