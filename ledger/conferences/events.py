"""What may be said of a joint conference: its member departments, meetings, resolutions, and each follow-up task.

A conference is one authority's mechanism with other departments of its level, from the inter-ministerial one down
(多层次). A department that speaks in the ledger is named with its party, and then reports on its tasks itself.
"""

from typing import Annotated

from pydantic import Field, model_validator

from ledger.certificates.forms import Evidence
from ledger.facts import CalendarDay, Code, Data, Dated, EventType, Identifier, LongText, Text, correction, event_types
from ledger.parties import AUTHORITIES, ORGANISATION

FAMILY = "conference"
Departments = Annotated[list[Code], Field(min_length=1, max_length=100)]


class Member(Data):
    """A member department; ``party`` is how it speaks in the ledger, where it does."""

    department: Code
    name_zh: Text
    name_en: Text | None = None
    party: Identifier | None = Field(default=None, examples=["SAMR-440600"])


Members = Annotated[list[Member], Field(min_length=1, max_length=100)]


class _Composed(Dated):
    """The departments that belong to the conference from the day on, all of them."""

    members: Members

    @model_validator(mode="after")
    def departments_differ(self) -> "_Composed":
        """No department is a member twice."""
        if len({each.department for each in self.members}) < len(self.members):
            raise ValueError("department_twice")
        return self


class Established(_Composed):
    """The conference was set up, with these member departments."""

    title: Text


class MembersChanged(_Composed):
    """The conference consists of these departments from now on."""


class MeetingHeld(Dated):
    """A meeting took place; ``attended`` are the member departments that were there."""

    meeting: Code
    topic: Text
    attended: Departments
    document: Evidence | None = None


class ResolutionAdopted(Dated):
    """A meeting adopted a resolution."""

    resolution: Code
    meeting: Code
    text: LongText


class TaskAssigned(Dated):
    """A resolution is followed up: one department leads, others take part, until a last day where one was set."""

    task: Code
    resolution: Code
    text: LongText
    lead: Code = Field(description="The member department that leads")
    others: Departments | None = Field(default=None, description="Member departments that take part")
    due: CalendarDay | None = None

    @model_validator(mode="after")
    def dates_follow(self) -> "TaskAssigned":
        """A task is due no earlier than it is given."""
        if self.due is not None and self.due < self.effective:
            raise ValueError("dates_out_of_order")
        return self


class TaskProgressed(Dated):
    """What was done of a task so far, as the conference's authority or a department of the task says."""

    task: Code
    text: LongText


class TaskDone(Dated):
    """The task is done."""

    task: Code
    text: LongText
    document: Evidence | None = None


_FOLLOWERS = AUTHORITIES | {ORGANISATION}


def _type(name: str, model: type[Dated], zh: str, en: str, actors: frozenset[str] = AUTHORITIES) -> EventType:
    return EventType(f"{FAMILY}.{name}", FAMILY, model, actors, zh, en, "S4-16; S4-141")


EVENTS = event_types(
    _type("established", Established, "建立联席会议", "Joint conference established"),
    _type("members_changed", MembersChanged, "调整成员单位", "Member departments changed"),
    _type("meeting_held", MeetingHeld, "召开联席会议", "Meeting held"),
    _type("resolution_adopted", ResolutionAdopted, "作出议定事项", "Resolution adopted"),
    _type("task_assigned", TaskAssigned, "分工落实", "Follow-up task assigned"),
    _type("task_progressed", TaskProgressed, "报告进展", "Progress reported", _FOLLOWERS),
    _type("task_done", TaskDone, "落实完成", "Follow-up task done", _FOLLOWERS),
    correction(FAMILY, _FOLLOWERS, "联席会议"),
)
