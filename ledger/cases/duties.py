"""Whether a case was reported in time, judged by the dated table of obligations and the day that is asked about."""

from dataclasses import dataclass
from typing import Literal

from ledger.cases.record import CaseState
from ledger.codes.reporting import obligation
from ledger.days import Day, days_between

Standing = Literal["not_owed", "due", "incomplete", "on_time", "late", "overdue", "acknowledged"]
_CASE_REPORT, _MAJOR_CASE = "case_report", "major_case"


@dataclass(frozen=True, slots=True)
class Duty:
    """One obligation of one case: its last day in time where a number is stated, and how it stands.

    ``is_overdue`` says that the last day passed without a complete report, whatever came after it.
    """

    obligation: str
    since: Day
    due: Day | None
    standing: Standing
    is_overdue: bool
    age: int


def report_duty(state: CaseState, day: Day) -> Duty | None:
    """Return how the report to the national register stands on a day, ``None`` where none is owed (S1-97).

    It is owed for a closed case in which a penalty was decided. The report counts from the day on which it held the
    decision's text (S1-101).
    """
    if not state.closed_on or not state.decisions:
        return None
    row = obligation(_CASE_REPORT, state.closed_on)
    if row is None:
        return None
    due = row.due(state.closed_on)
    complete = state.report.complete if state.report.complete <= day and not state.report.returned else ""
    in_time = bool(complete) and (due is None or complete <= due)
    missing = not complete and due is not None and day > due
    standing: Standing
    if complete:
        standing = "acknowledged" if "" < state.report.acknowledged <= day else "on_time" if in_time else "late"
    elif "" < state.report.submitted <= day:
        standing = "incomplete"
    else:
        standing = "overdue" if missing else "due"
    return Duty(row.id, state.closed_on, due, standing, missing, days_between(state.closed_on, complete or day))


def major_duty(state: CaseState, day: Day) -> Duty | None:
    """Return how the report of a major case stands; without a report event it is a breach at any age (S0-60, S1-96)."""
    row = obligation(_MAJOR_CASE, state.major) if state.major else None
    if row is None:
        return None
    done = state.major_reported if "" < state.major_reported <= day else ""
    return Duty(
        row.id, state.major, row.due(state.major), "on_time" if done else "overdue", not done,
        days_between(state.major, done or day),
    )  # fmt: skip
