"""Keeps the status map up to date with the log and has its roots recorded, so that they stand in the Merkle tree.

Killed between any two steps, the next start finds the map at some size and the last recorded root: it finishes what
was recorded, or records the root it has. A recorded root that the entries do not make stops it: a person must look.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

import structlog

from consumers.patience import TROUBLE, Patience
from consumers.ports import Leadership, MapStore, Observer, Unobserved
from ledger.days import china_day, instant_text
from ledger.envelope import Submission, canonical_submission, make_event
from ledger.evidence.maprules import CLOCK, FORMAT, MAP_ROOT, LoggedRoot, apply, change_of, root_stream
from ledger.evidence.maptiles import TiledMap
from ledger.evidence.strict import EvidenceError, encode_base64
from ledger.outcomes import Outcome, Receipt
from ledger.service import Incoming

STEP = 4_096
"""The most entries that one transaction adds: it bounds time and memory."""
_IDLE_SECONDS = 0.5
_GAP_SECONDS = 0.5

log = structlog.get_logger(__name__)


class MapRefused(EvidenceError):  # noqa: N818 - says what happens
    """A recorded root is not the one that the entries make: somebody recorded, or changed, what is not so."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a root is due: so many seconds after the last one while the log grows, and while it does not."""

    growing_seconds: float = 60.0
    idle_seconds: float = 3_600.0


class StatusMap:
    """Follows the log and records roots while it leads."""

    name = "status-map"

    def __init__(
        self,
        *,
        store: MapStore,
        leadership: Leadership,
        submit: Callable[[Sequence[Incoming]], Sequence[Outcome]],
        rhythm: Rhythm | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        observer: Observer | None = None,
    ) -> None:
        self._store = store
        self._leadership = leadership
        self._submit = submit
        self._rhythm = rhythm or Rhythm()
        self._clock = clock
        self._observer = observer or Unobserved()
        self._patience = Patience()

    def run(self, stop: Event) -> None:
        """Follow until ``stop`` is set; outages are sat out, :class:`MapRefused` ends it."""
        try:
            while not stop.is_set():
                try:
                    if not self._leadership.acquire(blocking=False):
                        stop.wait(_IDLE_SECONDS)
                        continue
                    self._lead(stop)
                except TROUBLE as error:
                    self._observer.trouble(self.name, error)
                    log.warning("status_map.interrupted", error=repr(error))
                    self._leadership.release()
                    self._patience.wait(stop)
        except EvidenceError as error:
            log.error("status_map.refused", error=str(error))  # noqa: TRY400 - the message says it all
            raise
        finally:
            self._leadership.release()
            self._store.close()

    def _lead(self, stop: Event) -> None:
        asked = False
        while not stop.is_set() and self._leadership.held():
            last, recorded = self._store.last_root()
            logged = self._store.logged_after(last)
            if logged is not None:
                self._catch_up(last, *logged)
                continue
            head, _ = self._store.head()
            size, _ = self._store.state()
            if head > last and self._is_due(head - last, recorded, asked=asked):
                self._record(last, self._advanced(size, head, stop))
                asked = False
            elif head - size >= STEP:
                self._advance(size, size + STEP)
            else:
                self._patience.restore()
                asked = self._store.wait(_IDLE_SECONDS) or asked
            self._report(head)

    def _is_due(self, uncovered: int, recorded: datetime | None, *, asked: bool) -> bool:
        if recorded is None:
            return True
        age = (self._clock() - recorded).total_seconds()
        # One entry that the last root does not cover is the one that records it.
        if uncovered > 1:
            return age >= (_GAP_SECONDS if asked else self._rhythm.growing_seconds)
        return age >= self._rhythm.idle_seconds

    def _catch_up(self, last: int, logged: LoggedRoot, position: int, recorded: datetime) -> None:
        """Bring the map to the next recorded root, and compare."""
        size, root = self._store.state()
        if size > logged.size:
            # Another process recorded a root for less than this map covers: begin again after the last one.
            self._store.undo(last, self._store.root_at(last))
            size, root = self._store.state()
        while size < logged.size:
            root = self._advance(size, min(size + STEP, logged.size))
            size, _ = self._store.state()
        if root != logged.root:
            raise MapRefused(
                f"状态图根与条目不符 / the root recorded at position {position} is not what the entries make: "
                f"size {logged.size}, recorded {encode_base64(logged.root)}, made {encode_base64(root or b'')}"
            )
        self._store.locate(logged, position, recorded)

    def _advanced(self, size: int, head: int, stop: Event) -> int:
        """Bring the map to the end of the log; return how many entries it covers then."""
        while size < head and not stop.is_set():
            through = min(size + STEP, head)
            self._advance(size, through)
            size = through
        return size

    def _advance(self, size: int, through: int) -> bytes:
        """Move the map on in one transaction; return its root."""
        with self._store.step(size) as step:
            tiles = TiledMap(step.tiles)
            changes = [
                change
                for entry in step.entries(size, through)
                if (change := change_of(entry, step.is_refusal)) is not None
            ]
            apply(tiles, changes)
            changed = tiles.changed()
            root = tiles.root()
            step.put(through, root, changed)
        return root

    def _record(self, last: int, size: int) -> None:
        """Have the clock record the map's root; saying it again after a crash gives the first receipt."""
        stored, root = self._store.state()
        if stored != size or root is None or size <= last or not self._leadership.held():
            return
        submission = root_submission(last, size, root, self._store.recorded(size))
        outcome = self._submit([Incoming(submission, CLOCK)])[0]
        if isinstance(outcome, Receipt) or outcome.code == "map_root_already_recorded":
            # What was recorded is read back from the log and compared before it counts.
            return
        raise MapRefused(f"状态图根未获登记 / the root was refused: {outcome.code}, size {size}")

    def _report(self, head: int) -> None:
        size, _ = self._store.state()
        _, recorded = self._store.last_root()
        age = (self._clock() - recorded).total_seconds() if recorded is not None else 0.0
        self._observer.progress(self.name, size, age if head > size else 0.0)


def root_submission(previous: int, size: int, root: bytes, through: datetime) -> Submission:
    """Return the clock's statement of a root; every attempt at one size makes the same bytes."""
    instant = instant_text(through)
    said = canonical_submission(
        make_event(
            type_=MAP_ROOT,
            source=CLOCK,
            identity=f"map-root:{size}",
            subject=root_stream(previous),
            time=instant,
            data={
                "effective": china_day(through),
                "format": FORMAT,
                "previous": previous,
                "root": encode_base64(root),
                "size": size,
            },
        )
    )
    if not isinstance(said, Submission):
        raise MapRefused(said.code)
    return said
