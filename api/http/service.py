"""What the operations share, put together once: the ledger and its appender, the pool of readers, tokens, clock."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil
from typing import Protocol

from fastapi import Request

from api.http.anchoring import Anchoring
from api.http.appender import Appender
from api.http.finishing import finish_erasures
from api.http.freshness import Freshness
from api.http.group_read import GroupRead
from api.http.limits.places import Places
from api.http.limits.rates import Rate, told
from api.http.problems import problem
from api.http.statuses import Statuses
from api.http.submissions import outcome_word
from api.http.tail import Tail
from api.http.tokens import Tokens
from api.identity.verifier import TokenVerifier
from infra.limits import Limits
from infra.log_reading import rows_after
from infra.metrics import Metrics
from infra.observed_log import ObservedLog
from infra.readers import Connection, Readers
from infra.telemetry import span
from infra.vault.store import Vault
from infra.vault.tip_offs import TipOffs
from ledger.access.visibility import class_of, is_open
from ledger.envelope import Submission
from ledger.log import LogUnavailable, Row
from ledger.outcomes import Outcome
from ledger.pipeline import Pipeline
from ledger.principals import PUBLIC, Principal
from ledger.service import Incoming, Ledger
from projections.registry import VIEWS, require_rules


@dataclass(frozen=True, slots=True)
class Published:
    """When an event went to Kafka, as far as the relay noted it; ``at`` is ``None`` where only the fact is known."""

    at: datetime | None


class Relay(Protocol):
    """The port by which the interface learns what was published to Kafka."""

    async def published(self, connection: Connection, position: int) -> Published | None:
        """Return when the event at a position was published, ``None`` where it has not been yet."""
        ...

    async def lag(self, connection: Connection) -> int | None:
        """Return how many events wait to be published, ``None`` where no relay ever ran."""
        ...


class NoRelay:
    """Stands in where nothing is published to Kafka from this deployment."""

    async def published(self, _connection: Connection, _position: int) -> Published | None:
        """Return nothing: no event was published."""
        return None

    async def lag(self, _connection: Connection) -> int | None:
        """Return nothing: there is no relay."""
        return None


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the HTTP interface is built from; everything else it makes by itself.

    ``tokens`` are the development tokens, ``verifier`` believes those of an OpenID provider; ``proxies`` are the
    addresses of proxies whose word on the client's certificate is taken.
    ``vault`` keeps what personal fields say; without one they are not taken.
    ``tip_offs`` keeps what the public tells of, outside the log; without it nothing of that is taken.
    ``region`` is that of a region's own database, ``None`` for the nation's.
    ``pending_migrations`` names what is not applied yet. ``wait_seconds`` bounds a wait for ``Min-Position``,
    ``answer_seconds`` one for a commit: after it the caller is told to submit the same again, which is always safe.
    """

    ledger: Ledger
    database_url: str
    tokens: Tokens
    verifier: TokenVerifier | None = None
    proxies: frozenset[str] = frozenset()
    clock: Callable[[], datetime] = _now
    vault: Vault | None = None
    tip_offs: TipOffs | None = None
    region: str | None = None
    relay: Relay = field(default_factory=NoRelay)
    pending_migrations: Callable[[], Sequence[str]] = list
    metrics: Metrics = field(default_factory=Metrics)
    wait_seconds: float = 2.0
    answer_seconds: float = 15.0
    stream_clients: int = 64
    keep_alive_seconds: float = 15.0
    pool_size: int = 8
    limits: Limits = field(default_factory=Limits)


class Service:
    """The running interface: what :class:`Ports` were given, and the appender, tail and pool made from them."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.metrics = ports.metrics
        self.ledger = ports.ledger
        self.log = ObservedLog(ports.ledger.event_log, ports.metrics)
        self.ledger.event_log = self.log
        self.clock = ports.clock
        self.appender = Appender(_Traced(ports.ledger), observe=self._count)
        self.tail = Tail(self.log, self._seen_by_all)
        self.views = {view: Freshness(view, self, self.log) for view in VIEWS}
        self.statuses = GroupRead(Statuses(self.reader, ports.clock).read)
        self.limits = ports.limits
        self.streams = Places(ports.stream_clients, self.limits.streams_per_address)
        self._events = Rate(
            "party", self.limits.share(self.limits.party_events_per_second), self.limits.share(self.limits.party_burst)
        )
        # Whole units as short a time apart as a server's share allows; a rate this low is never rounded up.
        self.tip_offs = Rate(
            "tip-offs",
            self.limits.tip_offs_per_hour / 3_600 / self.limits.servers,
            self.limits.share(self.limits.tip_off_burst),
        )
        self._readers = Readers(ports.database_url, size=ports.pool_size, clock=ports.clock, limits=self.limits)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Open the pool and the appender; at the end answer everybody, then close."""
        require_rules(VIEWS)
        await self._readers.open()
        anchoring = asyncio.create_task(Anchoring(self.reader, self.submit).run())
        self.appender.start()
        vault = self.ports.vault
        finishing = None if vault is None else asyncio.create_task(finish_erasures(vault, self.submit))
        try:
            yield
        finally:
            anchoring.cancel()
            if finishing is not None:
                finishing.cancel()
            await asyncio.to_thread(self.appender.close)
            await self.tail.stop()
            await self._readers.close()

    def reader(self, principal: Principal = PUBLIC) -> AbstractAsyncContextManager[Connection]:
        """Lend a connection for reading what the principal may: the one way to a connection.

        The public's is in autocommit, so that one statement sees one snapshot; anybody else's is in a transaction.
        """
        return self._readers.of(principal)

    async def _seen_by_all(self, after: int, limit: int) -> Sequence[Row]:
        async with self.reader() as connection:
            return await rows_after(connection, after, limit, public=True)

    def charge(self, party: str, events: int) -> None:
        """Take events from a party's quota, or end the request with 429 before any of them is judged."""
        wait = self._events.take(party, events)
        if wait:
            seconds = str(ceil(wait))
            self.metrics.limited.labels("events_too_fast").inc()
            fields = {"Retry-After": seconds, **told(self._events, party)}
            raise problem("events_too_fast", headers=fields, party=party, seconds=seconds)

    async def submit(self, incoming: Sequence[Incoming], *, atomic: bool = False) -> list[Outcome]:
        """Return one outcome for each submission as soon as all are recorded or refused."""
        answer = asyncio.wrap_future(self.appender.put(incoming, atomic=atomic))
        try:
            return await asyncio.wait_for(answer, self.ports.answer_seconds)
        except TimeoutError as error:
            raise LogUnavailable("no answer in time; whether it was recorded is not known") from error

    def _count(self, incoming: Sequence[Incoming], outcomes: Sequence[Outcome]) -> None:
        for each, outcome in zip(incoming, outcomes, strict=True):
            name = each.submission.type.name if isinstance(each.submission, Submission) else "malformed"
            if name != "malformed" and not is_open(class_of(name)):
                # Whoever scrapes the numbers must not learn what is said where nobody else may listen.
                name = "restricted"
            self.metrics.submissions.labels(name, outcome_word(outcome)).inc()


def service_of(request: Request) -> Service:
    """Return the service that the request's application runs."""
    service: Service = request.app.state.service
    return service


class _Traced:
    """The ledger as the appender uses it: each batch is a span that links to the requests it serves."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def pipeline(self, on_recorded: Callable[[], object] | None = None) -> "_TracedLine":
        """Return a pipeline into the ledger."""
        return _TracedLine(self._ledger.pipeline(on_recorded))

    def submit(self, incoming: Sequence[Incoming], *, atomic: bool = False) -> list[Outcome]:
        """Return one outcome for each submission, in order."""
        with _deciding(incoming):
            return self._ledger.submit(incoming, atomic=atomic)


class _TracedLine:
    """A pipeline whose judging is traced; the recording has a span of its own."""

    def __init__(self, line: Pipeline) -> None:
        self._line = line

    @property
    def is_recorded(self) -> bool:
        """Whether a batch is under way that only waits to be settled."""
        return self._line.is_recorded

    def put(self, incoming: Sequence[Incoming]) -> list[Outcome] | None:
        """Judge a batch and begin to record it; return the outcomes of the batch before it."""
        with _deciding(incoming):
            return self._line.put(incoming)

    def settle(self) -> list[Outcome] | None:
        """Return the outcomes of the batch under way."""
        return self._line.settle()

    def close(self) -> None:
        """End it."""
        self._line.close()


def _deciding(incoming: Sequence[Incoming]) -> AbstractContextManager[object]:
    return span("ledger.decide", linked=[each.traceparent for each in incoming], submissions=len(incoming))
