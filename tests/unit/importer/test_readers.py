import csv
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook

from api.importer.columns import HeaderUnusable, layout_of, report_kinds
from api.importer.csv_reader import CsvTable
from api.importer.files import UnusableDirectory, files_of
from api.importer.records import FileRefused, Record
from api.importer.xlsx_reader import XlsxTable

MS = report_kinds()["management_system"].columns
PRODUCT = report_kinds()["product"].columns


def read(path: Path, content: bytes) -> list[Record]:
    path.write_bytes(content)
    return list(CsvTable(path).records())


def test_the_two_formats_have_59_and_77_columns() -> None:
    assert (len(MS), len(PRODUCT)) == (59, 77)
    assert layout_of(MS).kind.name == "management_system"
    assert layout_of(PRODUCT).kind.name == "product"


def test_a_header_is_known_by_its_names_whatever_its_numbers_spaces_and_widths() -> None:
    header = [f"{at}．{name} " for at, name in enumerate(MS, 1)]
    header[21] = "２２.认证证书号"
    header[3] = "4.委托人名称(英文)"
    assert layout_of(header).number("认证证书号") == 22
    assert layout_of(header).number("委托人名称（英文）") == 4
    assert layout_of(["序号", *MS]).number("认证机构批准号") == 2


def test_a_header_that_lacks_needed_columns_is_refused_with_their_names() -> None:
    with pytest.raises(HeaderUnusable) as refused:
        layout_of([name for name in MS if name != "证书状态"])
    assert refused.value.missing == ("证书状态",)


def test_a_column_that_is_not_needed_may_be_absent() -> None:
    layout = layout_of([name for name in MS if name != "发票号码"])
    assert layout.number("发票号码") is None
    assert layout.index["发票号码"] == layout.width == 58


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_the_encoding_is_told_by_the_header(tmp_path: Path, encoding: str) -> None:
    records = read(tmp_path / "a.csv", "1.委托人名称,2.状态\r\n恒远𠮷有限公司,01\r\n".encode(encoding))
    assert [(r.line, r.cells) for r in records] == [(1, ["1.委托人名称", "2.状态"]), (2, ["恒远𠮷有限公司", "01"])]


def test_a_line_that_cannot_be_decoded_costs_one_row(tmp_path: Path) -> None:
    content = "名称,二\n甲,1\n".encode() + b"\xff\xfe,2\n" + "丙,3\n".encode()
    records = read(tmp_path / "a.csv", content)
    assert [(r.line, r.problem) for r in records] == [(1, ""), (2, ""), (3, "bytes_undecodable"), (4, "")]


def test_lines_are_counted_as_they_lie_in_the_file(tmp_path: Path) -> None:
    records = read(tmp_path / "a.csv", '名称,二\n"甲\n乙",1\n\n丙,2\n'.encode())
    assert [(r.line, r.cells) for r in records[1:]] == [(2, ["甲\n乙", "1"]), (5, ["丙", "2"])]


def test_a_forgotten_quote_costs_its_own_line_and_not_those_after_it(tmp_path: Path) -> None:
    lines = ["名称,二", '"甲,1', *(f"乙,{number}" for number in range(300))]
    records = read(tmp_path / "a.csv", "\n".join(lines).encode())
    assert [(r.line, r.problem) for r in records if r.problem] == [(2, "quoting_broken")]
    assert len(records) == 302


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused):
        read(tmp_path / "a.csv", b"")


def test_a_workbook_reads_like_its_csv(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["名称", "日期", "代码", "长数字"])
    sheet.append(["甲", date(2024, 3, 5), 301, 2024010901000001])
    sheet.append([])
    sheet.append(["乙", "2024-03-05", 4.0])
    book.save(tmp_path / "a.xlsx")
    records = list(XlsxTable(tmp_path / "a.xlsx").records())
    assert [r.line for r in records] == [1, 2, 4]
    assert records[1].cells == ["甲", "2024-03-05", "301", "2024010901000001"]
    assert records[1].damaged == (3,)
    assert records[2].cells == ["乙", "2024-03-05", "4", ""]


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"no zip")
    with pytest.raises(FileRefused):
        list(XlsxTable(tmp_path / "a.xlsx").records())


def test_files_of_one_body_come_together_and_in_order_of_months(tmp_path: Path) -> None:
    for month in ("2024-02", "2024-01"):
        (tmp_path / month).mkdir()
        for name in ("CNCA-R-2031-102-ms.csv", "CNCA-R-2031-101-product.xlsx", "~$CNCA-R-2031-101-product.xlsx"):
            with (tmp_path / month / name).open("w", newline="") as file:
                csv.writer(file).writerow(["a"])
    found = files_of(tmp_path)
    assert [report.name for report in found.reports] == [
        "2024-01/CNCA-R-2031-101-product.xlsx",
        "2024-02/CNCA-R-2031-101-product.xlsx",
        "2024-01/CNCA-R-2031-102-ms.csv",
        "2024-02/CNCA-R-2031-102-ms.csv",
    ]
    assert found.reports[0].body == "CNCA-R-2031-101"


def test_a_folder_without_reports_is_unusable_and_says_what_to_do(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UnusableDirectory) as unusable:
            files_of(folder)
        assert unusable.value.zh
        assert unusable.value.en
