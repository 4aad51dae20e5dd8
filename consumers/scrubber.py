"""The scrubber computes the whole store anew, for ever, at a bounded rate; on drift nothing more is signed.

A fault counts once a second reading has shown it too; the alarm is kept inside and outside the database, so that
neither a restart nor a restored dump goes on as if nothing had been found.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from threading import Event
from typing import Any, Protocol

import structlog

from consumers.notary import LogIdentity
from consumers.patience import TROUBLE, Patience
from consumers.ports import Leadership, SignedMemory
from ledger.evidence.growth import SigningRefused
from ledger.evidence.guard import signed_by
from ledger.evidence.links import check_kept_link
from ledger.evidence.report import Finding
from ledger.evidence.scrub import scrub_block, scrub_checkpoints, scrub_edge
from ledger.evidence.store import TreeReader
from ledger.evidence.tiles import WIDTH

_REST_SECONDS = 10.0
_STANDBY_SECONDS = 2.0

log = structlog.get_logger(__name__)


class ScrubStore(Protocol):
    """What the scrubber reads, and where it notes how far it is."""

    def snapshot(self) -> AbstractContextManager[TreeReader]:
        """Lend what is stored at this moment."""
        ...

    def scrubbed(self) -> tuple[int, int, Any]:
        """Return how far the scrubber is, and how often it came to the end."""
        ...

    def note_scrubbed(self, through: int | None) -> None:
        """Note how far the scrubber is; None: it came to the end and begins again."""
        ...

    def raise_alarm(self, findings: Sequence[dict[str, Any]]) -> None:
        """Keep findings until somebody clears them."""
        ...

    def close(self) -> None:
        """Let go of the database until the next call."""
        ...


class Scrubber:
    """Walks block by block; one process of a deployment does so."""

    def __init__(
        self,
        *,
        store: ScrubStore,
        memory: SignedMemory,
        leadership: Leadership,
        identity: LogIdentity,
        events_per_second: int,
    ) -> None:
        self._store = store
        self._memory = memory
        self._leadership = leadership
        self._identity = identity
        self._rate = events_per_second
        self._patience = Patience()

    def run(self, stop: Event) -> None:
        """Scrub until ``stop`` is set or a fault was found, which raises :class:`SigningRefused`."""
        try:
            while not stop.is_set():
                try:
                    if not self._leadership.acquire(blocking=False):
                        stop.wait(_STANDBY_SECONDS)
                        continue
                    events = self.step()
                    self._patience.restore()
                    stop.wait(events / self._rate if events else _REST_SECONDS)
                except TROUBLE as error:
                    log.warning("scrubber.interrupted", error=repr(error))
                    self._leadership.release()
                    self._patience.wait(stop)
        finally:
            self._leadership.release()
            self._store.close()

    def step(self) -> int:
        """Check the next block and return how many events it holds, 0 at the end of a round."""
        through, _, _ = self._store.scrubbed()
        findings, events = self._check(through)
        if findings:
            findings, events = self._check(through)
            if findings:
                raise self._alarm(findings)
            log.warning("scrubber.first_reading_was_wrong", after=through)
        if events:
            self._store.note_scrubbed(through + events)
        elif through:
            self._store.note_scrubbed(None)
        return events

    def _check(self, through: int) -> tuple[list[Finding], int]:
        # Read before the snapshot: what it stands for was in the database by then.
        link = self._memory.load_link()
        with self._store.snapshot() as stored:
            newest = stored.newest()
            if newest is None or through >= newest.size:
                return [], 0
            try:
                tree = signed_by(self._identity.origin, self._identity.keys, newest)
                check_kept_link(link, stored.numbered)
            except SigningRefused as refusal:
                return refusal.report.findings, 0
            index, end = through // WIDTH, min((through // WIDTH + 1) * WIDTH, tree.size)
            edge = scrub_edge(tree, stored.tile)
            rows = [row for page in stored.rows(index * WIDTH, end) for row in page]
            findings = [*edge, *scrub_block(index, tree, rows, stored.tile, vouched=not edge)]
            identity = self._identity
            findings += scrub_checkpoints(stored, index * WIDTH, end, identity.origin, identity.keys)
            return findings, end - through

    def _alarm(self, findings: Sequence[Finding]) -> SigningRefused:
        plain = [each.as_json() for each in findings]
        log.error("scrubber.drift", findings=plain[:20], count=len(plain))
        self._memory.raise_alarm(plain[:1_000])
        with suppress(*TROUBLE):
            self._store.raise_alarm(plain[:1_000])
        return SigningRefused(*findings)
