"""The verbs of supervision ask the running interface, as a person does, and say what to do where something is wrong."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from api.cli import app as command_line
from infra.national_register import ReportConflictError, ReportFolder
from ledger.schemas import released
from tests.integration.http.conftest import Running, token
from tests.support.statements import BODY, CCC_NUMBER, decided, issued_ccc
from tests.support.supervising import COUNTY, DOCUMENT, case, whole_course

CASE = f"{COUNTY}:1"
TEXT = "行政处罚决定书".encode()
DECISION = {**DOCUMENT, "size": len(TEXT), "sha256": sha256(TEXT).hexdigest()}
Verb = Callable[..., str]


@pytest.fixture
def verb(whole: Running, monkeypatch: pytest.MonkeyPatch) -> Verb:
    """Runs a verb against the running interface as the county's bureau; returns what it said."""
    monkeypatch.setenv("CERTLEDGER_HTTP_PORT", str(whole.client.base_url.port))
    monkeypatch.setenv("CERTLEDGER_TOKEN", token(COUNTY)["Authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(command_line, list(words))
        assert done.exit_code == code, (done.output, done.exception)
        return done.output

    return run


@pytest.fixture
def reported(whole: Running) -> None:
    course = whole_course()
    course[4] = case("penalty_decided", "2031-03-01", document=DECISION)
    whole.accept(*course)
    last = whole.accept(case("report_submitted", "2031-04-01", document=DECISION))
    whole.client.get("/v1/penalties", headers={"Min-Position": str(last)}).raise_for_status()


def test_lists_cases_and_statistics_are_told_to_a_person_and_to_a_program(verb: Verb, reported: None) -> None:
    assert "逾期未报案件" in verb("supervision")
    rows = orjson.loads(verb("supervision", "cases_open", "--as", COUNTY, "--json"))["rows"]
    assert rows == []
    listed = verb("supervision", "reports_late", "--as", COUNTY)
    assert "Cases that were reported late" in listed
    shown = verb("case", CASE, "--as", COUNTY)
    assert "Penalty decided" in shown
    assert "on_time" in shown
    table = orjson.loads(verb("statistics", "2031-Q1", "--as", COUNTY, "--json"))
    assert table["rows"][0]["cases"] == 1
    assert "认证认可与检验检测案件统计表" in verb("statistics", "2031", "--as", COUNTY)
    verb("statistics", "2031-Q7", "--as", COUNTY, code=1)
    verb("supervision", "nothing", "--as", COUNTY, code=1)
    verb("case", f"{COUNTY}:2", "--as", COUNTY, code=1)


def test_penalties_and_patrol_checks_need_no_token(whole: Running, verb: Verb, reported: None) -> None:
    whole.accept(case("published", "2031-03-25"), issued_ccc())
    last = whole.accept(decided("suspended", "2031-02-25", CCC_NUMBER, until="2031-03-20", reason_code="0201"))
    for path in ("/v1/penalties", f"/v1/checks/production/{BODY}/{CCC_NUMBER}?produced=2031-02-26"):
        whole.client.get(path, headers={"Min-Position": str(last)}).raise_for_status()
    assert "处1号" in verb("penalties")
    assert len(orjson.loads(verb("penalties", "--json"))["penalties"]) == 1
    told = verb("check-production", BODY, CCC_NUMBER, "--produced", "2031-02-26")
    assert "production_while_invalid" in told
    assert "nothing found" in verb("check-production", BODY, CCC_NUMBER, "--produced", "2031-02-20")


@pytest.mark.requirement("S1-101")
def test_a_decisions_text_is_verified_by_its_digest(verb: Verb, reported: None, tmp_path: Path) -> None:
    (tmp_path / "decision.pdf").write_bytes(TEXT)
    (tmp_path / "altered.pdf").write_bytes(TEXT + b".")
    assert "recorded" in verb("case-document", CASE, str(tmp_path / "decision.pdf"), "--as", COUNTY)
    verb("case-document", CASE, str(tmp_path / "altered.pdf"), "--as", COUNTY, code=1)


@pytest.mark.requirement("S1-98")
def test_a_report_goes_out_once_conforming_to_its_schema_however_often_it_is_sent(
    whole: Running, verb: Verb, reported: None, tmp_path: Path
) -> None:
    outgoing, text = tmp_path / "outgoing", tmp_path / "decision.pdf"
    text.write_bytes(TEXT)
    words = ("case-report", CASE, "--to", str(outgoing), "--document", str(text), "--as", COUNTY)
    first = verb(*words)
    files = {path.name: path.read_bytes() for path in outgoing.iterdir()}
    assert verb(*words) == first
    assert {path.name: path.read_bytes() for path in outgoing.iterdir()} == files
    assert {Path(name).suffix for name in files} == {".json", ".document"}
    sent = orjson.loads(next(content for name, content in files.items() if name.endswith(".json")))
    assert sent["document"] == DECISION
    schema = orjson.loads(released()["case.report_submitted", 1])
    data = {
        "effective": sent["reported"],
        **{k: v for k, v in sent.items() if k in schema["$defs"]["data"]["properties"]},
    }
    Draft202012Validator({**schema["$defs"]["data"], "$defs": schema["$defs"]}).validate(data)
    text.write_bytes(TEXT + b".")
    verb(*words, code=1)
    verb("case-report", f"{COUNTY}:9", "--to", str(outgoing), "--as", COUNTY, code=1)


def test_a_report_that_was_altered_is_not_written_over(tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path)
    one = b'{"report":{"id":"a","source":"b"},"x":1}'
    assert folder.send(one) == folder.send(one)
    with pytest.raises(ReportConflictError):
        folder.send(one.replace(b"1}", b"2}"))
