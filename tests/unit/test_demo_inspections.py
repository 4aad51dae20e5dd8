"""The scripted year's inspections are taken whole, and each list of the view has something true to show."""

from pathlib import Path

import orjson

import infra.demo
from infra.open_ledger import open_memory_ledger
from ledger.draws.verifying import verify
from ledger.envelope import Submission, canonical_submission
from ledger.outcomes import Receipt
from ledger.service import Incoming

YEAR = Path(next(iter(infra.demo.__path__))) / "year" / "02-insp.jsonl"


def test_every_line_is_accepted_and_takes_effect() -> None:
    ledger = open_memory_ledger()
    events = [orjson.loads(line) for line in YEAR.read_bytes().splitlines()]
    assert len({event["id"] for event in events}) == len(events) > 50
    for event in events:
        submission = canonical_submission(event)
        assert isinstance(submission, Submission), submission
        (outcome,) = ledger.submit([Incoming(submission, "demo")])
        assert isinstance(outcome, Receipt), (event["id"], outcome)
        assert outcome.decision == "applied", event["id"]
    kinds = {event["type"] for event in events}
    assert {"inspection.filed", "inspection.plan_cancelled", "inspection.recognised", "draw.published"} <= kinds
    assert verify([event for event in events if event["type"].startswith("draw.")]).holds is True
