"""The history of signing keys as the log itself recorded it: a key speaks from its registration until its end.

What a bundle's key file says is compared with it and never believed against it; only where entries are withheld may a
key come from the file alone, and then that is said.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ledger.evidence.keyfile import INSTANT, IssuerKey
from ledger.evidence.report import Report
from ledger.evidence.signatures import ALGORITHMS, PublicKey, admit_key
from ledger.evidence.sm3 import Sm3Missing
from ledger.evidence.strict import EvidenceError, decode_base64

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class RecordedKey:
    """One key of the log: its owner, its period, and the index at which its end was recorded."""

    owner: str
    key: PublicKey
    since: str
    until: str | None
    ended: str | None = None
    compromised_since: str | None = None
    # Where and when it signed, in microseconds since 1970: a compromise is told of afterwards.
    indexes: "array[int]" = field(default_factory=lambda: array("q"))
    times: "array[int]" = field(default_factory=lambda: array("q"))

    def signed(self, index: int, recorded: str) -> None:
        """Note one statement that was recorded with its signature."""
        self.indexes.append(index)
        self.times.append(_microseconds(recorded))

    def as_issuer(self) -> IssuerKey:
        """Return the key as a key file states it: it holds until before its end was recorded."""
        ends = [each for each in (self.until, self.ended) if each is not None]
        return IssuerKey(self.owner, self.key, self.since, min(ends, default=None))


class Keyring:
    """Follows the events about keys in order of index; ``origin`` is the log's, ``None`` where it is not known."""

    def __init__(self, report: Report, origin: str | None) -> None:
        self._report = report
        self._origin = origin
        self._keys: dict[str, RecordedKey] = {}

    def __getitem__(self, keyid: str) -> RecordedKey | None:
        return self._keys.get(keyid)

    def note(self, index: int, event: Mapping[str, Any], record: Mapping[str, Any]) -> None:
        """Take in an event about a key; what is wrong with a registration is a finding of its own."""
        kind, data, recorded = event.get("type"), event.get("data"), record["recorded"]
        if not isinstance(kind, str) or not kind.startswith("key.") or not isinstance(data, dict):
            return
        keyid = str(record["stream"]).removeprefix("key:")
        if kind == "key.registered":
            self._register(index, keyid, data, record)
            return
        key = self._keys.get(keyid)
        if key is None:
            return
        key.ended = key.ended or recorded
        since = data.get("compromised_since")
        if kind == "key.compromised" and isinstance(since, str) and INSTANT.fullmatch(since):
            self._compromise(key, since, record)

    def issuers(self) -> tuple[IssuerKey, ...]:
        """Return every key as a key file states it, in order of registration."""
        return tuple(key.as_issuer() for key in self._keys.values())

    def compare(self, stated: Iterable[IssuerKey]) -> None:
        """Report each key of a key file that is not what the log recorded; for a log that is shown whole."""
        for issuer in stated:
            key = self._keys.get(issuer.key.keyid)
            if key is None or key.as_issuer() != issuer:
                self._report.add("KEYS_CONTRADICTED", path="keys.json", detail=issuer.key.keyid)

    def _register(self, index: int, keyid: str, data: dict[str, Any], record: Mapping[str, Any]) -> None:
        place = {"stream": record["stream"], "version": record["version"]}
        try:
            try:
                key, owner, since, until = _admitted(data, self._origin)
            except Sm3Missing as error:
                # The key is known, though not that it was possessed: what it signed is unchecked, and no forgery.
                self._report.add("SIGNATURE_UNCHECKED", index, detail=str(error), **place)
                key, owner, since, until = _admitted(data, None)
            if key.keyid != keyid or keyid in self._keys:
                raise EvidenceError("the stream is not the key's own, or the key was registered before")
        except EvidenceError as error:
            self._report.add("KEY_REGISTRATION_INVALID", index, detail=str(error), **place)
            return
        recorded = str(record["recorded"])
        self._keys[keyid] = RecordedKey(owner, key, max(since or recorded, recorded), until)

    def _compromise(self, key: RecordedKey, since: str, record: Mapping[str, Any]) -> None:
        """Report what the key signed since then and was not reported before: it may be somebody else's."""
        before = len(key.times)
        if key.compromised_since is not None:
            before = bisect_left(key.times, _microseconds(key.compromised_since))
        for at in range(bisect_left(key.times, _microseconds(since)), before):
            detail = f"{key.owner}: {since}, {record['stream']}"
            self._report.add("SIGNED_WHILE_COMPROMISED", key.indexes[at], detail=detail)
        key.compromised_since = min(since, key.compromised_since or since)


def _admitted(data: dict[str, Any], origin: str | None) -> tuple[PublicKey, str, str | None, str | None]:
    names = ("algorithm", "public_key", "owner", "nonce", "proof")
    algorithm, public_key, owner, nonce, proof = (data.get(name) for name in names)
    texts = (public_key, owner, nonce, proof)
    if algorithm not in ALGORITHMS or not all(isinstance(each, str) for each in texts):
        raise EvidenceError("not the registration of a key")
    since, until = data.get("valid_from"), data.get("valid_until")
    if any(each is not None and not (isinstance(each, str) and INSTANT.fullmatch(each)) for each in (since, until)):
        raise EvidenceError("not an instant")
    chosen: Any = algorithm
    raw = decode_base64(str(public_key))
    if origin is None:
        return PublicKey(chosen, raw), str(owner), since, until
    key = admit_key(
        chosen,
        raw,
        ledger=origin,
        owner=str(owner),
        nonce=decode_base64(str(nonce)),
        proof=decode_base64(str(proof)),
    )
    return key, str(owner), since, until


def _microseconds(instant: str) -> int:
    try:
        span = datetime.fromisoformat(instant) - _EPOCH
    except ValueError:
        # It has an instant's form but is none, such as 30 February: before everything.
        return 0
    return (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
