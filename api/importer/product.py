"""A row of the product report says what happened by its change reason, or by the one group of dates filled in.

The month-end status is read in one documented case only: change 99 on the day of expiry with status 05 is the
certificate's expiry, for which the report has no change code.
"""

from typing import Any

from api.importer.management_system import CORRECTION_NOTE
from api.importer.row import Row, given
from api.importer.statement import Statement
from ledger.codes.identifiers import ccc_number, is_approval_number
from ledger.codes.reasons import Table, normalise_change_code
from ledger.codes.statuses import Status
from ledger.days import Day

SCHEME = "ccc"
BODY = "认证机构批准号"
NUMBER = "认证证书编号"
HOLDER = "认证委托人组织机构代码"
REGION = "认证委托人注册地行政区划"
COUNTRY = "认证委托人所在国家地区"
ISSUED = "证书发证日期"
EXPIRES = "证书到期日期"
STATUS = "证书状态"
CHANGE = "变更原因"
CHANGED = "变更时间"
SUSPENDED = "暂停开始时间"
WITHDRAWN = "撤销日期"
CANCELLED = "注销时间"
DECIDED = "认证决定日期"
SIGNERS = "认证决定人员名单"
FORMER = "转机构换证的转出机构原认证证书号"
OTHER_CHANGE = "99"

COLUMNS = {
    "/source": BODY,
    "/subject": NUMBER,
    "/data": EXPIRES,
    "/data/expires": EXPIRES,
    "/data/first_issued": "首次获证日期",
    "/data/until": "暂停结束时间",
    "/data/change_code": CHANGE,
    "/data/signers": SIGNERS,
    "/data/replaces": FORMER,
    "/data/details": NUMBER,
    "/data/details/standards": "认证依据的标准和技术要求",
    "/data/details/mode": "认证模式",
    "/data/details/product": "产品名称及单元(主)",
    "/data/details/product/models": "型号规格",
    "/data/details/product/hs_code": "HS编码",
    "/data/details/holder": HOLDER,
    "/data/details/holder/name_zh": "认证委托人名称（主）",
    "/data/details/holder/name_en": "认证委托人名称（次）",
    "/data/details/holder/country": COUNTRY,
    "/data/details/holder/region": REGION,
    "/data/details/holder/address": "认证委托人地址（主）",
    "/data/details/producer": "生产者（制造商）组织机构代码",
    "/data/details/producer/name_zh": "生产者（制造商）名称（主）",
    "/data/details/producer/name_en": "生产者（制造商）名称（次）",
    "/data/details/producer/country": "生产者（制造商）所在国家地区",
    "/data/details/producer/region": "生产者（制造商）注册地行政区划",
    "/data/details/producer/address": "生产者（制造商）地址（主）",
    "/data/details/factory": "生产企业组织机构代码",
    "/data/details/factory/name_zh": "生产企业名称（主）",
    "/data/details/factory/name_en": "生产企业名称（次）",
    "/data/details/factory/country": "生产企业所在国家地区",
    "/data/details/factory/region": "生产企业注册地行政区划",
    "/data/details/factory/address": "生产企业地址（主）",
    "/data/details/factory/factory_code": "生产企业编号（工厂编号）",
}
_EFFECTIVE = {
    "issued": ISSUED,
    "maintained": DECIDED,
    "suspended": SUSPENDED,
    "restored": CHANGED,
    "withdrawn": WITHDRAWN,
    "cancelled": CANCELLED,
    "expired": CHANGED,
    "changed": CHANGED,
}
_GROUPS = (("cancelled", CANCELLED), ("withdrawn", WITHDRAWN), ("suspended", SUSPENDED))
_REASONS: dict[str, tuple[str, Table]] = {
    "suspended": ("暂停原因", "suspension"),
    "withdrawn": ("撤销原因", "withdrawal"),
    "cancelled": ("注销原因", "cancellation"),
}
_COLUMNS_WITH_REASON = {name: {**COLUMNS, "/data/reason_code": of[0]} for name, of in _REASONS.items()}


def statement_of(row: Row) -> Statement:
    """Return what the row says; where ``row.is_faulty`` afterwards, the statement is of no use."""
    body, number = row.code(BODY), row.code(NUMBER)
    if not is_approval_number(body):
        row.fault(BODY, "approval_number_wrong", body)
    if not number:
        row.fault(NUMBER, "number_missing")
    elif ccc_number(number) is None:
        row.fault(NUMBER, "ccc_number_wrong", number)
    issued = row.needed_day(ISSUED)
    happened, change = _happened(row, row.status(STATUS))
    column = _EFFECTIVE[happened]
    day = issued if column == ISSUED else row.needed_day(column)
    signers = row.signers(SIGNERS)
    if not signers and happened != "expired" and not row.is_filled(SIGNERS):
        row.fault(SIGNERS, "cell_missing")
    data: dict[str, Any] = {"effective": day}
    if happened != "expired":
        data["signers"] = signers
    if happened in {"issued", "changed"}:
        _with_details(row, happened, change, data, number)
    else:
        row.organisation_code(HOLDER, is_abroad=row.code(COUNTRY) not in {"", "156"})
        row.region(REGION, day)
    if happened in _REASONS:
        reason_column, table = _REASONS[happened]
        data["reason_code"] = row.reason(reason_column, SCHEME, table, day)
    if happened == "suspended":
        data["until"] = row.needed_day("暂停结束时间")
    return Statement(
        f"certificate.{happened}",
        body,
        f"certificate:{body}:{number}",
        data,
        _COLUMNS_WITH_REASON.get(happened, COLUMNS),
        column,
    )


def _happened(row: Row, status: str) -> tuple[str, str]:
    """Return what happened and the change code in its one spelling."""
    filed = row.code(CHANGE)
    change = normalise_change_code(SCHEME, filed) if filed else None
    if filed and change is None:
        row.fault(CHANGE, "unknown_change_code", filed)
        return "changed", filed
    if change is not None and change.effect not in {"changed", "corrected"}:
        return change.effect, change.code
    groups = [name for name, column in _GROUPS if row.is_filled(column)]
    if len(groups) > 1 or (not groups and change is not None and change.code == "08"):
        row.fault(CHANGE, "ambiguous_row", filed)
        return "changed", filed
    if groups:
        return groups[0], ""
    if change is None:
        return ("issued" if row.paired("上报类型") == "01" else "maintained"), ""
    if change.code == OTHER_CHANGE and status == Status.EXPIRED.code and _is_day_of_expiry(row):
        return "expired", change.code
    return "changed", change.code


def _is_day_of_expiry(row: Row) -> bool:
    changed = row.day(CHANGED)
    return bool(changed) and changed == row.day(EXPIRES)


def _with_details(row: Row, happened: str, change: str, data: dict[str, Any], number: str) -> None:
    day: Day = data["effective"]
    parts = ccc_number(number)
    details = given(
        standards=row.standards("认证依据的标准和技术要求"),
        mode=row.text("认证模式"),
        holder=row.organisation(
            name="认证委托人名称（主）",
            english="认证委托人名称（次）",
            code=HOLDER,
            country=COUNTRY,
            region=REGION,
            address="认证委托人地址（主）",
            day=day,
        ),
        producer=_producer(row, day),
        factory=_factory(row, day),
        product=given(name=row.text("产品名称及单元(主)"), models=row.text("型号规格"), hs_code=row.code("HS编码")),
    )
    if happened == "changed":
        data["change_code"] = change
        data["changes"] = details
        if change == "98":
            data["note"] = CORRECTION_NOTE
        return
    data["expires"] = row.needed_day(EXPIRES)
    data["first_issued"] = row.day("首次获证日期") or day
    data["details"] = {"scheme_class": SCHEME, "product_class": parts.product_class if parts else "", **details}
    former = row.code(FORMER)
    if former:
        data["replaces"] = former


def _producer(row: Row, day: Day) -> dict[str, Any]:
    if not row.is_filled("生产者（制造商）名称（主）"):
        return {}
    return row.organisation(
        name="生产者（制造商）名称（主）",
        english="生产者（制造商）名称（次）",
        code="生产者（制造商）组织机构代码",
        country="生产者（制造商）所在国家地区",
        region="生产者（制造商）注册地行政区划",
        address="生产者（制造商）地址（主）",
        day=day,
    )


def _factory(row: Row, day: Day) -> dict[str, Any]:
    if not row.is_filled("生产企业名称（主）"):
        return {}
    return row.organisation(
        name="生产企业名称（主）",
        english="生产企业名称（次）",
        code="生产企业组织机构代码",
        country="生产企业所在国家地区",
        region="生产企业注册地行政区划",
        address="生产企业地址（主）",
        factory="生产企业编号（工厂编号）",
        day=day,
    )
