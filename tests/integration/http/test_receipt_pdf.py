"""The page for a tender file: PDF/A-3 by its structure, read by two parsers that did not write it."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest

from ledger.certificates.statement import derive
from ledger.evidence.receipt import parse_receipt, unwrapped
from tests.integration.http.conftest import Running, serving
from tests.integration.http.test_receipts import receipt
from tests.support.receipts import checked, proving
from tests.support.statements import BODY, DETAILS, HOLDER, approved, issued, suspended

NAME = "恒远䶮𠮷电器有限公司" + "第一分公司" * 20


@pytest.fixture
def app(ports: Any, database_url: str, tmp_path: Path) -> Iterator[Running]:
    with proving(database_url, ports.ledger, tmp_path / "notary"), serving(ports) as running:
        running.accept(*approved())
        yield running


def attached(pdf: pikepdf.Pdf) -> bytes:
    assert list(pdf.attachments) == ["receipt.json"]
    return pdf.attachments["receipt.json"].get_file().read_bytes()


def words_of(raw: bytes) -> str:
    page = pypdfium2.PdfDocument(raw)[0]
    return str(page.get_textpage().get_text_range())


def test_no_word_is_broken_where_a_line_ends(app: Running) -> None:
    app.accept(issued(details={**DETAILS, "scope_zh": "电器的设计、生产和销售，", "scope_en": "manufacturing " * 20}))
    app.accept(suspended())
    lines = words_of(receipt(app, kind="receipt.pdf", as_of="2031-03-05").content).splitlines()
    broken = {"manufacturing", "manufacturing…"}
    found = [word for line in lines for word in line.split() if word.startswith("manuf")]
    assert len(found) > 15
    assert set(found) <= broken | {found[-1]}
    assert any("System persistently or seriously" in line for line in lines)
    assert any("requirements" in line.split() for line in lines)
    assert not any(line.startswith(("，", "。", "、", "；")) for line in lines)


def test_the_page_is_pdf_a_3_and_holds_the_receipt_that_verifies(app: Running) -> None:
    long = {**DETAILS, "holder": {**HOLDER, "name_zh": NAME}, "scope_zh": "电器的设计、生产和销售;" * 60}
    app.accept(issued(details=long))
    answer = receipt(app, kind="receipt.pdf")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    raw = answer.content
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        assert len(pdf.pages) == 1
        assert unwrapped(raw) == attached(pdf)
        found = checked(attached(pdf))
        derive(found)
        assert found.report.findings == []
        assert_pdf_a_3(pdf)
    words = "".join(words_of(raw).split())
    for told in (
        "证书状态凭据",
        "Certificatestatusreceipt",
        "有效Valid",
        BODY,
        "2031-04-01",
        "恒远䶮〓(U+20BB7)电器有限公司",
    ):
        assert told in words, told
    assert len(raw) < 400_000


def assert_pdf_a_3(pdf: pikepdf.Pdf) -> None:
    with pdf.open_metadata() as metadata:
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "U")
    intent = pdf.Root.OutputIntents[0]
    assert intent.S == "/GTS_PDFA1"
    assert len(intent.DestOutputProfile.read_bytes()) > 100
    assert "/Encrypt" not in pdf.trailer
    assert pdf.Root.AF[0].AFRelationship == "/Source"
    assert pdf.Root.AF[0].EF.F.Subtype == "/application/vnd.certledger.receipt+json"
    fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
    assert fonts
    for font in fonts:
        descriptor = font.DescendantFonts[0].FontDescriptor
        assert "/FontFile3" in descriptor or "/FontFile2" in descriptor
        assert "/ToUnicode" in font
    for each in pdf.objects:
        if isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
            assert each.get("/S") not in {"/JavaScript", "/Launch"}


def test_the_page_of_a_number_never_registered_says_so(app: Running) -> None:
    app.accept(issued())
    raw = receipt(app, "NEVER", kind="receipt.pdf").content
    assert "Never registered" in words_of(raw)
    with pikepdf.open(io.BytesIO(raw)) as pdf:
        made, is_whole = parse_receipt(attached(pdf))
    assert is_whole
    assert (made.number, made.events) == ("NEVER", ())
