import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import httpx
import psycopg
import pytest

from api.audit.export import Wanted, export
from consumers.witnesses import Cosigner, WitnessRefused
from infra.cosignatures import PostgresCosignatureStore
from infra.notary_store import connect_as_notary
from infra.witness_client import WitnessClient
from ledger.evidence.notes import NoteSigner, parse_checkpoint, parse_note
from ledger.evidence.policy import parse_policy
from ledger.evidence.report import Result
from ledger.evidence.verify import Question, verify_bundle
from ledger.evidence.witness import MAXIMUM_REQUEST, Request
from ledger.log import LogUnavailable
from tests.integration.audit.conftest import OLD, Log, check, found
from tests.support.consumers import running
from tests.support.notarised import as_administrator
from tests.support.waiting import eventually
from tests.support.witnesses import witnessing
from tests.unit.evidence.making import LOG, NOW, ORIGIN, WITNESSES, event, events, key, note_of

MakeCosigner = Callable[[str], Cosigner]


@pytest.fixture
def store(log: Log) -> Iterator[PostgresCosignatureStore]:
    made = PostgresCosignatureStore(lambda: connect_as_notary(log.url))
    yield made
    made.close()


@pytest.fixture
def cosigner(store: PostgresCosignatureStore) -> Iterator[MakeCosigner]:
    """Makes cosigners of the first witness, at an address."""
    with ExitStack() as stack:

        def make(address: str) -> Cosigner:
            client = stack.enter_context(closing(WitnessClient(address, timeout=2.0)))
            return Cosigner(WITNESSES[0].verifier, client, store)

        yield make


def cosignatures(url: str) -> list[tuple[int, str]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT size, name FROM notary.cosignature ORDER BY 1, 2").fetchall()


def test_the_newest_checkpoint_is_cosigned_once_and_leaves_in_the_bundle(
    log: Log, cosigner: MakeCosigner, tmp_path: Path
) -> None:
    with witnessing(tmp_path / "w") as address:
        offering = cosigner(address)
        assert offering.step()
        assert not offering.step()
    size = parse_checkpoint(parse_note(log.notes[-1]).text).size
    assert cosignatures(log.url) == [(size, WITNESSES[0].name)]
    policy = parse_policy(f"log {LOG.verifier.vkey}\nwitness w {WITNESSES[0].verifier.vkey}\nquorum w\n".encode())
    with log.reader() as reader:
        export(reader, tmp_path / "b", Wanted(), lambda _done, _of: None)
    report = check(tmp_path / "b", policy=policy, max_age=1)
    assert (report.result, report.witnesses) == (Result.SOUND, {"w": NOW})
    with log.reader() as reader:
        export(reader, tmp_path / "old", Wanted(checkpoint=OLD), lambda _done, _of: None)
    assert found(check(tmp_path / "old", policy=policy)).keys() == {"QUORUM_NOT_MET"}


def test_an_idle_log_s_checkpoint_is_cosigned_again_so_that_its_age_can_be_told(
    log: Log, store: PostgresCosignatureStore, tmp_path: Path
) -> None:
    policy = parse_policy(f"log {LOG.verifier.vkey}\nwitness w {WITNESSES[0].verifier.vkey}\nquorum w\n".encode())
    passed = [0.0]

    def offer(later: int) -> bool:
        """Step once at a moment by everybody's clock."""
        passed[0] = later
        with witnessing(tmp_path / "w", now=NOW + later) as address, closing(WitnessClient(address)) as client:
            offering._post = client
            return offering.step()

    offering = Cosigner(
        WITNESSES[0].verifier, lambda _: (500, "", b""), store, renewal_seconds=60, clock=lambda: passed[0]
    )
    assert [offer(0), offer(59), offer(60), offer(61), offer(125)] == [True, False, True, False, True]
    size = parse_checkpoint(parse_note(log.notes[-1]).text).size
    assert cosignatures(log.url) == [(size, WITNESSES[0].name)] * 3
    with log.reader() as reader:
        note = parse_note(reader.note())
        export(reader, tmp_path / "b", Wanted(), lambda _done, _of: None)
    assert [each.name for each in note.signatures] == [LOG.name, WITNESSES[0].name]
    question = Question(NOW + 126, policy, max_age=1)
    report = verify_bundle(tmp_path / "b", question)
    assert (report.result, report.witnesses) == (Result.SOUND, {"w": NOW + 125})
    assert found(verify_bundle(tmp_path / "b", replace(question, now=NOW + 127))).keys() == {"STALE"}


def test_a_cosigner_that_does_not_know_what_the_witness_saw_is_told_and_goes_on_from_there(
    log: Log, cosigner: MakeCosigner, tmp_path: Path
) -> None:
    with witnessing(tmp_path / "w") as address:
        first = httpx.post(f"{address}/add-checkpoint", content=Request(0, (), log.notes[0]).to_bytes())
        assert first.status_code == 200
        assert cosigner(address).step()
        shown = httpx.get(f"{address}/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint")
        assert parse_note(shown.content).verify([LOG.verifier, WITNESSES[0].verifier]).keys() == {
            LOG.verifier,
            WITNESSES[0].verifier,
        }
    with witnessing(tmp_path / "w") as address:
        assert cosigner(address).step()


def test_a_witness_that_saw_another_history_is_not_argued_with(
    log: Log, cosigner: MakeCosigner, tmp_path: Path
) -> None:
    for name, shown in (("fork", events(OLD)), ("ahead", [*events(900), event(901)])):
        with witnessing(tmp_path / name) as address:
            said = httpx.post(f"{address}/add-checkpoint", content=Request(0, (), note_of(shown)).to_bytes())
            assert said.status_code == 200
            with pytest.raises(WitnessRefused) as refused:
                cosigner(address).step()
            assert refused.value.contradicts
    assert cosignatures(log.url) == []


def test_an_answer_that_is_not_signed_with_the_policys_key_is_not_kept(
    log: Log, cosigner: MakeCosigner, tmp_path: Path
) -> None:
    impostor = NoteSigner(WITNESSES[0].name, key(77), WITNESSES[0].kind)
    with witnessing(tmp_path / "w", impostor) as address, pytest.raises(WitnessRefused):
        cosigner(address).step()
    stranger = NoteSigner("other.example/log", LOG.private).verifier
    with witnessing(tmp_path / "x", logs=(stranger,)) as address, pytest.raises(WitnessRefused, match="404"):
        cosigner(address).step()
    assert cosignatures(log.url) == []


def test_a_witness_that_never_answers_holds_nobody_up(cosigner: MakeCosigner) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(LogUnavailable):
            cosigner(f"http://127.0.0.1:{silent.getsockname()[1]}").step()
        assert time.monotonic() - began < 10
    with pytest.raises(LogUnavailable):
        cosigner("http://127.0.0.1:1").step()


def test_a_request_without_end_is_cut_off(tmp_path: Path) -> None:
    with witnessing(tmp_path / "w") as address:
        answer = httpx.post(f"{address}/add-checkpoint", content=b"x" * (MAXIMUM_REQUEST + 1))
        assert answer.status_code == 413
        assert httpx.get(f"{address}/add-checkpoint").status_code == 405


def test_cosigners_follow_the_log_and_outlive_their_witness(log: Log, cosigner: MakeCosigner, tmp_path: Path) -> None:
    with log.reader() as reader:
        newest = reader.note()
    with as_administrator(log.url) as administrator:
        administrator.execute("DELETE FROM notary.checkpoint WHERE size > %s", (OLD,))
    with witnessing(tmp_path / "w") as address:
        offering = cosigner(address)
        with running(offering.run):
            eventually(lambda: cosignatures(log.url) == [(OLD, WITNESSES[0].name)])
            size = restore(log, newest)
            eventually(lambda: (size, WITNESSES[0].name) in cosignatures(log.url))


def test_with_a_policy_the_newest_checkpoint_that_its_quorum_cosigned_is_exported(
    log: Log, cosigner: MakeCosigner, tmp_path: Path
) -> None:
    policy = parse_policy(f"log {LOG.verifier.vkey}\nwitness w {WITNESSES[0].verifier.vkey}\nquorum w\n".encode())
    with as_administrator(log.url) as administrator:
        newest = administrator.execute(
            "DELETE FROM notary.checkpoint WHERE size > %s RETURNING note", (OLD,)
        ).fetchone()
    assert newest
    with witnessing(tmp_path / "w") as address:
        assert cosigner(address).step()
    restore(log, str(newest[0]).encode())
    for name, more, size in (("quorum", {"policy": policy}, OLD), ("newest", {}, int(newest[0].split("\n")[1]))):
        with log.reader() as reader:
            assert export(reader, tmp_path / name, Wanted(**more), lambda _done, _of: None) == (size, size)
    assert check(tmp_path / "quorum", policy=policy).result == Result.SOUND


def restore(log: Log, note: bytes) -> int:
    """Sign the newest checkpoint a moment later."""
    text = parse_note(note).text.split("\n")
    with psycopg.connect(log.url) as connection:
        connection.execute(
            "INSERT INTO notary.checkpoint (size, root, note) VALUES (%s, decode(%s, 'base64'), %s)",
            (int(text[1]), text[2], note.decode()),
        )
    return int(text[1])
