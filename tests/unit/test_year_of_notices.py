"""The year's notices: every line is taken, and what follows by rule is what the script is meant to show."""

from importlib.resources import files

import orjson

from infra.open_ledger import open_memory_ledger
from ledger.envelope import canonical_submission
from ledger.outcomes import Receipt
from ledger.service import Incoming
from tests.support.reacting import events, notices_of, react, told

FILES = ("01-org.jsonl", "02-insp.jsonl", "03-case.jsonl", "04-notice.jsonl")


def test_every_line_takes_effect_and_the_right_bodies_and_bureaux_are_told() -> None:
    ledger = open_memory_ledger()
    year = files("infra.demo").joinpath("year")
    for name in FILES:
        script = year.joinpath(name)
        if not script.is_file():
            continue
        for line in script.read_bytes().splitlines():
            (outcome,) = ledger.submit([Incoming(canonical_submission(orjson.loads(line)), "test")])
            assert isinstance(outcome, Receipt), (name, line, outcome)
            assert name != FILES[-1] or outcome.decision == "applied", line
    assert react(ledger).refused == []
    ended = [recipient for recipient, _, _ in notices_of(ledger, "certificate_ended")]
    assert {"SAMR-440600", "SAMR-330100"} <= set(ended)
    assert "CNCA-R-2024-404" in told(ledger, "violation_found")
    assert "SAMR-330106" in told(ledger, "outside_enterprise")
    assert "SAMR-440604" in told(ledger, "early_warning")
    assert told(ledger, "copy").count("CNCA") == 1
    assert {"CNCA-R-2024-404", "SAMR-440300"} <= set(told(ledger, "circular"))
    refused = [each["subject"] for each in events(ledger, "notice.request_refused")]
    assert refused == ["notice:year-7"]
    ledger.close()
