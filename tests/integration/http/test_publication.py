"""What an authority publishes of an inspection is for everybody, and nothing else of that inspection becomes so."""

from typing import Any

import orjson
import psycopg
import pytest

from infra.open_ledger import open_ledger
from ledger.envelope import Submission
from projections.fence import PUBLIC_ROLE
from projections.rebuild import rebuild_together
from projections.registry import make_views
from projections.store_feed import StoreFeed
from tests.integration.http.conftest import Running, token
from tests.support.access import CERTIFICATE, FOREIGN, INSPECTION, OWN, SUBJECT, public_facts, restricted_facts
from tests.support.statements import BODY, HOLDER, corrected, statement


def published(result: str = "nonconforming") -> Submission:
    data: dict[str, Any] = {
        "effective": "2031-03-10",
        "mode": "unannounced",
        "organisation": HOLDER["code"],
        "performed": "2031-03-02",
        "result": result,
        "findings": [{"finding": "F1", "grade": "major"}],
    }
    return statement("inspection.published", INSPECTION, data, source=OWN)


def seen(running: Running, subject: str, at: int, **headers: str) -> list[dict[str, Any]]:
    answer = running.client.get(f"/v1/trail/{subject}", headers={"Min-Position": str(at), **headers})
    if answer.status_code == 404:
        return []
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["events"]
    return found


@pytest.fixture
def at(whole: Running) -> int:
    whole.accept(*public_facts(), *(item.submission for item in restricted_facts()))
    return whole.accept(published())


def test_everybody_reads_the_publication_where_it_names_them_and_nothing_else(whole: Running, at: int) -> None:
    for headers in ({}, token(FOREIGN) | {"Read-Reason": "patrol"}):
        (event,) = seen(whole, INSPECTION, at, **headers)
        assert (event["position"], event["type"]) == (at, "inspection.published")
        assert at in {each["position"] for each in seen(whole, SUBJECT, at, **headers)}
        # Which certificates the inspection was about was not published.
        assert at not in {each["position"] for each in seen(whole, CERTIFICATE, at, **headers)}
        assert at not in {each["position"] for each in seen(whole, f"body:{BODY}", at, **headers)}
        assert whole.client.get(f"/v1/events/{at}", headers=headers).status_code == 200
        listed = whole.client.get("/v1/events", params={"limit": 1000}, headers=headers)
        lines = [orjson.loads(line) for line in listed.content.splitlines()]
        assert [line["position"] for line in lines if INSPECTION in orjson.dumps(line).decode()] == [at]


def test_a_correction_of_what_was_published_is_public_too_and_is_about_nobody_more(whole: Running, at: int) -> None:
    position = whole.accept(corrected(published(), None))
    event = seen(whole, INSPECTION, position)[-1]
    assert (event["position"], event["type"]) == (position, "inspection.corrected")
    assert position not in {each["position"] for each in seen(whole, CERTIFICATE, position)}


def test_a_certificate_named_by_the_inspection_is_still_named_after_a_publication(whole: Running, at: int) -> None:
    data = {"effective": "2031-03-11", "finding": "F1"}
    position = whole.accept(statement("inspection.finding_closed", INSPECTION, data, source=OWN))
    overseer = token("CNCA") | {"Read-Reason": "audit"}
    assert position in {each["position"] for each in seen(whole, CERTIFICATE, position, **overseer)}
    assert position not in {each["position"] for each in seen(whole, INSPECTION, position)}


def test_the_database_gives_the_public_the_publication_alone_also_after_a_rebuild(
    whole: Running, at: int, database_url: str
) -> None:
    def told() -> set[tuple[Any, ...]]:
        with psycopg.connect(database_url) as connection:
            connection.execute(f"SET LOCAL ROLE {PUBLIC_ROLE}")
            return {
                *connection.execute(
                    "SELECT position, subject FROM trail.trail_subject WHERE subject ~ 'inspection|M000100Y4'"
                ),
                *connection.execute("SELECT notification_id, topic FROM ledger_events WHERE topic LIKE 'inspection.%'"),
            }

    assert seen(whole, INSPECTION, at)
    before = told()
    assert {row for row in before if row[0] == at} == {
        (at, INSPECTION), (at, SUBJECT.replace(HOLDER["code"], HOLDER["code"][8:17])), (at, "inspection.published"),
    }  # fmt: skip
    assert {row[0] for row in before if "inspection" in row[1]} == {at}
    ledger = open_ledger(database_url)
    rebuilt = rebuild_together(
        make_views(["trail"]), StoreFeed(ledger.event_log), lambda: psycopg.connect(database_url)
    )
    ledger.close()
    assert all(each.compared and not each.differences for each in rebuilt)
    assert told() == before
