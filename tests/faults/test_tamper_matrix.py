"""Whatever somebody with all passwords does to a log of 100,000 events is found, named, and ends with the right code.

Each attack is made by psql as superuser on a copy of one signed database. It is judged three times: by
``certledger scrub --once`` on the database, by the verifier on an export written straight from the tables, and by
the notary when it is started on it.
"""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import psycopg
import pytest

from api.cli.notary import verify_store
from infra.log_key import KEY_FILE
from infra.notary_folder import NotaryFolder, write_durably
from infra.notary_store import StoredTree
from infra.services.postgres import EmbeddedPostgres
from ledger.evidence.bundle import write_bundle
from ledger.evidence.growth import SigningRefused
from ledger.evidence.policy import Policy
from ledger.evidence.report import Report
from ledger.evidence.verify import Question, verify_bundle
from tests.support.consumers import ROOT
from tests.support.notaries import IDENTITY, OTHER, notary_of, sign_all
from tests.support.services import fresh_database
from tests.support.tampering import psql, rewrite_tree, run_program
from tests.unit.evidence.making import LOG, event

pytestmark = pytest.mark.timeout(290)
EVENTS, YESTERDAY = 100_000, 60_000
SECONDS = 60.0
_COPY = (
    "COPY ledger_events (originator_id, originator_version, topic, state, notification_id, recorded_at, source,"
    " event_id, digest) FROM STDIN WITH (FORMAT BINARY)"
)
_TYPES = ("text", "int8", "text", "bytea", "int8", "timestamptz", "text", "text", "bytea")


@dataclass(frozen=True)
class Signed:
    """A signed log: its database, who may do everything in it, the notary's folder, and yesterday's dump."""

    url: str
    superuser: str
    folder: Path
    dump: Path


def fill(url: str, begin: int, end: int, position: int | None = None) -> None:
    """Record events straight into the table, at their own positions unless another is said."""
    with psycopg.connect(url) as connection, connection.cursor().copy(_COPY) as copy:
        copy.set_types(_TYPES)
        for index in range(begin, end):
            raw = event(index)
            record = orjson.loads(raw)["record"]
            stream, version, recorded = record["stream"], record["version"], record["recorded"]
            copy.write_row(
                (stream, version, "certificate.suspended", raw, position or index + 1, datetime.fromisoformat(recorded),
                 record["submitter"], f"e-{index}", b"")
            )  # fmt: skip


@pytest.fixture(scope="module")
def log(
    postgres_server: EmbeddedPostgres, template_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Signed]:
    folder = tmp_path_factory.mktemp("signed")
    with fresh_database(postgres_server.url(), template_database) as url:
        fill(url, 0, YESTERDAY)
        (folder / "notary").mkdir()
        write_durably(folder / "notary" / KEY_FILE, LOG.secret.encode())
        sign_all(url, folder / "notary")
        run_program("pg_dump", "-Fc", "-f", str(folder / "dump"), url)
        fill(url, YESTERDAY, EVENTS)
        sign_all(url, folder / "notary")
        yield Signed(url, superuser(postgres_server, url), folder / "notary", folder / "dump")


def superuser(server: EmbeddedPostgres, url: str) -> str:
    return urlsplit(server._superuser_url())._replace(path=urlsplit(url).path).geturl()


@pytest.fixture
def copy(log: Signed, postgres_server: EmbeddedPostgres, tmp_path: Path) -> Iterator[Signed]:
    """A copy of the log that a test may spoil."""
    shutil.copytree(log.folder, tmp_path / "notary")
    with fresh_database(postgres_server.url(), urlsplit(log.url).path.removeprefix("/")) as url:
        yield Signed(url, superuser(postgres_server, url), tmp_path / "notary", log.dump)


def edit(log: Signed) -> None:
    """One character of what a body said."""
    psql(log.superuser, reword(4711))


def reword(index: int) -> str:
    return (
        f"UPDATE ledger_events SET state = convert_to(replace(convert_from(state, 'UTF8'), '第{index}件', '第0件'),"
        f" 'UTF8') WHERE notification_id = {index + 1}"
    )


def delete(log: Signed) -> None:
    psql(log.superuser, "DELETE FROM ledger_events WHERE notification_id = 4712")


def insert(log: Signed) -> None:
    """A made-up event before the last thousand, which all move up by one, so that the last one is not shown."""
    psql(
        log.superuser,
        "UPDATE ledger_events SET notification_id = notification_id + 1000000 WHERE notification_id > 99000",
        "UPDATE ledger_events SET notification_id = notification_id - 999999 WHERE notification_id > 1000000",
    )
    fill(log.url, 2 * EVENTS, 2 * EVENTS + 1, position=99_001)


def reorder(log: Signed) -> None:
    psql(
        log.superuser,
        "UPDATE ledger_events SET notification_id = -1 WHERE notification_id = 4712",
        "UPDATE ledger_events SET notification_id = 4712 WHERE notification_id = 70000",
        "UPDATE ledger_events SET notification_id = 70000 WHERE notification_id = -1",
    )


def cut_the_tail(log: Signed) -> None:
    psql(log.superuser, "DELETE FROM ledger_events WHERE notification_id > 99900")


def restore_yesterday(log: Signed) -> None:
    run_program("pg_restore", "--clean", "--if-exists", "--single-transaction", "-d", log.superuser, str(log.dump))


def edit_a_tile(log: Signed) -> None:
    psql(log.superuser, "UPDATE notary.tile SET hashes = set_byte(hashes, 0, get_byte(hashes, 0) # 1)"
                        " WHERE level = 0 AND idx = 17")  # fmt: skip


def edit_a_checkpoint(log: Signed) -> None:
    psql(log.superuser, f"UPDATE notary.checkpoint SET note = replace(note, '{YESTERDAY}', '59999')"
                        f" WHERE size = {YESTERDAY}")  # fmt: skip


def edit_a_checkpoint_s_column(log: Signed) -> None:
    psql(log.superuser, f"UPDATE notary.checkpoint SET root = sha256('') WHERE size = {YESTERDAY}")


def delete_a_checkpoint(log: Signed) -> None:
    """One that nobody asks for, from before the newest."""
    psql(log.superuser, f"DELETE FROM notary.checkpoint WHERE size = {YESTERDAY}")


def delete_a_checkpoint_and_close_the_gap(log: Signed) -> None:
    """And all later ones are made to fit, so that inside the database nothing is missing."""
    psql(
        log.superuser,
        f"DELETE FROM notary.checkpoint WHERE size = {YESTERDAY}",
        "DO $$ DECLARE stood record; at bigint := 0; link bytea := ''; BEGIN"
        " FOR stood IN SELECT size, note FROM notary.checkpoint ORDER BY size LOOP at := at + 1;"
        " UPDATE notary.checkpoint SET number = at, previous = link WHERE size = stood.size;"
        " link := sha256(link || convert_to(stood.note, 'UTF8')); END LOOP; END $$",
    )


def swap_the_key(log: Signed) -> None:
    rewrite_tree(log.superuser, OTHER, [YESTERDAY, EVENTS])


def rewrite_history(log: Signed) -> None:
    """With the log's own key: an edited event, and a tree over it that agrees with itself."""
    edit(log)
    rewrite_tree(log.superuser, LOG, [YESTERDAY, EVENTS])


def fork(log: Signed) -> None:
    """Another last event than the one that was shown to others, under a checkpoint of the same size."""
    psql(log.superuser, reword(EVENTS - 1))
    rewrite_tree(log.superuser, LOG, [YESTERDAY, EVENTS])


@dataclass(frozen=True)
class Expected:
    """The telling codes with their first index, the exit code, and what the notary says when it is started on it.

    ``bundle`` is what an export shows, where that is not the same: it holds no columns and no folder of a notary.
    """

    make: Callable[[Signed], None]
    codes: dict[str, int | None]
    result: int
    start: str | None = None
    bundle: tuple[dict[str, int | None], int] | None = None


MATRIX = [
    Expected(edit, {"ENTRY_EDITED": 4711}, 1),
    Expected(delete, {"ENTRY_MISSING": 4711}, 1),
    Expected(insert, {"ENTRY_INSERTED": 99_000, "ENTRY_MOVED": 99_001, "ENTRY_MISSING": EVENTS - 1}, 1),
    Expected(reorder, {"ENTRY_MOVED": 4711}, 1),
    Expected(cut_the_tail, {"TRUNCATED": 99_900}, 3, "TRUNCATED"),
    Expected(restore_yesterday, {"ROLLED_BACK": YESTERDAY}, 1, "ROLLED_BACK", ({"TRUNCATED": YESTERDAY}, 3)),
    Expected(edit_a_tile, {"TILE_MISMATCH": None}, 1),
    Expected(edit_a_checkpoint, {"CHECKPOINT_SIGNATURE_INVALID": None}, 1),
    Expected(edit_a_checkpoint_s_column, {"CHECKPOINT_CONTRADICTED": None}, 1, None, ({}, 0)),
    Expected(delete_a_checkpoint, {"CHECKPOINT_MISSING": None}, 1, None, ({}, 0)),
    Expected(delete_a_checkpoint_and_close_the_gap, {"CHECKPOINT_MISSING": None}, 1, "CHECKPOINT_MISSING", ({}, 0)),
    Expected(swap_the_key, {"CHECKPOINT_SIGNATURE_INVALID": None}, 1, "CHECKPOINT_SIGNATURE_INVALID"),
    Expected(rewrite_history, {"SPLIT_VIEW": None}, 1, "SPLIT_VIEW"),
    Expected(fork, {"SPLIT_VIEW": None}, 1, "SPLIT_VIEW"),
]


def found(report: Report) -> dict[str, int | None]:
    """The first index of each code."""
    answer: dict[str, int | None] = {}
    for each in report.findings:
        answer.setdefault(each.code, each.first)
    return answer


def export(log: Signed, target: Path) -> Path:
    """An export as it comes out of these tables, whatever is in them."""
    with psycopg.connect(log.url) as connection:
        stored = StoredTree(connection)
        newest = stored.newest()
        assert newest is not None
        write_bundle(
            target,
            (row for page in stored.rows(0, newest.size) for row in page),
            lambda _size, _root: newest.note,
            log_keys=[LOG.verifier],
            history=[each.note for each in stored.checkpoints(0, newest.size - 1, 1_000)],
            tiles=stored.tile,
        )
    return target


def judge(codes: dict[str, int | None], result: int, expected: tuple[dict[str, int | None], int]) -> None:
    """What was expected is named, with its place; and no entry is accused of anything else."""
    telling, code = expected
    assert result == code, codes
    assert telling.items() <= codes.items(), codes
    accused = {each for each in codes if each.startswith("ENTRY_")}
    assert accused == {each for each in telling if each.startswith("ENTRY_")}, codes


def test_the_log_as_it_was_signed_is_sound(log: Signed, tmp_path: Path) -> None:
    report = verify_bundle(export(log, tmp_path / "bundle"), Question(0, Policy(logs=[LOG.verifier])))
    assert (report.findings, report.entries) == ([], EVENTS)
    report = verify_store(log.url, NotaryFolder(log.folder), IDENTITY)
    assert (report.findings, report.entries) == ([], EVENTS)


@pytest.mark.parametrize("expected", MATRIX, ids=lambda each: each.make.__name__)
def test_every_attack_is_found_and_named(copy: Signed, tmp_path: Path, expected: Expected) -> None:
    kept = NotaryFolder(copy.folder).load()
    expected.make(copy)
    began = time.monotonic()
    report = verify_store(copy.url, NotaryFolder(copy.folder), IDENTITY)
    judge(found(report), int(report.result), (expected.codes, expected.result))
    assert time.monotonic() - began < SECONDS
    began = time.monotonic()
    bundle = export(copy, tmp_path / "bundle")
    report = verify_bundle(bundle, Question(0, Policy(logs=[LOG.verifier]), since=kept))
    judge(found(report), int(report.result), expected.bundle or (expected.codes, expected.result))
    assert time.monotonic() - began < SECONDS
    if expected.start is not None:
        with pytest.raises(SigningRefused) as refused:
            notary_of(copy.url, copy.folder).run(threading.Event())
        assert refused.value.report.findings[0].code == expected.start


@pytest.mark.parametrize(
    ("make", "code"), [(None, 0), (edit, 1), (cut_the_tail, 3)], ids=["nothing", "edit", "cut_the_tail"]
)
def test_the_command_ends_with_the_code_of_what_it_found(
    copy: Signed, make: Callable[[Signed], None] | None, code: int
) -> None:
    if make is not None:
        make(copy)
    environment = os.environ | {
        "CERTLEDGER_DATABASE_URL": copy.url,
        "CERTLEDGER_NOTARY_DIR": str(copy.folder),
        "CERTLEDGER_RUN_DIR": str(copy.folder),
    }
    command = [sys.executable, "-m", "api.cli", "scrub", "--once", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    report = orjson.loads(done.stdout)
    assert report["result"] == code
    assert bool(report["findings"]) == bool(code)
