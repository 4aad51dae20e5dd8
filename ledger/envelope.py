"""A submission is a CloudEvent 1.0 in canonical bytes; a recorded event embeds those bytes verbatim.

``{"event":{what was said},"record":{stream, version, recorded time, decision, …},"signatures":[…]}`` is made once;
the same bytes are stored, hashed, sent to Kafka and exported. The position is not in the bytes: it is the row's.
Three attributes are the ledger's own: ``ledger`` (for which ledger it was said), ``issuersequence`` and
``issuerprevious`` (the source's own count of its statements, and the SHA-256 of the one before).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import orjson
from pydantic import ValidationError

from ledger import canonical
from ledger.evidence.signatures import Signature
from ledger.facts import EventType, Fact
from ledger.families import EVENT_TYPES
from ledger.refusals import Problem, Refusal
from ledger.validation import problems_of
from ledger.values import quickly_made

# With its record an event must fit into a log entry of 65,535 octets (C2SP tlog-tiles).
MAXIMUM_BYTES = 57_344
_REQUIRED = ("data", "id", "source", "specversion", "subject", "time", "type")
_CHAIN = ("issuersequence", "issuerprevious")
_ALLOWED = frozenset((*_REQUIRED, "datacontenttype", "ledger", *_CHAIN))
_UNKNOWN = "0000-00-00T00:00:00.000000Z"
_RECORDED = b'"recorded":"%b"' % _UNKNOWN.encode()
MAXIMUM_NAME = 200
# An Integer of the CloudEvents type system has 32 bits.
MAXIMUM_SEQUENCE = 2**31 - 1
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
UNSIGNED = b"[]"
_TIME = re.compile(r"\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}Z", re.ASCII)


@quickly_made
@dataclass(frozen=True, slots=True)
class Submission:
    """A well-formed statement, not yet judged; ``raw`` is what was said, byte for byte.

    ``signatures`` are those of its envelope, not yet verified; ``audience`` is the ledger that it names.
    """

    raw: bytes
    type: EventType
    source: str
    id: str
    subject: str
    data: Mapping[str, Any]
    digest: bytes
    signatures: tuple[Signature, ...] = ()
    audience: str | None = None

    @property
    def identity(self) -> tuple[str, str]:
        """The permanent identity, CloudEvents 1.0 ``source`` + ``id``."""
        return (self.source, self.id)

    def fact(self, version: int) -> Fact:
        """Return what was said as a fact of its stream."""
        return Fact(version, self.type.name, str(self.data.get("effective", "")), self.data, self.source, self.id)


@quickly_made
@dataclass(frozen=True, slots=True)
class Recorded:
    """One recorded event as every reader sees it: the canonical bytes and the row's position beside them."""

    position: int
    raw: bytes
    event: Mapping[str, Any]
    record: Mapping[str, Any]

    @property
    def stream(self) -> str:
        """The stream that the event belongs to."""
        return str(self.record["stream"])

    @property
    def version(self) -> int:
        """The event's number in its stream, from 1."""
        return int(self.record["version"])

    @property
    def recorded(self) -> str:
        """The instant of recording, ``YYYY-MM-DDTHH:MM:SS.ffffffZ``."""
        return str(self.record["recorded"])

    @property
    def applied(self) -> bool:
        """Whether the fact took effect when it was recorded; otherwise it is held."""
        return bool(self.record["decision"] == "applied")

    @property
    def signed_by(self) -> tuple[str, ...]:
        """Whose valid signatures the event came with, empty for an unsigned one."""
        return tuple(self.record.get("signed_by", ()))

    def fact(self) -> Fact:
        """Return what was said as a fact of its stream."""
        event = self.event
        data = event["data"]
        return Fact(self.version, event["type"], data.get("effective", ""), data, event["source"], event["id"])


def parse_submission(raw: bytes) -> Submission | Refusal:
    """Return the submission that canonical bytes contain, or the refusal that says what is wrong with them."""
    if len(raw) > MAXIMUM_BYTES:
        return Refusal("event_too_large", params=(("bytes", str(MAXIMUM_BYTES)),))
    try:
        event = canonical.parse(raw)
    except canonical.NotCanonical as error:
        return Refusal("not_canonical", pointer=error.pointer, params=(("reason", error.reason),))
    if not isinstance(event, dict):
        return Refusal("not_a_cloudevent")
    return _admit(raw, event)


def canonical_submission(event: Any) -> Submission | Refusal:
    """Return the submission that a parsed, unsigned JSON value makes, bringing it into canonical form."""
    try:
        return parse_submission(canonical.canonical(event))
    except canonical.NotCanonical as error:
        return Refusal("not_canonical", pointer=error.pointer, params=(("reason", error.reason),))


def _admit(raw: bytes, event: dict[str, Any]) -> Submission | Refusal:
    source, identity = event.get("source"), event.get("id")
    names = (source if isinstance(source, str) else "", identity if isinstance(identity, str) else "")
    wrong = [f"/{name}" for name in _REQUIRED if name not in event]
    wrong += [f"/{name}" for name in event if name not in _ALLOWED]
    wrong += [f"/{name}" for name in ("id", "source", "subject") if not _is_text(event.get(name))]
    if event.get("specversion") != "1.0":
        wrong.append("/specversion")
    if event.get("datacontenttype", "application/json") != "application/json":
        wrong.append("/datacontenttype")
    time = event.get("time")
    if not isinstance(time, str) or not _is_instant(time):
        wrong.append("/time")
    if not isinstance(event.get("data"), dict):
        wrong.append("/data")
    if "ledger" in event and not _is_text(event["ledger"]):
        wrong.append("/ledger")
    if any(name in event for name in _CHAIN):
        wrong += _chain_faults(event.get("issuersequence"), event.get("issuerprevious"))
    if wrong:
        problems = tuple(
            Problem(p, "attribute_wrong", "属性缺失或不符合规定", "attribute missing or wrong")
            for p in dict.fromkeys(wrong)
        )
        return Refusal("not_a_cloudevent", wrong[0], (), *names, problems)
    event_type = EVENT_TYPES.get(event["type"]) if isinstance(event["type"], str) else None
    if event_type is None:
        return Refusal("unknown_event_type", "/type", (("type", str(event["type"])[:100]),), *names)
    data = event["data"]
    try:
        event_type.model.__pydantic_validator__.validate_json(orjson.dumps(data))
    except ValidationError as error:
        problems = problems_of(error, "/data")
        return Refusal("data_invalid", problems[0].pointer, (("type", event_type.name),), *names, problems)
    digest = sha256(raw).digest()
    return Submission(raw, event_type, *names, event["subject"], data, digest, (), event.get("ledger"))


def _chain_faults(sequence: Any, previous: Any) -> list[str]:
    """Return what is wrong with a link: the first has no predecessor, every other one names its digest."""
    if type(sequence) is not int or not 1 <= sequence <= MAXIMUM_SEQUENCE:
        return ["/issuersequence"]
    if sequence == 1:
        return [] if previous is None else ["/issuerprevious"]
    return [] if isinstance(previous, str) and _DIGEST.fullmatch(previous) else ["/issuerprevious"]


def _is_text(value: Any) -> bool:
    """Names are printable: two that look alike differ by no invisible character (Unicode categories C and Z)."""
    return isinstance(value, str) and 0 < len(value) <= MAXIMUM_NAME and value.isprintable()


def _is_instant(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def seal_around(raw_event: bytes, record: dict[str, Any], signatures: bytes = UNSIGNED) -> tuple[bytes, bytes]:
    """Return the canonical bytes of a recorded event before and after its time of recording.

    The log that knows the time puts it in between; the event's own bytes are embedded verbatim.
    """
    before, _, after = canonical.dumps({**record, "recorded": _UNKNOWN}).partition(_RECORDED)
    return b'{"event":%b,"record":%b"recorded":"' % (raw_event, before), b'"%b,"signatures":%b}' % (after, signatures)


def seal(raw_event: bytes, record: dict[str, Any], recorded: str, signatures: bytes = UNSIGNED) -> bytes:
    """Return the canonical bytes of a recorded event: the event verbatim, the record, the signatures."""
    before, after = seal_around(raw_event, record, signatures)
    return b"%b%b%b" % (before, recorded.encode(), after)


def said_alike(recorded: Mapping[str, Any], raw: bytes) -> bool:
    """Tell whether bytes say what a recorded event says, but for the ledger they name and the issuer's count.

    A source that begins to sign says the same again in other bytes; that is no contradiction.
    """
    mine: dict[str, Any] = orjson.loads(raw)
    apart = {"ledger", *_CHAIN}
    said = ({name: value for name, value in each.items() if name not in apart} for each in (recorded, mine))
    return next(said) == next(said)


def open_recorded(position: int, raw: bytes) -> Recorded:
    """Return the recorded event that canonical bytes contain."""
    value = orjson.loads(raw)
    return Recorded(position, raw, value["event"], value["record"])


def make_event(
    *, type_: str, source: str, identity: str, subject: str, time: str, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a CloudEvent 1.0 with the ledger's attributes; ``time`` is in the ledger's one spelling."""
    return {
        "data": data,
        "id": identity,
        "source": source,
        "specversion": "1.0",
        "subject": subject,
        "time": time,
        "type": type_,
    }
