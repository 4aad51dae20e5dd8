"""From what a body publishes to what a regulator reads and does, by real HTTP, PostgreSQL and Kafka."""

from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from api.http.service import Ports
from consumers.kafka_feed import KafkaFeed
from consumers.projection_run import ProjectionRun
from projections.projector import Projector
from projections.registry import VIEWS
from tests.integration.http.conftest import Running, serving, token
from tests.support.access import ABOVE, COUNTY, FOREIGN, OWN
from tests.support.consumers import count, relay_of, running
from tests.support.inspecting import found as finding
from tests.support.inspecting import performed, planned, said
from tests.support.services import Topics
from tests.support.statements import BODY, DETAILS, HOLDER, approved, certificate, decided, issued
from tests.support.waiting import eventually

NUMBER = "10131Q00001R0M"
HERE = {**DETAILS, "holder": {**HOLDER, "region": COUNTY}}


@pytest.fixture
def network(ports: Ports, kafka_topics: Topics) -> Iterator[Running]:
    """The interface, the relay to Kafka, and every view, which reads Kafka and nothing else."""
    url = ports.database_url
    projectors = [Projector(lambda: psycopg.connect(url), make()) for make in VIEWS.values()]
    for each in projectors:
        each.prepare()
    views = ProjectionRun(KafkaFeed(kafka_topics.bootstrap, kafka_topics.events, "views"), projectors, name="views")
    relay = relay_of(ports.ledger, url, kafka_topics.bootstrap, kafka_topics.events)
    with running(relay.run, views.run), serving(ports) as interface:
        interface.accept(*approved())
        yield interface
    for each in projectors:
        each.close()


def ask(interface: Running, path: str, reader: str, position: int, **params: Any) -> Any:
    """What a regulator reads once the views have seen a position; the first answers may come too early."""
    headers = {**token(reader), "Read-Reason": "inspection", "Min-Position": str(position)}

    def answered() -> httpx.Response | None:
        answer = interface.client.get(path, params=params, headers=headers)
        return None if answer.json().get("code") == "views_behind" else answer

    answer = eventually(answered, 40)
    assert answer is not None
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.requirement("S0-68")
def test_what_a_body_publishes_reaches_the_regulator_of_the_place_by_way_of_kafka(
    network: Running, kafka_topics: Topics
) -> None:
    position = network.accept(issued(NUMBER, details=HERE))
    (row,) = ask(network, "/v1/ledgers/certificates", OWN, position, region=COUNTY)["entries"]
    assert (row["number"], row["status"], row["bureau"]) == (NUMBER, "valid", OWN)
    position = network.accept(decided("suspended", "2031-03-01", NUMBER, until="2031-06-01", reason_code="0111"))
    (row,) = ask(network, "/v1/ledgers/certificates", ABOVE, position, region="440600")["entries"]
    assert row["status"] == "suspended"
    shown = ask(network, f"/v1/certificates/{BODY}/{NUMBER}", OWN, position)
    assert shown["status"]["value"] == "suspended"
    before = ask(network, f"/v1/certificates/{BODY}/{NUMBER}", OWN, position, as_of="2031-02-28")
    assert before["status"]["value"] == "valid"
    assert ask(network, "/v1/ledgers/certificates", FOREIGN, position, region="330106")["entries"] == []
    assert count(kafka_topics.bootstrap, kafka_topics.events) == position


@pytest.mark.requirement("S4-96")
def test_a_regulator_plans_inspects_and_follows_up_over_the_interface_alone(network: Running) -> None:
    position = network.accept(issued(NUMBER, details=HERE), planned(certificates=[certificate(NUMBER)]))
    (task,) = ask(network, "/v1/inspections/worklist", OWN, position)["tasks"]
    assert (task["stream"], task["status"]["code"], task["roles"]) == ("inspection:i-1", "planned", ["lead"])
    found = finding("F1", due="2031-03-10")
    position = network.accept(performed(result="nonconforming"), found)
    shown = ask(network, "/v1/inspections/i-1", ABOVE, position)
    assert shown["status"]["code"] == "performed"
    assert [(each["finding"], each["closed"]) for each in shown["findings"]] == [("F1", None)]
    answered = decided("suspended", "2031-03-01", NUMBER, until="2031-06-01", reason_code="0111")
    position = network.accept(answered, said("finding_closed", "2031-03-05", finding="F1"))
    shown = ask(network, "/v1/inspections/i-1", OWN, position)
    assert [each["closed"] for each in shown["findings"]] == ["2031-03-05"]
    (row,) = ask(network, "/v1/ledgers/certificates", OWN, position, region=COUNTY, status="suspended")["entries"]
    assert row["number"] == NUMBER
