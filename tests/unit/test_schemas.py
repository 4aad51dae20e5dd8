"""A released schema is for ever: what was valid by it is valid still, and what was recorded is valid by its own."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import validator_for

from ledger.families import EVENT_TYPES
from ledger.schemas import address, event_schema, released
from tests.tools.compatibility import Comparison, asked

GOLDEN = {
    (path.name.rpartition(".v")[0], int(path.stem.rpartition(".v")[2])): orjson.loads(path.read_bytes())
    for path in (Path(__file__).parents[1] / "golden" / "events").glob("*.json")
}
WHAT_TO_DO = (
    "the form of {name} changed. A released schema stands for ever: give its EventType version={next}, then run "
    "`python -m tests.tools.released_schemas` and `python -m tests.golden.build`, and commit the new files. Only "
    "while no version of the ledger is released (CHANGELOG.md) may the file be deleted and made anew"
)


def schema_of(name: str, version: int) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(released()[name, version])
    return found


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_what_a_type_asks_is_what_its_released_schema_says(name: str) -> None:
    event_type = EVENT_TYPES[name]
    assert (name, event_type.version) in released(), f"run `python -m tests.tools.released_schemas` for {name}"
    now = event_schema(event_type)
    told = WHAT_TO_DO.format(name=name, next=event_type.version + 1)
    assert asked(now) == asked(schema_of(name, event_type.version)), told


@pytest.mark.parametrize(("name", "version"), sorted(released()))
def test_a_released_schema_is_sound_and_says_where_it_is_served(name: str, version: int) -> None:
    schema = schema_of(name, version)
    assert validator_for(schema) is Draft202012Validator
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == address(name, version)
    assert 1 <= version <= EVENT_TYPES[name].version, "no type is ever taken away, and no version is ahead of it"


@pytest.mark.parametrize(("name", "version"), sorted(GOLDEN))
def test_what_was_recorded_is_valid_by_the_schema_of_its_version_and_by_every_later_one(
    name: str, version: int
) -> None:
    recorded = GOLDEN[name, version]
    assert recorded["record"]["schema"] == version
    for later in range(version, EVENT_TYPES[name].version + 1):
        Draft202012Validator(schema_of(name, later)).validate(recorded["event"])


def test_every_version_has_a_recorded_event() -> None:
    assert set(GOLDEN) == set(released())


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_a_schema_refuses_what_the_ledger_would_refuse(name: str) -> None:
    version = EVENT_TYPES[name].version
    event = GOLDEN[name, version]["event"]
    validator = Draft202012Validator(schema_of(name, version))
    for wrong in (
        {**event, "data": {**event["data"], "unknown": 1}},
        {**event, "subject": "nothing"},
        {**event, "time": "2031-03-05"},
        {key: value for key, value in event.items() if key != "data"},
    ):
        with pytest.raises(ValidationError):
            validator.validate(wrong)


def test_each_version_takes_all_that_the_one_before_took() -> None:
    for name, event_type in EVENT_TYPES.items():
        for old, new in pairwise(schema_of(name, version) for version in range(1, event_type.version + 1)):
            assert list(Comparison(old, new).refused(old, new)) == [], name


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("old", "new", "sender", "reader"),
    [
        ({"properties": {"a": TEXT}}, {"properties": {"a": TEXT, "b": TEXT}}, False, False),
        ({"properties": {"a": TEXT}}, {"properties": {}}, False, True),
        ({"properties": {"a": TEXT}, "additionalProperties": False}, {"additionalProperties": False}, True, True),
        ({"properties": {"a": TEXT}}, {"properties": {"a": TEXT}, "required": ["a"]}, True, False),
        ({"properties": {"a": TEXT}, "required": ["a"]}, {"properties": {"a": TEXT}}, False, True),
        ({"properties": {"a": TEXT}}, {"properties": {"a": {"type": "integer"}}}, True, True),
        ({"type": "integer"}, {"type": "number"}, False, True),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, True, True),
        ({"enum": ["a"]}, {"enum": ["a", "b"]}, False, False),
        (TEXT, {"anyOf": [TEXT, {"type": "null"}]}, False, True),
        ({"anyOf": [TEXT, {"type": "null"}]}, TEXT, True, False),
        ({"type": "array", "items": TEXT}, {"type": "array", "items": {"type": "integer"}}, True, True),
        ({**TEXT, "maxLength": 9}, {**TEXT, "maxLength": 8}, True, False),
        ({**TEXT, "maxLength": 9}, {**TEXT, "maxLength": 10}, False, False),
        (TEXT, {**TEXT, "pattern": "^a"}, True, False),
        ({**TEXT, "description": "a"}, {**TEXT, "description": "b"}, False, False),
        ({"allOf": [TEXT]}, {"allOf": [{**TEXT, "format": "date"}]}, True, False),
    ],
)
def test_what_a_changed_schema_breaks_is_seen(old: Any, new: Any, *, sender: bool, reader: bool) -> None:
    comparison = Comparison({}, {})
    assert bool(list(comparison.refused(old, new))) is sender
    assert bool(list(comparison.missed(old, new))) is reader
