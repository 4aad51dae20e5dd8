"""What arrives over HTTP becomes submissions: canonical bytes are kept as sent, sound JSON is made canonical.

What a parser would change in silence (duplicate keys, floats, text outside NFC) is refused with its place. An item may
be a signed envelope instead (DSSE), whose payload is taken as it was signed, or bring disclosures beside its event.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from fastapi import Request

from api.http.limits.nesting import is_too_deep
from api.http.problems import ProblemError, problem
from infra.limits import Limits
from ledger.envelope import Submission, canonical_submission
from ledger.outcomes import Outcome
from ledger.principals import Principal, speaks_for
from ledger.privacy.disclosed import Parsed, disclosed_submission, is_disclosed, may_disclose, plain
from ledger.refusals import Refusal
from ledger.sealed import MEDIA_TYPE, is_envelope, parse_any, parse_sealed, sealed_submission
from ledger.service import Incoming

SINGLE = frozenset({"application/cloudevents+json", "application/json", MEDIA_TYPE})
BATCH = "application/cloudevents-batch+json"
LINES = frozenset({"application/x-ndjson", "application/ndjson"})

_LINES_PER_EVENT = 4


class _Duplicate:
    """Stands where an object named the same member twice."""


async def read_body(request: Request, limit: int) -> bytes:
    """Return the body, or end the request as soon as more than ``limit`` bytes are announced or sent."""
    too_large = problem("body_too_large", bytes=str(limit))
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced) > limit:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large
    return bytes(body)


def media_type_of(request: Request) -> str:
    """Return the request's media type, in lower case and without parameters; refuse a charset other than UTF-8."""
    media_type, *parameters = request.headers.get("content-type", "").lower().split(";")
    for each in parameters:
        name, _, value = each.strip().partition("=")
        if name == "charset" and value.strip('"') not in {"utf-8", "utf8"}:
            raise problem("media_type_unsupported", media_type=request.headers["content-type"][:100])
    return media_type.strip()


def parse_one(raw: bytes, levels: int, *, sealed: bool = False) -> Parsed:
    """Return the submission in one JSON text; canonical bytes stay exactly as they were sent.

    ``sealed``: the text was announced as a signed envelope, so that a bare event in it is refused.
    """
    if is_too_deep(raw, levels):
        return _too_deep(levels)
    if may_disclose(raw) and is_disclosed(value := parse_json(raw)):
        return disclosed_submission(value)
    found = parse_sealed(raw) if sealed else parse_any(raw)
    if not isinstance(found, Refusal) or found.code not in {"not_canonical", "event_too_large", "envelope_wrong"}:
        return found
    value = parse_json(raw)
    if isinstance(value, Refusal):
        return value
    return sealed_submission(value) if sealed or is_envelope(value) else canonical_submission(value)


def parse_json(raw: bytes) -> Any:
    """Return the value of a JSON text, or the refusal that names the duplicate member or the fault."""
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_pairs, parse_constant=_no_constant)
        pointer = _duplicate(value)
    except (ValueError, RecursionError):
        return Refusal("not_canonical", params=(("reason", "not_json"),))
    if pointer is not None:
        return Refusal("not_canonical", pointer, (("reason", "duplicate_key"),))
    return value


def parse_array(raw: bytes, limits: Limits) -> list[Parsed]:
    """Return the submissions of a CloudEvents batch (JSON array); raise the problem of one that is no array."""
    if is_too_deep(raw, limits.json_depth):
        raise ProblemError(_too_deep(limits.json_depth))
    value = parse_json(raw)
    if isinstance(value, Refusal):
        raise ProblemError(value)
    if not isinstance(value, list):
        raise problem("not_a_batch")
    _limit(len(value), limits.bulk_events)
    return [_item(each) for each in value]


def split_lines(raw: bytes, most: int) -> list[tuple[int, bytes]]:
    """Return the lines of an NDJSON text with their numbers, from 1; blank lines are passed over.

    Raises the problem of a text that holds none, or more than ``most``.
    """
    # Counted before they are taken apart: millions of empty lines would be millions of objects.
    if raw.count(b"\n") > _LINES_PER_EVENT * most:
        raise problem("batch_too_long", events=str(most))
    lines = [(number, line) for number, line in enumerate(raw.split(b"\n"), 1) if line.strip()]
    _limit(len(lines), most)
    return lines


def incoming(found: Iterable[Parsed], *, speaker: Principal, traceparent: str, received: datetime) -> list[Incoming]:
    """Return what the ledger takes in; a statement in another party's name becomes a refusal of its own."""
    submitter = speaker.party or speaker.role
    return [Incoming(_own(plain(each), speaker), submitter, traceparent, received) for each in found]


def outcome_word(outcome: Outcome) -> str:
    """Return the word for an outcome: ``recorded``, ``held``, ``duplicate`` or ``refused``."""
    if isinstance(outcome, Refusal):
        return "refused"
    if outcome.duplicate:
        return "duplicate"
    return "recorded" if outcome.decision == "applied" else "held"


def summary(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Return how many outcomes of each word there are, and the highest position among them."""
    counts = dict.fromkeys(("recorded", "held", "duplicate", "refused"), 0)
    position = 0
    for outcome in outcomes:
        counts[outcome_word(outcome)] += 1
        if not isinstance(outcome, Refusal):
            position = max(position, outcome.position)
    return {**counts, "position": position}


def _item(value: Any) -> Parsed:
    if is_envelope(value):
        return sealed_submission(value)
    return disclosed_submission(value) if is_disclosed(value) else canonical_submission(value)


def _own(found: Submission | Refusal, speaker: Principal) -> Submission | Refusal:
    if isinstance(found, Refusal) or speaks_for(speaker, found.source):
        return found
    named = (("source", found.source), ("party", speaker.party or speaker.role))
    return Refusal("source_not_yours", "/source", named, *found.identity)


def _limit(count: int, most: int) -> None:
    if count == 0:
        raise problem("batch_empty")
    if count > most:
        raise problem("batch_too_long", events=str(most))


def _too_deep(levels: int) -> Refusal:
    return Refusal("json_too_deep", params=(("levels", str(levels)),))


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        found[name] = _Duplicate() if name in found else value
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _duplicate(value: Any, pointer: str = "") -> str | None:
    """Return the JSON Pointer of the first member that was named twice."""
    if isinstance(value, _Duplicate):
        return pointer
    members: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    for name, member in members:
        escaped = str(name).replace("~", "~0").replace("/", "~1")
        found = _duplicate(member, f"{pointer}/{escaped}")
        if found is not None:
            return found
    return None
