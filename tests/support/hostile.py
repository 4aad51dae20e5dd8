"""Clients that mean ill, a kind in each process: ``python -m tests.support.hostile KIND PORT TOKEN``, until stdin ends.

They come from many addresses of the loopback network, ask for as little processor time as possible to be given, and
print one JSON line of what they met.
"""

import asyncio
import contextlib
import json
import os
import random
import resource
import socket
import sys
import threading
from collections import Counter, deque
from collections.abc import Awaitable, Callable

IDLE_CONNECTIONS = 10_000
IDLE_ADDRESSES = 50


class Attack:
    """What all kinds share: the target, the end of it, and a count of what happened."""

    def __init__(self, port: int, token: str) -> None:
        self.port = port
        self.token = token
        self.met: Counter[str] = Counter()

    async def open(self, last: int, receive_buffer: int = 0) -> socket.socket | None:
        """A connection from 127.0.1.`last`, or nothing where the server refuses."""
        connection = socket.socket()
        connection.setblocking(False)
        if receive_buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.bind((f"127.0.1.{last}", 0))
        try:
            async with asyncio.timeout(5):
                await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
        except (OSError, TimeoutError):
            connection.close()
            self.met["refused"] += 1
            return None
        self.met["connected"] += 1
        return connection

    async def say(self, last: int, content: bytes, piece: int = 1 << 30, pause: float = 0.0) -> None:
        """Send something in pieces and note the status of what comes back."""
        connection = await self.open(last)
        if connection is None:
            return
        loop = asyncio.get_running_loop()
        answer = b""
        try:
            async with asyncio.timeout(60):
                for start in range(0, len(content), piece):
                    await loop.sock_sendall(connection, content[start : start + piece])
                    if pause:
                        await asyncio.sleep(pause)
                answer = await loop.sock_recv(connection, 4_096)
        except OSError:
            self.met["cut off"] += 1
        except TimeoutError:
            self.met["unanswered"] += 1
        finally:
            connection.close()
        if answer:
            self.met[answer[9:12].decode("ascii", "replace")] += 1

    def post(self, content: bytes, length: int | None = None, media_type: str = "application/json") -> bytes:
        head = f"POST /v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\n"
        head += f"Content-Type: {media_type}\r\nContent-Length: {len(content) if length is None else length}\r\n\r\n"
        return head.encode() + content


async def idle(attack: Attack) -> None:
    """Open ten thousand connections and leave them, and go on opening new ones."""
    held: deque[socket.socket] = deque()
    while True:
        opened = await asyncio.gather(*(attack.open(1 + n % IDLE_ADDRESSES) for n in range(IDLE_ADDRESSES)))
        held += [each for each in opened if each is not None]
        attack.met["held"] = max(attack.met["held"], len(held))
        while len(held) > IDLE_CONNECTIONS:
            held.popleft().close()
        if len(held) == IDLE_CONNECTIONS:
            await asyncio.sleep(0.2)


async def drip(attack: Attack) -> None:
    """Announce 8 MiB and send them byte by byte, also the header."""
    body = attack.post(b"[" + b"1" * 10_000, 8_388_608, "application/x-ndjson")
    await many(attack, 40, lambda n: attack.say(101 + n % 4, body, 1 if n % 2 else 400, 0.05))


async def deep(attack: Attack) -> None:
    """Nest a thousand deep, and break UTF-8."""
    texts = [b"[" * 1_000 + b"]" * 1_000, b'{"a":' * 1_000 + b"1" + b"}" * 1_000, b'{"id":"\xff\xfe\xc0\x80"}',
             b'"' + b'\\"' * 100_000, b"[" * 200_000]  # fmt: skip
    await many(attack, 4, lambda n: attack.say(111 + n % 2, attack.post(texts[n % len(texts)])))


async def flood(attack: Attack) -> None:
    """Send headers without end, chunks without end, and noise."""
    chunked = attack.post(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    texts = [
        b"GET /livez HTTP/1.1\r\n" + b"A: x\r\n" * 50_000,
        b"GET /livez HTTP/1.1\r\nA: " + b"x" * 500_000,
        b"GET /" + b"x" * 500_000,
        chunked + b"ffffffff\r\n" + b"x" * 2_000_000,
        chunked + b"1;" + b"x" * 200_000,
        chunked + b"1\r\nx\r\n" * 100_000,
        random.randbytes(100_000),
    ]
    await many(attack, 4, lambda n: attack.say(121 + n % 2, texts[n % len(texts)]))


async def unread(attack: Attack) -> None:
    """Ask for much and read nothing."""
    asked = b"GET /v1/events?limit=1000 HTTP/1.1\r\nHost: x\r\n\r\n" * 20
    loop = asyncio.get_running_loop()

    async def one(number: int) -> None:
        connection = await attack.open(131 + number % 4, receive_buffer=4_096)
        if connection is not None:
            try:
                await loop.sock_sendall(connection, asked)
                await asyncio.Event().wait()
            except OSError:
                attack.met["cut off"] += 1
            finally:
                connection.close()

    await asyncio.gather(*(one(number) for number in range(30)))


async def many(attack: Attack, at_once: int, one: Callable[[int], Awaitable[None]]) -> None:
    """Do one thing again and again, so many at once."""

    async def again(number: int) -> None:
        while True:
            await one(number)
            number += at_once
            await asyncio.sleep(0.01)

    await asyncio.gather(*(again(number) for number in range(at_once)))


KINDS = {each.__name__: each for each in (idle, drip, deep, flood, unread)}


async def until_told(attack: Attack, kind: str) -> None:
    """Attack until the standard input ends."""
    loop = asyncio.get_running_loop()
    told = asyncio.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), loop.call_soon_threadsafe(told.set)), daemon=True).start()
    attacking = asyncio.create_task(KINDS[kind](attack))
    await told.wait()
    attacking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await attacking


def main() -> None:
    kind, port, token = sys.argv[1:]
    os.nice(19)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    attack = Attack(int(port), token)
    asyncio.run(until_told(attack, kind))
    print(json.dumps({"kind": kind, **attack.met}))


if __name__ == "__main__":
    main()
