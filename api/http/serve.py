"""Runs the interface on uvicorn, on this machine alone: until access rules exist, no network may reach it."""

import gc
import ipaddress
import socket

import uvicorn
from fastapi import FastAPI

from api.http.service import Service

SHUTDOWN_SECONDS = 10


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


def configured(app: FastAPI, host: str, port: int) -> uvicorn.Config:
    """Return the server's settings: the fast loop and parser, no access log (metrics count), our own logging."""
    require_loopback(host)
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        # The address of a request stays the one that connected: what a header says of it is not believed here.
        proxy_headers=False,
        date_header=True,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


class Server(uvicorn.Server):
    """Ends the event streams before it waits for requests to end, since they would go on for ever."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        super().__init__(configured(app, host, port))
        self._service: Service = app.state.service

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; what was made until now lives as long as the process, and need never be searched for garbage."""
        await super().startup(sockets)
        gc.collect()
        gc.freeze()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer what was accepted, then close."""
        await self._service.tail.stop()
        await super().shutdown(sockets)


def serve(app: FastAPI, *, host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve until SIGINT or SIGTERM; whatever was accepted is answered first. Raises :class:`NotLoopback`."""
    Server(app, host, port).run()
