"""What every entry must show by itself: a recorded event, its stream's next version, a later time, valid signatures.

DSSE v1.0.2 signatures cover the event's bytes as they stand in the entry; nothing is written anew to verify them.
Which key speaks for whom, and until when, is what the log recorded before the entry.
"""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
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
from ledger.evidence.strict import EvidenceError

_BEGIN = '{"event":'
_DECODER = json.JSONDecoder()
_Place = dict[str, Any]


def event_bytes(entry: bytes) -> bytes:
    """Return the signed event's bytes inside a recorded event, or raise."""
    try:
        text = entry.decode("utf-8")
        if not text.startswith(_BEGIN):
            raise EvidenceError("not a recorded event")
        _, end = _DECODER.raw_decode(text, len(_BEGIN))
    except (ValueError, RecursionError) as error:
        raise EvidenceError("not a recorded event") from error
    if not text.startswith(',"record":', end):
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
                event, record, signatures = _open(raw)
            except EvidenceError as error:
                self._report.add("ENTRY_MALFORMED", index, detail=str(error))
                continue
            self._order(index, record)
            self._map.take(Entry(index, raw, event, record))
            if "issuersequence" in event:
                self._chains.note(index, event, event_bytes(raw))
            if signatures:
                statements.append(self._statement(index, raw, event, record, signatures))
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
            for index, place, invalid in self._pool.map(_invalid, statements):
                for owner in invalid:
                    self._report.add("STATEMENT_SIGNATURE_INVALID", index, detail=owner, **place)
            self._report.signed += len(statements)

    def close(self) -> None:
        """State what was covered, judge what only the whole shows, and let the threads go."""
        self._chains.close(is_whole=not self.withheld)
        if self._fields is not None:
            self._fields.close(is_whole=not self.withheld)
        if not self.withheld:
            self._ring.compare(self._stated.values())
        self._map.close()
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

    def _statement(
        self, index: int, raw: bytes, event: _Place, record: _Place, signatures: tuple[Signature, ...]
    ) -> "_Statement":
        """Return what is left to verify of a signed entry, once its keys were found as of its index."""
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
        return index, place, raw, found

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


def _invalid(statement: _Statement) -> tuple[int, _Place, list[str]]:
    """Return the owners of the keys whose signatures do not fit."""
    index, place, raw, found = statement
    message = pae(EVENT_TYPE, event_bytes(raw))
    wrong = []
    for key, signature, owner in found:
        try:
            key.verify(signature.value, message)
        except EvidenceError:
            wrong.append(owner)
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


def _open(raw: bytes) -> tuple[dict[str, Any], dict[str, Any], tuple[Signature, ...]]:
    try:
        text = raw.decode("utf-8")
        value, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise EvidenceError("not JSON") from error
    if end != len(text) or not isinstance(value, dict) or len(value) != 3:
        raise EvidenceError("not a recorded event")
    event, record, signatures = value.get("event"), value.get("record"), value.get("signatures")
    if not isinstance(event, dict) or not isinstance(record, dict):
        raise EvidenceError("not a recorded event")
    stream, version, recorded = record.get("stream"), record.get("version"), record.get("recorded")
    if not isinstance(stream, str) or type(version) is not int or version < 1:
        raise EvidenceError("the record names no stream and version")
    if not isinstance(recorded, str) or not INSTANT.fullmatch(recorded):
        raise EvidenceError("the record names no instant")
    return event, record, parse_signatures(signatures)


def place_of(raw: bytes) -> dict[str, Any]:
    """Return stream and version of an entry as far as they can be read."""
    try:
        _, record, _ = _open(raw)
    except EvidenceError:
        return {}
    return {"stream": record["stream"], "version": record["version"]}
