"""What every entry must show by itself: a recorded event, its stream's next version, a later time, valid signatures.

DSSE v1.0.2 signatures cover the event's bytes as they stand in the entry; nothing is written anew to verify them.
"""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ledger.evidence.keyfile import INSTANT, IssuerKey
from ledger.evidence.report import Report
from ledger.evidence.signatures import EVENT_TYPE, Signature, pae, parse_signatures
from ledger.evidence.strict import EvidenceError

_BEGIN = '{"event":'
_DECODER = json.JSONDecoder()


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
    """Checks entries in order of their index; ``withheld`` counts entries passed over unseen."""

    def __init__(self, report: Report, issuers: Iterable[IssuerKey]) -> None:
        self._report = report
        self._streams: dict[str, tuple[int, int]] = {}
        self._keys = {each.key.keyid: each for each in issuers}
        self._recorded = ""
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
            if signatures:
                statements.append((index, raw, event, record, signatures))
            else:
                self._report.unsigned += 1
        if statements:
            # The library lets go of the interpreter while it verifies, so threads use every core.
            self._pool = self._pool or ThreadPoolExecutor()
            for finding in self._pool.map(lambda statement: self._signed(*statement), statements):
                for code, index, more in finding:
                    self._report.add(code, index, **more)
            self._report.signed += len(statements)

    def close(self) -> None:
        """State what was covered and let the threads go."""
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

    def _signed(
        self, index: int, raw: bytes, event: dict[str, Any], record: dict[str, Any], signatures: tuple[Signature, ...]
    ) -> list[tuple[str, int, dict[str, Any]]]:
        message = pae(EVENT_TYPE, event_bytes(raw))
        place = {"stream": record["stream"], "version": record["version"]}
        found, own, unknown = [], False, False
        for signature in signatures:
            issuer = self._keys.get(signature.keyid)
            if issuer is None:
                unknown = True
                found.append(("SIGNER_UNKNOWN", index, {**place, "detail": signature.keyid}))
                continue
            own = own or issuer.owner == event.get("source")
            try:
                issuer.key.verify(signature.value, message)
            except EvidenceError:
                found.append(("STATEMENT_SIGNATURE_INVALID", index, {**place, "detail": issuer.owner}))
            if not issuer.holds_at(record["recorded"]):
                found.append(("SIGNED_OUTSIDE_VALIDITY", index, {**place, "detail": issuer.owner}))
        if not own and not unknown:
            found.append(("WRONG_SIGNER", index, place))
        return found


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
