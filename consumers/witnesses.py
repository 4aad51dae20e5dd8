"""Brings each new checkpoint to a witness with the proof that it extends the one the witness saw last.

While the log is idle the newest one is brought again and again: the time of a cosignature tells how old a view may be.

Nothing here is trusted: a cosignature is kept only once it verifies under the witness's key of the policy, and a
witness that contradicts us is reported and never argued with.
"""

import time
from collections.abc import Callable
from threading import Event
from typing import Protocol

import structlog

from consumers.patience import TROUBLE, Patience
from consumers.ports import Observer, Unobserved
from ledger.evidence.growth import StoredCheckpoint
from ledger.evidence.merkle import prove_consistency
from ledger.evidence.notes import Verifier, parse_note
from ledger.evidence.strict import EvidenceError, decode_decimal, encode_base64
from ledger.evidence.tiles import Tile, TileHashes
from ledger.evidence.witness import SIZE, Request
from ledger.log import LogUnavailable

ATTEMPTS = 4
RENEWAL_SECONDS = 600.0
"""After so long the same checkpoint is cosigned again: six rows an hour and witness, while the log is idle."""
_IDLE_SECONDS = 0.5
_REFUSED_SECONDS = 30.0

log = structlog.get_logger(__name__)
Post = Callable[[bytes], tuple[int, str, bytes]]
"""Sends the body of ``add-checkpoint``; returns status, media type and body. Raises ``LogUnavailable``."""


class CosignatureStore(Protocol):
    """The notary's tables as far as cosigning needs them; every method raises ``LogUnavailable``."""

    def newest(self) -> StoredCheckpoint | None:
        """Return the checkpoint with the most leaves."""
        ...

    def tile(self, tile: Tile) -> bytes:
        """Return the whole row of a tile."""
        ...

    def keep_cosignature(self, size: int, name: str, key_id: bytes, line: str) -> None:
        """Keep a signature line under the checkpoint of a size; keeping the same line again changes nothing."""
        ...

    def wait(self, seconds: float) -> None:
        """Return when something was recorded, or after so many seconds."""
        ...


class WitnessRefused(LogUnavailable):
    """The witness will not cosign this checkpoint; ``contradicts``: because it cosigned another history."""

    def __init__(self, reason: str, *, contradicts: bool = False) -> None:
        super().__init__(reason)
        self.contradicts = contradicts


class Cosigner:
    """Keeps one witness up to date; each has its own, so that a slow one holds up nobody."""

    def __init__(
        self,
        witness: Verifier,
        post: Post,
        store: CosignatureStore,
        *,
        renewal_seconds: float = RENEWAL_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        observer: Observer | None = None,
    ) -> None:
        self.name = f"witness:{witness.name}"
        self._witness = witness
        self._post = post
        self._store = store
        self._observer = observer or Unobserved()
        # What the witness saw last, as far as is known; it says so itself where that is wrong.
        self._seen = 0
        self._done: int | None = None
        self._renewal = renewal_seconds
        self._clock = clock
        self._done_at = 0.0

    def run(self, stop: Event) -> None:
        """Offer checkpoints until ``stop`` is set; outages are sat out, a refusal is told and tried again later."""
        patience = Patience()
        while not stop.is_set():
            try:
                if not self.step():
                    self._store.wait(_IDLE_SECONDS)
                patience.restore()
            except WitnessRefused as refusal:
                self._observer.trouble(self.name, refusal)
                say = log.error if refusal.contradicts else log.warning
                say("witness.refused", witness=self._witness.name, reason=str(refusal))
                stop.wait(_REFUSED_SECONDS)
            except (*TROUBLE, EvidenceError) as error:
                self._observer.trouble(self.name, error)
                log.warning("witness.interrupted", witness=self._witness.name, error=repr(error))
                patience.wait(stop)

    def step(self) -> bool:
        """Offer the newest checkpoint if the witness has not cosigned it, or not lately; True if it did now."""
        newest, now = self._store.newest(), self._clock()
        if newest is None or (newest.size == self._done and now - self._done_at < self._renewal):
            return False
        self._store.keep_cosignature(newest.size, self._witness.name, self._witness.id, self._cosigned(newest))
        self._seen = self._done = newest.size
        self._done_at = now
        self._observer.progress(self.name, newest.size, 0.0)
        return True

    def _cosigned(self, checkpoint: StoredCheckpoint) -> str:
        """Return the witness's signature line. Raises :class:`WitnessRefused`."""
        for _ in range(ATTEMPTS):
            if self._seen > checkpoint.size:
                newest = self._store.newest()
                if newest is not None and newest.size >= self._seen:
                    raise LogUnavailable("a newer checkpoint was cosigned meanwhile")
                raise WitnessRefused(
                    f"it cosigned {self._seen} entries, we have {checkpoint.size}: the log was set back",
                    contradicts=True,
                )
            status, media_type, body = self._post(
                Request(self._seen, self._proof(checkpoint), checkpoint.note).to_bytes()
            )
            if status == 200:
                return self._line(checkpoint, body)
            if status != 409 or media_type != SIZE:
                said = body[:200].decode("utf-8", "replace").strip()
                raise WitnessRefused(f"HTTP {status}: {said}", contradicts=status in {409, 422})
            size = decode_decimal(body.decode("ascii", "replace").removesuffix("\n"))
            if size == self._seen:
                raise WitnessRefused(f"it saw {size} entries and says that it did not", contradicts=True)
            self._seen = size
        raise WitnessRefused("it moved on at every attempt; somebody else brings it checkpoints")

    def _proof(self, checkpoint: StoredCheckpoint) -> tuple[bytes, ...]:
        if self._seen in {0, checkpoint.size}:
            return ()
        read = TileHashes(checkpoint.size, self._store.tile)
        return tuple(prove_consistency(self._seen, checkpoint.size, read))

    def _line(self, checkpoint: StoredCheckpoint, body: bytes) -> str:
        note = parse_note(checkpoint.note + body)
        if note.text != parse_note(checkpoint.note).text or self._witness not in note.verify([self._witness]):
            raise WitnessRefused("its answer is not signed with its key of the policy")
        for each in reversed(note.signatures):
            if (each.name, each.id) == (self._witness.name, self._witness.id):
                return f"— {each.name} {encode_base64(each.id + each.value)}\n"
        raise WitnessRefused("its answer holds no signature")
