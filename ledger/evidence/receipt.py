"""A status receipt: one small file that shows a certificate's whole public history, and that nothing came after it.

The signed checkpoint vouches for the entry that records the status map's root, the root for the history's digest, the
digest for the events; or the root shows that the number was never registered. The status in words is what whoever made
the file says: it counts once it was derived from the events again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from ledger.evidence.maprules import CERTIFICATE
from ledger.evidence.merkle import leaf_hash
from ledger.evidence.notes import MAXIMUM_NOTE
from ledger.evidence.statusmap import KEY_BITS, VALUE, MapProof, key_of
from ledger.evidence.strict import (
    MAXIMUM_INTEGER,
    EvidenceError,
    canonical_json,
    decode_base64,
    decode_hash,
    encode_base64,
    parse_canonical_json,
)
from ledger.evidence.tiles import MAXIMUM_ENTRY

FORMAT = "certledger-receipt/1"
MEDIA_TYPE = "application/vnd.certledger.receipt+json"
MAXIMUM_EVENTS_BYTES = 1_048_576
"""Beyond this the oldest events are shown by their leaf hash alone."""
MAXIMUM_RECEIPT = 8_388_608
_BEGINS = b'{"as_of":"'
_MAXIMUM_EVENTS = 20_000
_MAXIMUM_PROOF = 64
_MAXIMUM_KEYS = 16
_MEMBERS = {"as_of", "certificate", "checkpoint", "events", "format", "known_at", "latest", "map", "root", "sha256",
            "signature", "statement"}  # fmt: skip
SIGNED, UNSIGNED, INVALID = "signed", "unsigned", "invalid"
"""What is stated of the last event's signatures."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the history: the entry's octets, or its leaf hash alone."""

    leaf: bytes
    entry: bytes | None = None


@dataclass(frozen=True, slots=True)
class Included:
    """An entry's index in the log, and the proof that it stands there."""

    index: int
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ShownKey:
    """The entry that registered a key with which the last event was signed, and where it stands in the log."""

    entry: bytes
    included: Included


@dataclass(frozen=True, slots=True)
class SignatureShown:
    """Whether the last event was signed by those whom it concerns, and the registrations of their keys."""

    state: str
    keys: tuple[ShownKey, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusReceipt:
    """The receipt's parts; ``latest`` is ``None`` and ``events`` is empty for a number that was never registered.

    ``position`` and ``recorded`` say how far it knows the log; ``root_entry`` is the entry that records the map's
    root, ``checkpoint`` the note's exact octets, ``statement`` plain JSON, ``signature`` is of the last event.
    """

    body: str
    number: str
    as_of: str
    position: int
    recorded: str
    statement: Mapping[str, Any]
    events: tuple[Event, ...]
    latest: Included | None
    map: MapProof
    root_entry: bytes
    root: Included
    checkpoint: bytes
    signature: SignatureShown | None = None

    @property
    def stream(self) -> str:
        """The certificate's stream."""
        return f"{CERTIFICATE}{self.body}:{self.number}"

    @property
    def key(self) -> bytes:
        """The certificate's key in the status map."""
        return key_of(self.stream)

    def to_json(self) -> bytes:
        """Return the file: canonical JSON (RFC 8785) with the SHA-256 of all of it but that member."""
        shown = {
            "as_of": self.as_of,
            "certificate": {"body": self.body, "number": self.number},
            "checkpoint": self.checkpoint.decode(),
            "events": [_event_json(each) for each in self.events],
            "format": FORMAT,
            "known_at": {"position": self.position, "recorded": self.recorded},
            "latest": _included_json(self.latest) if self.latest is not None else None,
            "map": {
                "key": _optional(self.map.key),
                "proof": [encode_base64(each) for each in self.map.siblings],
                "value": _optional(self.map.value),
            },
            "root": {"entry": encode_base64(self.root_entry), **_included_json(self.root)},
            "signature": _signature_json(self.signature) if self.signature is not None else None,
            "statement": dict(self.statement),
        }
        return canonical_json({**shown, "sha256": sha256(canonical_json(shown)).hexdigest()})


def keep_small(entries: list[bytes]) -> tuple[Event, ...]:
    """Return a history with as many of its newest entries whole as a receipt may hold."""
    room, events = MAXIMUM_EVENTS_BYTES, []
    for entry in reversed(entries):
        room -= len(entry)
        events.append(Event(leaf_hash(entry), entry if room >= 0 else None))
    return tuple(reversed(events))


def unwrapped(raw: bytes) -> bytes:
    """Return the receipt that a PDF page of ours carries, or what was given where it is no PDF.

    The attachment stands in the file as it is; where there is none, or more than one, what follows finds no receipt.
    """
    if not raw.startswith(b"%PDF-") or raw.count(_BEGINS) != 1:
        return raw
    begin = raw.index(_BEGINS)
    end = raw.find(b"\nendstream", begin)
    return raw[begin : end if end >= 0 else begin].rstrip(b"\r")


def parse_receipt(raw: bytes) -> tuple[StatusReceipt, bool]:
    """Return the receipt of a file and whether its own digest fits, or raise; nothing is verified yet."""
    value = parse_canonical_json(raw, MAXIMUM_RECEIPT)
    if not isinstance(value, dict) or value.get("format") != FORMAT or set(value) != _MEMBERS:
        raise EvidenceError("not a status receipt")
    digest = value.pop("sha256")
    certificate = _members(value["certificate"], "body number")
    known, shown = _members(value["known_at"], "position recorded"), _members(value["map"], "key proof value")
    root = _members(value["root"], "entry index proof")
    events, latest = value["events"], value["latest"]
    if not isinstance(events, list) or len(events) > _MAXIMUM_EVENTS or not isinstance(value["statement"], dict):
        raise EvidenceError("not a status receipt")
    body, number = _text(certificate["body"], 200), _text(certificate["number"], 200)
    if not body or ":" in body or not number:
        raise EvidenceError("the receipt names no certificate")
    _day(value["as_of"])
    siblings = shown["proof"]
    if not isinstance(siblings, list) or len(siblings) > KEY_BITS or (shown["key"] is None) != (shown["value"] is None):
        raise EvidenceError("not a proof of the status map")
    key = None if shown["key"] is None else decode_hash(_text(shown["key"], 64))
    held = None if shown["value"] is None else decode_base64(_text(shown["value"], 2 * VALUE))
    receipt = StatusReceipt(
        body,
        number,
        _text(value["as_of"], 10),
        _integer(known["position"]),
        _text(known["recorded"], 40),
        value["statement"],
        tuple(map(_event, events)),
        None if latest is None else _included(_members(latest, "index proof")),
        MapProof(tuple(decode_hash(_text(each, 64)) for each in siblings), key, held),
        decode_base64(_text(root["entry"], 2 * MAXIMUM_ENTRY)),
        _included(root),
        _text(value["checkpoint"], MAXIMUM_NOTE).encode(),
        None if value["signature"] is None else _signature(_members(value["signature"], "keys state")),
    )
    return receipt, digest == sha256(canonical_json(value)).hexdigest()


def _event_json(event: Event) -> dict[str, str]:
    if event.entry is None:
        return {"leaf": encode_base64(event.leaf)}
    return {"entry": encode_base64(event.entry)}


def _signature_json(shown: SignatureShown) -> dict[str, Any]:
    keys = [{"entry": encode_base64(each.entry), **_included_json(each.included)} for each in shown.keys]
    return {"keys": keys, "state": shown.state}


def _signature(value: Mapping[str, Any]) -> SignatureShown:
    keys = value["keys"]
    if value["state"] not in {SIGNED, UNSIGNED, INVALID} or not isinstance(keys, list) or len(keys) > _MAXIMUM_KEYS:
        raise EvidenceError("a signature is signed, unsigned or invalid, and names its keys")
    shown = (_members(each, "entry index proof") for each in keys)
    found = (ShownKey(decode_base64(_text(each["entry"], 2 * MAXIMUM_ENTRY)), _included(each)) for each in shown)
    return SignatureShown(value["state"], tuple(found))


def _event(value: Any) -> Event:
    if isinstance(value, dict) and set(value) == {"leaf"}:
        return Event(decode_hash(_text(value["leaf"], 64)))
    entry = decode_base64(_text(_members(value, "entry")["entry"], 2 * MAXIMUM_ENTRY))
    return Event(leaf_hash(entry), entry)


def _included_json(included: Included) -> dict[str, Any]:
    return {"index": included.index, "proof": [encode_base64(each) for each in included.proof]}


def _included(value: Mapping[str, Any]) -> Included:
    proof = value["proof"]
    if not isinstance(proof, list) or len(proof) > _MAXIMUM_PROOF:
        raise EvidenceError(f"a proof has at most {_MAXIMUM_PROOF} hashes")
    return Included(_integer(value["index"]), tuple(decode_hash(_text(each, 64)) for each in proof))


def _members(value: Any, names: str) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != set(names.split()):
        raise EvidenceError(f"an object with {names} is expected")
    return value


def _text(value: Any, limit: int) -> str:
    if not isinstance(value, str) or len(value) > limit:
        raise EvidenceError(f"text of at most {limit} characters is expected")
    return value


def _day(value: Any) -> None:
    try:
        if date.fromisoformat(value).isoformat() == value:
            return
    except (TypeError, ValueError):
        pass
    raise EvidenceError("a day is expected")


def _integer(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MAXIMUM_INTEGER:
        raise EvidenceError("an integer is expected")
    return value


def _optional(raw: bytes | None) -> str | None:
    return None if raw is None else encode_base64(raw)
