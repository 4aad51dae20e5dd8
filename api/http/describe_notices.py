"""What OpenAPI says about the operations on notices, deadlines, risks and early warnings."""

from typing import Any

from api.http.answers import JSON
from api.http.describe import BODY_NUMBER, ENTITLED, READ_REASON, READING, Operation, operation
from api.http.describe_reads import AS_OF, MIN_POSITION
from api.http.schemas import ref

_READ = ("as_of_wrong", "cursor_invalid", *READING)
_BEARER: dict[str, Any] = {"security": [{"bearer": []}]}
_PARAMETERS = (MIN_POSITION, READ_REASON, AS_OF)


def _label(value: str, zh: str, en: str) -> dict[str, str]:
    return {"value": value, "zh": zh, "en": en}


_NOTICE: dict[str, Any] = {
    "stream": "notice:8d1f0c2b",
    "position": 19,
    "opened": "notice",
    "kind": _label("violation_found", "检查发现获证企业违规行为", "A violation was found"),
    "status": _label("sent", "已送达", "Sent"),
    "sender": "SAMR-440604",
    "recipient": BODY_NUMBER,
    "region": "440604",
    "basis": "S1-62",
    "rule": "N-03",
    "mandatory": True,
    "answer": True,
    "statement": "巡查发现关键件不一致",
    "about": ["inspection:i-1"],
    "cause": {"source": "SAMR-440604", "id": "F1"},
    "created": "2031-03-05",
    "recorded": "2031-03-05T01:30:02.114201Z",
    "due": None,
    "sent": "2031-03-05",
    "channels": ["inbox"],
    "acknowledged": None,
    "answered": None,
    "outcome": None,
    "reply": None,
    "urged": 0,
    "withdrawn": None,
    "unit": None,
}
_DEADLINE: dict[str, Any] = {
    "stream": "inspection:i-1",
    "rule": "D-02",
    "kind": _label("finding_due", "问题整改期限", "Rectification of the finding"),
    "cause": {"source": "SAMR-440604", "id": "F1"},
    "ordinal": 0,
    "access": "inspection",
    "started": "2031-03-05",
    "due": "2031-04-05",
    "provisional": False,
    "responsible": "SAMR-440604",
    "region": "440604",
    "met": None,
    "met_by": None,
    "age": 40,
    "state": "overdue",
    "source": "S1-18; S2-46",
}


def _listing(name: str, zh: str, en: str, schema: str, example: Any, *problems: str, more: str = "") -> Operation:
    return operation(
        name,
        zh,
        en,
        tag="supervision",
        answer=(JSON, ref(schema), example),
        problems=(*_READ, *problems),
        parameters=_PARAMETERS,
        extra=_BEARER,
        more=more,
    )


INBOX = _listing(
    "list_inbox",
    "本方的通报收件箱",
    "The notices to the party of the token",
    "Inbox",
    {
        "party": BODY_NUMBER,
        "as_of": "2031-03-06",
        "position": 20,
        "counts": {"all": 1, "unacknowledged": 1, "open": 1, "overdue": 0},
        "notices": [_NOTICE],
        "next": None,
    },
    more=(
        "按产生的先后列出;签收、回复分别提交 notice.acknowledged、notice.answered。 In order of creation; acknowledge "
        "and answer by submitting notice.acknowledged and notice.answered."
    ),
)
NOTICE = _listing("get_notice", "一份通报", "One notice", "Notice", _NOTICE, "notice_unknown")
DEADLINES = _listing(
    "list_deadlines",
    "到期、逾期与在办事项",
    "What is due, overdue or ageing",
    "Deadlines",
    {"as_of": "2031-04-14", "position": 20, "deadlines": [_DEADLINE], "next": None},
    "region_not_found",
    more=(
        "期限按日历日计,除非期限表另有规定;『及时』『定期』没有数字,只计天数,不设期限。 Periods are calendar days "
        "unless the table says otherwise; what the law calls prompt or regular has no number, and ages without a limit."
    ),
)
AGEING = _listing(
    "get_ageing",
    "在办事项的天数,按单位与种类",
    "How long matters wait, by unit and kind",
    "AgeingReport",
    {
        "as_of": "2031-04-14",
        "position": 20,
        "ageing": [
            {
                "responsible": BODY_NUMBER,
                "kind": _label("notice_unanswered", "通报待回复", "Notice to be answered"),
                "count": 3,
                "oldest": 40,
                "median": 12,
                "to_7": 1,
                "to_30": 1,
                "to_90": 1,
                "over_90": 0,
                "overdue": 0,
            }
        ],
    },
    "region_not_found",
)
RISKS = _listing(
    "list_risks",
    "风险信号及其各阶段",
    "Risks with their stages and lags",
    "Risks",
    {"position": 20, "risks": [], "next": None},
    "region_not_found",
)
WARNINGS = _listing(
    "list_warnings",
    "预警",
    "Early warnings",
    "EarlyWarnings",
    {"as_of": "2031-04-14", "position": 20, "warnings": [], "next": None},
)
LOSS_OF_APPROVAL = operation(
    "count_loss_of_approval",
    "某机构丧失批准将影响的证书数",
    "How many certificates a body's loss of approval would flag",
    tag="supervision",
    answer=(
        JSON,
        ref("LossOfApproval"),
        {
            "body": BODY_NUMBER,
            "as_of": "2031-04-14",
            "position": 20,
            "certificates": 12,
            "suspended": 1,
            "holders": 9,
            "regions": 2,
            "by_scheme": [{"scheme": "ccc", "count": 12}],
            "by_region": [{"region": "440604", "count": 12}],
        },
    ),
    problems=(
        "parameters_wrong",
        "as_of_wrong",
        "min_position_wrong",
        "min_position_ahead",
        "views_behind",
        "view_missing",
        "subject_unknown",
        *ENTITLED,
        "ledger_unavailable",
    ),
    parameters=(MIN_POSITION, READ_REASON, AS_OF),
)
