"""The verbs about inspections, forms and draws against a running ledger."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import Result
from typer.testing import CliRunner

from api.cli import app as command_line
from ledger.envelope import Submission, canonical_submission
from tests.integration.http.conftest import Running
from tests.support.access import OWN, public_facts
from tests.support.drawing import SEED, made, published, steps
from tests.support.inspecting import filed, found, performed, planned, recorded


class Verbs:
    """The command line as one party, asking a running interface."""

    def __init__(self, running: Running) -> None:
        self._url = urlsplit(str(running.client.base_url))

    def run(self, *words: str, party: str = OWN) -> Result:
        environment = {
            "CERTLEDGER_HTTP_HOST": str(self._url.hostname),
            "CERTLEDGER_HTTP_PORT": str(self._url.port),
            "CERTLEDGER_TOKEN": f"token of {party}",
            "COLUMNS": "200",
        }
        return CliRunner().invoke(command_line, list(words), env=environment)

    def json(self, *words: str) -> Any:
        result = self.run(*words, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.output)


@pytest.fixture
def verbs(whole: Running) -> Verbs:
    seen = whole.accept(*public_facts(), planned(), planned("inspection:i-2"), performed("inspection:i-2"))
    seen = whole.accept(found("F1", stream="inspection:i-2"), recorded("inspection:i-2"), filed("inspection:i-2"))
    seen = whole.accept(*steps())
    for path in ("/v1/draws", "/v1/trail/draw:d-1"):
        assert whole.get(path, seen).status_code == 200
    return Verbs(whole)


def test_every_list_is_there_for_people_and_for_programs(verbs: Verbs) -> None:
    as_own = ("--as", OWN)
    assert [row["stream"] for row in verbs.json("inspections", "list", *as_own)["inspections"]] == [
        "inspection:i-1",
        "inspection:i-2",
    ]
    overdue = verbs.json("inspections", "list", *as_own, "--overdue", "--as-of", "2031-04-01")
    assert [row["stream"] for row in overdue["inspections"]] == ["inspection:i-1"]
    assert [row["stream"] for row in verbs.json("inspections", "worklist", *as_own)["tasks"]] == ["inspection:i-1"]
    assert verbs.json("inspections", "show", "i-2", *as_own)["findings"][0]["finding"] == "F1"
    year = ("--since", "2031-01-01", "--until", "2031-12-31")
    assert verbs.json("inspections", "report", *as_own, *year, "--by", "status")["rows"]
    for verb, member in (
        ("coverage", "missing"), ("schedule", "producers"), ("watch", "watched"), ("samples", "samples"),
        ("double-sampling", "pairs"), ("feedback", "feedback"),
    ):  # fmt: skip
        assert isinstance(verbs.json("inspections", verb, *as_own)[member], list), verb
    assert verbs.json("forms", "list")["forms"]
    told = verbs.run("forms", "show", "ccc_daily_patrol", "1")
    assert "进货" in told.output
    assert "日常巡查" in verbs.run("inspections", "list", *as_own).output
    assert "F1" in verbs.run("inspections", "show", "i-2", *as_own).output


def test_what_a_party_may_not_see_is_not_there_and_a_wrong_reason_is_told(verbs: Verbs) -> None:
    unknown = verbs.run("inspections", "show", "i-1", "--as", "CNAS", party="CNAS")
    assert unknown.exit_code == 1
    wrong = verbs.run("inspections", "list", "--as", OWN, "--reason", "curiosity")
    assert (wrong.exit_code, "read_reason_unknown" in wrong.output) == (1, True)


def test_a_draw_is_made_with_a_private_seed_and_verified_by_anybody(
    verbs: Verbs, whole: Running, tmp_path: Path
) -> None:
    seed = tmp_path / "seed"
    first = verbs.run("draw", "seed", str(seed))
    assert len(first.output.strip()) == 64
    assert seed.stat().st_mode & 0o777 == 0o600
    assert seed.read_text().strip() not in first.output
    assert verbs.run("draw", "seed", str(seed)).exit_code == 2
    assert verbs.run("draw", "select", "d-1", "--seed-file", str(seed)).exit_code == 2
    mine = tmp_path / "mine"
    mine.write_text(SEED)
    said = json.loads(verbs.run("draw", "select", "d-1", "--seed-file", str(mine)).output)
    assert said == {name: each for name, each in made().data.items() if name != "effective"}
    assert verbs.run("draw", "verify", "d-1").exit_code == 2
    seen = whole.accept(made(), published())
    for path in ("/v1/draws", "/v1/trail/draw:d-1"):
        assert whole.get(path, seen).status_code == 200
    told = verbs.run("draw", "verify", "d-1")
    assert told.exit_code == 0, told.output
    assert verbs.json("draw", "verify", "d-1")["holds"] is True
    assert verbs.json("draw", "list")["draws"][0]["status"] == "published"
    lines = [each.raw.decode() for each in (*steps(), published())]
    file = tmp_path / "draw.jsonl"
    file.write_text("\n".join(lines))
    assert verbs.run("draw", "verify", "--file", str(file)).exit_code == 0
    file.write_text("\n".join(lines).replace(SEED, "00" * 32))
    assert verbs.run("draw", "verify", "--file", str(file)).exit_code == 1
    assert verbs.run("draw", "verify").exit_code == 2


def test_a_campaign_makes_a_plan_for_each_enterprise_that_its_filter_selects(verbs: Verbs, whole: Running) -> None:
    campaign = planned(
        "inspection:c-1", mode="special_campaign", programme="special", organisation=None, certificates=None,
        region="350000", source="CNCA", targets={"as_of": "2031-02-01", "project_codes": ["A01"]},
    )  # fmt: skip
    seen = whole.accept(campaign)
    for path in ("/v1/draws", "/v1/trail/organisation:M000100Y4"):
        assert whole.get(path, seen).status_code == 200
    result = verbs.run("inspections", "targets", "c-1", "--as", "CNCA", party="CNCA")
    assert "organisation:M000100Y4" in result.output, result.output
    lines = verbs.run("inspections", "targets", "c-1", "--as", "CNCA", "--plan-due", "2031-06-30", party="CNCA").output
    (event,) = [json.loads(line) for line in lines.splitlines()]
    assert (event["data"]["under"], event["data"]["due"]) == ("inspection:c-1", "2031-06-30")
    submission = canonical_submission(event)
    assert isinstance(submission, Submission), submission
    position = whole.accept(submission)
    assert whole.accept(submission) == position
