"""`certledger erase` and `sweep-personal`: whoever errs is told what to do, and what went is recorded."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli import app
from infra.open_ledger import open_ledger
from infra.settings import Settings
from infra.vault.keys import file_keys
from infra.vault.store import Vault
from ledger.evidence.disclosures import commit, disclose
from ledger.outcomes import Receipt
from ledger.service import Incoming
from tests.support.fields import put
from tests.support.statements import BODY, approved, issued, statement

NAME, MAIL = disclose("contact/name", "张伟"), disclose("contact/email", "zhang@example.cn")


@pytest.fixture
def vault(database_url: str, tmp_path: Path) -> Vault:
    return Vault(database_url, lambda: file_keys(Settings(run_dir=tmp_path)))


@pytest.fixture
def positions(database_url: str, vault: Vault) -> list[int]:
    """Two recorded events about one contact person."""
    ledger = open_ledger(database_url)
    ledger.submit([Incoming(each, each.source) for each in approved()])
    found = []
    for number in ("N1", "N2"):
        plain = issued(number)
        data = {**plain.data, "_sd": commit([NAME, MAIL])}
        submission = statement(plain.type.name, plain.subject, data, identity=f"issued {number}")
        put(vault, *submission.identity, [NAME, MAIL], {"contact": "p-1"})
        (outcome,) = ledger.submit([Incoming(submission, BODY)])
        assert isinstance(outcome, Receipt), outcome
        found.append(outcome.position)
    ledger.close()
    return found


def run(database_url: str, folder: Path, *arguments: str, **more: str) -> Result:
    environment = {"CERTLEDGER_DATABASE_URL": database_url, "CERTLEDGER_RUN_DIR": str(folder)}
    return CliRunner().invoke(app, list(arguments), env=environment, **more)  # type: ignore[arg-type]  # input alone


def test_one_field_of_one_event_goes_and_then_all_of_the_person(
    database_url: str, tmp_path: Path, vault: Vault, positions: list[int]
) -> None:
    order = ["erase", "--event", str(positions[0]), "--basis", "consent_withdrawn", "--ordered-by", BODY]
    request = tmp_path / "request.txt"
    request.write_text("请删除")
    answer = run(database_url, tmp_path, *order, "--path", "contact/name", "--request", str(request), input="y\n")
    assert answer.exit_code == 0, answer.output
    assert sorted((each.event_id, each.path) for each in vault.everything()) == [
        ("issued N1", "contact/email"), ("issued N2", "contact/email"), ("issued N2", "contact/name"),
    ]  # fmt: skip
    answer = run(database_url, tmp_path, *order, "--everywhere", "--yes")
    assert answer.exit_code == 0, answer.output
    assert (vault.everything(), vault.pending()) == ([], [])
    assert "张伟" not in answer.output
    assert run(database_url, tmp_path, *order, "--yes").exit_code == 0


def test_who_says_no_erases_nothing(database_url: str, tmp_path: Path, vault: Vault, positions: list[int]) -> None:
    order = ["erase", "--event", str(positions[0]), "--basis", "unlawful", "--ordered-by", "CNCA"]
    assert run(database_url, tmp_path, *order, input="n\n").exit_code == 1
    assert len(vault.everything()) == 4


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (["--event", "999", "--basis", "unlawful", "--ordered-by", "CNCA"], "no such position"),
        (["--event", "1", "--basis", "whim", "--ordered-by", "CNCA"], "consent_withdrawn"),
        (["--event", "1", "--basis", "unlawful", "--ordered-by", "someone"], "CNCA"),
    ],
)
def test_a_wrong_option_is_told_what_it_should_be(
    database_url: str, tmp_path: Path, positions: list[int], wrong: list[str], told: str
) -> None:
    answer = run(database_url, tmp_path, "erase", *wrong, "--yes")
    assert answer.exit_code == 2
    assert told in answer.output
    assert positions


def test_the_sweep_takes_nothing_before_its_day(
    database_url: str, tmp_path: Path, vault: Vault, positions: list[int]
) -> None:
    assert run(database_url, tmp_path, "sweep-personal", "--dry-run").exit_code == 0
    assert run(database_url, tmp_path, "sweep-personal").exit_code == 0
    assert len(vault.everything()) == 2 * len(positions)
