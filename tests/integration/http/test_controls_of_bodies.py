"""Five sources of control publish what speaks against a body, and its archive keeps them apart (S4-92)."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli import app
from ledger.codes.controls import adverse_events, controls, measures
from ledger.envelope import Submission
from tests.integration.http.conftest import Running
from tests.integration.http.test_archives_and_traces import asked, street, told
from tests.support import supervised as s
from tests.support.inspecting import found, performed
from tests.support.statements import BODY, LAW, OTHER_BODY, statement
from tests.support.supervising import case

ABOUT = f"body:{BODY}"
ARCHIVE = f"/v1/bodies/{BODY}/archive"
NAMES = ["legal", "administrative", "accreditation", "self_discipline", "social"]


def of_body(kind: str, day: str, source: str, body: str = BODY, **data: Any) -> Submission:
    return statement(f"body.{kind}", f"body:{body}", {"effective": day, **data}, source=source)


def judged(outcome: str = "liable", day: str = "2031-03-01") -> Submission:
    return of_body(
        "judgment_recorded", day, "CNCA",
        court="示例人民法院", case_number="(2031)粤01民终1号", matter="civil", outcome=outcome, legal_basis=LAW,
    )  # fmt: skip


def disciplined(day: str = "2031-03-04", body: str = BODY, source: str = "CCAA") -> Submission:
    return of_body(
        "discipline_recorded",
        day,
        source,
        body,
        measure="industry_criticism",
        reason="违反自律公约",
        document_number="1",
    )


def accredited(status: str, day: str) -> Submission:
    return of_body("accreditation_changed", day, "CNAS", status=status, number="C101-M")


def complained(day: str = "2031-03-05", number: str = "9") -> Submission:
    return case("lead_registered", day, number, target=ABOUT, violation="举报减少认证程序")


def grouped(answer: dict[str, Any]) -> dict[str, list[str]]:
    return {each["control"]: [event["type"] for event in each["events"]] for each in answer["controls"]}


def test_the_five_sources_of_control_are_an_enumeration_and_each_has_a_speaker() -> None:
    assert list(controls()) == NAMES
    assert {row.control for row in adverse_events()} == set(NAMES)
    assert len(measures()) == 5


@pytest.mark.requirement("S4-92")
def test_all_five_sources_of_control_publish_and_the_bodys_archive_groups_by_them(whole: Running) -> None:
    at = whole.accept(
        *street(),
        judged(),
        case("opened", "2031-02-10", "8", target=ABOUT, procedure=None, act_date=None),
        case("penalty_decided", "2031-03-02", "8", proposal=None),
        accredited("granted", "2031-02-01"),
        accredited("suspended", "2031-03-03"),
        disciplined(),
        disciplined(body=OTHER_BODY),
        complained(),
    )
    answer = told(whole, ARCHIVE, at, as_of="2031-04-01")
    assert [each["control"] for each in answer["controls"]] == NAMES
    assert grouped(answer) == {
        "legal": ["body.judgment_recorded"],
        "administrative": ["case.penalty_decided"],
        "accreditation": ["body.accreditation_changed"],
        "self_discipline": ["body.discipline_recorded"],
        "social": ["case.lead_registered"],
    }
    said = {each["control"]: each["events"][0]["said"] for each in answer["controls"]}
    assert said == {
        "legal": ["liable"],
        "administrative": ["fine"],
        "accreditation": ["suspended"],
        "self_discipline": ["industry_criticism"],
        "social": ["complaint"],
    }
    by = {each["control"]: each["events"][0]["source"] for each in answer["controls"]}
    assert by == dict(zip(NAMES, ("CNCA", s.OWN, "CNAS", "CCAA", s.OWN), strict=True))
    before = grouped(told(whole, ARCHIVE, at, as_of="2031-03-02"))
    assert before == {
        "legal": ["body.judgment_recorded"],
        "administrative": ["case.penalty_decided"],
        "accreditation": [],
        "self_discipline": [],
        "social": [],
    }
    other = grouped(told(whole, f"/v1/bodies/{OTHER_BODY}/archive", at, as_of="2031-04-01"))
    assert {name: events for name, events in other.items() if events} == {
        "self_discipline": ["body.discipline_recorded"]
    }


def test_the_public_reads_what_is_public_and_nothing_of_the_cases(whole: Running) -> None:
    at = whole.accept(*street(), judged(), disciplined(), complained())
    answer = told(whole, ARCHIVE, at, party="", as_of="2031-04-01")
    assert {name for name, events in grouped(answer).items() if events} == {"legal", "self_discipline"}


@pytest.mark.parametrize(("outcome", "held"), [("convicted", ["case.criminal_outcome"]), ("acquitted", [])])
def test_a_conviction_after_a_transfer_is_of_the_law(whole: Running, outcome: str, held: list[str]) -> None:
    at = whole.accept(
        *street(),
        case("opened", "2031-02-10", "8", target=ABOUT, procedure=None, act_date=None),
        case("transferred", "2031-02-20", "8"),
        case("criminal_outcome", "2031-03-20", "8", outcome=outcome),
    )
    assert grouped(told(whole, ARCHIVE, at, as_of="2031-04-01"))["legal"] == held


def test_what_is_not_adverse_or_came_to_nothing_is_not_held_against_a_body(whole: Running) -> None:
    at = whole.accept(
        *street(),
        judged("claim_dismissed"),
        accredited("granted", "2031-03-03"),
        complained(),
        case("lead_dismissed", "2031-03-20", "9", reason="举报不实"),
        case("lead_registered", "2031-03-05", "10", lead="patrol", target=ABOUT),
        case("lead_registered", "2031-03-05", "11", target=s.FACTORY_STREAM),
    )
    assert grouped(told(whole, ARCHIVE, at, as_of="2031-03-19"))["social"] == ["case.lead_registered"]
    assert not any(grouped(told(whole, ARCHIVE, at, as_of="2031-03-20")).values())


@pytest.mark.requirement("S2-18")
def test_a_finding_that_a_body_answers_for_is_in_its_archive_and_shown_with_it(whole: Running) -> None:
    responsible = {"role": "responsible_party", "party": ABOUT}
    at = whole.accept(
        *street(), performed("inspection:i-9"), found("F1", stream="inspection:i-9", responsible=responsible),
        found("F2", stream="inspection:i-9"),
    )  # fmt: skip
    shown = told(whole, "/v1/inspections/i-9", at)["findings"]
    assert [(each["finding"], each["responsible"]) for each in shown] == [
        ("F1", ABOUT),
        ("F2", "organisation:M000100Y4"),
    ]
    (listed, _) = told(whole, "/v1/supervision/lists/findings_unhandled", at, as_of="2031-03-01")["rows"]
    assert listed["detail"]["responsible"] in {ABOUT, "organisation:M000100Y4"}
    answer = told(whole, ARCHIVE, at, as_of="2031-04-01")
    assert grouped(answer)["administrative"] == ["inspection.finding_recorded"]
    trail = told(whole, f"/v1/trail/{ABOUT}", at)["events"]
    assert "inspection.finding_recorded" in {each["type"] for each in trail}


def test_the_association_speaks_for_itself_alone_and_an_unknown_body_has_no_archive(whole: Running) -> None:
    at = whole.accept(*street())
    refused = whole.say(disciplined(source="CNAS"))
    assert (refused.status_code, refused.json()["code"]) == (403, "not_competent")
    assert asked(whole, "/v1/bodies/CNCA-R-2031-999/archive", at).json()["code"] == "subject_unknown"


def test_the_archive_of_a_body_is_asked_by_a_verb(whole: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    at = whole.accept(*street(), disciplined())
    told(whole, ARCHIVE, at)
    monkeypatch.setenv("CERTLEDGER_HTTP_PORT", str(whole.client.base_url.port))
    monkeypatch.setenv("COLUMNS", "200")
    shown = CliRunner().invoke(app, ["body-archive", BODY])
    assert shown.exit_code == 0, shown.output
    assert "行业自律" in shown.output
    assert "industry_criticism" in shown.output
    as_json = CliRunner().invoke(app, ["body-archive", BODY, "--as-of", "2031-03-03", "--json"])
    assert not any(grouped(json.loads(as_json.output)).values())
