"""A witness of C2SP tlog-witness v1.0.0: it cosigns a checkpoint only once it extends the last one it cosigned.

What it cosigned is kept before it is answered, in one step with the check, so that no two answers of one witness,
before or after a crash, stand for two histories. The whole note is kept, since it is evidence against the log.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from ledger.evidence.merkle import EMPTY_ROOT, verify_consistency
from ledger.evidence.notes import (
    MAXIMUM_NOTE,
    Checkpoint,
    Note,
    NoteSigner,
    Verifier,
    cosign,
    parse_checkpoint,
    parse_note,
)
from ledger.evidence.strict import EvidenceError, decode_decimal, decode_hash, decode_text, encode_base64

MAXIMUM_PROOF = 63
MAXIMUM_REQUEST = MAXIMUM_NOTE + 32 + 45 * MAXIMUM_PROOF
TEXT = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"


class Memory(Protocol):
    """What a witness remembers of each log, by the log's origin."""

    def turn(self, origin: str) -> AbstractContextManager[None]:
        """Lend the sole right to check and replace what is kept of a log."""
        ...

    def load(self, origin: str) -> bytes | None:
        """Return the last note that was kept, or ``None``."""
        ...

    def keep(self, origin: str, note: bytes) -> None:
        """Keep a note; it has survived a power cut when this returns."""
        ...

    def keep_conflict(self, origin: str, kept: bytes, offered: bytes) -> None:
        """Keep two notes that the log signed and that contradict each other."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: status code, media type, body."""

    status: int
    body: bytes
    media_type: str = TEXT


@dataclass(frozen=True, slots=True)
class Request:
    """What ``add-checkpoint`` asks: the size from which the proof leads, the proof, the checkpoint's note."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def to_bytes(self) -> bytes:
        """Return the request's body."""
        lines = [f"old {self.old}", *map(encode_base64, self.proof), "", ""]
        return "\n".join(lines).encode() + self.note


def parse_request(raw: bytes) -> Request:
    """Return what a request's body asks, or raise."""
    head, found, note = decode_text(raw, MAXIMUM_REQUEST).partition("\n\n")
    first, *proof = head.split("\n", MAXIMUM_PROOF + 2)
    if not found or not first.startswith("old ") or len(proof) > MAXIMUM_PROOF:
        raise EvidenceError("an old size, at most 63 hashes, an empty line and a checkpoint are expected")
    return Request(decode_decimal(first.removeprefix("old ")), tuple(map(decode_hash, proof)), note.encode())


class Witness:
    """Cosigns checkpoints of the logs that it is configured with; ``clock`` gives seconds since 1970."""

    def __init__(
        self, signers: Sequence[NoteSigner], logs: Sequence[Verifier], memory: Memory, clock: Callable[[], float]
    ) -> None:
        self._signers = signers
        self._logs: dict[str, list[Verifier]] = {}
        for log in logs:
            self._logs.setdefault(log.name, []).append(log)
        self._memory = memory
        self._clock = clock

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer ``POST /add-checkpoint``; raises ``OSError`` where nothing can be kept, and nothing is signed then."""
        try:
            asked = parse_request(body)
            note = parse_note(asked.note)
            checkpoint = parse_checkpoint(note.text)
        except EvidenceError as error:
            return Answer(400, f"{error}\n".encode())
        keys = self._logs.get(checkpoint.origin)
        if keys is None:
            return Answer(404, b"unknown origin\n")
        if not _is_signed(note, keys):
            return Answer(403, b"no trusted key of this log signed the checkpoint\n")
        if asked.old > checkpoint.size:
            return Answer(400, b"the old size is larger than the checkpoint's\n")
        with self._memory.turn(checkpoint.origin):
            return self._extend(asked, checkpoint)

    def checkpoint(self, origin_digest: str) -> Answer:
        """Answer ``GET /<SHA-256 of the origin in hex>/checkpoint``: the last note that was cosigned."""
        for origin in self._logs:
            if sha256(origin.encode()).hexdigest() == origin_digest:
                kept = self._memory.load(origin)
                return Answer(200, kept) if kept is not None else Answer(404, b"nothing cosigned yet\n")
        return Answer(404, b"unknown origin\n")

    def _extend(self, asked: Request, checkpoint: Checkpoint) -> Answer:
        kept = self._memory.load(checkpoint.origin)
        last = parse_checkpoint(parse_note(kept).text) if kept is not None else None
        if asked.old != (last.size if last else 0):
            return Answer(409, b"%d\n" % (last.size if last else 0), SIZE)
        try:
            _check_extension(asked, last, checkpoint)
        except _ContradictionError:
            if kept is not None:
                self._memory.keep_conflict(checkpoint.origin, kept, asked.note)
            return Answer(409, b"another root was cosigned at this size\n")
        except EvidenceError as error:
            if kept is not None:
                self._memory.keep_conflict(checkpoint.origin, kept, asked.note)
            return Answer(422, f"{error}\n".encode())
        note = parse_note(asked.note)
        # Lines of others are not this witness's to keep: only the log's own and its cosignatures are.
        log_keys = {(key.name, key.id) for key in self._logs[checkpoint.origin]}
        lines = [
            f"— {each.name} {encode_base64(each.id + each.value)}\n"
            for each in note.signatures
            if (each.name, each.id) in log_keys
        ]
        own = (note.text + "\n" + "".join(lines)).encode()
        cosigned, now = own, int(self._clock())
        for signer in self._signers:
            cosigned = cosign(cosigned, signer, now)
        self._memory.keep(checkpoint.origin, cosigned)
        return Answer(200, cosigned[len(own) :])


class _ContradictionError(EvidenceError):
    pass


def _check_extension(asked: Request, last: Checkpoint | None, checkpoint: Checkpoint) -> None:
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise EvidenceError("the empty tree has another root")
    if last is None or last.size == 0:
        if asked.proof:
            raise EvidenceError("a proof from size 0 is empty")
        return
    if checkpoint.size == last.size and checkpoint.root != last.root:
        raise _ContradictionError("two roots at one size")
    verify_consistency(last.size, checkpoint.size, last.root, checkpoint.root, asked.proof)


def _is_signed(note: Note, keys: Sequence[Verifier]) -> bool:
    try:
        return bool(note.verify(keys))
    except EvidenceError:
        return False
