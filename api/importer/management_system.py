"""A row of the management-system report says what happened by activity and change code, reasons and dates.

The month-end status is checked and never used: it hides what was suspended and restored within one month. The
report has no decision date for surveillance; the audit's last day stands for it.
"""

from typing import Any

from api.importer.row import Row, given
from api.importer.statement import Statement
from ledger.codes.identifiers import is_approval_number
from ledger.codes.reasons import normalise_change_code
from ledger.codes.schemes import scheme_of
from ledger.days import Day

SCHEME = "management_system"
BODY = "认证机构批准号"
NUMBER = "认证证书号"
HOLDER = "组织机构代码"
REGION = "组织认证地址所在行政区划代码"
COUNTRY = "组织认证地址所在国家和地区代码"
ISSUED = "颁证日期"
EXPIRES = "证书截止日期"
STATUS = "证书状态"
ACTIVITY = "认证检查活动代码"
CHANGE = "证书变更类别代码"
CHANGED = "变更日期"
SUSPENDED = "暂停开始时间"
WITHDRAWN = "撤销时间"
AUDITED = "检查截至日期"
SIGNERS = "审定人员名单"
FORMER = "原（已）获认证的认证证书号"
REPLACED = "是否换证"
REPLACEMENT_REASON = "换证原因"
REPLACEMENT_WITHDRAWAL = "0120"
OTHER = "99"
YES = frozenset({"1", "01"})

COLUMNS = {
    "/source": BODY,
    "/subject": NUMBER,
    "/data": EXPIRES,
    "/data/expires": EXPIRES,
    "/data/first_issued": "初次获证日期",
    "/data/until": "暂停截至时间",
    "/data/audit_start": "检查开始日期",
    "/data/audit_end": AUDITED,
    "/data/surveillance_count": "监督次数",
    "/data/recertification_count": "再认证次数",
    "/data/change_code": CHANGE,
    "/data/signers": SIGNERS,
    "/data/replaces": FORMER,
    "/data/replaced_by": FORMER,
    "/data/replacement_reason": REPLACEMENT_REASON,
    "/data/scope_zh": "证书覆盖范围",
    "/data/details": "认证项目代码",
    "/data/details/standards": "认证项目代码说明",
    "/data/details/scope_zh": "证书覆盖范围",
    "/data/details/holder": HOLDER,
    "/data/details/holder/name_zh": "委托人名称",
    "/data/details/holder/name_en": "委托人名称（英文）",
    "/data/details/holder/country": COUNTRY,
    "/data/details/holder/region": REGION,
    "/data/details/holder/address": "组织通讯/注册地址",
    "/data/details/accreditation_mark": "认可标志",
    "/data/details/risk_level": "风险系数",
    "/data/details/main_certificate": "主认证证书号",
    "/data/details/sub_certificate": "是否是子证书",
}
_EFFECTIVE = {
    "issued": ISSUED,
    "renewed": ISSUED,
    "maintained": AUDITED,
    "suspended": SUSPENDED,
    "restored": CHANGED,
    "withdrawn": WITHDRAWN,
    "expired": CHANGED,
    "changed": CHANGED,
}
_GROUPS = (("suspended", SUSPENDED), ("withdrawn", WITHDRAWN))
_ACTIVITIES = {"01": "issued", "02": "renewed", "0301": "maintained", "0302": "maintained"}
_REASONS = {"suspended": "暂停原因", "withdrawn": "撤销原因", "replaced": "撤销原因"}
_COLUMNS_WITH_REASON = {name: {**COLUMNS, "/data/reason_code": column} for name, column in _REASONS.items()}
_SCOPE_CHANGES = {"05": "scope_extended", "06": "scope_reduced"}
CORRECTION_NOTE = "证书信息勘误 / correction of certificate data, as filed"


def statement_of(row: Row) -> Statement:
    """Return what the row says; where ``row.is_faulty`` afterwards, the statement is of no use."""
    body, number = row.code(BODY), row.code(NUMBER)
    if not is_approval_number(body):
        row.fault(BODY, "approval_number_wrong", body)
    if not number:
        row.fault(NUMBER, "number_missing")
    issued = row.needed_day(ISSUED)
    row.status(STATUS)
    happened, change = _happened(row)
    column = _EFFECTIVE[happened]
    day = issued if column == ISSUED else row.needed_day(column)
    signers = row.signers(SIGNERS)
    if not signers and happened != "expired" and not row.is_filled(SIGNERS):
        row.fault(SIGNERS, "cell_missing")
    data: dict[str, Any] = {"effective": day}
    if happened != "expired":
        data["signers"] = signers
    if happened in {"issued", "renewed", "changed"}:
        happened = _with_details(row, happened, change, data, day)
    else:
        row.organisation_code(HOLDER, is_abroad=row.code(COUNTRY) not in {"", "156"})
        row.region(REGION, day)
    if happened == "maintained":
        count = row.count("监督次数")
        data |= given(audit_start=row.day("检查开始日期"), audit_end=day, surveillance_count=count)
    elif happened == "suspended":
        data["reason_code"] = row.reason("暂停原因", SCHEME, "suspension", day)
        data["until"] = row.needed_day("暂停截至时间")
    elif happened == "withdrawn":
        happened = _withdrawn(row, data, day, number)
    return Statement(
        f"certificate.{happened}",
        body,
        f"certificate:{body}:{number}",
        data,
        _COLUMNS_WITH_REASON.get(happened, COLUMNS),
        column,
    )


def _happened(row: Row) -> tuple[str, str]:
    """Return what happened and the change code in its one spelling."""
    filed = row.code(CHANGE)
    if not filed:
        activity = row.paired(ACTIVITY)
        if activity not in _ACTIVITIES:
            row.fault(ACTIVITY, "nothing_happened" if activity == "04" else "unknown_activity", activity)
        return _ACTIVITIES.get(activity, "changed"), ""
    change = normalise_change_code(SCHEME, filed)
    if change is None:
        row.fault(CHANGE, "unknown_change_code", filed)
        return "changed", filed
    if change.code == "97":
        groups = [name for name, column in _GROUPS if row.is_filled(column)]
        if len(groups) != 1:
            row.fault(CHANGE, "ambiguous_row", filed)
            return "changed", change.code
        return groups[0], change.code
    return ("changed" if change.effect == "corrected" else change.effect), change.code


def _with_details(row: Row, happened: str, change: str, data: dict[str, Any], day: Day) -> str:
    details = _details(row, day)
    if happened == "changed":
        data["change_code"] = change
        if change in _SCOPE_CHANGES and "scope_zh" in details:
            data["scope_zh"] = details["scope_zh"]
            return _SCOPE_CHANGES[change]
        data["changes"] = _restated(details)
        if change == "10":
            data["note"] = CORRECTION_NOTE
        return happened
    data["expires"] = row.needed_day(EXPIRES)
    former = row.code(FORMER) if row.code(REPLACED) in YES else ""
    if happened == "renewed" and former in {"", row.code(NUMBER)}:
        count = row.count("再认证次数")
        data |= given(audit_end=row.day(AUDITED), recertification_count=count, changes=_restated(details))
        return happened
    data["first_issued"] = row.day("初次获证日期") or day
    data["details"] = details
    if former:
        data["replaces"] = former
    return "issued"


def _withdrawn(row: Row, data: dict[str, Any], day: Day, number: str) -> str:
    reason_code = row.reason("撤销原因", SCHEME, "withdrawal", day)
    data["reason_code"] = reason_code
    other = row.code(FORMER)
    is_replaced = reason_code == REPLACEMENT_WITHDRAWAL or row.code(REPLACED) in YES
    if not is_replaced or other in {"", number}:
        return "withdrawn"
    data["replaced_by"] = other
    data["replacement_reason"] = row.paired(REPLACEMENT_REASON) or OTHER
    return "replaced"


def _details(row: Row, day: Day) -> dict[str, Any]:
    project = row.code("认证项目代码")
    scheme_class = SCHEME
    try:
        scheme_class = scheme_of(project)
    except ValueError:
        row.fault("认证项目代码", "unknown_project", project)
    is_sub = row.code("是否是子证书")
    return given(
        scheme_class=scheme_class,
        project_code=project,
        standards=row.standards("认证项目代码说明"),
        scope_zh=row.text("证书覆盖范围"),
        holder=row.organisation(
            name="委托人名称",
            english="委托人名称（英文）",
            code=HOLDER,
            country=COUNTRY,
            region=REGION,
            address="组织通讯/注册地址",
            day=day,
        ),
        accreditation_mark=row.paired("认可标志"),
        risk_level=row.paired("风险系数"),
        main_certificate=row.code("主认证证书号"),
        sub_certificate=is_sub in YES if is_sub else None,
    )


def _restated(details: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in details.items()
        if name not in {"scheme_class", "project_code", "main_certificate"}
    }
