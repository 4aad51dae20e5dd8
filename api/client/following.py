"""Follows the event stream for ever: each event once, in order, resumed after the last one however often it breaks."""

import math
import time
from collections.abc import Iterator

import httpx
import orjson

from api.client.errors import UnreachableError
from api.client.models import RecordedEvent
from api.client.transport import Transport

_PATH = "/v1/events/stream"
# The server says something every 15 seconds; after three times that it is taken for gone.
_SILENCE_SECONDS = 45.0
# The server asks for it by `retry:`; a stream that brought something is taken up at once.
_PAUSE_SECONDS = 1.0


def events(transport: Transport, after: int, *, seconds: int | None) -> Iterator[RecordedEvent]:
    """Yield every event after a position; with ``seconds`` end after so long, without it never.

    A stream that the server ends before is taken up again, as is one without ``seconds`` that breaks;
    ``UnreachableError`` is raised when the server stays away.
    """
    timeout = httpx.Timeout(_SILENCE_SECONDS, connect=10.0)
    ends, left = time.monotonic() + (seconds or 0), seconds
    while True:
        before = after
        headers = {"Last-Event-ID": str(after), "Accept": "text/event-stream"}
        with transport.streamed("GET", _PATH, params={"seconds": left}, headers=headers, timeout=timeout) as answer:
            try:
                for data in messages(answer.iter_lines()):
                    event = RecordedEvent.model_validate(orjson.loads(data))
                    if event.position > after:
                        after = event.position
                        yield event
            except httpx.TransportError as error:
                if seconds is not None:
                    raise UnreachableError(transport.address, repr(error)) from error
        if seconds is not None:
            left = math.ceil(ends - time.monotonic())
            if left <= 0:
                return
        if after == before:
            transport.pause(_PAUSE_SECONDS)


def messages(lines: Iterator[str]) -> Iterator[str]:
    """Yield the data of each message of an event stream (HTML Living Standard, 9.2.6); one cut short is dropped."""
    data: list[str] = []
    for line in lines:
        if line.startswith("data:"):
            data.append(line.removeprefix("data:").removeprefix(" "))
        elif not line and data:
            yield "\n".join(data)
            data = []
