"""What the scripted year says of conferences, plans, trainings and consulting bodies is true on its own days."""

from collections.abc import Iterator

import pytest

from infra.demo.year import load
from infra.open_ledger import open_memory_ledger
from ledger.consultants import MACHINE
from ledger.service import Ledger
from ledger.timeline import state_on


@pytest.fixture(scope="module")
def ledger() -> Iterator[Ledger]:
    ledger = open_memory_ledger()
    load(ledger)
    yield ledger
    ledger.close()


def test_one_task_of_the_ministries_is_done_and_one_is_open(ledger: Ledger) -> None:
    tasks = ledger.timeline("conference:CNCA:示例部际联席会议").tip.tasks
    assert {each.code: each.done for each in tasks} == {"T1": True, "T2": False}


def test_the_plan_was_activated_by_its_version_and_the_response_ended(ledger: Ledger) -> None:
    plan = ledger.timeline("emergency:SAMR-440604:示例预案").tip
    assert (plan.in_force("2024-03-29"), plan.activations, plan.active) == ("2023", {"2024-1"}, frozenset())


def test_a_review_of_case_files_and_a_briefing_were_held(ledger: Ledger) -> None:
    forms = [ledger.timeline(f"training:SAMR-440600:示例{number}").tip.form for number in ("2024-1", "2025-1")]
    assert forms == ["regulation_briefing", "case_file_review"]


def test_the_consulting_body_was_admitted_until_its_admission_was_withdrawn(ledger: Ledger) -> None:
    timeline = ledger.timeline("consultant:MA5JT001X")
    admitted = {day: state_on(MACHINE, timeline, day).is_admitted(day) for day in ("2023-11-30", "2023-12-01")}
    assert admitted == {"2023-11-30": True, "2023-12-01": False}
