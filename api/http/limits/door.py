"""Who may be connected: a place for each connection, in all and for each address, given back whatever happens.

Every connection here has deadlines; the sweep, once a second, ends those that let one pass.
"""

import resource
from collections.abc import Callable, Sequence
from itertools import islice
from operator import itemgetter
from time import monotonic
from typing import Protocol

import structlog

from api.http.limits.addresses import client_key, is_within
from infra.limits import Limits, Network
from infra.metrics import Metrics

SPARE_FILES = 512
_SAID_EVERY_SECONDS = 10.0
_LOOKED_AT = 64


class Guarded(Protocol):
    """A connection as the sweep sees it."""

    def overdue(self, now: float) -> str | None:
        """Return the reason to end this connection now, and end it; ``None`` where it may stay."""
        ...

    def unread_bytes(self) -> int:
        """Return how much of the answers waits for the client to read."""
        ...

    def cut_unread(self) -> None:
        """End this connection, since too much waits for too many."""
        ...

    def make_room(self) -> bool:
        """End this connection for another's sake where no request is in progress on it; return whether it did."""
        ...


class Door:
    """Counts connections; used on one event loop."""

    def __init__(
        self,
        limits: Limits,
        metrics: Metrics,
        *,
        only_from: Sequence[Network] = (),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """``only_from``: the networks from which alone anybody is let in; none for everybody who gets here."""
        self._only_from = only_from
        self.limits = limits
        self.clock = clock
        self._metrics = metrics
        self._proxies = limits.trusted_networks
        self._places = limits.connections
        self._connections: dict[Guarded, str | None] = {}
        # By when each was last of use; whoever never had an answer stands apart, and goes first.
        self._newcomers: dict[Guarded, None] = {}
        self._served: dict[Guarded, None] = {}
        self._by_address: dict[str, int] = {}
        self._round: list[Guarded] = []
        self._log = structlog.get_logger("certledger.http")
        self._said: dict[str, float] = {}

    def open(self) -> None:
        """Raise the limit of open files as far as the system allows, and give out no more places than it bears."""
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        bearable = self.limits.connections if hard == resource.RLIM_INFINITY else max(hard - SPARE_FILES, 1)
        self._places = min(self.limits.connections, bearable)
        if self._places < self.limits.connections:
            self._log.warning("http.fewer_connections", connections=self._places, open_files=hard)

    def enter(self, connection: Guarded, host: str) -> str | None:
        """Give a connection its place; return ``None``, or the refusal code where there is none."""
        if self._only_from and not is_within(host, self._only_from):
            return self.refused("not_through_the_proxy")
        key = None
        if not (self._proxies and is_within(host, self._proxies)):
            key = client_key(host)
            if self._by_address.get(key, 0) >= self.limits.connections_per_address:
                return self.refused("connections_full_here")
        if len(self._connections) >= self._places and not self._make_room():
            return self.refused("connections_full")
        if key is not None:
            self._by_address[key] = self._by_address.get(key, 0) + 1
        self._connections[connection] = key
        self._newcomers[connection] = None
        self._metrics.connections.set(len(self._connections))
        return None

    def leave(self, connection: Guarded) -> None:
        """Take the place back; a connection that has none changes nothing."""
        if connection not in self._connections:
            return
        key = self._connections.pop(connection)
        self._newcomers.pop(connection, None)
        self._served.pop(connection, None)
        if key is not None:
            left = self._by_address[key] - 1
            if left:
                self._by_address[key] = left
            else:
                del self._by_address[key]
        self._metrics.connections.set(len(self._connections))

    def served(self, connection: Guarded) -> None:
        """Note that an answer went out on a connection: it is of use."""
        if connection in self._connections:
            self._newcomers.pop(connection, None)
            self._served.pop(connection, None)
            self._served[connection] = None

    def _make_room(self) -> bool:
        """End a connection that does nothing: the oldest that never had an answer, else the one unused for longest."""
        looked_at = (*islice(self._newcomers, _LOOKED_AT), *islice(self._served, _LOOKED_AT))
        for connection in looked_at:
            if connection.make_room():
                self.leave(connection)
                self._metrics.limited.labels("connection_displaced").inc()
                return True
        return False

    def sweep(self, part: int, parts: int) -> None:
        """End the connections that let a deadline pass; a round has so many parts, so that none holds anybody up."""
        now = self.clock()
        if part == 0:
            self._round = list(self._connections)
            self._cut_unread()
        for connection in self._round[part::parts]:
            reason = connection.overdue(now) if connection in self._connections else None
            if reason is not None:
                self._metrics.limited.labels(reason).inc()

    def _cut_unread(self) -> None:
        """Where the answers that nobody reads take too much memory, end those that take the most of it."""
        waiting = [(size, each) for each in self._round if (size := each.unread_bytes())]
        total = sum(size for size, _ in waiting)
        if total <= self.limits.unread_bytes:
            return
        for size, connection in sorted(waiting, key=itemgetter(0), reverse=True):
            connection.cut_unread()
            self._metrics.limited.labels("answers_unread").inc()
            total -= size
            if total <= self.limits.unread_bytes:
                return

    def refused(self, reason: str) -> str:
        """Count a refusal, and say it to the operator at most once in ten seconds for each reason."""
        self._metrics.limited.labels(reason).inc()
        now = self.clock()
        if now - self._said.get(reason, float("-inf")) >= _SAID_EVERY_SECONDS:
            self._said[reason] = now
            self._log.warning("http.limited", reason=reason)
        return reason
