"""Keys that end while statements are under way, on PostgreSQL, and the verifier's word on what was recorded."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.open_ledger import open_ledger
from ledger.days import instant_text
from ledger.evidence.bundle import write_bundle
from ledger.evidence.notes import Checkpoint, NoteSigner, sign_checkpoint
from ledger.evidence.report import Report
from ledger.evidence.signatures import public_key_of
from ledger.evidence.verify import Question, verify_bundle
from ledger.log import ConcurrentUpdate, Draft
from ledger.outcomes import Receipt
from ledger.service import Incoming, Ledger
from tests.support.signing import ORIGIN, PERSON, TERMS, ed25519_key, ended, p256_key, registration, signed
from tests.support.statements import accept, approved, issued, suspended
from tests.support.waiting import eventually

LOG = NoteSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    with closing(open_ledger(database_url, terms=TERMS)) as ledger:
        accept(ledger, *approved())
        yield ledger


def verified(ledger: Ledger, path: Path) -> Report:
    """What the verifier says about a bundle of everything that the log holds."""
    rows = ledger.event_log.read(0, 100_000)

    def sign(size: int, root: bytes) -> bytes:
        return sign_checkpoint(Checkpoint(ORIGIN, size, root), LOG)

    write_bundle(path, ((row.position, row.raw) for row in rows), sign, log_keys=[LOG.verifier])
    return verify_bundle(path, Question(0.0))


def _signing(url: str, stop: threading.Event, worker: int, outcomes: list[str]) -> None:
    with closing(open_ledger(url, terms=TERMS)) as mine:
        number = 0
        while not stop.is_set():
            batch = [Incoming(signed(issued(f"W{worker}N{number + n}"), ed25519_key(1)), "test") for n in range(3)]
            number += 3
            outcomes += ["recorded" if isinstance(each, Receipt) else each.code for each in mine.submit(batch)]


@pytest.mark.parametrize("kind", ["revoked", "compromised"])
def test_nothing_is_recorded_as_signed_after_the_keys_end_under_a_race(
    ledger: Ledger, database_url: str, tmp_path: Path, kind: str
) -> None:
    key = ed25519_key(1)
    accept(ledger, registration(key))
    stop, outcomes = threading.Event(), [list[str]() for _ in range(3)]
    threads = [
        threading.Thread(target=_signing, args=(database_url, stop, worker, told))
        for worker, told in enumerate(outcomes)
    ]
    for thread in threads:
        thread.start()
    eventually(lambda: all(told.count("recorded") >= 15 for told in outcomes))
    since = {"compromised_since": "2026-01-01T00:00:00.000000Z"} if kind == "compromised" else {}
    (end,) = accept(ledger, ended(key, kind, **since))
    eventually(lambda: all("key_revoked" in told for told in outcomes))
    stop.set()
    for thread in threads:
        thread.join(30)
    assert {code for told in outcomes for code in told} == {"recorded", "key_revoked"}
    rows = ledger.event_log.read(0, 100_000)
    assert [row.position for row in rows if b'"signed_by"' in row.raw and row.position > end.position] == []
    assert sum(b'"signed_by"' in row.raw for row in rows) == sum(told.count("recorded") for told in outcomes)
    report = verified(ledger, tmp_path / "b")
    assert report.result == 0
    assert {each.code for each in report.findings} == ({"SIGNED_WHILE_COMPROMISED"} if since else set())


def test_nothing_is_recorded_as_signed_from_the_end_of_a_keys_validity_on(
    ledger: Ledger, database_url: str, tmp_path: Path
) -> None:
    until = instant_text(datetime.now(UTC) + timedelta(seconds=1.5))
    accept(ledger, registration(ed25519_key(1), valid_until=until))
    stop, told = threading.Event(), list[str]()
    thread = threading.Thread(target=_signing, args=(database_url, stop, 0, told))
    thread.start()
    eventually(lambda: "key_no_longer_valid" in told)
    stop.set()
    thread.join(30)
    assert set(told) == {"recorded", "key_no_longer_valid"}
    rows = [row for row in ledger.event_log.read(0, 100_000) if b'"signed_by"' in row.raw]
    assert max(instant_text(row.recorded) for row in rows) < until
    assert verified(ledger, tmp_path / "b").findings == []


def test_an_append_is_refused_whole_where_its_deadline_has_come(ledger: Ledger) -> None:
    head = ledger.event_log.head()
    drafts = [Draft("x:1", n, "t", "s", str(n), b"d" * 32, b'{"a":1}', {"stream": "x:1", "version": n}) for n in (1, 2)]
    with pytest.raises(ConcurrentUpdate):
        ledger.event_log.append(drafts, {}, head, instant_text(datetime.now(UTC)))
    assert ledger.event_log.head() == head
    soon = instant_text(datetime.now(UTC) + timedelta(minutes=1))
    assert len(ledger.event_log.append(drafts, {}, head, soon)) == 2


def test_what_the_ledger_recorded_is_sound_to_the_verifier(ledger: Ledger, tmp_path: Path) -> None:
    body, other, person = ed25519_key(1), p256_key(2), ed25519_key(3)
    accept(ledger, registration(body), registration(other), registration(person, PERSON, source="CCAA"))
    first = signed(issued("A"), body, person, issuersequence=1)
    second = signed(suspended("A"), other, issuersequence=2, issuerprevious=first.digest.hex())
    accept(ledger, first, second, ended(other), signed(issued("B"), person), issued("C"))
    report = verified(ledger, tmp_path / "b")
    assert (report.findings, report.signed, report.unsigned) == ([], 3, 8)
    rows = ledger.event_log.read(0, 100)
    keyid = public_key_of(body).keyid
    signature = next(row.raw for row in rows if keyid.encode() in row.raw and b'"sig"' in row.raw)
    assert [each["keyid"] for each in orjson.loads(signature)["signatures"]] == [keyid, public_key_of(person).keyid]
