"""How a client says something: one event, a batch, or lines; each is answered for itself, and may be said again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from api.client.errors import UnreachableError
from api.client.models import Receipt, Refused, Summary
from api.client.transport import Transport

Event = Mapping[str, Any] | bytes
Outcome = Receipt | Refused
_PATH = "/v1/events"
_SIGNED = "application/vnd.dsse+json"
_ONE, _BATCH, _LINES = "application/cloudevents+json", "application/cloudevents-batch+json", "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Submitted:
    """The answer to a batch: one outcome for each event in its order, and how many of each kind."""

    outcomes: list[Outcome]
    summary: Summary


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """The answer to one line, by its number from 1."""

    line: int
    outcome: Outcome


def raw(event: Event) -> bytes:
    """Return an event's bytes: those that were given, or canonical JSON of a mapping (RFC 8785 profile)."""
    return event if isinstance(event, bytes) else orjson.dumps(dict(event), option=orjson.OPT_SORT_KEYS)


def one(transport: Transport, event: Event, *, is_envelope: bool = False) -> Receipt:
    """Submit one event, or the signed envelope of one; raise ``ProblemError`` where it is refused."""
    headers = {"Content-Type": _SIGNED if is_envelope else _ONE}
    answer = transport.ask("POST", _PATH, content=raw(event), headers=headers)
    return Receipt.model_validate_json(answer.content)


def batch(transport: Transport, events: Sequence[Event] | bytes, *, atomic: bool) -> Submitted:
    """Submit up to 5,000 events together; with ``atomic`` all are recorded, or none and ``ProblemError`` is raised."""
    content = events if isinstance(events, bytes) else b"[" + b",".join(raw(event) for event in events) + b"]"
    answer = transport.ask(
        "POST", _PATH, params={"atomic": atomic}, content=content, headers={"Content-Type": _BATCH}
    ).json()
    return Submitted([outcome_of(each) for each in answer["outcomes"]], Summary.model_validate(answer["summary"]))


def lines(transport: Transport, content: bytes | Iterable[Event], *, atomic: bool) -> Iterator[LineOutcome | Summary]:
    """Submit up to 5,000 lines; yield the outcome of each as it is recorded, then the summary.

    Where the connection breaks before the summary, ``UnreachableError`` is raised: submit all of them again.
    """
    body = content if isinstance(content, bytes) else b"\n".join(raw(event) for event in content)
    headers = {"Content-Type": _LINES, "Accept": _LINES}
    with transport.streamed("POST", _PATH, params={"atomic": atomic}, content=body, headers=headers) as response:
        try:
            for line in response.iter_lines():
                told = orjson.loads(line)
                if "summary" in told:
                    yield Summary.model_validate(told["summary"])
                    return
                yield LineOutcome(told.pop("line"), outcome_of(told))
        except httpx.TransportError as error:
            raise UnreachableError(transport.address, repr(error)) from error
    raise UnreachableError(transport.address, "the answer ended before its summary")


def outcome_of(told: Mapping[str, Any]) -> Outcome:
    """Return the outcome in a plain answer: a receipt, or why not."""
    if told["outcome"] == "refused":
        return Refused.model_validate(told)
    return Receipt.model_validate(told)
