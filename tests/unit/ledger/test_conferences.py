"""A joint conference resolves in meetings that were held, and follows up by departments that belong to it."""

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.deadlines.due import deadlines_of
from ledger.service import Ledger
from tests.support.mechanisms import LOCAL, LOCAL_MEMBERS, MEMBERS, MINISTRY, NATIONAL, conference, held, ill_formed
from tests.support.statements import accept, refusal, register_of
from tests.support.supervising import CITY, COUNTY, SIBLING


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    ledger = register_of()
    yield ledger
    ledger.close()


def test_a_resolution_is_of_a_meeting_and_a_task_of_a_resolution_in_whatever_order_they_are_reported(
    ledger: Ledger,
) -> None:
    course = held()
    decisions = [accept(ledger, each)[0].decision for each in reversed(course)]
    assert decisions == ["held", "held", "held", "applied"]
    state = ledger.timeline(NATIONAL).tip
    assert (state.meetings, state.resolutions) == (frozenset({"1"}), frozenset({"R1"}))
    assert [(each.code, each.departments, each.done) for each in state.tasks] == [("T1", ("commerce",), False)]


@pytest.mark.parametrize(
    ("kind", "data", "code", "pointer"),
    [
        ("established", {}, "conference_already_established", ""),
        ("meeting_held", {}, "conference_code_taken", "/data/meeting"),
        ("meeting_held", {"meeting": "2", "attended": ["stranger"]}, "conference_not_a_member", "/data/attended"),
        ("resolution_adopted", {}, "conference_code_taken", "/data/resolution"),
        ("task_assigned", {}, "conference_code_taken", "/data/task"),
        ("task_assigned", {"task": "T2", "lead": "stranger"}, "conference_not_a_member", "/data/lead"),
        ("task_assigned", {"task": "T2", "others": ["stranger"]}, "conference_not_a_member", "/data/others"),
    ],
)
def test_what_does_not_belong_to_the_conference_is_refused(
    kind: str, data: dict[str, Any], code: str, pointer: str, ledger: Ledger
) -> None:
    accept(ledger, *held())
    found = refusal(ledger, conference(kind, "2031-02-20", **data))
    assert (found.code, found.pointer) == (code, pointer)


def test_a_task_is_due_after_it_is_given_and_no_department_is_a_member_twice() -> None:
    late = ill_formed(conference("task_assigned", "2031-02-02", due="2031-02-02"), due="2031-02-01")
    twice = ill_formed(conference("members_changed", "2031-02-02"), members=[MEMBERS[0], MEMBERS[0]])
    assert [each.problems[0].code for each in (late, twice)] == ["dates_out_of_order", "department_twice"]


def test_the_convener_and_the_departments_of_a_task_report_on_it_and_nobody_else(ledger: Ledger) -> None:
    accept(ledger, *held(others=["customs"]))
    accept(ledger, conference("task_progressed", "2031-02-20"))
    accept(ledger, conference("task_progressed", "2031-02-21", source=MINISTRY))
    for stranger in (COUNTY, "organisation:91350100M00010102K"):
        found = refusal(ledger, conference("task_done", "2031-02-22", source=stranger))
        assert (found.code, found.pointer) == ("conference_task_not_yours", "/source")
    accept(ledger, conference("task_done", "2031-02-23", source=MINISTRY))
    assert ledger.timeline(NATIONAL).tip.task("T1").done
    assert refusal(ledger, conference("task_progressed", "2031-02-24")).code == "conference_task_done"


@pytest.mark.requirement("S4-16")
def test_every_level_has_its_own_conference_and_nobody_speaks_in_anothers(ledger: Ledger) -> None:
    accept(ledger, conference("established", "2031-01-10", LOCAL, members=LOCAL_MEMBERS))
    accept(ledger, conference("meeting_held", "2031-02-01", LOCAL, attended=["city", "county"]))
    accept(ledger, conference("resolution_adopted", "2031-02-01", LOCAL))
    accept(ledger, conference("task_assigned", "2031-02-02", LOCAL, lead="county"))
    accept(ledger, conference("task_done", "2031-02-03", LOCAL, source=SIBLING))
    for source in (COUNTY, "CNCA"):
        found = refusal(ledger, conference("meeting_held", "2031-02-05", LOCAL, source=source, meeting="2"))
        assert found.code == "not_own_mechanism"
    assert refusal(ledger, conference("meeting_held", "2031-02-05", source=CITY, meeting="2")).code == (
        "not_own_mechanism"
    )


def test_a_task_is_due_on_its_day_and_one_without_a_day_only_ages(ledger: Ledger) -> None:
    accept(ledger, *held())
    accept(ledger, conference("task_assigned", "2031-02-03", task="T2", lead="customs"))
    accept(ledger, conference("task_done", "2031-03-01", task="T2"))
    found = {each.rule.kind: (each.due, each.met) for each in deadlines_of(NATIONAL, ledger.timeline(NATIONAL))}
    assert found == {"conference_task_due": ("2031-03-15", None), "conference_task_open": (None, "2031-03-01")}
