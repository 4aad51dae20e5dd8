"""An event log that measures and traces the appends of the log behind it, and changes nothing about them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from time import perf_counter

from infra.metrics import Metrics
from infra.telemetry import span
from ledger.log import Appended, ConcurrentUpdate, Draft, EventLog, Loaded, Row


class ObservedLog:
    """Implements :class:`ledger.log.EventLog` around another one."""

    def __init__(self, log: EventLog, metrics: Metrics) -> None:
        self._log = log
        self._metrics = metrics

    def head(self) -> int:
        """Return the last committed position."""
        return self._log.head()

    def load(self, since: int, streams: Collection[str], identities: Collection[tuple[str, str]]) -> Loaded:
        """Return what decisions on these streams and identities rely on."""
        return self._log.load(since, streams, identities)

    def append(
        self, drafts: Sequence[Draft], expect: Mapping[str, int], head: int, deadline: str | None = None
    ) -> list[Appended]:
        """Record the drafts; count the time, the events and the races."""
        start = perf_counter()
        with span("ledger.append", events=len(drafts)):
            try:
                appended = self._log.append(drafts, expect, head, deadline)
            except ConcurrentUpdate:
                self._metrics.conflicts.inc()
                raise
        self._metrics.append_seconds.observe(perf_counter() - start)
        self._metrics.append_events.inc(len(appended))
        self._metrics.position.set(appended[-1].position)
        return appended

    def read(self, after: int, limit: int) -> Sequence[Row]:
        """Return up to ``limit`` rows after a position."""
        return self._log.read(after, limit)

    def streams(self, prefix: str, after: str, limit: int) -> Sequence[str]:
        """Return up to ``limit`` streams whose identifier begins so, in its order."""
        return self._log.streams(prefix, after, limit)

    def keep_equivocation(self, source: str, identity: str, event: bytes, first: int, signatures: bytes) -> None:
        """Keep other bytes that came under a recorded identity."""
        self._log.keep_equivocation(source, identity, event, first, signatures)

    def follow(self, after: int, *, wait_seconds: float) -> Iterator[Sequence[Row]]:
        """Yield batches for ever."""
        return self._log.follow(after, wait_seconds=wait_seconds)
