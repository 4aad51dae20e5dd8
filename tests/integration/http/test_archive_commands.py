"""The verbs of supervision against the running interface: a tree, figures, plans, and classes worked out again."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from tests.integration.http.conftest import Running
from tests.integration.http.test_archives_and_traces import street
from tests.support import supervised as s
from tests.support.statements import certificate, statement

FIRST = certificate(s.FIRST)
Run = Callable[..., Result]


@pytest.fixture
def run(whole: Running, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("CERTLEDGER_HTTP_PORT", str(whole.client.base_url.port))
    monkeypatch.setenv("CERTLEDGER_TOKEN", f"token of {s.OWN}")
    monkeypatch.setenv("COLUMNS", "200")
    story = [s.performed(certificates=[FIRST]), s.found(certificates=[FIRST]), s.sampled(certificates=[FIRST])]
    at = whole.accept(*street(), *story, s.archived("opened", "2031-02-01"))
    assert whole.client.get(f"/v1/trace/{FIRST}", headers={"Min-Position": str(at)}).status_code == 200
    assert whole.client.get("/v1/rule-sets", headers={"Min-Position": str(at)}).status_code == 200
    assert whole.client.get(f"/v1/trail/{FIRST}", headers={"Min-Position": str(at)}).status_code == 200

    def invoke(*words: str) -> Result:
        return CliRunner().invoke(app, words)

    return invoke


def shown(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_a_trace_is_drawn_as_a_tree_and_told_as_json(run: Run) -> None:
    answer = shown(run("trace", "sample:i-1:S1", "--as", s.OWN, "--json"))
    assert FIRST in {each["node"] for each in answer["nodes"]}
    back = shown(run("trace", f"body:{s.BODY}", "--back", "--as", s.OWN, "--json"))
    assert "sample:i-1:S1" in {each["node"] for each in back["nodes"]}
    beside = shown(run("trace", FIRST, "--sideways", "--as", s.OWN, "--json"))
    assert certificate(s.SECOND) in beside["beside"][0]["certificates"]
    public = shown(run("trace", FIRST, "--as-of", "2031-03-01", "--json"))
    assert public["as_of"] == "2031-03-01"


def test_archives_figures_and_plans_are_asked_by_verbs(run: Run) -> None:
    filed = shown(run("archive", s.FACTORY["code"], "--as", s.OWN, "--json"))
    assert {"inspections", "findings", "samples", "archive"} <= {each["section"] for each in filed["records"]}
    assert len(shown(run("archives", s.COUNTY, "--as", s.OWN, "--json"))["archives"]) == 1
    figures = shown(run("coverage", s.COUNTY, "--as", s.OWN, "--json"))
    assert (figures["archives"]["covered"], figures["problems"]["covered"]) == (1, 0)
    plan = shown(run("patrols", s.COUNTY, "--as", s.OWN, "--as-of", "2031-07-01", "--json"))
    assert plan["due"] == 1
    assert shown(run("common-problems", s.COUNTY, "--as", s.OWN, "--json"))["problems"]
    assert shown(run("key-lists", "--as", s.OWN, "--json"))["entries"] == []
    for words in (
        ("archive", s.FACTORY["code"]),
        ("archives", s.COUNTY, "--without-custodian"),
        ("coverage", s.COUNTY),
        ("patrols", s.COUNTY),
        ("common-problems", s.COUNTY),
        ("key-lists",),
        ("trace", FIRST),
        ("trace", FIRST, "--sideways"),
    ):
        result = run(*words, "--as", s.OWN)
        assert result.exit_code == 0, result.output


def test_a_class_is_worked_out_assigned_and_verified_and_a_wrong_one_is_found(run: Run, whole: Running) -> None:
    proposed = shown(run("class", "evaluate", s.FACTORY_STREAM, "--as", s.OWN, "--json"))["assigned"]
    assert proposed["class_code"] == "3"
    subject = f"classification:{s.OWN}:{s.FACTORY_STREAM}"
    right = statement("classification.assigned", subject, proposed, source=s.OWN, identity="right")
    at = whole.accept(right)
    assert whole.client.get("/v1/rule-sets", headers={"Min-Position": str(at)}).status_code == 200
    assert whole.client.get(f"/v1/trail/{FIRST}", headers={"Min-Position": str(at)}).status_code == 200
    result = run("class", "verify", s.FACTORY_STREAM, "--as", s.OWN)
    assert result.exit_code == 0, result.output
    history = shown(run("class", "show", s.FACTORY_STREAM, "--as", s.OWN, "--json"))
    assert (history["history"][0]["class_code"], history["patrol"]["interval_months"]) == ("3", 3)
    wrong = {**proposed, "effective": "2031-04-02", "class_code": "1"}
    at = whole.accept(statement("classification.assigned", subject, wrong, source=s.OWN, identity="wrong"))
    assert whole.client.get("/v1/rule-sets", headers={"Min-Position": str(at)}).status_code == 200
    assert whole.client.get(f"/v1/trail/{FIRST}", headers={"Min-Position": str(at)}).status_code == 200
    assert run("class", "verify", s.FACTORY_STREAM, "--as", s.OWN).exit_code == 1
    assert len(shown(run("class", "samples"))) == 4
