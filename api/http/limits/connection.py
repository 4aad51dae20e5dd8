"""One HTTP/1.1 connection that keeps to its bounds: header, body and answer each have a size and a time.

uvicorn parses and answers; what it leaves unbounded (the header's size and time, a dripped body, an answer nobody
reads, a connection that says nothing) is bounded here. Nothing is ended while the server itself is what is slow.
"""

import asyncio
from enum import Enum
from functools import lru_cache, partial
from typing import Any

import httptools
import orjson
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.utils import get_remote_addr

from api.http import problems
from api.http.limits.door import Door
from api.http.limits.headers import ALWAYS
from ledger.refusals import LANGUAGES, Refusal

_NEVER = float("inf")
_FIELD_OVERHEAD = 4


class _Reading(Enum):
    """What of a request is being read."""

    NOTHING = 0
    HEADER = 1
    BODY = 2


class GuardedConnection(HttpToolsProtocol):
    """uvicorn's connection with deadlines; the door's sweep asks each whether it let one pass."""

    def __init__(self, *, door: Door, **options: Any) -> None:
        super().__init__(**options)
        self._door = door
        self._limits = door.limits
        self._refused = False
        self._fault = "request_malformed"
        self._reading = _Reading.NOTHING
        self._moved_on = False
        self._read_by = _NEVER
        self._unread = (_NEVER, 0)
        self._header_bytes = 0
        self._unfinished_bytes = 0
        self._body_bytes = 0
        self._body_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Take a place, or answer that there is none and close at once."""
        client = get_remote_addr(transport)
        code = self._door.enter(self, client[0] if client else "")
        if code is None:
            super().connection_made(transport)
            self._read_by = self._door.clock() + self._limits.header_seconds
            return
        self._refused = True
        self.transport, self.flow = transport, FlowControl(transport)
        transport.write(canned(code))
        transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self._door.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; what breaks the protocol or a bound ends the connection with a problem."""
        if self._refused:
            return
        self._unset_keepalive_if_required()
        self._moved_on = False
        if self._reading is _Reading.BODY:
            self._body_bytes += len(data)
            rated = self._body_bytes / self._limits.body_bytes_per_second
            self._read_by = self._body_since + self._limits.body_grace_seconds + rated
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # There is no other protocol here, so the request is answered as the HTTP request that it also is.
            return
        except httptools.HttpParserError:
            self._refuse(self._fault)
            return
        # Fields are counted one by one as they are complete; this counts the one that never is.
        if not self._moved_on and self._reading is not _Reading.BODY:
            self._unfinished_bytes += len(data)
            if self._unfinished_bytes > self._limits.header_bytes:
                self._refuse("header_too_large")

    def on_message_begin(self) -> None:
        """Begin a header: its time and its size count from here."""
        super().on_message_begin()
        self._reading = _Reading.HEADER
        self._moved_on = True
        self._header_bytes = self._unfinished_bytes = 0
        self._read_by = self._door.clock() + self._limits.header_seconds

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address."""
        super().on_url(url)
        if len(self.url) > self._limits.url_bytes:
            self._break("url_too_long")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one field."""
        super().on_header(name, value)
        self._header_bytes += len(name) + len(value) + _FIELD_OVERHEAD
        if len(self.headers) > self._limits.headers or self._header_bytes > self._limits.header_bytes:
            self._break("header_too_large")

    def on_headers_complete(self) -> None:
        """Begin the body and start to answer."""
        if len(self.pipeline) >= self._limits.pipelined_requests:
            self._break("requests_too_many")
        super().on_headers_complete()
        self._reading = _Reading.BODY
        self._body_bytes = 0
        self._body_since = self._door.clock()
        self._read_by = self._body_since + self._limits.body_grace_seconds

    def on_message_complete(self) -> None:
        """End the request; until it is answered the client owes nothing."""
        super().on_message_complete()
        self._reading = _Reading.NOTHING
        self._moved_on = True
        self._unfinished_bytes = 0
        self._read_by = self._idle_by() if self._is_answered() else _NEVER

    def on_response_complete(self) -> None:
        """End the answer: what is left of its body has little time, the next request as much as a new one."""
        super().on_response_complete()
        self._door.served(self)
        if self.pipeline or not self._is_answered():
            return
        if self._reading is _Reading.BODY:
            self._read_by = self._door.clock() + self._limits.linger_seconds
        else:
            self._read_by = self._idle_by()

    def overdue(self, now: float) -> str | None:
        """End the connection where a deadline passed, and return the reason."""
        if self._is_unread(now):
            return self._cut("answer_not_read")
        if self.transport.is_closing():
            return None
        if now <= self._read_by or self.flow.read_paused:
            return None
        if self._reading is _Reading.BODY and not self._is_answered():
            return self._refuse("body_too_slow", counted=False)
        if self._reading is _Reading.HEADER and self._is_answered():
            return self._refuse("header_too_slow", counted=False)
        if self._reading is _Reading.HEADER:
            return None
        self.transport.close()
        return "connection_idle" if self._reading is _Reading.NOTHING else "body_not_wanted"

    def make_room(self) -> bool:
        """End the connection where no request is in progress on it."""
        if self._reading is _Reading.BODY or not self._is_answered():
            return False
        self._cut("connection_displaced")
        return True

    def send_400_response(self, msg: str) -> None:
        """Answer a request that cannot be parsed."""
        del msg
        self._refuse(self._fault)

    def _break(self, code: str) -> None:
        """Stop the parser in the middle; ``data_received`` meets the error."""
        self._fault = code
        raise httptools.HttpParserError(code)

    def _refuse(self, code: str, *, counted: bool = True) -> str:
        """Answer with a problem where the request was not answered yet, and close."""
        self._refused = True
        if counted:
            self._door.refused(code)
        cycle = self.cycle
        self._leave_alone()
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(canned(code))
        self.transport.close()
        return code

    def unread_bytes(self) -> int:
        """Return how much of the answers waits for the client to read."""
        return int(self.transport.get_write_buffer_size())

    def cut_unread(self) -> None:
        """End the connection, since too much waits for too many."""
        self._cut("answers_unread")

    def _is_unread(self, now: float) -> bool:
        """Return whether the client read less than it must since the last look, or closes without an end."""
        since, before = self._unread
        waiting = self.unread_bytes()
        stuck = self.flow.write_paused or self.transport.is_closing()
        if not stuck or since == _NEVER:
            self._unread = (now, waiting) if stuck else (_NEVER, 0)
            return False
        if now - since < self._limits.read_grace_seconds:
            return False
        self._unread = (now, waiting)
        return before - waiting < self._limits.read_bytes_per_second * (now - since)

    def _leave_alone(self) -> None:
        """Let whatever still answers on this connection learn that its client is gone."""
        if not self._is_answered():
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    def _cut(self, reason: str) -> str:
        self._refused = True
        self._leave_alone()
        self.transport.abort()
        return reason

    def _is_answered(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _idle_by(self) -> float:
        return self._door.clock() + self._limits.idle_seconds


@lru_cache(maxsize=64)
def canned(code: str) -> bytes:
    """Return the whole answer for a request that is refused before its header was read, in both languages."""
    refusal = Refusal(code)
    content = orjson.dumps(problems.document(refusal, LANGUAGES[0], instance=None, trace_id=None))
    fields = [
        (b"content-type", problems.MEDIA_TYPE.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"content-language", LANGUAGES[0].encode()),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        *ALWAYS,
    ]
    if refusal.status in {429, 503}:
        fields.append((b"retry-after", problems.RETRY_AFTER_SECONDS.encode()))
    head = b"".join(b"%b: %b\r\n" % field for field in fields)
    return STATUS_LINE[refusal.status] + head + b"\r\n" + content


def guarded_by(door: Door) -> Any:
    """Return what uvicorn calls to make a connection."""
    return partial(GuardedConnection, door=door)
