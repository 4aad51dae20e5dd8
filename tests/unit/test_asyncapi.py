"""The AsyncAPI document is valid by the specification's own schema, and describes what is really sent."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from typer.testing import CliRunner

from api.asyncapi import CHANNELS, document
from api.cli import app
from consumers.dead_letters import dead_letter_of
from consumers.dead_letters import message_of as letter_message
from consumers.intake import Intake, message_of
from consumers.relay import message_of as event_message
from consumers.submissions import Arrived, Origin, unreadable
from consumers.trust import source_trust
from infra.open_ledger import open_memory_ledger
from infra.services.topics import DEAD_LETTERS, EVENTS, RECEIPTS, SUBMISSIONS, TOPICS
from ledger.envelope import Submission
from ledger.log import Row
from ledger.sealed import envelope_of, sign_submission
from tests.support.signing import ORIGIN, ed25519_key
from tests.support.statements import approved, issued

ROOT = Path(__file__).parents[1]
SPECIFICATION = json.loads((ROOT / "vendored" / "asyncapi-3.0.0.json").read_bytes())
GOLDEN = sorted((ROOT / "golden" / "events").glob("*.json"))


def valid(part: dict[str, Any], value: Any) -> None:
    Draft202012Validator({**part, "components": document()["components"]}).validate(value)


def message(topic: str, name: str) -> dict[str, Any]:
    channel = next(each for each in document()["channels"].values() if each["address"] == topic)
    assert channel["messages"][name]["$ref"] == f"#/components/messages/{name}"
    found: dict[str, Any] = document()["components"]["messages"][name]
    return found


def test_the_document_is_valid_by_the_specifications_own_schema() -> None:
    assert list(Draft7Validator(SPECIFICATION).iter_errors(document())) == []


def test_every_topic_is_described_and_nothing_else() -> None:
    described = {each.topic for each in CHANNELS if not each.parameter}
    assert described == set(TOPICS), "describe a new topic by a row of api.asyncapi.CHANNELS"


def test_every_reference_leads_somewhere() -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            for each in value.values():
                yield from references(each)
        elif isinstance(value, list):
            for each in value:
                yield from references(each)

    for reference in set(references(document())):
        found: Any = document()
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_what_the_relay_sends_is_what_is_described(path: Path) -> None:
    raw = path.read_bytes()
    value = orjson.loads(raw)
    row = Row(7, value["record"]["stream"], 1, value["event"]["type"], raw, datetime(2031, 3, 5, tzinfo=UTC))
    sent = event_message(row)
    told = message(EVENTS, path.stem)
    valid(told["payload"], orjson.loads(sent.value))
    headers = {name: text.decode() for name, text in sent.headers}
    valid(told["headers"], headers | {"ledger_position": "7", "ledger_previous": "0"})
    assert set(headers) <= set(told["headers"]["properties"])


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_what_may_be_submitted_is_what_is_described(path: Path) -> None:
    event = orjson.loads(path.read_bytes())["event"]
    valid(message(SUBMISSIONS, f"submit.{event['type']}")["payload"], event)


class Kept:
    """The answers that an intake stores, in memory."""

    def __init__(self) -> None:
        self.answers: list[Any] = []

    def known(self, keys: Any) -> set[Any]:
        return set()

    def store(self, answers: Any) -> None:
        self.answers += answers


def test_what_the_intake_answers_is_what_is_described() -> None:
    kept = Kept()
    intake = Intake(
        ledger=open_memory_ledger(),
        receipts=kept,
        bootstrap="",
        topic=SUBMISSIONS,
        ensure_topics=lambda: None,
        trust=source_trust,
    )
    said = [*approved(), issued(), issued(signers=[{"number": "UNKNOWN1"}])]
    intake.answer(
        [Arrived(each, (each.source, each.id, each.digest), None, Origin(SUBMISSIONS, 0, 0)) for each in said]
    )
    names = {"recorded": "receipt", "refused": "refusal"}
    for number, each in enumerate(kept.answers, 1):
        told = message(RECEIPTS, names[each.outcome])
        valid(told["payload"], orjson.loads(each.body))
        stored = type("Stored", (), {
            "position": number, "source": each.key[0], "id": each.key[1], "outcome": each.outcome, "body": each.body,
            "traceparent": None, "stored": datetime(2031, 3, 5, tzinfo=UTC),
        })()  # fmt: skip
        headers = {name: text.decode() for name, text in message_of(stored).headers}
        valid(told["headers"], headers | {"receipt_position": "1", "receipt_previous": "0"})
    assert [each.outcome for each in kept.answers] == ["recorded"] * 4 + ["refused"]


def test_what_is_laid_aside_is_what_is_described() -> None:
    letter = dead_letter_of(unreadable(Origin(SUBMISSIONS, 3, 17, b"\xff junk")))
    assert letter is not None
    stored = SimpleNamespace(**asdict(letter), position=1, stored=datetime(2031, 3, 5, tzinfo=UTC))
    headers = {name: text.decode() for name, text in letter_message(stored).headers}
    told = message(DEAD_LETTERS, "dead_letter")
    valid(told["headers"], headers | {"dead_letter_position": "1", "dead_letter_previous": "0"})
    assert set(headers) <= set(told["headers"]["properties"])
    assert told["contentType"] == headers["content-type"]


def test_a_signed_statement_is_described_as_its_envelope() -> None:
    sealed = sign_submission(issued(), ORIGIN, ed25519_key(1))
    assert isinstance(sealed, Submission)
    valid(message(SUBMISSIONS, "submit.signed")["payload"], orjson.loads(envelope_of(sealed)))
    valid(message(SUBMISSIONS, f"submit.{sealed.type.name}")["payload"], orjson.loads(sealed.raw))


def test_the_command_line_prints_the_document() -> None:
    assert json.loads(CliRunner().invoke(app, ["asyncapi"]).stdout) == document()
