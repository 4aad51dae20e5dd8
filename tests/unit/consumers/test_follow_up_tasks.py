"""A failed sample creates a task for each issuing body and linked checks, once, whatever is redelivered or killed."""

from collections.abc import Iterator

import pytest

from consumers.policies.follow_up_tasks import follow_up_tasks
from ledger.envelope import Submission
from ledger.facts import Fact
from ledger.inspections.tasks import task_rules
from ledger.log import LogUnavailable
from ledger.service import Ledger
from tests.support.inspecting import COUNTY, performed, said
from tests.support.reacting import Remembered
from tests.support.reacting import react as react_by
from tests.support.statements import BODY, OTHER_BODY, accept, certificate, corrected, register_of

MINE, THEIRS = certificate(), certificate("10231Q00001R0M", OTHER_BODY)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = register_of(BODY, OTHER_BODY)
    yield ledger
    ledger.close()


def react(ledger: Ledger, store: Remembered | None = None) -> Remembered:
    """Let the policy react to everything recorded, begun anew as often as it is killed."""
    store = store or Remembered()
    while True:
        try:
            return react_by(ledger, store, [follow_up_tasks])
        except LogUnavailable:
            continue


def tasks(ledger: Ledger) -> list[Fact]:
    streams = ledger.event_log.streams("inspection:task-", "", 100)
    return [fact for stream in streams for fact in ledger.timeline(stream).applied]


def failed(passed: bool = False, certificates: list[str] | None = None) -> Submission:
    named = {"certificates": certificates} if certificates else {}
    data = {"sample": "S1", "standard": "GB 4943.1-2022", "passed": passed, **named}
    return said("sample_result_recorded", "2031-02-20", source="LAB-1A", **data)


def visit() -> Submission:
    return performed(mode="national_spot_check", certificates=[MINE, THEIRS])


@pytest.mark.requirement("S2-72")
def test_a_failed_spot_check_is_a_focused_audit_for_each_issuing_body(ledger: Ledger) -> None:
    accept(ledger, visit(), failed())
    store = react(ledger)
    audits = {
        task.data["units"][0]["unit"]: task.data for task in tasks(ledger) if task.data["mode"] == "focused_audit"
    }
    assert audits.keys() == {BODY, OTHER_BODY}
    assert audits[BODY]["certificates"] == [MINE]
    assert audits[OTHER_BODY]["certificates"] == [THEIRS]
    assert audits[BODY]["due"] == "2031-03-22"
    assert store.refused == []


@pytest.mark.requirement("S4-104")
def test_a_failed_product_makes_linked_tasks_about_enterprise_and_bodies(ledger: Ledger) -> None:
    accept(ledger, visit(), failed())
    react(ledger)
    linked = [task for task in tasks(ledger) if task.data["mode"] == "linked_check"]
    assert {task.data.get("target", "enterprise"): task.data["units"][0]["unit"] for task in linked} == {
        "enterprise": COUNTY,
        f"body:{BODY}": "CNCA",
        f"body:{OTHER_BODY}": "CNCA",
    }
    cause = {"id": failed().id, "source": "LAB-1A"}
    assert all(task.data["cause"] == cause for task in tasks(ledger))


def test_a_passed_sample_makes_none(ledger: Ledger) -> None:
    accept(ledger, visit(), failed(passed=True))
    react(ledger)
    assert tasks(ledger) == []


@pytest.mark.parametrize("killed_at", [(1,), (1, 2), (2, 3), (1, 2, 3, 4)])
def test_each_task_is_submitted_once_whatever_is_redelivered_or_killed(
    ledger: Ledger, killed_at: tuple[int, ...]
) -> None:
    accept(ledger, visit(), failed())
    react(ledger, Remembered(*killed_at))
    once = tasks(ledger)
    assert len(once) == 5
    for _ in range(3):
        react(ledger)
    assert tasks(ledger) == once
    assert ledger.event_log.streams("inspection:task-", "", 100).__len__() == 5


def test_a_result_that_waited_for_its_inspection_makes_its_tasks_then(ledger: Ledger) -> None:
    accept(ledger, failed())
    store = react(ledger)
    assert tasks(ledger) == []
    accept(ledger, visit())
    react(ledger, store)
    assert len(tasks(ledger)) == 5


def test_tasks_go_with_a_result_that_is_taken_back_and_change_with_one_that_is_corrected(ledger: Ledger) -> None:
    accept(ledger, visit(), failed(certificates=[MINE]))
    store = react(ledger)
    assert {task.data["mode"] for task in tasks(ledger)} == {"focused_audit", "linked_check"}
    later = {**failed(certificates=[MINE]).data, "effective": "2031-02-22"}
    accept(ledger, corrected(failed(certificates=[MINE]), later, "moved"))
    react(ledger, store)
    assert {task.effective for task in tasks(ledger)} == {"2031-02-22"}
    accept(ledger, corrected(failed(certificates=[MINE]), None, "taken back"))
    react(ledger, store)
    assert tasks(ledger) == []
    assert store.refused == []


def test_the_rules_are_dated_rows_that_say_what_is_not_confirmed() -> None:
    assert {rule.mode for rule in task_rules("2031-01-01")} == {"focused_audit", "linked_check"}
    assert not any(rule.is_confirmed for rule in task_rules("2031-01-01"))
    assert all(rule.source for rule in task_rules("2031-01-01"))
