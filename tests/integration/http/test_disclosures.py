"""Personal fields travel beside an event, are shown to the entitled on the record, and are gone once erased."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import orjson
import psycopg
import pytest

from api.http.service import Ports
from infra.vault.erasing import Order, erase, record_pending
from infra.vault.keys import FileKeys
from infra.vault.store import Vault
from ledger.envelope import Submission
from ledger.evidence.disclosures import disclose
from tests.integration.http.conftest import Running, following, serving, token
from tests.support.access import AUDITOR, OPERATOR, OWN
from tests.support.fields import disclosing, holding
from tests.support.statements import BODY, OTHER_BODY, approved, issued, statement
from tests.support.waiting import eventually

NUMBER = "10131Q00001R0M"
NAME, MAIL = disclose("contact/name", "张伟"), disclose("contact/email", "zhang@example.cn")


@pytest.fixture
def vault(database_url: str) -> Vault:
    return Vault(database_url, lambda: FileKeys([b"k" * 32]))


@pytest.fixture
def country(ports: Ports, vault: Vault) -> Iterator[Running]:
    with following(ports.database_url, ports), serving(replace(ports, vault=vault)) as running:
        running.accept(*approved())
        yield running


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
    answer = send(country, holding(NUMBER, NAME, MAIL, decoys=1))
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
    position = send(country, holding(NUMBER, NAME)).json()["position"]
    with psycopg.connect(country.ports.database_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE ledger_reads RENAME TO elsewhere")
    answer = read(country, position, BODY)
    assert (answer.status_code, answer.json()["code"]) == (503, "read_not_recorded")
    assert "张伟" not in answer.text


def test_nothing_of_a_field_is_in_the_log(country: Running) -> None:
    position = send(country, holding(NUMBER, NAME)).json()["position"]
    public = country.client.get(f"/v1/events/{position}").text
    assert NAME.digest in public
    assert NAME.text not in public
    assert "张伟" not in public


def test_of_a_refused_event_nothing_is_kept(country: Running, vault: Vault) -> None:
    assert send(country, holding(NUMBER, NAME), "CNCA").json()["code"] == "source_not_yours"
    assert send(country, holding(NUMBER, MAIL)).json()["code"] == "disclosure_mismatch"
    stranger = statement("certificate.issued", f"certificate:{OTHER_BODY}:X", dict(holding(NUMBER, NAME).data))
    assert send(country, stranger).status_code in {403, 409, 422}
    assert vault.everything() == []


def test_disclosures_may_come_again_and_later_but_not_after_an_erasure(country: Running, vault: Vault) -> None:
    submission = holding(NUMBER, NAME, MAIL)
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
    submission = holding(NUMBER, NAME)
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
        answer = send(running, holding(NUMBER, NAME))
        assert (answer.status_code, answer.json()["code"]) == (503, "vault_unavailable")
        assert running.accept(holding(NUMBER, NAME)) > 0


def together(running: Running, media_type: str, *bodies: bytes, atomic: bool = False) -> httpx.Response:
    content = b"\n".join(bodies) if "ndjson" in media_type else b"[" + b",".join(bodies) + b"]"
    headers = {"Content-Type": media_type, **token(BODY)}
    return running.client.post("/v1/events", content=content, headers=headers, params={"atomic": atomic})


def outcomes(answer: httpx.Response) -> list[str]:
    if "ndjson" in answer.headers["content-type"]:
        return [orjson.loads(line).get("outcome", "summary") for line in answer.content.splitlines()][:-1]
    return [each["outcome"] for each in answer.json()["outcomes"]]


@pytest.mark.parametrize("media_type", ["application/cloudevents-batch+json", "application/x-ndjson"])
def test_an_item_of_a_batch_and_a_line_bring_fields_as_a_single_event_does(
    country: Running, vault: Vault, media_type: str
) -> None:
    first, refused = holding("N1", NAME, MAIL), holding("N1", MAIL)
    other = statement(refused.type.name, refused.subject, dict(refused.data), identity="N1 again")
    stranger = replace(holding("N3", NAME), raw=holding("N3", NAME).raw.replace(BODY.encode(), OTHER_BODY.encode()))
    bodies = (
        disclosing(first, NAME, MAIL, persons='{"contact":"p-1"}'),
        issued("N2").raw,
        disclosing(other, MAIL),
        disclosing(holding("N4", NAME), MAIL),
        disclosing(stranger, NAME),
    )
    answer = together(country, media_type, *bodies)
    assert outcomes(answer) == ["recorded", "recorded", "refused", "refused", "refused"], answer.text
    assert {(each.event_id, each.path) for each in vault.everything()} == {
        ("issued N1", "contact/name"), ("issued N1", "contact/email"),
    }  # fmt: skip
    again = together(country, media_type, *bodies[:2])
    assert outcomes(again) == ["duplicate", "duplicate"]
    assert vault.open(*first.identity) == {NAME.digest: NAME.text, MAIL.digest: MAIL.text}
    assert "张伟" not in answer.text


def test_of_an_atomic_batch_all_fields_are_kept_or_none(country: Running, vault: Vault) -> None:
    good, wrong = disclosing(holding("N1", NAME), NAME), disclosing(holding("N1", MAIL), MAIL)
    batch = "application/cloudevents-batch+json"
    assert together(country, batch, good, wrong, atomic=True).status_code == 409
    assert vault.everything() == []
    assert together(country, batch, good, issued("N2").raw, atomic=True).status_code == 200
    assert [each.path for each in vault.everything()] == ["contact/name"]


def test_the_same_event_twice_in_a_batch_keeps_its_fields_whichever_was_recorded(ports: Ports, vault: Vault) -> None:
    said = holding("N1", NAME)
    with serving(replace(ports, vault=vault)) as running:
        body, designated, signer = approved()
        answer = together(running, "application/x-ndjson", disclosing(said, NAME), disclosing(said, NAME))
        assert set(outcomes(answer)) <= {"refused", "held", "duplicate"}
        running.accept(body, designated, signer)
        answer = together(running, "application/x-ndjson", disclosing(said, NAME), disclosing(said, NAME))
        assert outcomes(answer)[-1] == "duplicate"
    assert vault.open(*said.identity) == {NAME.digest: NAME.text}


def test_a_vault_that_is_away_refuses_what_brings_fields_and_takes_its_neighbours(ports: Ports) -> None:
    gone = Vault("postgresql://nobody@127.0.0.1:1/none", lambda: FileKeys([b"k" * 32]))
    for vault in (None, gone):
        with serving(replace(ports, vault=vault)) as running:
            running.accept(*approved())
            number = f"N{vault is None}"
            lines = (issued(f"{number}1").raw, disclosing(holding(f"{number}2", NAME), NAME))
            answer = together(running, "application/x-ndjson", *lines)
            assert outcomes(answer) == ["recorded", "refused"]
            assert orjson.loads(answer.content.splitlines()[1])["problem"]["code"] == "vault_unavailable"
