"""Reads one record of the submissions topic as a CloudEvent 1.0, structured or binary; what it cannot read it refuses.

Structured: the value is the event in canonical bytes, or a signed envelope around them (DSSE), taken verbatim. Binary:
the attributes are ``ce_`` headers and the value is the event's ``data``; the event is put together and brought into
canonical form here, so that it cannot have been signed. Structured alone, the event may have disclosures beside it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from ledger import canonical
from ledger.envelope import MAXIMUM_BYTES, Submission, canonical_submission, make_event
from ledger.evidence.disclosures import MAXIMUM_DIGESTS, MAXIMUM_DISCLOSURE
from ledger.evidence.signatures import MAXIMUM_ENVELOPE
from ledger.privacy.disclosed import Disclosed, Parsed, disclosed_submission, is_disclosed, may_disclose, plain
from ledger.refusals import Refusal
from ledger.sealed import parse_any

Key = tuple[str, str, bytes]

_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_TRACING = frozenset({"traceparent", "tracestate"})
_LONGEST_NAME = 200
_LONGEST_DISCLOSED = MAXIMUM_ENVELOPE + MAXIMUM_DIGESTS * MAXIMUM_DISCLOSURE


@dataclass(frozen=True, slots=True)
class Origin:
    """The place of a record in its topic, and the bytes that stood there."""

    topic: str
    partition: int
    offset: int
    value: bytes = b""

    @property
    def place(self) -> str:
        """The place as one text."""
        return f"{self.topic}/{self.partition}/{self.offset}"

    @property
    def is_personal(self) -> bool:
        """Whether the bytes may tell of a person, readable or not, so that no copy of them is to be kept."""
        return b'"disclosures"' in self.value


@dataclass(frozen=True, slots=True)
class Arrived:
    """One record as it was understood; ``key`` is the same for every delivery of the same submission.

    ``disclosed`` is the submission with its fields, where it brought any.
    """

    submission: Submission | Refusal
    key: Key
    traceparent: str | None
    origin: Origin
    needs_signature: bool = False
    disclosed: Disclosed | None = None

    def disowned(self, refusal: Refusal) -> "Arrived":
        """Return the record as one that nobody is known to have sent.

        It is known by its place alone: an answer under the identity that it claims would stand in the way of whoever
        that identity belongs to.
        """
        named = Refusal(refusal.code, refusal.pointer, refusal.params, problems=refusal.problems)
        return Arrived(named, _placed(self.origin), self.traceparent, self.origin)


def unreadable(origin: Origin) -> Arrived:
    """Return a record that the client library itself cannot take apart."""
    return Arrived(Refusal("record_unreadable"), _placed(origin), None, origin)


def read_record(record: Any) -> Arrived:
    """Return the submission in a Kafka record, or the refusal that says why it is none."""
    value = record.value or b""
    headers = {name: content for name, content in record.headers if isinstance(content, bytes)}
    parsed = _read(value, headers)
    submission, disclosed = plain(parsed), parsed if isinstance(parsed, Disclosed) else None
    origin = Origin(record.topic, record.partition, record.offset, value)
    key = _key(origin, submission, verbatim=disclosed is not None)
    return Arrived(submission, key, _traceparent(headers), origin, disclosed=disclosed)


def _read(value: bytes, headers: Mapping[str, bytes]) -> Parsed:
    if "ce_specversion" not in headers:
        found = _disclosed(value)
        if found is not None:
            return found
        if len(value) <= MAXIMUM_ENVELOPE:
            return parse_any(value)
    if len(value) > MAXIMUM_BYTES:
        return Refusal("event_too_large", params=(("bytes", str(MAXIMUM_BYTES)),))
    try:
        attributes = {
            name.removeprefix("ce_"): content.decode("utf-8")
            for name, content in headers.items()
            if name.startswith("ce_")
        }
        data = orjson.loads(value)
    except (UnicodeDecodeError, orjson.JSONDecodeError):
        return Refusal("not_canonical", params=(("reason", "not_json"),))
    event = make_event(
        type_=attributes.pop("type", ""),
        source=attributes.pop("source", ""),
        identity=attributes.pop("id", ""),
        subject=attributes.pop("subject", ""),
        time=attributes.pop("time", ""),
        data=data,
    )
    extensions: dict[str, Any] = {name: text for name, text in attributes.items() if name not in _TRACING}
    if re.fullmatch(r"[0-9]{1,10}", extensions.get("issuersequence", "")):
        extensions["issuersequence"] = int(extensions["issuersequence"])
    return canonical_submission({**event, **extensions})


def _disclosed(value: bytes) -> Disclosed | Refusal | None:
    """Return a submission that brings disclosures, its refusal, or ``None`` where the bytes are no such thing."""
    if not may_disclose(value) or len(value) > _LONGEST_DISCLOSED:
        return None
    try:
        found = canonical.parse(value)
    except canonical.NotCanonical:
        return None
    return disclosed_submission(found) if is_disclosed(found) else None


def _key(origin: Origin, submission: Submission | Refusal, *, verbatim: bool) -> Key:
    if isinstance(submission, Submission):
        # The refusal of a copy without its signatures must never stand as the answer to the signed original, nor
        # what was answered before stand in the way of fields that come later.
        digest = sha256(origin.value).digest() if submission.signatures or verbatim else submission.digest
        return (submission.source, submission.id, digest)
    source, identity = submission.source, submission.id
    if not _is_name(source) or not _is_name(identity):
        # Nobody said who speaks, so the record is known by its place alone.
        return _placed(origin)
    return (source, identity, sha256(origin.value).digest())


def _placed(origin: Origin) -> Key:
    return ("", origin.place, sha256(origin.value).digest())


def _is_name(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_NAME and text.isprintable()


def _traceparent(headers: Mapping[str, bytes]) -> str | None:
    content = headers.get("traceparent") or headers.get("ce_traceparent") or b""
    text = content.decode("ascii", "replace")
    return text if _TRACEPARENT.fullmatch(text) else None
