"""How the log makes the status map: an entry about a certificate becomes its latest event, in the order of the log.

The map of the first N entries follows from these entries alone. A refused application is the applicant's confidence
(ISO/IEC 17021-1 8.4), so refusals, and corrections of them, are not in the map: nobody learns from it that there was
one. A stream's versions in the map rise; a missing number is such an entry.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ledger.evidence.maptiles import TiledMap
from ledger.evidence.merkle import leaf_hash
from ledger.evidence.statusmap import NO_HISTORY, Value, decode_value, history_digest, key_of
from ledger.evidence.strict import MAXIMUM_INTEGER, EvidenceError, decode_hash

MAP_ROOT = "log.map_root"
FORMAT = "certledger-status-map/1"
CLOCK = "clock"
CERTIFICATE = "certificate:"
_ABOUT_A_CERTIFICATE = b'"stream":"certificate:'
_A_ROOT = b'"type":"log.map_root"'
_ROOT_STREAM = re.compile(r"log:map:([0-9]{16})", re.ASCII)
_REFUSED, _CORRECTED = "certificate.refused", "certificate.corrected"
IsRefusal = Callable[[str, str], bool]
"""Tells whether an event recorded before, named by source and id, is a refusal."""


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that is a certificate's latest event until the next one; ``leaf`` is its hash in the log's tree."""

    stream: str
    version: int
    index: int
    leaf: bytes


@dataclass(frozen=True, slots=True)
class LoggedRoot:
    """A root of the map as the clock recorded it: over the first ``size`` entries, the last recorded ``through``.

    ``previous`` is the size of the root before, 0 for none: sizes rise along the log, one after the other.
    """

    previous: int
    size: int
    root: bytes
    through: str


def root_stream(previous: int) -> str:
    """Return the stream of the one root that follows the root over ``previous`` entries."""
    return f"log:map:{previous:016}"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log with what its JSON says."""

    index: int
    raw: bytes
    event: Mapping[str, Any]
    record: Mapping[str, Any]


def open_entry(index: int, raw: bytes) -> Entry | None:
    """Return an entry that may concern the map, ``None`` for one that surely does not, or raise."""
    if _ABOUT_A_CERTIFICATE not in raw and _A_ROOT not in raw:
        return None
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise EvidenceError("not a recorded event") from error
    if not isinstance(value, dict) or not isinstance(value.get("event"), dict):
        raise EvidenceError("not a recorded event")
    if not isinstance(value.get("record"), dict):
        raise EvidenceError("not a recorded event")
    return Entry(index, raw, value["event"], value["record"])


def change_of(entry: Entry, is_refusal: IsRefusal) -> Change | None:
    """Return what an entry changes in the map, ``None`` where it changes nothing."""
    event, stream, version = entry.event, entry.record.get("stream"), entry.record.get("version")
    if not isinstance(stream, str) or not stream.startswith(CERTIFICATE) or event.get("type") == _REFUSED:
        return None
    if event.get("type") == _CORRECTED and is_refusal(*_corrected(event)):
        return None
    if type(version) is not int or not 0 < version <= MAXIMUM_INTEGER:
        raise EvidenceError("the record names no version")
    return Change(stream, version, entry.index, leaf_hash(entry.raw))


def refusal_of(entry: Entry) -> tuple[str, str] | None:
    """Return source and id of an entry that is a refusal, else ``None``."""
    event = entry.event
    return (str(event.get("source")), str(event.get("id"))) if event.get("type") == _REFUSED else None


def logged_root(entry: Entry) -> LoggedRoot | None:
    """Return the root that an entry records, ``None`` where it records none; raise where it contradicts itself."""
    event, stream = entry.event, entry.record.get("stream")
    if event.get("type") != MAP_ROOT:
        return None
    named = _ROOT_STREAM.fullmatch(stream) if isinstance(stream, str) else None
    data, through = event.get("data"), event.get("time")
    if named is None or event.get("source") != CLOCK or not isinstance(data, dict) or not isinstance(through, str):
        raise EvidenceError("a root of the status map is recorded by the clock, in its own stream")
    previous, size, root = data.get("previous"), data.get("size"), data.get("root")
    if data.get("format") != FORMAT or type(size) is not int or previous != int(named[1]) or not isinstance(root, str):
        raise EvidenceError("the entry records no root of the status map")
    if not previous < size <= entry.index:
        raise EvidenceError("a root covers more than the root before, and entries before its own")
    return LoggedRoot(previous, size, decode_hash(root), through)


def apply(tiles: TiledMap, changes: Sequence[Change]) -> None:
    """Bring the map up to date with changes, in the order of the log."""
    keys = {each.stream: key_of(each.stream) for each in changes}
    tiles.load(keys.values())
    values: dict[str, Value | None] = {}
    for stream, key in keys.items():
        raw = tiles.value(key)
        values[stream] = decode_value(raw) if raw is not None else None
    for each in changes:
        before = values[each.stream]
        if before is not None and (each.version <= before.version or each.index <= before.index):
            raise EvidenceError(f"{each.stream} v{each.version} at index {each.index} comes after v{before.version}")
        digest = history_digest(before.digest if before else NO_HISTORY, each.leaf)
        values[each.stream] = Value(each.version, each.index, digest)
    for stream, value in values.items():
        if value is not None:
            tiles.put(keys[stream], value.encode())


def _corrected(event: Mapping[str, Any]) -> tuple[str, str]:
    data = event.get("data")
    named = data.get("corrects") if isinstance(data, dict) else None
    if not isinstance(named, dict):
        raise EvidenceError("a correction names what it corrects")
    return str(named.get("source")), str(named.get("id"))
