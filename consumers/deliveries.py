"""Brings notices to webhooks and mailboxes: each at least once under one identity, with longer and longer waits.

The inbox has every notice by itself; what is here is beside it. What was delivered is recorded in the clock's name.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event
from typing import Any, Protocol

import structlog

from consumers.patience import TROUBLE, Patience
from ledger.days import Day, china_day, instant_text
from ledger.envelope import canonical_submission, make_event
from ledger.notices.letter import Attempt, Letter
from ledger.refusals import Refusal
from ledger.service import Incoming, Ledger

SUBMITTER = "deliveries"
# The waits that Standard Webhooks suggests: 5 s, 5 min, 30 min, then 2 to 24 hours.
WAITS = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
_AT_ONCE = 500
_POLL_SECONDS = 1.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery that was made and is not recorded yet."""

    notice: str
    position: int
    kind: str
    address: str
    at: datetime
    created: Day


class Channel(Protocol):
    """A way to an address."""

    def send(self, letter: Letter, now: datetime) -> Attempt:
        """Bring the letter to its address; never raises for what the other side does."""
        ...


class Lent(Protocol):
    """One letter that no other process has at the same time."""

    @property
    def letter(self) -> Letter:
        """The letter."""
        ...

    def delivered(self, at: datetime) -> None:
        """Note that it arrived."""
        ...

    def failed(self, reason: str, next_attempt: datetime | None) -> None:
        """Note why it did not, and when to try again, ``None`` for never."""
        ...


class DeliveryStore(Protocol):
    """What is to be brought where. Every method raises ``LogUnavailable`` where it is out of reach."""

    def queue(self, now: datetime) -> int:
        """Queue every notice that an address waits for and that is not queued yet; return how many."""
        ...

    def lend(self, now: datetime) -> AbstractContextManager[Lent | None]:
        """Lend the letter whose attempt is due longest, ``None`` for none; what is noted stands at the end."""
        ...

    def unrecorded(self, limit: int) -> Sequence[tuple[str, int, str, str, datetime, Day]]:
        """Return notice, position, kind, address, instant and day of creation of what the ledger does not know yet."""
        ...

    def recorded(self, delivered: Sequence[tuple[str, str, str]]) -> None:
        """Note that these deliveries (notice, kind, address) are recorded."""
        ...

    def close(self) -> None:
        """Let go of the database until the next call."""
        ...


class Deliveries:
    """Queues, sends and records, once a second."""

    def __init__(
        self,
        ledger: Ledger,
        store: DeliveryStore,
        channels: Mapping[str, Channel],
        now: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._store = store
        self._channels = channels
        self._now = now
        self._patience = Patience()

    def run(self, stop: Event) -> None:
        """Deliver until ``stop`` is set; an outage of ours is sat out, one of theirs waits for its next attempt."""
        try:
            while not stop.is_set():
                try:
                    self.step(stop)
                    self._patience.restore()
                    stop.wait(_POLL_SECONDS)
                except TROUBLE as error:
                    log.warning("deliveries.interrupted", error=repr(error))
                    self._patience.wait(stop)
        finally:
            self._store.close()

    def step(self, stop: Event | None = None) -> int:
        """Queue what is new, make every attempt that is due, record what arrived; return how many arrived."""
        self._store.queue(self._now())
        arrived = 0
        while not (stop is not None and stop.is_set()):
            with self._store.lend(self._now()) as lent:
                if lent is None:
                    break
                arrived += self._attempt(lent)
        self._record()
        return arrived

    def _attempt(self, lent: Lent) -> bool:
        letter, now = lent.letter, self._now()
        channel = self._channels.get(letter.kind)
        made = channel.send(letter, now) if channel else Attempt("never", "channel_not_configured")
        if made.outcome == "done":
            lent.delivered(now)
            return True
        wait = WAITS[letter.attempts] if letter.attempts < len(WAITS) and made.outcome == "later" else None
        lent.failed(made.reason, None if wait is None else now + timedelta(seconds=wait))
        log.info("delivery.failed", id=letter.id, kind=letter.kind, reason=made.reason, again=wait)
        return False

    def _record(self) -> None:
        while rows := [Delivered(*row) for row in self._store.unrecorded(_AT_ONCE)]:
            submissions = [canonical_submission(sent(row)) for row in rows]
            for outcome in self._ledger.submit([Incoming(each, SUBMITTER) for each in submissions]):
                if isinstance(outcome, Refusal):
                    log.warning("delivery.refused", id=outcome.id, code=outcome.code)
            self._store.recorded([(row.notice, row.kind, row.address) for row in rows])


def sent(row: Delivered) -> dict[str, Any]:
    """Return the statement that a notice was brought to its recipient."""
    return make_event(
        type_="notice.sent",
        source="clock",
        identity=f"sent-{row.kind}-{row.notice.partition(':')[2]}-{row.position}-{instant_text(row.at)}",
        subject=row.notice,
        time=instant_text(row.at),
        data={"effective": max(row.created, china_day(row.at)), "channel": row.kind},
    )
