"""Statements about invented conferences, emergency plans, trainings and consulting bodies, for tests of every layer."""

from typing import Any

from ledger.days import start_of_day
from ledger.envelope import Submission, canonical_submission, make_event
from ledger.refusals import Refusal
from tests.support.supervising import CITY, DOCUMENT, SIBLING, said

NATIONAL = "conference:CNCA:1"
LOCAL = f"conference:{CITY}:1"
PLAN = f"emergency:{CITY}:1"
TRAINING = f"training:{CITY}:2031-1"
CONSULTANT = "consultant:M000100Y4"
STRANGER = "consultant:M00010102"
MINISTRY = "organisation:91350100M000100Y43"
MEMBERS = [
    {"department": "convener", "name_zh": "示例召集部门", "party": "CNCA"},
    {"department": "commerce", "name_zh": "示例商务部门", "party": MINISTRY},
    {"department": "customs", "name_zh": "示例海关部门"},
]
LOCAL_MEMBERS = [
    {"department": "city", "name_zh": "示例市局", "party": CITY},
    {"department": "county", "name_zh": "示例县局", "party": SIBLING},
]


def ill_formed(well: Submission, **changes: Any) -> Refusal:
    """The refusal of a statement whose members are changed so that it has no right form; ``None`` leaves one out."""
    data = {name: value for name, value in {**well.data, **changes}.items() if value is not None}
    time, source = start_of_day(str(well.data["effective"])), well.source
    event = make_event(
        type_=well.type.name, source=source, identity="ill-formed", subject=well.subject, time=time, data=data
    )
    found = canonical_submission(event)
    assert isinstance(found, Refusal), data
    return found


def conference(kind: str, day: str, /, stream: str = NATIONAL, source: str = "", **data: Any) -> Submission:
    defaults: dict[str, Any] = {
        "established": {"title": "示例部际联席会议", "members": MEMBERS},
        "members_changed": {"members": MEMBERS},
        "meeting_held": {"meeting": "1", "topic": "联合整治", "attended": ["convener", "customs"]},
        "resolution_adopted": {"resolution": "R1", "meeting": "1", "text": "联合开展专项整治"},
        "task_assigned": {"task": "T1", "resolution": "R1", "text": "制定方案", "lead": "commerce"},
        "task_progressed": {"task": "T1", "text": "已征求意见"},
        "task_done": {"task": "T1", "text": "方案已印发"},
    }
    speaker = source or stream.split(":")[1]
    return said(f"conference.{kind}", stream, day, speaker, **{**defaults[kind], **data})


def held(stream: str = NATIONAL, **assigned: Any) -> list[Submission]:
    """A conference that met, resolved and gave out one task; ``assigned`` changes the task."""
    return [
        conference("established", "2031-01-10", stream),
        conference("meeting_held", "2031-02-01", stream),
        conference("resolution_adopted", "2031-02-02", stream),
        conference("task_assigned", "2031-02-03", stream, **{"due": "2031-03-15", **assigned}),
    ]


def plan(kind: str, day: str, /, stream: str = PLAN, source: str = "", **data: Any) -> Submission:
    defaults: dict[str, Any] = {
        "plan_issued": {"version": "v1", "title": "示例应急预案", "scope": "示例事件", "document": DOCUMENT},
        "plan_repealed": {"version": "v1", "reason": "另行制定"},
        "activated": {"activation": "A1", "version": "v1", "text": "示例事件", "about": ["risk:r-1"]},
        "ended": {"activation": "A1", "text": "风险已消除"},
    }
    speaker = source or stream.split(":")[1]
    return said(f"emergency.{kind}", stream, day, speaker, **{**defaults[kind], **data})


def training(form: str, day: str, /, stream: str = TRAINING, source: str = "", **data: Any) -> Submission:
    return said("training.held", stream, day, source or stream.split(":")[1], form=form, title="示例培训", **data)


def consultant(kind: str, day: str, /, stream: str = CONSULTANT, source: str = "CNCA", **data: Any) -> Submission:
    defaults: dict[str, Any] = {
        "admitted": {"name_zh": "示例咨询有限公司", "region": "440604", "approval_number": "示例1号"},
        "admission_refused": {"name_zh": "示例咨询有限公司", "region": "440604", "reason": "条件不足"},
        "admission_withdrawn": {"reason": "以欺骗手段取得"},
        "violation_recorded": {"region": "440604", "text": "代为编造记录"},
    }
    return said(f"consultant.{kind}", stream, day, source, **{**defaults[kind], **data})
