import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from infra.witness_folder import CONFLICTS, WitnessFolder
from ledger.evidence.merkle import prove_consistency
from ledger.evidence.notes import Checkpoint, NoteSigner, parse_checkpoint, parse_note, sign_checkpoint
from ledger.evidence.strict import EvidenceError
from ledger.evidence.tiles import TileHashes
from ledger.evidence.witness import MAXIMUM_REQUEST, SIZE, Answer, Request, Witness, parse_request
from tests.unit.evidence.making import LOG, NOW, ORIGIN, WITNESSES, event, events, key, note_of, tile_store

WITNESS = WITNESSES[0]
ENTRIES = events(200)
FORK = [*ENTRIES[:40], event(9_999), *ENTRIES[41:]]


def request(old: int, new: int, entries: list[bytes] = ENTRIES, note: bytes | None = None) -> bytes:
    read = TileHashes(new, tile_store(entries[:new]).__getitem__)
    proof = tuple(prove_consistency(old, new, read)) if 0 < old < new else ()
    return Request(old, proof, note or note_of(entries[:new])).to_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[WitnessFolder]:
    made = WitnessFolder(tmp_path / "witness")
    assert made.acquire()
    yield made
    made.release()


@pytest.fixture
def witness(folder: WitnessFolder) -> Witness:
    return Witness([WITNESS], [LOG.verifier], folder, lambda: NOW)


def kept_size(folder: WitnessFolder) -> int:
    kept = folder.load(ORIGIN)
    return parse_checkpoint(parse_note(kept).text).size if kept else 0


def test_a_checkpoint_that_extends_the_last_one_is_kept_whole_and_cosigned(
    witness: Witness, folder: WitnessFolder
) -> None:
    for old, new in ((0, 7), (7, 64), (64, 64), (64, 200)):
        answer = witness.add_checkpoint(request(old, new))
        assert answer.status == 200, answer
        note = parse_note(note_of(ENTRIES[:new]) + answer.body)
        assert note.verify([WITNESS.verifier]) == {WITNESS.verifier: NOW}
        kept = folder.load(ORIGIN)
        assert kept is not None
        assert kept == note.raw
    shown = witness.checkpoint(sha256(ORIGIN.encode()).hexdigest())
    assert (shown.status, shown.body) == (200, folder.load(ORIGIN))
    assert witness.checkpoint("0" * 64).status == 404


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (lambda: request(0, 90), 409),
        (lambda: request(63, 90), 409),
        (lambda: request(91, 90), 400),
        (lambda: request(64, 90, FORK), 422),
        (lambda: request(64, 64, FORK), 409),
        (lambda: request(64, 90).replace(b"old 64\n", b"old 64\n" + b"A" * 43 + b"=\n"), 422),
        (lambda: Request(64, (), note_of(ENTRIES[:90])).to_bytes(), 422),
        (lambda: Request(64, (bytes(32),), note_of(ENTRIES[:64])).to_bytes(), 422),
        (lambda: request(64, 90, note=note_of(ENTRIES[:90], NoteSigner(ORIGIN, key(9)))), 403),
        (lambda: request(64, 90, note=note_of(ENTRIES[:90]).replace(b"\n90\n", b"\n91\n")), 403),
        (lambda: request(64, 90, note=note_of(ENTRIES[:90], NoteSigner("other.example/log", LOG.private))), 404),
        (lambda: b"", 400),
        (lambda: b"old 064\n\n" + note_of(ENTRIES), 400),
        (lambda: b"old -1\n\n" + note_of(ENTRIES), 400),
        (lambda: b"old 64\nnot base 64\n\n" + note_of(ENTRIES), 400),
        (lambda: b"old 64\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + note_of(ENTRIES), 400),
        (lambda: b"old 64\n\n" + b"x" * MAXIMUM_REQUEST, 400),
        (lambda: b"\xff\xfe", 400),
    ],
)
def test_whatever_does_not_extend_the_last_one_is_refused_as_the_protocol_says_and_changes_nothing(
    witness: Witness, folder: WitnessFolder, ask: Callable[[], bytes], status: int
) -> None:
    assert witness.add_checkpoint(request(0, 64)).status == 200
    before = folder.load(ORIGIN)
    answer = witness.add_checkpoint(ask())
    assert answer.status == status
    assert folder.load(ORIGIN) == before
    if status == 409 and answer.media_type == SIZE:
        assert answer.body == b"64\n"


def test_two_notes_of_the_log_that_contradict_each_other_are_kept_as_evidence(
    witness: Witness, folder: WitnessFolder
) -> None:
    witness.add_checkpoint(request(0, 64))
    for _ in range(2):
        assert witness.add_checkpoint(request(64, 64, FORK)) == Answer(409, b"another root was cosigned at this size\n")
    kept = [each.read_bytes() for each in (folder.path / CONFLICTS).iterdir()]
    assert kept == [(folder.load(ORIGIN) or b"") + b"\n" + note_of(FORK[:64])]


def test_an_empty_tree_has_the_empty_root_and_is_no_licence_to_start_anywhere(witness: Witness) -> None:
    lie = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), LOG)
    assert witness.add_checkpoint(Request(0, (), lie).to_bytes()).status == 422
    assert witness.add_checkpoint(Request(0, (), note_of([])).to_bytes()).status == 200
    assert witness.add_checkpoint(request(0, 64)).status == 200


def test_of_many_requests_at_once_no_two_answers_stand_for_two_histories(
    witness: Witness, folder: WitnessFolder
) -> None:
    witness.add_checkpoint(request(0, 30))
    start = threading.Barrier(8)

    def offer(number: int) -> int:
        body = request(30, 100 + number, ENTRIES if number % 2 else FORK)
        start.wait(10)
        return witness.add_checkpoint(body).status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(offer, range(8)))
    assert sorted(statuses) == [200] + [409] * 7
    assert kept_size(folder) == 100 + statuses.index(200)


def test_what_cannot_be_kept_is_not_signed(witness: Witness, folder: WitnessFolder) -> None:
    place = folder.path / f"{sha256(ORIGIN.encode()).hexdigest()}.note"
    place.write_bytes(b"half a no")
    with pytest.raises(OSError, match="not a signed note"):
        witness.add_checkpoint(request(0, 64))
    assert place.read_bytes() == b"half a no"
    place.unlink()
    place.mkdir()
    with pytest.raises(OSError):
        witness.add_checkpoint(request(0, 64))


def test_one_process_alone_holds_a_witness_s_folder(folder: WitnessFolder) -> None:
    other = WitnessFolder(folder.path)
    assert not other.acquire()
    folder.release()
    assert other.acquire()
    other.release()


def test_a_request_is_read_back_as_it_was_written() -> None:
    raw = request(64, 200)
    assert parse_request(raw).to_bytes() == raw
    with pytest.raises(EvidenceError):
        parse_request(raw.replace(b"old ", b"new "))
