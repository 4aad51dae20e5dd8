"""No fixture holds a person's data: telephone numbers, cards, addresses of mail and names are such as nobody has.

The rules hold whatever the sources of the requirements say of real people, so that nothing of theirs need be kept here
to compare with.
"""

import csv
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

import pytest

from api.importer.contacts import COLUMNS
from ledger.privacy.scanner import kinds_in

ROOT = Path(__file__).parents[2]
FIXTURES = sorted(
    path
    for folder in ("tests", "infra/demo")
    for path in (ROOT / folder).rglob("*")
    if path.is_file() and "__pycache__" not in path.parts and "vendored" not in path.parts
)
# Domains of RFC 2606 and their like; a machine's own address; the package of a class.
NOBODYS = re.compile(r"example(\.(org|com|net|cn))?|[a-z]+\.example|127\.0\.0\.1|asyncapi\.org")
_MAIL = re.compile(r"[\w.+\-]+@((?:[\w\-]+\.)*[\w\-]+\.[a-z]{2,}|127\.0\.0\.1)")
_NAME = re.compile(r"""disclose\(f?"[a-z]+(?:/[^"/]+)?/name", "([^"]+)\"""")
# 张三-like names in every textbook, and names that say what they are.
INVENTED_NAMES = {"张伟", "王芳", "李四", "示例联系人", "x"}
# A subscriber's number of noughts, or counted up; the two cards that GB 11643 itself gives as examples.
INVENTED = {
    "telephone_number": re.compile("000000|12345678"),
    "identity_number": re.compile("110105(19)?491231|440524800101|990105"),
}


def texts(path: Path) -> Iterator[str]:
    """What a file says; a workbook is a folder of XML."""
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            yield from (book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
        return
    raw = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            yield raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        return


@pytest.mark.requirement("S2-91")
def test_every_personal_number_and_address_of_mail_in_a_fixture_is_nobodys() -> None:
    assert len(FIXTURES) > 400
    seen = 0
    for path in FIXTURES:
        for text in texts(path):
            assert all(NOBODYS.fullmatch(domain) for domain in _MAIL.findall(text)), path
            for cell in re.split(r"[,\t\n\"<>]", text):
                for kind in kinds_in(cell):
                    seen += 1
                    assert INVENTED[kind].search(re.sub(r"\D", "", normalize("NFKC", cell))), (path, kind)
    # The scanner's own tests hold numbers, so that one that finds none is broken.
    assert seen > 10


@pytest.mark.requirement("S2-91")
def test_the_columns_of_contacts_in_the_sample_reports_are_empty() -> None:
    contacts = {column for kind in COLUMNS.values() for column in kind.values()}
    found = 0
    for path in FIXTURES:
        if path.suffix == ".csv" and "reports" in path.parts:
            (text,) = texts(path)
            for row in csv.DictReader(text.splitlines()):
                held = {str(name).partition(".")[2]: value for name, value in row.items()}
                found += len(contacts & held.keys())
                assert not any(held.get(column) for column in contacts), path
    assert found


@pytest.mark.requirement("S2-91")
def test_the_names_that_tests_disclose_are_invented() -> None:
    named = {name for path in FIXTURES if path.suffix == ".py" for text in texts(path) for name in _NAME.findall(text)}
    assert named
    assert named <= INVENTED_NAMES
