"""What personal fields say is sealed apart from the log, opened for the entitled, and forgotten for good."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from infra.open_ledger import open_ledger
from infra.services.errors import ServiceUnavailableError
from infra.settings import Settings
from infra.vault.erasing import RETENTION, Order, due, erase, places, record_pending
from infra.vault.keys import FileKeys, SealBroken, file_keys
from infra.vault.store import Changed, Vault
from ledger.envelope import Submission
from ledger.evidence.disclosures import disclose
from ledger.outcomes import Receipt
from ledger.service import Incoming, Ledger
from tests.support.fields import holding, put
from tests.support.statements import BODY, approved

NOW = datetime(2031, 4, 1, 4, tzinfo=UTC)
NAME, MAIL = disclose("contact/name", "张伟"), disclose("contact/email", "zhang@example.cn")
ORDER = Order("consent_withdrawn", BODY, request="0" * 64)


@pytest.fixture
def vault(database_url: str) -> Vault:
    return Vault(database_url, lambda: FileKeys([b"k" * 32]))


@pytest.fixture
def ledger(database_url: str):  # type: ignore[no-untyped-def]  # noqa: ANN201 - a generator of the ledger
    opened = open_ledger(database_url)
    opened.submit([Incoming(each, each.source) for each in approved()])
    yield opened
    opened.close()


def say(ledger: Ledger, submission: Submission) -> int:
    (outcome,) = ledger.submit([Incoming(submission, submission.source)])
    assert isinstance(outcome, Receipt), outcome
    return outcome.position


def submit(ledger: Ledger) -> Callable[[object], object]:
    return ledger.submit  # type: ignore[return-value]  # a list is a sequence


def everything_stored(url: str) -> bytes:
    with psycopg.connect(url) as connection:
        rows = [
            *connection.execute("SELECT d::text, sealed FROM vault.disclosure d").fetchall(),
            *connection.execute("SELECT p::text, wrapped FROM vault.person p").fetchall(),
            *connection.execute("SELECT e::text, event FROM vault.erasure e").fetchall(),
            *connection.execute("SELECT source, state FROM ledger_events").fetchall(),
        ]
    return b"".join(text.encode() + bytes(raw) for text, raw in rows)


def test_what_is_kept_is_sealed_and_opens_as_it_came(vault: Vault, database_url: str) -> None:
    assert put(vault, BODY, "e-1", [NAME, MAIL], {}) == [NAME.digest, MAIL.digest]
    assert put(vault, BODY, "e-1", [NAME, MAIL], {}) == []
    assert vault.open(BODY, "e-1") == {NAME.digest: NAME.text, MAIL.digest: MAIL.text}
    stored = everything_stored(database_url)
    assert NAME.text.encode() not in stored
    assert "张伟".encode() not in stored


def test_one_person_has_one_key_over_the_events_that_name_the_person_alike(vault: Vault) -> None:
    put(vault, BODY, "e-1", [NAME], {"contact": "p-1"})
    put(vault, BODY, "e-2", [NAME], {"contact": "p-1"})
    put(vault, BODY, "e-3", [NAME], {})
    put(vault, "CNCA-R-2031-102", "e-1", [NAME], {"contact": "p-1"})
    first, second, third = (vault.of_event(BODY, f"e-{n}")[0].person for n in (1, 2, 3))
    (other,) = vault.of_event("CNCA-R-2031-102", "e-1")
    assert first == second
    assert len({first, third, other.person}) == 3
    assert len(vault.of_persons([first])) == 2


def test_a_row_moved_to_another_event_or_person_opens_nothing(vault: Vault, database_url: str) -> None:
    put(vault, BODY, "e-1", [NAME], {})
    put(vault, BODY, "e-2", [MAIL], {})
    for harm in (
        "UPDATE vault.disclosure SET event_id = 'e-3' WHERE event_id = 'e-1'",
        "UPDATE vault.disclosure SET person = (SELECT person FROM vault.disclosure WHERE event_id = 'e-3')",
    ):
        with psycopg.connect(database_url) as connection:
            connection.execute(harm)  # type: ignore[call-overload]  # a constant
    for event_id in ("e-2", "e-3"):
        with pytest.raises(SealBroken):
            vault.open(BODY, event_id)


def test_an_erasure_is_recorded_and_what_it_erased_never_comes_back(
    vault: Vault, ledger: Ledger, database_url: str
) -> None:
    submission = holding("N1", NAME, MAIL)
    put(vault, submission.source, submission.id, [NAME, MAIL], {})
    position = say(ledger, submission)
    before = ledger.event_log.read(position - 1, 1)[0].raw
    fields = [each for each in vault.of_event(*submission.identity) if each.path == "contact/name"]
    assert erase(vault, database_url, fields, ORDER, NOW) == 1
    assert vault.open(*submission.identity) == {MAIL.digest: MAIL.text}
    assert record_pending(vault, submit(ledger)) == 1  # type: ignore[arg-type]  # a list is a sequence
    assert record_pending(vault, submit(ledger)) == 0  # type: ignore[arg-type]  # likewise
    (row,) = ledger.event_log.read(ledger.event_log.head() - 1, 1)
    assert row.type == "privacy.erased"
    assert NAME.digest.encode() in row.raw
    assert MAIL.digest.encode() not in row.raw
    assert ledger.event_log.read(position - 1, 1)[0].raw == before
    assert put(vault, submission.source, submission.id, [NAME, MAIL], {}) == []
    assert vault.erased(*submission.identity) == {NAME.digest}


def test_what_is_left_of_a_person_has_a_new_key(vault: Vault, database_url: str) -> None:
    put(vault, BODY, "e-1", [NAME, MAIL], {})
    with psycopg.connect(database_url) as connection:
        old = connection.execute("SELECT sealed FROM vault.disclosure WHERE path = 'contact/name'").fetchone()
    fields = [each for each in vault.of_event(BODY, "e-1") if each.path == "contact/name"]
    erase(vault, database_url, fields, ORDER, NOW)
    with psycopg.connect(database_url) as connection:
        # A backup of the row alone brings nothing back.
        connection.execute(
            "INSERT INTO vault.disclosure SELECT source, event_id, %s, path, person, %s FROM vault.disclosure",
            (NAME.digest, old[0] if old else b""),
        )
    with pytest.raises(SealBroken):
        vault.open(BODY, "e-1")


def test_no_key_is_left_of_whom_nothing_is_left_and_what_moved_is_not_erased(vault: Vault, database_url: str) -> None:
    put(vault, BODY, "e-1", [NAME, MAIL], {})
    fields = vault.of_event(BODY, "e-1")
    erase(vault, database_url, fields, ORDER, NOW)
    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT count(*) FROM vault.person").fetchone() == (0,)
    with pytest.raises(Changed):
        erase(vault, database_url, fields, ORDER, NOW)


def test_a_wrong_order_erases_nothing(vault: Vault, ledger: Ledger, database_url: str) -> None:
    submission = holding("N1", NAME)
    put(vault, submission.source, submission.id, [NAME], {})
    say(ledger, submission)
    with pytest.raises(ValueError, match="data_invalid"):
        erase(vault, database_url, vault.of_event(*submission.identity), Order("whim", BODY), NOW)
    assert vault.open(*submission.identity) == {NAME.digest: NAME.text}


def test_retention_ends_on_its_day_and_what_was_never_recorded_goes_after_one(
    vault: Vault, ledger: Ledger, database_url: str
) -> None:
    submission = holding("N1", NAME)
    put(vault, submission.source, submission.id, [NAME], {})
    say(ledger, submission)
    put(vault, BODY, "never recorded", [MAIL], {})
    (place,) = places(database_url, vault.of_event(*submission.identity)).values()
    assert due(vault, database_url, place.recorded) == []
    assert [each.event_id for each in due(vault, database_url, place.recorded + timedelta(days=2))] == [
        "never recorded"
    ]
    assert len(due(vault, database_url, place.recorded + timedelta(days=6 * 366 - 10))) == 1
    late = place.recorded + timedelta(days=6 * 366)
    fields = due(vault, database_url, late)
    assert len(fields) == 2
    assert erase(vault, database_url, fields, Order(RETENTION, "clock", "retention"), late) == 1
    assert vault.everything() == []


@pytest.mark.parametrize("role", ["certledger_public", "certledger_reader", "certledger_writer"])
def test_no_other_role_reads_the_vault(database_url: str, role: str) -> None:
    for table in ("person", "disclosure", "erasure", "erased"):
        with (
            psycopg.connect(database_url, options=f"-c role={role}") as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(f"SELECT FROM vault.{table}".encode())


def test_the_vault_reads_nothing_but_itself(database_url: str) -> None:
    with (
        psycopg.connect(database_url, options="-c role=certledger_vault") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("SELECT FROM ledger_events")


def test_a_key_file_is_made_once_in_development_and_never_in_production(tmp_path: Path) -> None:
    made = file_keys(Settings(run_dir=tmp_path))
    assert file_keys(Settings(run_dir=tmp_path)).unwrap(made.wrap(b"d" * 32, b"p"), b"p") == b"d" * 32
    with pytest.raises(SealBroken):
        made.unwrap(made.wrap(b"d" * 32, b"p"), b"q")
    with pytest.raises(ServiceUnavailableError):
        file_keys(Settings(run_dir=tmp_path / "other", environment="production"))
    (tmp_path / "vault.key").chmod(0o644)
    with pytest.raises(ServiceUnavailableError):
        file_keys(Settings(run_dir=tmp_path))


def test_a_new_line_above_replaces_the_key_and_the_old_one_still_opens() -> None:
    old, both = FileKeys([b"1" * 32]), FileKeys([b"2" * 32, b"1" * 32])
    assert both.unwrap(old.wrap(b"d" * 32, b"p"), b"p") == b"d" * 32
    assert set(old.names("r")) < set(both.names("r"))
    with pytest.raises(SealBroken):
        old.unwrap(both.wrap(b"d" * 32, b"p"), b"p")
