"""What every entry must show by itself: a recorded event, its stream's next version, a later time, valid signatures.

DSSE v1.0.2 signatures cover the event's bytes as they stand in the entry; nothing is written anew to verify them.
Which key speaks for whom, and until when, is what the log recorded before the entry.
"""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ledger.evidence.chains import Chains
from ledger.evidence.fields import Fields
from ledger.evidence.keyfile import INSTANT, IssuerKey
from ledger.evidence.keyring import Keyring
from ledger.evidence.mapaudit import MapAudit
from ledger.evidence.maprules import Entry
from ledger.evidence.report import Report
from ledger.evidence.required import RequiredSignatures
from ledger.evidence.signatures import EVENT_TYPE, PublicKey, Signature, pae, parse_signatures
from ledger.evidence.sm3 import Sm3Missing, sm3
from ledger.evidence.strict import EvidenceError

_BEGIN, _RECORD, _SIGNATURES = '{"event":', ',"record":', ',"signatures":'
WITHOUT_DIGEST = (
    "前 {0} 个条目登记时尚未载 SM3 摘要 / the first {0} entries were recorded before entries held an SM3 digest"
)
_DECODER = json.JSONDecoder()
_Place = dict[str, Any]


def event_bytes(entry: bytes) -> bytes:
    """Return the signed event's bytes inside a recorded event, or raise."""
    try:
        text = entry.decode("utf-8")
        _, end = _member(text, 0, _BEGIN)
    except (ValueError, RecursionError) as error:
        raise EvidenceError("not a recorded event") from error
    if not text.startswith(_RECORD, end):
        raise EvidenceError("not a recorded event")
    return text[len(_BEGIN) : end].encode()


class EntryChecks:
    """Checks entries in order of their index; ``withheld`` counts entries passed over unseen.

    ``issuers`` is what a key file states; ``origin`` is the log's name, for which signed statements must be made;
    ``fields`` hears of personal fields.
    """

    def __init__(
        self, report: Report, issuers: Iterable[IssuerKey], origin: str | None = None, fields: Fields | None = None
    ) -> None:
        self._fields = fields
        self._report = report
        self._origin = origin
        self._streams: dict[str, tuple[int, int]] = {}
        self._stated = {each.key.keyid: each for each in issuers}
        self._ring = Keyring(report, origin)
        self._chains = Chains(report)
        self._recorded = ""
        self._required = RequiredSignatures()
        self._map = MapAudit(report)
        self._pool: ThreadPoolExecutor | None = None
        self._has_digests = False
        self._without_digest = self._unchecked_digests = 0
        self.withheld = 0

    def check(self, first: int, entries: list[bytes]) -> None:
        """Check neighbouring entries from index ``first`` on."""
        statements = []
        for index, raw in enumerate(entries, first):
            self._report.entries += 1
            if not raw:
                self._report.add("ENTRY_MISSING", index)
                continue
            try:
                opened = _open(raw)
            except EvidenceError as error:
                self._report.add("ENTRY_MALFORMED", index, detail=str(error))
                continue
            event, record = opened.event, opened.record
            self._order(index, record)
            self._digest(index, opened)
            self._map.take(Entry(index, raw, event, record))
            if "issuersequence" in event:
                self._chains.note(index, event, opened.said)
            if opened.signatures:
                statements.append(self._statement(index, opened))
            else:
                self._report.unsigned += 1
                if record.get("signed_by"):
                    self._report.add("SIGNERS_MISSTATED", index, **_place(record))
                self._require(index, event, record, ())
            # A registration or revocation holds from the next entry on, as it did when it was recorded.
            self._ring.note(index, event, record)
            self._required.note(event, record)
            if self._fields is not None:
                self._fields.note(index, event, record)
        if statements:
            # The library lets go of the interpreter while it verifies, so threads use every core.
            self._pool = self._pool or ThreadPoolExecutor()
            for index, place, faults in self._pool.map(_faults, statements):
                for code, owner in faults:
                    self._report.add(code, index, detail=owner, **place)
            self._report.signed += len(statements)

    def close(self) -> None:
        """State what was covered, judge what only the whole shows, and let the threads go."""
        self._chains.close(is_whole=not self.withheld)
        if self._fields is not None:
            self._fields.close(is_whole=not self.withheld)
        if not self.withheld:
            self._ring.compare(self._stated.values())
        self._map.close()
        if self._without_digest and self._has_digests:
            self._report.notes.append(WITHOUT_DIGEST.format(self._without_digest))
        self._report.streams = len(self._streams)
        self._report.last_recorded = self._recorded or None
        if self._pool is not None:
            self._pool.shutdown()

    def _order(self, index: int, record: dict[str, Any]) -> None:
        stream, version, recorded = record["stream"], record["version"], record["recorded"]
        before, withheld = self._streams.get(stream, (0, 0))
        # Where entries were withheld in between, the missing versions may be among them.
        if version <= before or (version != before + 1 and withheld == self.withheld):
            self._report.add(
                "STREAM_VERSION_GAP", index, stream=stream, version=version, detail=f"expected version {before + 1}"
            )
        self._streams[stream] = (max(version, before), self.withheld)
        if recorded <= self._recorded:
            self._report.add(
                "RECORDED_NOT_INCREASING",
                index,
                stream=stream,
                version=version,
                detail=f"{recorded} after {self._recorded}",
            )
        self._recorded = max(recorded, self._recorded)

    def _digest(self, index: int, opened: "_Opened") -> None:
        """Check the SM3 digest of what was said; from the first entry on that has one, every entry has one."""
        stated = opened.record.get("sm3")
        self._has_digests = self._has_digests or stated is not None
        if not self._has_digests:
            self._without_digest += 1
            return
        try:
            actual = sm3(opened.said).hex()
        except Sm3Missing as error:
            if not self._unchecked_digests:
                self._report.add("DIGEST_UNCHECKED", detail=str(error))
            self._unchecked_digests += 1
            return
        if stated != actual:
            detail = f"SM3 {actual}, recorded {str(stated)[:64]}"
            self._report.add("DIGEST_MISMATCH", index, detail=detail, **_place(opened.record))

    def _statement(self, index: int, opened: "_Opened") -> "_Statement":
        """Return what is left to verify of a signed entry, once its keys were found as of its index."""
        event, record, signatures = opened.event, opened.record, opened.signatures
        place = _place(record)
        if self._origin is not None and event.get("ledger") != self._origin:
            self._report.add("WRONG_AUDIENCE", index, detail=str(event.get("ledger"))[:200], **place)
        concerned = {_speaker(str(event.get("source"))), *_signatories(event)}
        found: list[tuple[PublicKey, Signature, str]] = []
        is_known = True
        for signature in signatures:
            key = self._key(index, signature.keyid, record)
            is_known = is_known and key is not None
            if key is not None:
                found.append((key.key, signature, key.owner))
        owners = list(dict.fromkeys(owner for _, _, owner in found))
        if is_known and concerned.isdisjoint(map(_speaker, owners)):
            self._report.add("WRONG_SIGNER", index, **place)
        if is_known and record.get("signed_by") != owners:
            self._report.add("SIGNERS_MISSTATED", index, **place)
        if is_known:
            self._require(index, event, record, owners)
        return index, place, opened.said, found

    def _require(self, index: int, event: _Place, record: _Place, owners: Iterable[str]) -> None:
        """Report the signature that a policy asked for when this was recorded, and that is not there."""
        if not self._required.is_any:
            return
        by, deciding = set(map(_speaker, owners)), _signatories(event, role="decision")
        lacking = self._required.missing(_speaker(str(event.get("source"))), event, record["recorded"], by, deciding)
        if lacking is not None:
            self._report.add("REQUIRED_SIGNATURE_MISSING", index, detail=lacking[:200], **_place(record))

    def _key(self, index: int, keyid: str, record: _Place) -> IssuerKey | None:
        """Return the key by this name as the log knew it at an index, and report where it may not have signed."""
        place, recorded = _place(record), record["recorded"]
        known = self._ring[keyid]
        if known is not None:
            known.signed(index, recorded)
            if known.ended is not None:
                self._report.add("SIGNED_AFTER_REVOCATION", index, detail=known.owner, **place)
            elif not known.as_issuer().holds_at(recorded):
                self._report.add("SIGNED_OUTSIDE_VALIDITY", index, detail=known.owner, **place)
            return known.as_issuer()
        stated = self._stated.get(keyid)
        if not self.withheld:
            self._report.add("SIGNER_UNREGISTERED", index, detail=keyid, **place)
        elif stated is None:
            self._report.add("SIGNER_UNKNOWN", index, detail=keyid, **place)
        else:
            self._report.add("KEY_NOT_FROM_LOG", index, detail=stated.owner, **place)
            if not stated.holds_at(recorded):
                self._report.add("SIGNED_OUTSIDE_VALIDITY", index, detail=stated.owner, **place)
        return stated


_Statement = tuple[int, _Place, bytes, list[tuple[PublicKey, Signature, str]]]


def _faults(statement: _Statement) -> tuple[int, _Place, list[tuple[str, str]]]:
    """Return what is wrong with which owner's signature, or that it cannot be told here."""
    index, place, said, found = statement
    message = pae(EVENT_TYPE, said)
    wrong = []
    for key, signature, owner in found:
        try:
            key.verify(signature.value, message)
        except Sm3Missing:
            wrong.append(("SIGNATURE_UNCHECKED", owner))
        except EvidenceError:
            wrong.append(("STATEMENT_SIGNATURE_INVALID", owner))
    return index, place, wrong


def _place(record: _Place) -> _Place:
    return {"stream": record["stream"], "version": record["version"]}


def _speaker(name: str) -> str:
    """Return the one name of a speaker: the organisation code stands inside a credit code (GB 32100)."""
    code = name.removeprefix("organisation:")
    return f"organisation:{code[8:17]}" if code != name and len(code) == 18 else name


def _signatories(event: _Place, role: str | None = None) -> list[str]:
    data = event.get("data")
    said = data.get("replacement") or data if isinstance(data, dict) else {}
    signers = said.get("signers") if isinstance(said, dict) else None
    return [
        f"person:{each.get('register', 'CCAA')}:{each.get('number')}"
        for each in (signers if isinstance(signers, list) else ())
        if isinstance(each, dict) and (role is None or each.get("role", "decision") == role)
    ]


@dataclass(frozen=True, slots=True)
class _Opened:
    """What an entry holds; ``said`` are the event's own octets."""

    said: bytes
    event: dict[str, Any]
    record: dict[str, Any]
    signatures: tuple[Signature, ...]


def _open(raw: bytes) -> _Opened:
    try:
        text = raw.decode("utf-8")
        event, end = _member(text, 0, _BEGIN)
        said = text[len(_BEGIN) : end].encode()
        record, end = _member(text, end, _RECORD)
        signatures, end = _member(text, end, _SIGNATURES)
    except (ValueError, RecursionError) as error:
        raise EvidenceError("not a recorded event") from error
    if text[end:] != "}" or not isinstance(event, dict) or not isinstance(record, dict):
        raise EvidenceError("not a recorded event")
    stream, version, recorded = record.get("stream"), record.get("version"), record.get("recorded")
    if not isinstance(stream, str) or type(version) is not int or version < 1:
        raise EvidenceError("the record names no stream and version")
    if not isinstance(recorded, str) or not INSTANT.fullmatch(recorded):
        raise EvidenceError("the record names no instant")
    return _Opened(said, event, record, parse_signatures(signatures))


def _member(text: str, at: int, name: str) -> tuple[Any, int]:
    """Return the value that follows a member's name, which must stand right here, and where it ends."""
    if not text.startswith(name, at):
        raise EvidenceError("not a recorded event")
    return _DECODER.raw_decode(text, at + len(name))


def place_of(raw: bytes) -> dict[str, Any]:
    """Return stream and version of an entry as far as they can be read."""
    try:
        return _place(_open(raw).record)
    except EvidenceError:
        return {}
