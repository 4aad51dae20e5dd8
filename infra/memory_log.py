"""The event log in memory, for unit tests and benchmarks of the core alone: nothing survives the process."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from threading import Condition

from eventsourcing.persistence import StoredEvent
from eventsourcing.popo import POPOApplicationRecorder, POPOFactory

from infra.stamps import stamps
from ledger.days import instant_text, parse_instant
from ledger.envelope import seal
from ledger.log import Appended, ConcurrentUpdate, Draft, Known, Loaded, Row


class MemoryRecorder(POPOApplicationRecorder):
    """The library's plain-object recorder with the ledger's guards, identities and positions."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self._by_stream: dict[str, list[Row]] = {}
        self._known: dict[tuple[str, str], Known] = {}
        self._grown = Condition()
        self.equivocations: dict[tuple[str, str, bytes, bytes], tuple[bytes, int, bytes]] = {}

    def head(self) -> int:
        """Return the last position, 0 for an empty log."""
        return len(self._rows)

    def load(self, since: int, streams: Collection[str], identities: Collection[tuple[str, str]]) -> Loaded:
        """Return what decisions on these streams and identities rely on."""
        with self._grown:
            return Loaded(
                len(self._rows),
                datetime.now(UTC),
                frozenset(row.stream for row in self._rows[since:]),
                {stream: tuple(self._by_stream[stream]) for stream in streams if stream in self._by_stream},
                {identity: self._known[identity] for identity in identities if identity in self._known},
            )

    def append(
        self, drafts: Sequence[Draft], expect: Mapping[str, int], head: int, deadline: str | None = None
    ) -> list[Appended]:
        """Record the drafts, or raise :class:`ConcurrentUpdate` and record nothing."""
        with self._grown:
            if head != len(self._rows):
                moved = any(len(self._by_stream.get(s, ())) != version for s, version in expect.items())
                if moved or any((d.source, d.id) in self._known for d in drafts):
                    raise ConcurrentUpdate
            last = self._rows[-1].recorded if self._rows else None
            given = [instant_text(instant) for _, instant in zip(drafts, stamps(last), strict=False)]
            if deadline is not None and given and given[-1] >= deadline:
                raise ConcurrentUpdate
            appended = []
            for draft, recorded in zip(drafts, given, strict=True):
                raw = seal(draft.event, draft.record, recorded, draft.signatures)
                row = Row(
                    len(self._rows) + 1,
                    draft.stream,
                    draft.version,
                    draft.type,
                    raw,
                    parse_instant(recorded),
                    draft.traceparent,
                    draft.received,
                    draft.access,
                )
                self._rows.append(row)
                self._by_stream.setdefault(draft.stream, []).append(row)
                self._known[(draft.source, draft.id)] = Known(row, draft.digest)
                super().insert_events([StoredEvent(draft.stream, draft.version, draft.type, raw)])
                appended.append(Appended(row.position, recorded))
            self._grown.notify_all()
            return appended

    def read(self, after: int, limit: int) -> Sequence[Row]:
        """Return up to ``limit`` rows after a position, in order."""
        return tuple(self._rows[after : after + limit])

    def streams(self, prefix: str, after: str, limit: int) -> Sequence[str]:
        """Return up to ``limit`` streams whose identifier begins so, in its order, from after one of them on."""
        return sorted(each for each in self._by_stream if each.startswith(prefix) and each > after)[:limit]

    def keep_equivocation(self, source: str, identity: str, event: bytes, first: int, signatures: bytes) -> None:
        """Keep other bytes that came under a recorded identity."""
        key = (source, identity, sha256(event).digest(), signatures)
        self.equivocations.setdefault(key, (event, first, signatures))

    def follow(self, after: int, *, wait_seconds: float) -> Iterator[Sequence[Row]]:
        """Yield batches for ever; an empty one when nothing came in time."""
        while True:
            with self._grown:
                self._grown.wait_for(lambda seen=after: len(self._rows) > seen, wait_seconds)  # type: ignore[misc]  # bound now
            rows = self.read(after, 2_000)
            if rows:
                after = rows[-1].position
            yield rows


class MemoryFactory(POPOFactory):
    """The library's factory with the recorder in memory."""

    def application_recorder(self) -> MemoryRecorder:
        """Return a new, empty recorder."""
        return MemoryRecorder()
