"""What one row of each report says happened, and where it is wrong."""

from typing import Any

import pytest

from api.importer import management_system, product
from api.importer.columns import layout_of, report_kinds
from api.importer.row import Row
from api.importer.statement import Statement, submission_of
from ledger.envelope import Submission, parse_submission
from ledger.refusals import Refusal

MS_ROW = {
    "认证机构批准号": "CNCA-R-2031-101",
    "委托人名称": "佛山恒远华昌电器有限公司",
    "组织机构代码": "91350100M000100Y43",
    "认可标志": "01",
    "组织认证地址所在国家和地区代码": "156",
    "组织认证地址所在行政区划代码": "440604",
    "组织通讯/注册地址": "佛山市禅城区恒远路1号",
    "组织联系电话": "0757-0000000",
    "组织联系传真": "0757-0000001",
    "法定代表人": "某法人",
    "认证证书号": "10124Q00001R0M",
    "认证项目代码": "A010102",
    "认证项目代码说明": "GB/T 19001-2016/ISO 9001:2015",
    "证书覆盖范围": "电器的设计、生产和销售",
    "是否换证": "0",
    "审定人员名单": "S101001",
    "风险系数": "02",
    "初次获证日期": "2024-03-05",
    "颁证日期": "2024-03-05",
    "证书截止日期": "2027-03-04",
    "证书状态": "01",
    "认证检查活动代码": "01",
}
PRODUCT_ROW = {
    "认证机构批准号": "CNCA-R-2031-101",
    "认证证书编号": "2024900702000001",
    "证书状态": "01",
    "首次获证日期": "2024-03-05",
    "证书发证日期": "2024-03-05",
    "证书到期日期": "2029-03-04",
    "认证模式": "型式试验",
    "认证依据的标准和技术要求": "GB 4706.1-2005",
    "产品名称及单元(主)": "电饭锅",
    "型号规格": "K10-200",
    "认证委托人名称（主）": "佛山恒远华昌电器有限公司",
    "认证委托人组织机构代码": "91350100M000100Y43",
    "认证委托人注册地行政区划": "440604",
    "认证委托人联系人": "某联系人",
    "认证决定人员名单": "S101001",
    "认证决定日期": "2024-03-05",
    "上报类型": "02",
}
BUILDERS = {
    "management_system": (management_system.statement_of, MS_ROW),
    "product": (product.statement_of, PRODUCT_ROW),
}


def row_of(kind: str, **cells: str) -> Row:
    columns = report_kinds()[kind].columns
    filled = {**BUILDERS[kind][1], **cells}
    return Row(layout_of(columns), "2024-03/report.csv", 2, [*(filled.get(name, "") for name in columns), ""])


def said(kind: str, **cells: str) -> Statement:
    row = row_of(kind, **cells)
    statement = BUILDERS[kind][0](row)
    assert not row.is_faulty, row.findings
    submission = submission_of(statement)
    assert isinstance(submission, Submission), submission
    assert parse_submission(submission.raw) == submission
    return statement


def faults(kind: str, **cells: str) -> list[tuple[str, str]]:
    row = row_of(kind, **cells)
    BUILDERS[kind][0](row)
    return [(finding.name, finding.code) for finding in row.findings if finding.kind == "fault"]


MS_CASES: list[tuple[dict[str, str], str, dict[str, Any]]] = [
    ({}, "issued", {"effective": "2024-03-05", "expires": "2027-03-04", "first_issued": "2024-03-05"}),
    (
        {"认证检查活动代码": "0301", "检查开始日期": "2025-02-01", "检查截至日期": "2025-02-03", "监督次数": "1"},
        "maintained",
        {"effective": "2025-02-03", "audit_end": "2025-02-03", "surveillance_count": 1},
    ),
    ({"认证检查活动代码": "302", "检查截至日期": "2025-02-03"}, "maintained", {"effective": "2025-02-03"}),
    (
        {
            "认证检查活动代码": "02",
            "颁证日期": "2027-02-20",
            "证书截止日期": "2030-03-04",
            "检查截至日期": "2027-02-01",
        },
        "renewed",
        {"effective": "2027-02-20", "expires": "2030-03-04", "audit_end": "2027-02-01"},
    ),
    (
        {"认证检查活动代码": "02", "是否换证": "1", "原（已）获认证的认证证书号": "10121Q00001R0M"},
        "issued",
        {"replaces": "10121Q00001R0M"},
    ),
    (
        {
            "认证检查活动代码": "04",
            "证书变更类别代码": "97_01",
            "暂停原因": "0111",
            "暂停开始时间": "2024-06-01",
            "暂停截至时间": "2024-11-28",
        },
        "suspended",
        {"effective": "2024-06-01", "until": "2024-11-28", "reason_code": "0111"},
    ),
    ({"证书变更类别代码": "0197_02", "变更日期": "2024-07-01"}, "restored", {"effective": "2024-07-01"}),
    (
        {"证书变更类别代码": "97_03", "撤销原因": "0115", "撤销时间": "2024-12-01"},
        "withdrawn",
        {"effective": "2024-12-01", "reason_code": "0115"},
    ),
    (
        {
            "证书变更类别代码": "97_03",
            "撤销原因": "0120",
            "撤销时间": "2024-12-01",
            "原（已）获认证的认证证书号": "10124Q00002R0M",
            "换证原因": "02",
        },
        "replaced",
        {"effective": "2024-12-01", "replaced_by": "10124Q00002R0M", "replacement_reason": "02", "reason_code": "0120"},
    ),
    ({"证书变更类别代码": "97_05", "变更日期": "2027-03-04"}, "expired", {"effective": "2027-03-04"}),
    ({"证书变更类别代码": "105", "变更日期": "2024-07-01"}, "scope_extended", {"change_code": "05"}),
    ({"证书变更类别代码": "06", "变更日期": "2024-07-01"}, "scope_reduced", {"change_code": "06"}),
    ({"证书变更类别代码": "06", "变更日期": "2024-07-01", "证书覆盖范围": ""}, "changed", {"change_code": "06"}),
    ({"证书变更类别代码": "0102", "变更日期": "2024-07-01"}, "changed", {"change_code": "02"}),
]


@pytest.mark.parametrize(("cells", "event", "members"), MS_CASES)
def test_a_management_system_row_says_what_happened(cells: dict[str, str], event: str, members: dict[str, Any]) -> None:
    statement = said("management_system", **cells)
    assert statement.type == f"certificate.{event}"
    assert {name: statement.data[name] for name in members} == members
    assert statement.subject == "certificate:CNCA-R-2031-101:10124Q00001R0M"


PRODUCT_CASES: list[tuple[dict[str, str], str, dict[str, Any]]] = [
    ({"上报类型": "01"}, "issued", {"effective": "2024-03-05", "expires": "2029-03-04"}),
    ({"认证决定日期": "2025-01-09"}, "maintained", {"effective": "2025-01-09"}),
    (
        {"变更原因": "08_01", "暂停原因": "0201", "暂停开始时间": "2024-06-01", "暂停结束时间": "2024-08-30"},
        "suspended",
        {"effective": "2024-06-01", "until": "2024-08-30"},
    ),
    (
        {"暂停原因": "0201", "暂停开始时间": "2024-06-01", "暂停结束时间": "2024-08-30"},
        "suspended",
        {"reason_code": "0201"},
    ),
    ({"变更原因": "08_02", "变更时间": "2024-07-01"}, "restored", {"effective": "2024-07-01"}),
    ({"撤销原因": "0205", "撤销日期": "2024-07-01"}, "withdrawn", {"reason_code": "0205"}),
    ({"注销原因": "0204", "注销时间": "2024-07-01"}, "cancelled", {"reason_code": "0204"}),
    ({"变更原因": "03", "变更时间": "2024-07-01"}, "changed", {"change_code": "03"}),
    ({"变更原因": "98", "变更时间": "2024-07-01"}, "changed", {"change_code": "98", "note": product.CORRECTION_NOTE}),
    ({"变更原因": "99", "变更时间": "2029-03-04", "证书状态": "05"}, "expired", {"effective": "2029-03-04"}),
    ({"变更原因": "99", "变更时间": "2029-03-04"}, "changed", {"change_code": "99"}),
    ({"变更原因": "99", "变更时间": "2024-07-01", "证书状态": "05"}, "changed", {"change_code": "99"}),
]


@pytest.mark.parametrize(("cells", "event", "members"), PRODUCT_CASES)
def test_a_product_row_says_what_happened(cells: dict[str, str], event: str, members: dict[str, Any]) -> None:
    statement = said("product", **cells)
    assert statement.type == f"certificate.{event}"
    assert {name: statement.data[name] for name in members} == members


@pytest.mark.parametrize("status", ["01", "02", "03", "04", "05"])
def test_the_month_end_status_changes_nothing_of_what_a_row_says(status: str) -> None:
    cells = {"证书变更类别代码": "97_02", "变更日期": "2024-07-01"}
    statement = said("management_system", 证书状态=status, **cells)
    assert statement == said("management_system", **cells)


FAULTS: list[tuple[str, dict[str, str], tuple[str, str]]] = [
    ("management_system", {"组织机构代码": "91350100M000100Y40"}, ("组织机构代码", "organisation_code_wrong")),
    ("management_system", {"组织机构代码": ""}, ("组织机构代码", "cell_missing")),
    ("management_system", {"颁证日期": "2024-02-30"}, ("颁证日期", "day_wrong")),
    ("management_system", {"颁证日期": ""}, ("颁证日期", "cell_missing")),
    ("management_system", {"证书状态": "09"}, ("证书状态", "unknown_status")),
    ("management_system", {"证书状态": "00"}, ("证书状态", "unknown_status")),
    ("management_system", {"认证证书号": " "}, ("认证证书号", "number_missing")),
    (
        "management_system",
        {"组织认证地址所在行政区划代码": "999999"},
        ("组织认证地址所在行政区划代码", "unknown_region"),
    ),
    ("management_system", {"审定人员名单": "某某某"}, ("审定人员名单", "signer_not_a_register_number")),
    ("management_system", {"审定人员名单": ""}, ("审定人员名单", "cell_missing")),
    ("management_system", {"认证检查活动代码": "04"}, ("认证检查活动代码", "nothing_happened")),
    ("management_system", {"认证检查活动代码": "77"}, ("认证检查活动代码", "unknown_activity")),
    (
        "management_system",
        {"证书变更类别代码": "88", "变更日期": "2024-07-01"},
        ("证书变更类别代码", "unknown_change_code"),
    ),
    ("management_system", {"认证项目代码": "?"}, ("认证项目代码", "unknown_project")),
    ("management_system", {"认证机构批准号": "101"}, ("认证机构批准号", "approval_number_wrong")),
    (
        "management_system",
        {"证书变更类别代码": "97_03", "撤销原因": "0201", "撤销时间": "2024-12-01"},
        ("撤销原因", "unknown_reason"),
    ),
    (
        "management_system",
        {"证书变更类别代码": "97_01", "暂停原因": "0111", "暂停开始时间": "2024-06-01"},
        ("暂停截至时间", "cell_missing"),
    ),
    ("product", {"认证证书编号": "10124Q00001R0M"}, ("认证证书编号", "ccc_number_wrong")),
    (
        "product",
        {"暂停开始时间": "2024-06-01", "撤销日期": "2024-07-01"},
        ("变更原因", "ambiguous_row"),
    ),
    ("product", {"变更原因": "08"}, ("变更原因", "ambiguous_row")),
    ("product", {"注销原因": "0209", "注销时间": "2024-07-01"}, ("注销原因", "unknown_reason")),
]


@pytest.mark.parametrize(("kind", "cells", "fault"), FAULTS)
def test_a_fault_names_its_column(kind: str, cells: dict[str, str], fault: tuple[str, str]) -> None:
    assert fault in faults(kind, **cells)


@pytest.mark.parametrize(
    "column", ["组织机构代码", "颁证日期", "证书状态", "认证证书号", "组织认证地址所在行政区划代码"]
)
@pytest.mark.parametrize("cells", [cells for cells, _, _ in MS_CASES[:10]])
def test_the_cells_that_every_row_repeats_are_checked_on_every_kind_of_row(column: str, cells: dict[str, str]) -> None:
    wrong = {"颁证日期": "2024-02-30", "认证证书号": ""}.get(column, "999999")
    assert [name for name, _ in faults("management_system", **{**cells, column: wrong})] == [column]


def test_a_fault_that_the_event_s_form_finds_is_traced_back_to_its_column() -> None:
    statement = BUILDERS["product"][0](row_of("product", 上报类型="01"))
    assert statement.column_of("/data/details/holder/code") == "认证委托人组织机构代码"
    assert statement.column_of("/data/details/product/hs_code") == "HS编码"
    assert statement.column_of("/data/changes/factory/name_zh") == "生产企业名称（主）"
    assert statement.column_of("/data/effective") == "证书发证日期"
    assert statement.column_of("/subject") == "认证证书编号"


def test_the_same_fact_filed_again_in_another_month_is_the_same_event() -> None:
    first = submission_of(said("management_system", 取数开始日期="2024-03-01", 取数截止日期="2024-03-31"))
    again = submission_of(said("management_system", 取数开始日期="2024-04-01", 证书状态="02"))
    assert first == again


def test_spellings_are_normalised_and_noted_and_make_the_same_event() -> None:
    cells = {
        "组织机构代码": "９１350100m000100y43 ",
        "颁证日期": "2024/3/5",
        "证书状态": "1",
        "认证证书号": "10124q00001r0m",
    }
    row = row_of("management_system", **cells)
    statement = management_system.statement_of(row)
    assert submission_of(statement) == submission_of(said("management_system"))
    assert [(f.kind, f.name, f.column, f.value, f.becomes) for f in row.findings] == [
        ("note", "认证证书号", 22, "10124q00001r0m", "10124Q00001R0M"),
        ("note", "颁证日期", 49, "2024/3/5", "2024-03-05"),
        ("note", "证书状态", 51, "1", "01"),
        ("note", "组织机构代码", 6, "９１350100m000100y43 ", "91350100M000100Y43"),
    ]


@pytest.mark.parametrize("kind", ["management_system", "product"])
def test_no_personal_column_ever_reaches_an_event_or_a_finding(kind: str) -> None:
    personal = {name: "某人某号" for name in report_kinds()[kind].columns if any(w in name for w in _PERSONAL)}
    assert personal
    submission = submission_of(said(kind, **personal, 上报类型="01") if kind == "product" else said(kind, **personal))
    assert isinstance(submission, Submission)
    assert "某人某号" not in submission.raw.decode()
    signer = "审定人员名单" if kind == "management_system" else "认证决定人员名单"
    row = row_of(kind, **{signer: "某人某号"})
    BUILDERS[kind][0](row)
    assert all("某人某号" not in str(finding.as_dict()) for finding in row.findings)


_PERSONAL = ("法定代表人", "联系人", "电话", "传真")


def test_an_organisation_abroad_needs_no_code_and_no_region() -> None:
    statement = said(
        "management_system",
        组织机构代码="",
        组织认证地址所在国家和地区代码="392",
        组织认证地址所在行政区划代码="999999",
    )
    assert statement.data["details"]["holder"]["country"] == "392"
    assert "region" not in statement.data["details"]["holder"]


@pytest.mark.parametrize(
    ("kind", "column", "code"),
    [
        ("management_system", "证书覆盖范围", "telephone_number"),
        ("product", "型号规格", "identity_number"),
    ],
)
def test_a_personal_number_in_a_public_cell_is_a_fault_of_that_column(kind: str, column: str, code: str) -> None:
    number = {"telephone_number": "13800000000", "identity_number": "11010519491231002X"}[code]
    kind_of_report = {"product": {"上报类型": "01"}}.get(kind, {})
    statement = BUILDERS[kind][0](row_of(kind, **kind_of_report, **{column: f"电器 {number}"}))
    refusal = submission_of(statement)
    assert isinstance(refusal, Refusal), refusal
    assert [(statement.column_of(each.pointer), each.code) for each in refusal.problems] == [(column, code)]
    assert number not in str(refusal.as_dict())
