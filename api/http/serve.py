"""Runs the interface on uvicorn, on this machine alone: until access rules exist, no network may reach it."""

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
from infra.limits import Limits

SHUTDOWN_SECONDS = 10
_TICKS_A_SECOND = 10


class NotLoopback(ValueError):  # noqa: N818 - says what was asked for
    """The address to listen on can be reached from other machines."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"拒绝监听 {host}:当前版本只接受本机地址(127.0.0.1、::1、localhost)。请设 CERTLEDGER_HTTP_HOST=127.0.0.1,"
            f"对外服务请在前面放置反向代理。 Refusing to listen on {host}: this version serves loopback addresses only "
            "(127.0.0.1, ::1, localhost). Set CERTLEDGER_HTTP_HOST=127.0.0.1, and put a reverse proxy in front."
        )


def require_loopback(host: str) -> None:
    """Raise :class:`NotLoopback` unless every address that the host stands for is this machine's own."""
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise NotLoopback(host) from error
    if not host or not found or not all(ipaddress.ip_address(str(each)).is_loopback for each in found):
        raise NotLoopback(host)


def configured(app: FastAPI, host: str, port: int, *, limits: Limits, http: Any = "httptools") -> uvicorn.Config:
    """Return the server's settings: the fast loop and parser, no access log (metrics count), our own logging.

    ``http`` makes the connections. Nobody's ``X-Forwarded-For`` is believed unless the limits name its sender.
    """
    require_loopback(host)
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

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._service: Service = app.state.service
        self._door = Door(self._service.limits, self._service.metrics)
        super().__init__(configured(app, host, port, limits=self._service.limits, http=guarded_by(self._door)))

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


def serve(app: FastAPI, *, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve until SIGINT or SIGTERM; whatever was accepted is answered first. Raises :class:`NotLoopback`."""
    Server(app, host, port).run()
