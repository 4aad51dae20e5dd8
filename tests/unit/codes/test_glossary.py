"""Metrological traceability and the traceability of certification are two terms, and no text mixes them (S3-54)."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from ledger.codes.glossary import ambiguous, terms

ROOT = Path(__file__).parents[3]
ROOMS = ("api", "consumers", "infra", "ledger", "projections", "docs")
TEXTS = ("*.py", "*.json", "*.jsonl", "*.md", "*.sql", "*.html")
# What requirements say is quoted as it stands, and the glossary's data name the short form itself.
QUOTED = {ROOT / "docs" / "requirements.md", ROOT / "ledger" / "codes" / "data" / "glossary.json"}


@pytest.mark.requirement("S3-54")
def test_the_two_kinds_of_traceability_are_two_terms_that_name_each_other() -> None:
    certification, metrology = terms()["certification_traceability"], terms()["metrological_traceability"]
    assert (certification.name.zh, metrology.name.zh) == ("追溯", "量传溯源")
    assert certification.name.en != metrology.name.en
    assert certification.apart_from == (metrology.term,)
    assert metrology.apart_from == (certification.term,)


@pytest.mark.requirement("S3-54")
def test_no_text_of_the_product_uses_a_short_form_that_could_mean_either() -> None:
    assert ambiguous("样品溯源到证书") == ["溯源"]
    assert ambiguous("量传溯源与追溯") == []
    files = {file for room in ROOMS for pattern in TEXTS for file in (ROOT / room).rglob(pattern)} | {
        ROOT / "README.md"
    }
    assert len(files) > 500
    wrong = [str(file.relative_to(ROOT)) for file in sorted(files - QUOTED) if ambiguous(file.read_text("utf-8"))]
    assert wrong == []


@pytest.mark.requirement("S3-54")
def test_the_page_and_the_verb_tell_every_term() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    printed = CliRunner().invoke(app, ["glossary"], env={"COLUMNS": "200"}).output
    for term in terms().values():
        for text in (page, printed):
            assert term.name.zh in text
            assert term.name.en in text
