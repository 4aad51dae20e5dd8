"""A bundle's ``keys.json``: the log's keys as vkeys, and whose statements are signed with which key, from when to when.

The file informs; an auditor's own policy replaces the log's keys, and the key history must match the log's entries.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from ledger.evidence.notes import Verifier, parse_vkey
from ledger.evidence.signatures import ALGORITHMS, Algorithm, PublicKey
from ledger.evidence.strict import (
    EvidenceError,
    canonical_json,
    decode_base64,
    encode_base64,
    parse_canonical_json,
)

MAXIMUM_KEYS = 67_108_864
INSTANT = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A key of a body or a signatory; it holds from the instant ``since`` until before ``until``, if there is one."""

    owner: str
    key: PublicKey
    since: str
    until: str | None = None

    def holds_at(self, recorded: str) -> bool:
        """Whether a statement recorded at this instant may be signed with the key."""
        return self.since <= recorded and (self.until is None or recorded < self.until)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """The keys that a bundle brings along."""

    logs: tuple[Verifier, ...] = ()
    issuers: tuple[IssuerKey, ...] = ()

    def to_json(self) -> bytes:
        """Return the file's bytes."""
        return canonical_json(
            {"issuers": [_issuer_json(each) for each in self.issuers], "logs": [each.vkey for each in self.logs]}
        )


def _issuer_json(issuer: IssuerKey) -> dict[str, Any]:
    return {
        "algorithm": issuer.key.algorithm,
        "key": encode_base64(issuer.key.raw),
        "keyid": issuer.key.keyid,
        "owner": issuer.owner,
        "since": issuer.since,
        "until": issuer.until,
    }


def parse_keys(raw: bytes) -> KeyFile:
    """Return the keys of a file, or raise."""
    value = parse_canonical_json(raw, MAXIMUM_KEYS)
    if not isinstance(value, dict) or set(value) != {"issuers", "logs"}:
        raise EvidenceError("not a key file")
    logs, issuers = _texts(value["logs"]), value["issuers"]
    if not isinstance(issuers, list):
        raise EvidenceError("issuers are a list")
    return KeyFile(tuple(map(parse_vkey, logs)), tuple(map(_parse_issuer, issuers)))


def _parse_issuer(value: Any) -> IssuerKey:
    if not isinstance(value, dict) or set(value) != {"algorithm", "key", "keyid", "owner", "since", "until"}:
        raise EvidenceError("not an issuer's key")
    until = value["until"]
    algorithm, key, keyid, owner, since = _texts([value[n] for n in ("algorithm", "key", "keyid", "owner", "since")])
    if not all(INSTANT.fullmatch(each) for each in (since, *_texts([] if until is None else [until]))):
        raise EvidenceError("not an instant")
    if algorithm not in ALGORITHMS:
        raise EvidenceError("no such algorithm")
    public = PublicKey(cast("Algorithm", algorithm), decode_base64(key))
    if public.keyid != keyid:
        raise EvidenceError("the key's name does not fit the key")
    return IssuerKey(owner, public, since, until)


def _texts(values: Sequence[Any]) -> list[str]:
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        raise EvidenceError("texts are expected")
    return values
