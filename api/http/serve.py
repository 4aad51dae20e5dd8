"""Runs the interface on uvicorn, on this machine alone, or in production for named proxies that end TLS before it.

Nobody else's connection is admitted from a network: what comes there without TLS would carry tokens in clear.
"""

import gc
import ipaddress
import socket
from math import ceil
from typing import Any

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from api.http.limits.connection import guarded_by
from api.http.limits.door import Door
from api.http.service import Service
from infra.limits import Limits, Network, networks
from infra.services.errors import ServiceUnavailableError

SHUTDOWN_SECONDS = 10
_TICKS_A_SECOND = 10
_LOOPBACK = networks("127.0.0.0/8,::1")


class NotLoopbackError(ServiceUnavailableError):
    """The address to listen on can be reached from other machines, and nothing says that this is safe."""


def admitted_from(host: str, limits: Limits, *, in_development: bool) -> tuple[Network, ...]:
    """Return the networks from which alone connections are admitted; none where the host is this machine's own.

    Raises :class:`NotLoopbackError` for any other host in development, and in production unless the trusted proxies,
    which end TLS, are named.
    """
    if _is_loopback(host):
        return ()
    if in_development:
        raise NotLoopbackError(
            f"拒绝监听 {host}:开发环境只接受本机地址(127.0.0.1、::1、localhost)。请设 CERTLEDGER_HTTP_HOST=127.0.0.1;"
            "对外服务须设 CERTLEDGER_ENVIRONMENT=production,并由前面的反向代理负责 TLS。",
            f"Refusing to listen on {host}: in development only loopback addresses are served (127.0.0.1, ::1, "
            "localhost). Set CERTLEDGER_HTTP_HOST=127.0.0.1; to serve a network, set CERTLEDGER_ENVIRONMENT=production "
            "and put a reverse proxy in front that ends TLS.",
        )
    proxies = limits.trusted_networks
    if not proxies or any(each.prefixlen == 0 for each in proxies):
        raise NotLoopbackError(
            f"拒绝监听 {host}:请以 CERTLEDGER_LIMIT_TRUSTED_PROXIES 写明负责 TLS 的反向代理(不得为任意地址),"
            "其余来源一律不接。",
            f"Refusing to listen on {host}: name the reverse proxies that end TLS by CERTLEDGER_LIMIT_TRUSTED_PROXIES "
            "(not every address there is); nobody else is let in.",
        )
    return (*proxies, *_LOOPBACK)


def _is_loopback(host: str) -> bool:
    """Tell whether every address that the host stands for is this machine's own."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise NotLoopbackError(f"没有这个地址:{host}", f"There is no such address: {host}") from error
    return bool(host) and bool(found) and all(ipaddress.ip_address(str(each)).is_loopback for each in found)


def configured(app: FastAPI, host: str, port: int, *, limits: Limits, http: Any = "httptools") -> uvicorn.Config:
    """Return the server's settings: the fast loop and parser, no access log (metrics count), our own logging.

    ``http`` makes the connections. Nobody's ``X-Forwarded-For`` is believed unless the limits name its sender.
    """
    return uvicorn.Config(
        _behind(limits.trusted_proxies, app) if limits.trusted_proxies else app,
        host=host,
        port=port,
        loop="uvloop",
        http=http,
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        # What the headers of a trusted proxy say is taken in here and not there, so that the peer is still known.
        proxy_headers=False,
        date_header=True,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        backlog=limits.waiting_connections,
        timeout_keep_alive=ceil(limits.idle_seconds),
    )


def _behind(proxies: str, app: ASGIApp) -> ASGIApp:
    """Take the client's address from what trusted proxies say, and keep under ``peer`` who really connected."""
    behind: Any = ProxyHeadersMiddleware(app, trusted_hosts=proxies)  # type: ignore[arg-type]  # uvicorn's own ASGI types

    async def keeping_the_peer(scope: Scope, receive: Receive, send: Send) -> None:
        scope["peer"] = scope.get("client")
        await behind(scope, receive, send)

    return keeping_the_peer


class Server(uvicorn.Server):
    """Ends the event streams before it waits for requests to end, since they would go on for ever."""

    def __init__(self, app: FastAPI, host: str, port: int, *, in_development: bool = True) -> None:
        self._service: Service = app.state.service
        limits = self._service.limits
        self._door = Door(
            limits, self._service.metrics, only_from=admitted_from(host, limits, in_development=in_development)
        )
        super().__init__(configured(app, host, port, limits=limits, http=guarded_by(self._door)))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; what was made until now lives as long as the process, and need never be searched for garbage."""
        self._door.open()
        await super().startup(sockets)
        gc.collect()
        gc.freeze()

    async def on_tick(self, counter: int) -> bool:
        """Look once a second at every connection, at a tenth of them each time."""
        self._door.sweep(counter % _TICKS_A_SECOND, _TICKS_A_SECOND)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what was accepted, then close."""
        await self._service.tail.stop()
        await super().shutdown(sockets)


def serve(app: FastAPI, *, host: str = "127.0.0.1", port: int = 8000, in_development: bool = True) -> None:
    """Serve until SIGINT or SIGTERM; whatever was accepted is answered first. Raises :class:`NotLoopbackError`."""
    Server(app, host, port, in_development=in_development).run()
