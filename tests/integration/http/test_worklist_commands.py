"""The verbs print what the interface answers, for people in both languages and for programs as JSON."""

from urllib.parse import urlsplit

import orjson
import pytest
from typer.testing import CliRunner

from api.cli import app
from infra.open_ledger import WRITER, open_ledger
from tests.integration.http.conftest import Running
from tests.support.access import OWN
from tests.support.notified import ABOVE, founded, told
from tests.support.reacting import react
from tests.support.statements import BODY
from tests.support.waiting import eventually


@pytest.fixture
def run(whole: Running, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    for each in [*founded(), *told()]:
        whole.say(each)
    ledger = open_ledger(whole.ports.database_url, acting_as=WRITER)
    react(ledger)
    head = ledger.event_log.head()
    ledger.close()
    assert whole.get(f"/v1/bodies/{BODY}", head).status_code == 200
    monkeypatch.setenv("CERTLEDGER_HTTP_PORT", str(urlsplit(str(whole.client.base_url)).port))
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setenv("CERTLEDGER_TOKEN", f"token of {ABOVE}")
    return CliRunner()


def said(run: CliRunner, *words: str) -> str:
    done = run.invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done.output


def test_each_list_is_printed_for_people_and_for_programs(run: CliRunner) -> None:
    eventually(lambda: "problem_raised" in said(run, "inbox", "--as", ABOVE, "--json"))
    notices = orjson.loads(said(run, "inbox", "--as", ABOVE, "--json"))
    assert notices["counts"]["all"] == 3
    assert [each["kind"]["value"] for each in notices["notices"]].count("certificate_ended") == 1
    assert "人手不足" in said(run, "inbox", "--as", ABOVE, "--state", "open")
    why = ("--as", ABOVE, "--reason", "guidance")
    overdue = ("deadlines", *why, "--state", "overdue", "--as-of", "2031-03-21")
    eventually(lambda: len(orjson.loads(said(run, *overdue, "--json"))["deadlines"]) == 2)
    table = said(run, *overdue)
    assert "逾期 overdue" in table
    assert OWN in table
    assert "median" in said(run, "ageing", *why)
    assert orjson.loads(said(run, "ageing", *why, "--json"))["ageing"]
    assert "烫伤" in said(run, "warnings", *why, "--as-of", "2031-03-21")
    assert "detected→assessed 2" in said(run, "warnings", *why, "--risks")
    loss = orjson.loads(said(run, "what-if", BODY, "--as-of", "2031-03-21", "--json"))
    assert loss["certificates"] == 2
    assert "holders" in said(run, "what-if", BODY, "--as-of", "2031-03-21")


def test_what_is_wrong_is_said_in_both_languages(run: CliRunner) -> None:
    done = run.invoke(app, ["warnings", "--as", ABOVE, "--reason", "gossip"])
    assert done.exit_code == 1
    assert "read_reason_unknown" in done.output
    assert run.invoke(app, ["deadlines", "--as", ABOVE, "--reason", "guidance", "--region", "999999"]).exit_code == 1
