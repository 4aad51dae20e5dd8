"""Personal fields travel beside an event, are shown to the entitled on the record, and are gone once erased."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest

from api.http.service import Ports
from infra.vault.erasing import Order, erase, record_pending
from infra.vault.keys import FileKeys
from infra.vault.store import Vault
from ledger.envelope import Submission
from ledger.evidence.disclosures import commit, disclose
from tests.integration.http.conftest import Running, following, serving, token
from tests.support.access import AUDITOR, OPERATOR, OWN
from tests.support.statements import BODY, OTHER_BODY, approved, issued, statement
from tests.support.waiting import eventually

NAME, MAIL = disclose("contact/name", "张伟"), disclose("contact/email", "zhang@example.cn")


@pytest.fixture
def vault(database_url: str) -> Vault:
    return Vault(database_url, lambda: FileKeys([b"k" * 32]))


@pytest.fixture
def country(ports: Ports, vault: Vault) -> Iterator[Running]:
    with following(ports.database_url, ports), serving(replace(ports, vault=vault)) as running:
        running.accept(*approved())
        yield running


def holding(*digests: str, number: str = "10131Q00001R0M") -> Submission:
    plain = issued(number)
    data = {**plain.data, "_sd": sorted(digests)}
    return statement(plain.type.name, plain.subject, data, identity=f"issued {number}")


def send(running: Running, submission: Submission, speaker: str = BODY, **members: Any) -> httpx.Response:
    body = b'{"disclosures":%b,"event":%b}' % (
        httpx.Request("POST", "http://x", json=members.get("disclosures", [NAME.text])).content,
        submission.raw,
    )
    return running.client.post(
        "/v1/events", content=body, headers={"Content-Type": "application/json", **token(speaker)}
    )


def read(running: Running, position: int, speaker: str, reason: str | None = None) -> httpx.Response:
    headers = {**token(speaker), **({"Read-Reason": reason} if reason else {})}
    return running.client.get(f"/v1/events/{position}/disclosures", headers=headers)


def test_a_field_is_read_by_the_entitled_alone_and_every_reading_is_recorded(country: Running) -> None:
    answer = send(country, holding(*commit([NAME, MAIL], decoys=1)))
    assert answer.status_code == 201, answer.text
    position = answer.json()["position"]
    told = read(country, position, BODY)
    assert told.status_code == 200, told.text
    (shown,) = [each for each in told.json()["fields"] if each["state"] == "disclosed"]
    assert (shown["path"], shown["value"], shown["disclosure"]) == ("contact/name", "张伟", NAME.text)
    assert [each["state"] for each in told.json()["fields"]].count("withheld") == 2
    assert "no-store" in told.headers["Cache-Control"]
    assert read(country, position, "CNCA").json()["code"] == "read_reason_missing"
    assert read(country, position, "CNCA", "case").status_code == 200
    for stranger in (OWN, OPERATOR, "CCAA"):
        refused = read(country, position, stranger, "case")
        assert (refused.status_code, refused.json()["code"]) == (403, "personal_fields_not_yours"), stranger
        assert "张伟" not in refused.text
    assert country.client.get(f"/v1/events/{position}/disclosures").status_code == 401
    rows = country.client.get("/v1/reads", headers=token(AUDITOR)).json()["reads"]
    assert [(row["party"], row["access"]["code"], row["operation"]) for row in rows] == [
        (BODY, "personal", "get_disclosures"), ("CNCA", "personal", "get_disclosures"),
    ]  # fmt: skip


def test_what_cannot_be_noted_is_not_shown(country: Running) -> None:
    position = send(country, holding(NAME.digest)).json()["position"]
    with psycopg.connect(country.ports.database_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE ledger_reads RENAME TO elsewhere")
    answer = read(country, position, BODY)
    assert (answer.status_code, answer.json()["code"]) == (503, "read_not_recorded")
    assert "张伟" not in answer.text


def test_nothing_of_a_field_is_in_the_log(country: Running) -> None:
    position = send(country, holding(NAME.digest)).json()["position"]
    public = country.client.get(f"/v1/events/{position}").text
    assert NAME.digest in public
    assert NAME.text not in public
    assert "张伟" not in public


def test_of_a_refused_event_nothing_is_kept(country: Running, vault: Vault) -> None:
    assert send(country, holding(NAME.digest), "CNCA").json()["code"] == "source_not_yours"
    assert send(country, holding(MAIL.digest)).json()["code"] == "disclosure_mismatch"
    stranger = statement("certificate.issued", f"certificate:{OTHER_BODY}:X", dict(holding(NAME.digest).data))
    assert send(country, stranger).status_code in {403, 409, 422}
    assert vault.everything() == []


def test_disclosures_may_come_again_and_later_but_not_after_an_erasure(country: Running, vault: Vault) -> None:
    submission = holding(*commit([NAME, MAIL]))
    position = country.accept(submission)
    assert send(country, submission).json()["duplicate"] is True
    assert send(country, submission, disclosures=[NAME.text, MAIL.text]).status_code == 200
    assert {each["state"] for each in read(country, position, BODY).json()["fields"]} == {"disclosed"}
    fields = [each for each in vault.of_event(*submission.identity) if each.path == "contact/name"]
    url, ledger = country.ports.database_url, country.ports.ledger
    erase(vault, url, fields, Order("consent_withdrawn", BODY), country.ports.clock())
    record_pending(vault, ledger.submit)
    assert send(country, submission).status_code == 200
    states = {each["digest"]: each["state"] for each in read(country, position, BODY).json()["fields"]}
    assert states == {NAME.digest: "erased", MAIL.digest: "disclosed"}


def test_an_erasure_that_a_killed_process_left_behind_is_recorded_at_the_next_start(
    ports: Ports, vault: Vault, database_url: str
) -> None:
    submission = holding(NAME.digest)
    with serving(replace(ports, vault=vault)) as running:
        running.accept(*approved())
        assert send(running, submission).status_code == 201
    erase(vault, database_url, vault.of_event(*submission.identity), Order("unlawful", "CNCA"), ports.clock())
    assert len(vault.pending()) == 1
    with serving(replace(ports, vault=vault)):
        eventually(lambda: vault.pending() == [])
    (row,) = ports.ledger.event_log.read(ports.ledger.event_log.head() - 1, 1)
    assert row.type == "privacy.erased"


@pytest.mark.parametrize(
    "body",
    [
        b'{"event":{},"disclosures":[],"other":1}',
        b'{"event":{},"disclosures":"x"}',
        b'{"disclosures":[],"event":{},"persons":{"contact":1}}',
    ],
)
def test_a_request_envelope_has_its_three_members_and_no_other(country: Running, body: bytes) -> None:
    headers = {"Content-Type": "application/json", **token(BODY)}
    answer = country.client.post("/v1/events", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "request_envelope_wrong")


def test_without_a_vault_nothing_personal_is_taken(ports: Ports) -> None:
    with serving(ports) as running:
        running.accept(*approved())
        answer = send(running, holding(NAME.digest))
        assert (answer.status_code, answer.json()["code"]) == (503, "vault_unavailable")
        assert running.accept(holding(NAME.digest)) > 0
