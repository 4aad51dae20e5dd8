"""The notary grows the Merkle tree after the log, one leader at a time, and signs a root only when two paths found it.

Order of one step: tiles, a second reading of all that went into them, the signature, the note on the notary's own
disk, the checkpoint in the database, commit, the checkpoint's link on that disk. Killed anywhere in between, the next
start finds either nothing of the step or the signed note ahead of the database, and finishes it without signing another
one of that size.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event
from typing import Any

import structlog

from consumers.patience import TROUBLE, Patience
from consumers.ports import Growth, Leadership, NotaryStore, Observer, SignedMemory, Unobserved
from ledger.evidence.growth import SigningRefused, contrast, recheck, refuse
from ledger.evidence.guard import LAST_SIGNED, Resumption, resume
from ledger.evidence.links import LinkedCheckpoint, check_kept_link, link_of
from ledger.evidence.merkle import EMPTY_ROOT, leaf_hash
from ledger.evidence.notes import Checkpoint, LogSigner, Verifier, sign_checkpoint
from ledger.evidence.strict import EvidenceError
from ledger.evidence.tiles import Tile, TileBuilder
from ledger.log import LogUnavailable

STEP = 8_192
"""The most events that one checkpoint adds, so that a transaction stays short also after a long outage."""
_IDLE_SECONDS = 0.5
_STANDBY_SECONDS = 0.5
_PUT_AT_ONCE = 64
# Said of the deployment (another key, another folder) or said already: no new reason for an alarm of its own.
_WITHOUT_ALARM = frozenset(
    {"SIGNING_STOPPED", "LAST_SIGNED_MISSING", "LAST_SIGNED_UNREADABLE", "WRONG_ORIGIN", "CHECKPOINT_SIGNATURE_INVALID"}
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """Whose log it is: its name, what signs its checkpoints, and the keys that verify them."""

    origin: str
    signers: Sequence[LogSigner]
    keys: Sequence[Verifier]


class Notary:
    """Follows the log and signs checkpoints while it leads; otherwise it checks what the leader signs."""

    name = "notary"

    def __init__(
        self,
        *,
        store: NotaryStore,
        memory: SignedMemory,
        leadership: Leadership,
        identity: LogIdentity,
        interval_seconds: float = 0.5,
        observer: Observer | None = None,
    ) -> None:
        self._store = store
        self._memory = memory
        self._leadership = leadership
        self._identity = identity
        self._interval = interval_seconds
        self._observer = observer or Unobserved()
        self._patience = Patience()
        self._signed = Checkpoint(identity.origin, 0, EMPTY_ROOT)
        self._filled: list[tuple[Tile, bytes]] = []
        self._tree = TileBuilder()

    def run(self, stop: Event) -> None:
        """Sign until ``stop`` is set; outages are sat out, :class:`SigningRefused` ends it after an alarm was kept."""
        try:
            while not stop.is_set():
                try:
                    if not self._memory.acquire():
                        stop.wait(_STANDBY_SECONDS)
                    elif self._leadership.acquire(blocking=False):
                        self._lead(stop)
                    else:
                        self._watch()
                        stop.wait(_STANDBY_SECONDS)
                except TROUBLE as error:
                    self._observer.trouble(self.name, error)
                    log.warning("notary.interrupted", error=repr(error))
                    self._leadership.release()
                    self._patience.wait(stop)
        except SigningRefused as refusal:
            self._keep_alarm(refusal)
            raise
        finally:
            self._leadership.release()
            self._memory.release()
            self._store.close()

    def contradiction(self) -> SigningRefused | None:
        """Return why what is stored may not be extended, alarms aside, or None."""
        try:
            resumption, _ = self._resumption()
            ahead = resumption.ahead
            if ahead is not None:
                tree = self._stored_tree(resumption.stored)
                for page in self._store.entries(tree.size, ahead.size):
                    tree.extend(b"".join(map(leaf_hash, page)))
                if (tree.size, tree.root()) != (ahead.size, ahead.root):
                    return refuse("INCONSISTENT", path=LAST_SIGNED, detail=contrast(tree.root(), ahead))
            self._check_link()
        except SigningRefused as refusal:
            return refusal
        return None

    def _lead(self, stop: Event) -> None:
        self._begin()
        log.info("notary.leads", origin=self._identity.origin, size=self._signed.size)
        while not stop.is_set():
            began = time.monotonic()
            head = self._store.head()
            if head < self._signed.size:
                raise refuse("TRUNCATED", head, self._signed.size - 1, detail=f"stored size {head}")
            if head == self._signed.size:
                self._report(0.0)
                self._store.wait(_IDLE_SECONDS)
                continue
            self._grow(min(head, self._signed.size + STEP))
            self._report(time.monotonic() - began)
            if self._signed.size == head:
                stop.wait(max(0.0, self._interval - (time.monotonic() - began)))

    def _begin(self) -> None:
        self._refuse_if_stopped([*self._memory.alarms(), *self._store.alarms()])
        resumption, _ = self._resumption()
        self._signed = resumption.stored
        self._tree = self._stored_tree(resumption.stored)
        if resumption.ahead is not None:
            self._grow(resumption.ahead.size, resumption.ahead)
        else:
            self._check_link()

    def _resumption(self) -> tuple[Resumption, LinkedCheckpoint | None]:
        """Return where signing goes on, and the newest stored checkpoint that this rests on."""
        identity = self._identity
        # The log's end is read last: what a checkpoint covers was recorded before it.
        newest, kept = self._store.newest(), self._memory.load()
        resumption = resume(identity.origin, identity.keys, kept, newest, self._store.head(), self._store.tile)
        return resumption, newest

    def _check_link(self) -> None:
        """Raise where a checkpoint was taken out of the database; last, since other findings tell more."""
        check_kept_link(self._memory.load_link(), self._store.numbered)

    def _stored_tree(self, stored: Checkpoint) -> TileBuilder:
        self._filled = []
        try:
            tree = TileBuilder.resume(
                stored.size, self._store.tile, lambda tile, data, _root: self._filled.append((tile, data))
            )
        except SigningRefused:
            raise
        except EvidenceError as error:
            raise refuse("TILE_MISMATCH", detail=str(error)) from error
        if tree.root() != stored.root:
            raise refuse("TILE_MISMATCH", detail=contrast(tree.root(), stored))
        return tree

    def _grow(self, size: int, signed: Checkpoint | None = None) -> None:
        """Sign the tree of ``size`` leaves, or find it signed already, and publish the checkpoint with its tiles."""
        before, origin = self._signed, self._identity.origin
        if not self._leadership.held():
            raise LogUnavailable("another process may lead by now")
        with self._store.growing(before.size) as growth:
            self._extend(growth, before.size, size)
            after = Checkpoint(origin, size, self._tree.root())
            if signed is not None and after.root != signed.root:
                raise refuse("INCONSISTENT", path=LAST_SIGNED, detail=contrast(after.root, signed))
            if signed is not None:
                # Before this step's own link takes the place of the one that tells of what was there.
                self._check_link()
            recheck(before, after, growth.entries(before.size, size), growth.tile)
            # Asked last, since the scrubber may have found something meanwhile.
            self._refuse_if_stopped(self._memory.alarms())
            note = self._memory.load() if signed is not None else None
            if note is None:
                note = sign_checkpoint(after, *self._identity.signers)
                self._memory.keep(note)
            published = growth.publish(after.size, after.root, note)
        # Only now is it in the database for certain; a link that lags is checked as well as the newest one.
        self._memory.keep_link(link_of(published).to_bytes())
        self._signed = after
        self._patience.restore()

    @staticmethod
    def _refuse_if_stopped(findings: Sequence[dict[str, Any]]) -> None:
        if findings:
            raise refuse("SIGNING_STOPPED", detail=str(findings[0].get("code")))

    def _extend(self, growth: Growth, begin: int, end: int) -> None:
        for page in growth.entries(begin, end):
            self._tree.extend(b"".join(map(leaf_hash, page)))
            if len(self._filled) >= _PUT_AT_ONCE:
                growth.put(self._taken())
        if self._tree.size != end:
            raise refuse("TRUNCATED", self._tree.size, end - 1, detail="a position of the log is not there")
        grown = (
            (tile, data)
            for tile, data in self._tree.unfinished()
            if begin >> (8 * tile.level) != end >> (8 * tile.level)
        )
        growth.put([*self._taken(), *grown])

    def _taken(self) -> list[tuple[Tile, bytes]]:
        taken = list(self._filled)
        # Emptied in place: the tree hands its full tiles to this very list.
        self._filled.clear()
        return taken

    def _watch(self) -> None:
        """Check what the leader signed, and remember it: a stand-by that takes over continues exactly there."""
        if self._memory.load() is None:
            return
        resumption, newest = self._resumption()
        self._check_link()
        if resumption.ahead is None and newest is not None and newest.note != self._memory.load():
            self._memory.keep(newest.note)
            self._memory.keep_link(link_of(newest).to_bytes())

    def _report(self, lag_seconds: float) -> None:
        self._observer.progress(self.name, self._signed.size, lag_seconds)

    def _keep_alarm(self, refusal: SigningRefused) -> None:
        findings = [each.as_json() for each in refusal.report.findings]
        log.error("notary.signing_refused", findings=findings)
        if any(each["code"] not in _WITHOUT_ALARM for each in findings):
            self._memory.raise_alarm(findings)
            with suppress(*TROUBLE):
                self._store.raise_alarm(findings)
