"""Stages of a risk follow each other; what is due is counted by dated rows, and what has no number only ages."""

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.codes.deadlines import deadline_rules, rule_named
from ledger.codes.workdays import add_workdays, is_workday
from ledger.deadlines.due import deadlines_of
from ledger.service import Ledger
from tests.support.access import OWN, case_opened, finding, inspected
from tests.support.statements import ANSWERABLE, accept, refusal, register_of, statement

RISK = "risk:r-1"


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = register_of()
    yield ledger
    ledger.close()


def risk(stage: str, day: str, **data: Any) -> Any:
    forms: dict[str, dict[str, Any]] = {
        "detected": {"kind": "signal", "region": "440604", "text": "多起不合格", "about": []},
        "monitored": {"region": "440604", "product": "电热水壶", "text": "多起投诉"},
        "collected": {"text": "同一代工厂"},
        "reported_up": {"text": "建议排查"},
        "assessed": {"level": "yellow", "text": "可能致伤"},
        "responded": {"measures": "专项抽查"},
        "disposed": {"outcome": "removed"},
    }
    return statement(f"risk.{stage}", RISK, {"effective": day, **forms[stage], **data}, source=OWN)


@pytest.mark.requirement("S0-58")
def test_the_stages_of_a_signal_come_in_order_and_the_lags_are_the_days_between(ledger: Ledger) -> None:
    early = accept(ledger, risk("disposed", "2031-03-20"))[0]
    assert early.decision == "held", "it takes effect when the stages before it are known"
    accept(ledger, risk("detected", "2031-03-01"))
    assert refusal(ledger, risk("detected", "2031-03-02")).code == "risk_stage_out_of_order"
    accept(ledger, risk("assessed", "2031-03-04"), risk("responded", "2031-03-10"))
    state = ledger.timeline(RISK).tip
    assert state.stage == "disposed"
    days = [day for _, day in state.days]
    assert days == ["2031-03-01", "2031-03-04", "2031-03-10", "2031-03-20"]
    assert refusal(ledger, risk("assessed", "2031-03-25")).code == "risk_stage_out_of_order"


@pytest.mark.requirement("S3-35")
def test_risk_information_is_monitored_collected_reported_up_and_disposed_of_in_this_order(ledger: Ledger) -> None:
    accept(ledger, risk("monitored", "2031-03-01"), risk("collected", "2031-03-02"))
    assert accept(ledger, risk("disposed", "2031-03-09"))[0].decision == "held"
    waiting = [each.rule.kind for each in deadlines_of(RISK, ledger.timeline(RISK)) if each.met is None]
    assert waiting == ["risk_unreported"], "what is not reported ages"
    accept(ledger, risk("reported_up", "2031-03-05"))
    assert ledger.timeline(RISK).tip.stage == "disposed"
    assert [each.met for each in deadlines_of(RISK, ledger.timeline(RISK))] == ["2031-03-05"]


def test_a_local_authority_speaks_of_risks_in_its_area_alone(ledger: Ledger) -> None:
    assert refusal(ledger, risk("detected", "2031-03-01", region="330106")).code == "outside_jurisdiction"


@pytest.mark.parametrize(
    ("start", "days", "day"),
    [
        ("2024-09-30", 1, "2024-10-08"),
        ("2025-01-27", 1, "2025-02-05"),
        ("2025-09-26", 1, "2025-09-28"),
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-14", 1, "2026-02-24"),
        ("2026-02-24", 5, "2026-03-02"),
        ("2026-09-24", 0, "2026-09-24"),
    ],
)
def test_workdays_are_those_of_the_state_councils_arrangement(start: str, days: int, day: str) -> None:
    counted = add_workdays(start, days)
    assert (counted.day, counted.is_provisional) == (day, False)


@pytest.mark.parametrize("year", ["2024", "2025", "2026"])
def test_days_made_up_for_are_weekend_days_and_workdays(year: str) -> None:
    on = {"2024": "2024-02-04", "2025": "2025-02-08", "2026": "2026-10-10"}[year]
    assert is_workday(on) is not None
    assert is_workday(f"{year}-10-01") is None


def test_beyond_the_horizon_of_the_table_a_count_of_workdays_is_provisional() -> None:
    assert add_workdays("2026-12-30", 5).is_provisional
    assert add_workdays("2031-03-03", 1).is_provisional
    assert not add_workdays("2026-12-28", 3).is_provisional


def test_twenty_days_after_closure_are_calendar_days_and_the_day_of_closure_is_not_counted() -> None:
    counted = rule_named("D-01").due_day({}, "2031-03-05")
    assert counted is not None
    assert (counted.day, counted.is_provisional) == ("2031-03-25", False)


def test_a_finding_with_a_due_day_is_met_by_the_closure_of_that_finding(ledger: Ledger) -> None:
    accept(ledger, inspected(), finding())
    due = statement(
        "inspection.finding_recorded",
        "inspection:i-county",
        {
            "effective": "2031-03-03",
            "finding": "F3",
            "grade": "minor",
            "text": "…",
            "due": "2031-03-20",
            "responsible": ANSWERABLE,
        },
        source=OWN,
    )
    closed = statement(
        "inspection.finding_closed", "inspection:i-county", {"effective": "2031-03-25", "finding": "F3"}, source=OWN
    )
    accept(ledger, due, closed)
    found = list(deadlines_of("inspection:i-county", ledger.timeline("inspection:i-county")))
    assert [(each.rule.kind, each.due, each.met) for each in found] == [
        ("finding_open", None, None),
        ("finding_due", "2031-03-20", "2031-03-25"),
    ]
    assert {(each.responsible, each.region) for each in found} == {(OWN, "440604")}


def test_a_case_that_is_closed_is_to_be_reported(ledger: Ledger) -> None:
    stream = f"case:{OWN}:2031-1"
    closed = statement("case.closed", stream, {"effective": "2031-03-10", "outcome": "executed"}, source=OWN)
    accept(ledger, case_opened(), closed)
    (report,) = (each for each in deadlines_of(stream, ledger.timeline(stream)) if each.rule.id == "D-01")
    assert (report.due, report.met) == ("2031-03-30", None)


def test_every_row_names_its_source_and_gives_a_limit_only_where_one_is_written() -> None:
    for rule in deadline_rules():
        assert rule.source
        assert rule.zh
        assert rule.en
        assert (rule.calendar == "ageing") == (not rule.due and rule.days == 0), rule.id
    assert len({rule.id for rule in deadline_rules()}) == len(deadline_rules())
