"""What personal fields say goes into a bundle for the entitled, and the verifier tells the four states of each."""

import json
import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.cli.tell import prepare_views
from api.http.service import Ports
from api.http.tokens import Tokens
from infra.http_log import HttpLogReader
from infra.open_ledger import open_ledger
from infra.settings import Settings
from infra.vault.erasing import Order, erase, record_pending
from infra.vault.keys import file_keys
from infra.vault.store import Vault
from ledger.evidence.disclosures import disclose, disclosures_json, parse_disclosures
from ledger.principals import AUDITOR
from tests.integration.audit.conftest import check
from tests.integration.http.conftest import following, serving
from tests.support.fields import holding, put
from tests.support.notarised import as_administrator, notarise
from tests.support.statements import BODY, OTHER_BODY, accept, approved, certificate, issued
from tests.support.waiting import eventually
from tests.unit.evidence.making import LOG

NAME, MAIL, PHONE = (
    disclose("contact/name", "张伟"),
    disclose("contact/email", "zhang@example.cn"),
    disclose("contact/telephone", "0591-8000000"),
)
NAMED, SILENT, ERASED = ("N1", "N2", "N3")


@pytest.fixture
def vault(database_url: str, tmp_path: Path) -> Vault:
    return Vault(database_url, lambda: file_keys(Settings(run_dir=tmp_path)))


@pytest.fixture
def url(database_url: str, vault: Vault) -> str:
    """A log whose first certificate has its fields in the vault, the second never had, and the third lost them."""
    with closing(open_ledger(database_url)) as ledger:
        events = [holding(NAMED, NAME, MAIL), holding(SILENT, PHONE), holding(ERASED, NAME)]
        for each, fields in ((events[0], [NAME, MAIL]), (events[2], [NAME])):
            put(vault, *each.identity, fields, {})
        accept(ledger, *approved(), *events, *(issued(f"F{number:04}") for number in range(300)))
        erase(vault, database_url, vault.of_event(*events[2].identity), Order("unlawful", "CNCA"), datetime.now(UTC))
        record_pending(vault, ledger.submit)
    prepare_views(database_url)
    notarise(database_url)
    return database_url


def verified(url: str, folder: Path, bundle: Path, *words: str, code: int = 0) -> str:
    trust = folder / "policy"
    trust.write_text(f"log {LOG.verifier.vkey}\nquorum none\n")
    return run(url, folder, "verify", bundle, "--policy", trust, *words, code=code)


def run(url: str, folder: Path, *words: object, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", *map(str, words)],
        env=os.environ | {"CERTLEDGER_DATABASE_URL": url, "CERTLEDGER_RUN_DIR": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout if "--json" in words else done.stdout + done.stderr


def index_of(url: str, number: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT notification_id FROM ledger_events WHERE originator_id = %s", (certificate(number),)
        ).fetchone()
    assert row is not None
    return int(row[0]) - 1


def states(url: str, folder: Path, bundle: Path, code: int = 0) -> dict[str, int]:
    report = json.loads(verified(url, folder, bundle, "--json", code=code))
    found: dict[str, int] = report["fields"]
    return found


def test_all_four_states_of_a_field_are_told_by_the_command_line(url: str, tmp_path: Path) -> None:
    bundle = tmp_path / "b"
    said = json.loads(run(url, tmp_path, "export", bundle, "--all", "--disclosures", "--as", AUDITOR, "--json"))
    assert said["disclosures"] == 2
    first = index_of(url, NAMED)
    assert [each.name for each in (bundle / "disclosures").iterdir()] == [str(first)]
    assert (bundle.stat().st_mode & 0o077, (bundle / "disclosures" / str(first)).stat().st_mode & 0o077) == (0, 0)
    assert states(url, tmp_path, bundle) == {"valid": 2, "withheld": 1, "erased": 1}
    # Whoever received the fields may delete them, and the bundle stands.
    (bundle / "disclosures" / str(first)).unlink()
    assert states(url, tmp_path, bundle) == {"withheld": 3, "erased": 1}
    forged = disclose("contact/name", "李四")
    (bundle / "disclosures" / str(first)).write_bytes(disclosures_json([forged.text, MAIL.text]))
    assert states(url, tmp_path, bundle, code=1) == {"valid": 1, "withheld": 2, "erased": 1, "mismatch": 1}
    assert "DISCLOSURE_MISMATCH" in verified(url, tmp_path, bundle, code=1)
    # What the receiver kept although it was erased is told, and is no tampering.
    (bundle / "disclosures" / str(first)).unlink()
    (bundle / "disclosures" / str(index_of(url, ERASED))).write_bytes(disclosures_json([NAME.text]))
    assert "DISCLOSED_THOUGH_ERASED" in verified(url, tmp_path, bundle)


@pytest.mark.parametrize("name", ["b", "b.tar"])
def test_a_part_and_a_subject_bring_their_own_fields_and_every_reading_is_noted(
    url: str, tmp_path: Path, name: str
) -> None:
    subject = ("--subject", certificate(NAMED), "--disclosures", "--as", "CNCA", "--reason", "case")
    run(url, tmp_path, "export", tmp_path / f"one-{name}", *subject)
    assert states(url, tmp_path, tmp_path / f"one-{name}") == {"valid": 2}
    part = ("--range", "1:5", "--disclosures", "--as", BODY, "--reason", "own_matter")
    run(url, tmp_path, "export", tmp_path / f"part-{name}", *part)
    assert check(tmp_path / f"part-{name}").fields["valid"] == 2
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT party, reason, operation, access, stream FROM ledger_reads ORDER BY number"
        ).fetchall()
    assert ("CNCA", "case", "export", "personal", certificate(NAMED)) in rows
    assert {row[0] for row in rows} == {"CNCA", BODY}


def test_who_may_not_read_fields_gets_none_and_nobody_in_particular_is_told_to_say_who(
    url: str, tmp_path: Path
) -> None:
    said = json.loads(
        run(url, tmp_path, "export", tmp_path / "b", "--all", "--disclosures", "--as", OTHER_BODY, "--json")
    )
    assert said["disclosures"] == 0
    assert states(url, tmp_path, tmp_path / "b") == {"withheld": 3, "erased": 1}
    assert "--as" in run(url, tmp_path, "export", tmp_path / "c", "--all", "--disclosures", code=2)
    options = ("--disclosures", "--as", AUDITOR, "--reason", "whim")
    assert "own_matter" in run(url, tmp_path, "export", tmp_path / "c", "--all", *options, code=2)
    assert not (tmp_path / "c").exists()
    plain = json.loads(run(url, tmp_path, "export", tmp_path / "d", "--all", "--json"))
    assert plain["disclosures"] == 0
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM ledger_reads").fetchone() == (0,)


def test_what_cannot_be_noted_or_opened_is_not_exported(url: str, tmp_path: Path) -> None:
    command = ("export", tmp_path / "b", "--all", "--disclosures", "--as", AUDITOR)
    (tmp_path / "vault.key").rename(tmp_path / "elsewhere")
    assert "无法导出" in run(url, tmp_path, *command, code=1)
    (tmp_path / "vault.key").unlink(missing_ok=True)
    (tmp_path / "elsewhere").rename(tmp_path / "vault.key")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER TABLE ledger_reads RENAME TO nowhere")
    assert "无法导出" in run(url, tmp_path, *command, code=1)
    assert not (tmp_path / "b").exists()


def test_an_edited_row_that_names_nothing_does_not_stop_an_export(url: str, tmp_path: Path) -> None:
    with as_administrator(url) as administrator:
        administrator.execute(
            "UPDATE ledger_events SET state = convert_to('{\"_sd\"', 'UTF8') WHERE notification_id = %s",
            (index_of(url, NAMED) + 1,),
        )
    run(url, tmp_path, "export", tmp_path / "b", "--all", "--disclosures", "--as", AUDITOR)
    assert "ENTRY_EDITED" in verified(url, tmp_path, tmp_path / "b", code=1)


def test_fields_come_from_a_live_address_and_out_of_another_bundle_alike(
    url: str, vault: Vault, tmp_path: Path
) -> None:
    from api.audit.export import Wanted, export  # noqa: PLC0415 - as the command line joins it
    from ledger.evidence.reader import BundleReader  # noqa: PLC0415 - likewise
    from ledger.evidence.sources import open_source  # noqa: PLC0415 - likewise

    def take(log: Any, target: Path, **wanted: Any) -> Path:
        export(log, target, Wanted(disclose=log.disclosures, **wanted), lambda _done, _of: None)
        return target

    with closing(open_ledger(url)) as ledger:
        tokens = Tokens({sha256(b"secret").hexdigest(): AUDITOR})
        ports = Ports(ledger=ledger, database_url=url, tokens=tokens, vault=vault, wait_seconds=20.0)
        with following(url, ports), serving(ports) as running:
            eventually(lambda: running.client.get("/readyz").status_code == 200, 60)
            with HttpLogReader(str(running.client.base_url), [LOG.verifier], token="secret") as far:
                whole = take(far, tmp_path / "far.tar")
    assert check(whole).fields == {"valid": 2, "withheld": 1, "erased": 1}
    with BundleReader(open_source(whole)) as mirror:
        one = take(mirror, tmp_path / "one", subject=certificate(NAMED))
    (texts,) = [parse_disclosures(each.read_bytes()) for each in (one / "disclosures").iterdir()]
    assert set(texts) == {NAME.text, MAIL.text}
    assert check(one).fields == {"valid": 2}
