"""The scripted year of archives: every line is taken by a ledger alone, and every class can be worked out again."""

from pathlib import Path

import orjson

from infra.open_ledger import open_memory_ledger
from ledger.classification.known import inputs_of
from ledger.classification.scoring import objections, rules_digest
from ledger.envelope import canonical_submission
from ledger.outcomes import Receipt
from ledger.service import Incoming
from ledger.supervision import rules_named

YEAR = Path(__file__).parents[2] / "infra" / "demo" / "year" / "05-arch.jsonl"


def test_every_line_is_recorded_and_takes_effect() -> None:
    lines = [canonical_submission(orjson.loads(line)) for line in YEAR.read_bytes().splitlines()]
    outcomes = open_memory_ledger().submit([Incoming(line, "test") for line in lines])
    assert len(outcomes) > 40
    assert [each for each in outcomes if not isinstance(each, Receipt) or each.decision != "applied"] == []


def test_every_class_in_it_is_what_its_rules_make_of_its_inputs() -> None:
    ledger = open_memory_ledger()
    lines = [canonical_submission(orjson.loads(line)) for line in YEAR.read_bytes().splitlines()]
    ledger.submit([Incoming(line, "test") for line in lines])
    rows = []
    for row in ledger.event_log.read(0, 1_000):
        said = orjson.loads(row.raw)
        rows.append({"position": row.position, "stream": row.stream, "version": said["record"]["version"], **said})
    known = inputs_of(rows)
    published = {}
    for each in known:
        if each.type == "ruleset.published":
            rules = {name: value for name, value in each.data.items() if name != "effective"}
            published["supervision", rules["version"], rules_digest(rules)] = rules
    assigned = [each for each in known if each.type == "classification.assigned"]
    assert {each.data["class_code"] for each in assigned} >= {"1", "2", "3"}
    for each in assigned:
        named = {(one["source"], one["id"]) for one in each.data["inputs"]}
        rules_of_class = rules_named(each.data, published)
        assert rules_of_class is not None
        inputs = [one for one in inputs_of(rows, each.position) if one.identity in named]
        assert objections(each.data, rules_of_class, inputs, each.source) == []
