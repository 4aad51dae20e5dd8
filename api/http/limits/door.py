"""Who may be connected: a place for each connection, in all and for each address, given back whatever happens.

Every connection here has deadlines; the sweep, once a second, ends those that let one pass.
"""

import resource
from collections.abc import Callable
from time import monotonic
from typing import Protocol

import structlog

from api.http.limits.addresses import client_key, is_within
from infra.limits import Limits
from infra.metrics import Metrics

SPARE_FILES = 512
_SAID_EVERY_SECONDS = 10.0


class Guarded(Protocol):
    """A connection as the sweep sees it."""

    def overdue(self, now: float) -> str | None:
        """Return the reason to end this connection now, and end it; ``None`` where it may stay."""
        ...


class Door:
    """Counts connections; used on one event loop."""

    def __init__(self, limits: Limits, metrics: Metrics, *, clock: Callable[[], float] = monotonic) -> None:
        self.limits = limits
        self.clock = clock
        self._metrics = metrics
        self._proxies = limits.trusted_networks
        self._places = limits.connections
        self._connections: dict[Guarded, str | None] = {}
        self._by_address: dict[str, int] = {}
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
        if len(self._connections) >= self._places:
            return self.refused("connections_full")
        key = None
        if not (self._proxies and is_within(host, self._proxies)):
            key = client_key(host)
            held = self._by_address.get(key, 0)
            if held >= self.limits.connections_per_address:
                return self.refused("connections_full_here")
            self._by_address[key] = held + 1
        self._connections[connection] = key
        self._metrics.connections.set(len(self._connections))
        return None

    def leave(self, connection: Guarded) -> None:
        """Take the place back; a connection that has none changes nothing."""
        if connection not in self._connections:
            return
        key = self._connections.pop(connection)
        if key is not None:
            left = self._by_address[key] - 1
            if left:
                self._by_address[key] = left
            else:
                del self._by_address[key]
        self._metrics.connections.set(len(self._connections))

    def sweep(self) -> None:
        """End every connection that let a deadline pass."""
        now = self.clock()
        for connection in list(self._connections):
            reason = connection.overdue(now)
            if reason is not None:
                self._metrics.limited.labels(reason).inc()

    def refused(self, reason: str) -> str:
        """Count a refusal, and say it to the operator at most once in ten seconds for each reason."""
        self._metrics.limited.labels(reason).inc()
        now = self.clock()
        if now - self._said.get(reason, float("-inf")) >= _SAID_EVERY_SECONDS:
            self._said[reason] = now
            self._log.warning("http.limited", reason=reason)
        return reason
