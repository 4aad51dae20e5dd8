"""veraPDF finds the page to be PDF/A-3u; skipped where there is no Java, no Maven, or veraPDF cannot be fetched."""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from api.receipt_pdf import pdf_of
from tests.unit.evidence.test_receipt import Log

HERE = Path(__file__).parent
ADDRESS = "https://ledger.example.cn/v1/certificates/CNCA-R-2031-101/N007/receipt"


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    maven, java = shutil.which("mvn"), shutil.which("java")
    if maven is None or java is None:
        pytest.skip("mvn or java is not installed")
    jars = tmp_path_factory.mktemp("verapdf")
    command = [maven, "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    fetched = subprocess.run(
        [*command, f"-DoutputDirectory={jars}"], capture_output=True, text=True, timeout=180, check=False
    )
    if fetched.returncode:
        pytest.skip(f"veraPDF cannot be fetched: {fetched.stdout[-300:]}")
    return [java, "-cp", f"{jars}/*", str(HERE / "Validate.java")]


def judge(validator: list[str], *files: Path) -> tuple[int, str]:
    done = subprocess.run([*validator, *map(str, files)], capture_output=True, text=True, timeout=180, check=False)
    return done.returncode, done.stdout + done.stderr


def test_every_page_is_pdf_a_3u_and_a_damaged_one_is_not(validator: list[str], tmp_path: Path) -> None:
    log = Log()
    receipts = {
        "valid": log.receipt("N007"),
        "never": log.receipt("NEVER"),
        "strange": replace(log.receipt("N007"), number="𠮷\u200b\x07" + "证" * 150),
    }
    files = []
    for name, receipt in receipts.items():
        files.append(tmp_path / f"{name}.pdf")
        files[-1].write_bytes(pdf_of(receipt, ADDRESS))
    code, told = judge(validator, *files)
    assert code == 0, told
    assert told.count("PDF/A-3u ") == len(files)
    damaged = tmp_path / "damaged.pdf"
    damaged.write_bytes(files[0].read_bytes().replace(b"<pdfaid:part>3", b"<pdfaid:part>1"))
    assert judge(validator, damaged)[0] == 1
