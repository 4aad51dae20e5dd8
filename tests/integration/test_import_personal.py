"""The contact's columns of a report are in the vault, never in an event, and a second import changes nothing."""

import csv
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import orjson
import pytest

from api.importer.contacts import COLUMNS
from api.importer.findings import Finding
from api.importer.personal import PersonalFields
from api.importer.report import ImportReport
from api.importer.run import import_directory
from infra.open_ledger import open_ledger
from infra.vault.keys import FileKeys
from infra.vault.store import Vault
from ledger.evidence.disclosures import digests_in
from ledger.service import Ledger
from tests.support.consumers import all_rows
from tests.support.make_reports import make_reports

PHONE = "0591-8000"


@pytest.fixture
def vault(database_url: str) -> Vault:
    return Vault(database_url, lambda: FileKeys([b"k" * 32]))


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with closing(open_ledger(database_url)) as ledger:
        yield ledger


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Reports in which every row says whom to call."""
    folder = tmp_path / "filed"
    make_reports(folder, organisations=12, months=4, seed=11, faults=0.0)
    fill(folder, "")
    return folder


def fill(folder: Path, more: str) -> None:
    for path in folder.rglob("*.csv"):
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = list(csv.reader(file))
        columns = COLUMNS["management_system" if "-ms" in path.name else "product"]
        places = {path_: at for path_, name in columns.items() for at, cell in enumerate(header) if cell.endswith(name)}
        for number, row in enumerate(rows):
            for path_, at in places.items():
                row[at] = f"联系人{number}{more}" if path_.endswith("name") else f"{PHONE}{number:03}{more}"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])


def run(ledger: object, folder: Path, personal: PersonalFields | None) -> tuple[ImportReport, list[Finding]]:
    findings: list[Finding] = []
    report = import_directory(
        ledger,  # type: ignore[arg-type]  # a ledger, or one that fails
        folder,
        submitter="import",
        on_finding=findings.append,
        batch_size=7,
        personal=personal,
    )
    return report, findings


def kept(vault: Vault, url: str) -> int:
    """How many events hold digests; each of them opens in the vault, and nothing of it is in the log."""
    rows = all_rows(url)
    assert PHONE.encode() not in b"".join(row.raw for row in rows)
    assert "联系人".encode() not in b"".join(row.raw for row in rows)
    events = [orjson.loads(row.raw)["event"] for row in rows]
    holding = {(each["source"], each["id"]): digests_in(each["data"]) for each in events if digests_in(each["data"])}
    opened = vault.open_all(list(holding))
    assert {identity: frozenset(found) for identity, found in opened.items()} == holding
    assert {each.event_id for each in vault.everything()} == {identity for _, identity in holding}
    return len(holding)


def test_contact_cells_are_taken_when_asked_for_and_a_second_import_changes_nothing(
    ledger: Ledger, vault: Vault, reports: Path, database_url: str
) -> None:
    personal = PersonalFields(lambda: ledger.event_log, vault)
    first, findings = run(ledger, reports, personal)
    count, head = kept(vault, database_url), ledger.event_log.head()
    assert count >= 10
    assert not any(PHONE in str(each.as_dict()) for each in findings)
    again, _ = run(ledger, reports, personal)
    assert (again.total.recorded, again.total.refused) == (0, first.total.refused)
    # Whom to call has changed since: the fact is the same, and what was said of it first stays.
    fill(reports, "9")
    later, _ = run(ledger, reports, personal)
    assert (later.total.recorded, later.total.refused) == (0, first.total.refused)
    assert (kept(vault, database_url), ledger.event_log.head()) == (count, head)


def test_without_being_asked_nothing_personal_leaves_the_files(
    ledger: Ledger, vault: Vault, reports: Path, database_url: str
) -> None:
    run(ledger, reports, None)
    assert kept(vault, database_url) == 0
    # What was recorded without fields is known as it is.
    later, _ = run(ledger, reports, PersonalFields(lambda: ledger.event_log, vault))
    assert later.total.recorded == 0
    assert vault.everything() == []


def test_an_import_that_dies_between_vault_and_ledger_says_the_same_again(
    ledger: Ledger, vault: Vault, reports: Path, database_url: str
) -> None:
    class Dying:
        """Takes the batches, and is gone before it records the third."""

        def submit_all(self, batches):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - as in the ledger
            for number, batch in enumerate(batches):
                if number == 2:
                    raise KeyboardInterrupt
                yield ledger.submit(batch)

    personal = PersonalFields(lambda: ledger.event_log, vault)
    with pytest.raises(KeyboardInterrupt):
        run(Dying(), reports, personal)
    run(ledger, reports, personal)
    assert kept(vault, database_url) >= 10
