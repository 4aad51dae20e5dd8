"""Events once recorded stay readable for ever: one of every type and version is kept as it was recorded."""

from pathlib import Path

import orjson
import pytest

from ledger import timeline as timelines
from ledger.canonical import canonical, parse
from ledger.decide import evolve
from ledger.envelope import open_recorded, parse_submission
from ledger.families import EVENT_TYPES, FAMILIES
from tests.golden.build import STEPS, example
from tests.golden.types import REQUIRED
from tests.support.statements import accept, register_of

EVENTS = Path(__file__).parent.parent / "golden" / "events"
CORPUS = {path.stem: path.read_bytes() for path in sorted(EVENTS.glob("*.json"))}


def type_of(stem: str) -> str:
    return stem.rpartition(".v")[0]


def test_no_type_is_ever_taken_away_and_a_new_one_is_added_to_the_list() -> None:
    assert set(EVENT_TYPES) == set(REQUIRED)


def test_every_type_has_its_recorded_event() -> None:
    assert {type_of(stem) for stem in CORPUS} == set(EVENT_TYPES)


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_no_member_becomes_required_later_and_none_is_taken_away(name: str) -> None:
    fields = EVENT_TYPES[name].model.model_fields
    required, optional = REQUIRED[name]
    assert {n for n, field in fields.items() if field.is_required()} <= set(required)
    assert {*required, *optional} <= set(fields)


@pytest.mark.parametrize("stem", sorted(CORPUS))
def test_a_recorded_event_is_read_as_it_was_and_written_as_it_was(stem: str) -> None:
    raw, name = CORPUS[stem], type_of(stem)
    value = parse(raw)
    assert canonical(value) == raw
    assert value["event"]["type"] == name
    submission = parse_submission(orjson.dumps(value["event"], option=orjson.OPT_SORT_KEYS))
    assert getattr(submission, "raw", submission) in raw  # type: ignore[operator]  # a refusal shows itself


@pytest.mark.parametrize("stem", sorted(CORPUS))
def test_a_recorded_event_folds(stem: str) -> None:
    recorded, name = open_recorded(1, CORPUS[stem]), type_of(stem)
    family = EVENT_TYPES[name].family
    timeline = timelines.empty(FAMILIES[family].machine)
    if EVENT_TYPES[name].corrects:
        corrects = recorded.event["data"]["corrects"]["id"].removeprefix("golden:")
        timeline = evolve(timeline, open_recorded(1, CORPUS[f"{corrects}.v1"]))
        assert evolve(timeline, recorded).applied[0].corrected_by == recorded.version
        return
    if name in {"key.revoked", "key.compromised"}:
        timeline = evolve(timeline, open_recorded(1, CORPUS["key.registered.v1"]))
        assert evolve(timeline, recorded).tip.is_ended
        return
    if name == "inspection.published":
        timeline = evolve(timeline, open_recorded(1, CORPUS["inspection.performed.v1"]))
        assert evolve(timeline, recorded).applied[-1].type == name
        return
    if name in STEPS:
        ledger = register_of()
        accept(ledger, *(example(step) for step in STEPS[name]))
        after = evolve(ledger.timeline(recorded.stream), recorded)
        assert after.applied[-1].type == name
        return
    after = evolve(timeline, recorded)
    assert [fact.type for fact in (after.applied if recorded.applied else after.held)] == [name]
