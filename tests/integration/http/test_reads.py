"""Reading what is not public leaves a record that nobody edits unseen; without it nothing of it is shown."""

import asyncio
from contextlib import contextmanager

import psycopg
import pytest
from typer.testing import CliRunner

from api.cli import app as command_line
from api.http.anchoring import Anchoring
from infra.open_ledger import open_ledger
from infra.read_record import check
from infra.readers import Readers
from ledger.outcomes import Outcome
from ledger.service import Incoming
from tests.integration.http.conftest import Running, token
from tests.support.access import (
    AUDITOR,
    CASE,
    INSPECTION,
    OPERATOR,
    OWN,
    STRANGER,
    SUBJECT,
    public_facts,
    restricted_facts,
)
from tests.support.statements import BODY

TRAIL = f"/v1/trail/{INSPECTION}"


@pytest.fixture
def country(whole: Running) -> Running:
    seen = whole.accept(*public_facts(), *(item.submission for item in restricted_facts()))
    answer = whole.client.get(TRAIL, headers={**token(OWN), "Read-Reason": "patrol", "Min-Position": str(seen)})
    assert answer.status_code == 200, answer.text
    return whole


def reads(running: Running, reader: str) -> list[dict[str, object]]:
    answer = running.client.get("/v1/reads", headers=token(reader))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()["reads"]
    return found


def test_a_reading_is_recorded_once_for_each_stream_with_who_what_and_why(country: Running) -> None:
    (first, second) = reads(country, AUDITOR)
    assert first["access"]["code"] == "inspection"  # type: ignore[index]  # a JSON object
    assert second["access"]["code"] == "sample"  # type: ignore[index]  # likewise
    for row in (first, second):
        assert (row["party"], row["role"], row["account"]) == (OWN, "local_authority", OWN)
        assert (row["operation"], row["stream"]) == ("get_trail", INSPECTION)
        assert row["reason"] == {"code": "patrol", "zh": "日常巡查", "en": "Routine patrol"}


def test_reading_what_is_public_is_nobodys_business(country: Running) -> None:
    before = len(reads(country, AUDITOR))
    for reader in ("CNCA", AUDITOR, BODY):
        assert country.client.get("/v1/events/1", headers=token(reader)).status_code == 200
        assert (
            country.client.get(f"/v1/trail/body:{BODY}", params={"limit": 3}, headers=token(reader)).status_code == 200
        )
    assert len(reads(country, AUDITOR)) == before


def test_who_oversees_says_why_and_others_read_their_own_matter(country: Running) -> None:
    for reader in (OWN, "CNCA", AUDITOR):
        answer = country.client.get(TRAIL, headers=token(reader))
        assert (answer.status_code, answer.json()["code"]) == (400, "read_reason_missing")
        answer = country.client.get(TRAIL, headers={**token(reader), "Read-Reason": "curiosity"})
        assert (answer.status_code, answer.json()["code"]) == (400, "read_reason_unknown")
    assert country.client.get(TRAIL, headers=token(SUBJECT)).status_code == 200
    assert reads(country, AUDITOR)[-1]["reason"] == {
        "code": "own_matter",
        "zh": "查阅与本方有关的记录",
        "en": "One's own matter",
    }


def test_each_party_learns_who_read_about_it_and_no_more(country: Running) -> None:
    headers = {**token("CNCA"), "Read-Reason": "case"}
    assert country.client.get(f"/v1/trail/{CASE}", headers=headers).status_code == 200
    assert country.client.get(TRAIL, headers=headers).status_code == 200
    assert {row["stream"] for row in reads(country, OPERATOR)} == {INSPECTION, CASE}
    # A case is not shown to its target, so neither is who reads it; its penalty is served on it.
    about_me = reads(country, SUBJECT)
    assert {(row["stream"], row["access"]["code"]) for row in about_me} == {  # type: ignore[index]  # a JSON object
        (INSPECTION, "inspection"), (INSPECTION, "sample"), (CASE, "penalty"),
    }  # fmt: skip
    assert {row["account"] for row in about_me} == {None}
    assert {row["party"] for row in reads(country, OWN)} == {OWN}
    assert reads(country, STRANGER) == []
    answer = country.client.get("/v1/reads")
    assert (answer.status_code, answer.json()["code"]) == (401, "token_missing")


def test_what_cannot_be_recorded_is_not_shown(country: Running) -> None:
    with psycopg.connect(country.ports.database_url, autocommit=True) as connection:
        connection.execute("ALTER TABLE ledger_reads RENAME TO elsewhere")
    answer = country.client.get(TRAIL, headers=token(SUBJECT))
    assert (answer.status_code, answer.json()["code"]) == (503, "read_not_recorded")
    assert "F1" not in answer.text
    assert country.client.get(f"/v1/trail/body:{BODY}", params={"limit": 3}, headers=token(SUBJECT)).status_code == 200


@contextmanager
def _without_trigger(url: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - a test's own helper
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE ledger_reads DISABLE TRIGGER ledger_reads_append_only")
        yield connection


def anchor(running: Running) -> int:
    """Anchor the record as the server does from time to time."""
    ledger = open_ledger(running.ports.database_url)

    async def submit(incoming: list[Incoming]) -> list[Outcome]:
        return ledger.submit(incoming)

    async def run() -> int:
        readers = Readers(running.ports.database_url, size=2, clock=running.ports.clock, limits=running.ports.limits)
        await readers.open()
        try:
            return await Anchoring(readers.of, submit).anchor()  # type: ignore[arg-type]  # a list is a sequence
        finally:
            await readers.close()

    try:
        return asyncio.run(run())
    finally:
        ledger.close()


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("UPDATE ledger_reads SET party = 'CNCA' WHERE number = 2", {2}),
        ("DELETE FROM ledger_reads WHERE number = 2", {3}),
        ("DELETE FROM ledger_reads WHERE number > 2", {4}),
        ("UPDATE ledger_reads SET digest = sha256('x') WHERE number = 4", {4}),
    ],
)
def test_a_row_that_was_edited_or_dropped_is_found(country: Running, harm: str, found: set[int]) -> None:
    url = country.ports.database_url
    assert country.client.get(TRAIL, headers=token(SUBJECT)).status_code == 200
    assert anchor(country) == anchor(country) == 4
    assert list(check(url)) == []
    with _without_trigger(url) as connection:
        connection.execute(harm)
    assert {fault.number for fault in check(url)} >= found
    answer = CliRunner().invoke(command_line, ["check-reads"], env={"CERTLEDGER_DATABASE_URL": url})
    assert answer.exit_code == 1


def test_a_sound_record_is_said_to_be_sound_and_its_anchor_is_no_public_event(country: Running) -> None:
    size = anchor(country)
    answer = CliRunner().invoke(
        command_line, ["check-reads"], env={"CERTLEDGER_DATABASE_URL": country.ports.database_url}
    )
    assert (answer.exit_code, size) == (0, 2)
    head = country.ports.ledger.event_log.head()
    assert country.client.get(f"/v1/events/{head}").status_code == 404
    told = country.client.get(f"/v1/events/{head}", headers={**token(AUDITOR), "Read-Reason": "audit"}).json()
    assert told["event"]["event"]["type"] == "reads.anchored"


def test_nobody_edits_the_record_by_accident(country: Running) -> None:
    for harm in ("DELETE FROM ledger_reads", "UPDATE ledger_reads SET party = ''", "TRUNCATE ledger_reads"):
        with (
            psycopg.connect(country.ports.database_url) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(harm)  # type: ignore[call-overload]  # a constant
