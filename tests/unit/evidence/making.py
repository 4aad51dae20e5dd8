"""Small logs for the tests of evidence: recorded events of a few streams, a log key, witnesses."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.evidence.bundle import write_bundle
from ledger.evidence.entries import event_bytes
from ledger.evidence.merkle import leaf_hash, root_of
from ledger.evidence.notes import COSIGNATURE_V1, Checkpoint, NoteSigner, sign_checkpoint
from ledger.evidence.report import Report
from ledger.evidence.signatures import PrivateKey, possession_message, public_key_of, seal_event, sign
from ledger.evidence.sm3 import sm3
from ledger.evidence.strict import canonical_json, encode_base64
from ledger.evidence.tiles import Tile, TileBuilder
from ledger.evidence.verify import Question, verify_bundle

ORIGIN = "ledger.example.cn/test"
NOW = 1_800_000_000.0
FIRST = datetime(2026, 5, 12, tzinfo=UTC)
BODY = "CNCA-R-2031-101"


def key(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


LOG = NoteSigner(ORIGIN, key(1))
WITNESSES = [NoteSigner(f"witness.example/{n}", key(10 + n), COSIGNATURE_V1) for n in range(3)]


def event(index: int, streams: int = 7) -> bytes:
    """Return recorded event ``index`` of a log whose events take turns among the streams."""
    said = {
        "data": {"effective": "2026-05-01", "text": f"第{index}件"},
        "id": f"e-{index}",
        "ledger": ORIGIN,
        "source": BODY,
        "specversion": "1.0",
        "subject": f"certificate:{BODY}:{index % streams}",
        "time": "2026-05-12T08:15:30.000000Z",
        "type": "certificate.suspended",
    }
    return recorded(canonical_json(said), index, streams)


def recorded(
    raw: bytes, index: int, streams: int = 7, signatures: Sequence[object] = (), signed_by: Sequence[str] = ()
) -> bytes:
    record: dict[str, object] = {
        "decision": "applied",
        "recorded": (FIRST + timedelta(seconds=index)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "schema": 1,
        "sm3": sm3(raw).hex(),
        "stream": f"certificate:{BODY}:{index % streams}",
        "submitter": BODY,
        "version": index // streams + 1,
    }
    if signed_by:
        record["signed_by"] = list(signed_by)
    return b'{"event":%b,"record":%b,"signatures":%b}' % (raw, canonical_json(record), canonical_json(signatures))


def digested(entry: bytes) -> bytes:
    """Return an entry that was edited with the SM3 digest that fits what it says now."""
    return re.sub(rb'"sm3":"[0-9a-f]{64}"', b'"sm3":"%b"' % sm3(event_bytes(entry)).hex().encode(), entry)


def signed(entry: bytes, index: int, *keys: PrivateKey, by: Sequence[str] = (BODY,), streams: int = 7) -> bytes:
    raw = event_bytes(entry)
    signatures = [each.as_json() for each in seal_event(raw, *keys).signatures]
    return recorded(raw, index, streams, signatures, by)


def instant(index: int) -> str:
    """Return the time of recording of an entry."""
    return (FIRST + timedelta(seconds=index)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def key_event(
    index: int, private: PrivateKey, kind: str = "registered", owner: str = BODY, version: int = 1, **data: object
) -> bytes:
    """Return the entry by which a key is registered with a good proof, or ended."""
    public, nonce = public_key_of(private), bytes(16)
    if kind == "registered":
        proof = sign(private, possession_message(ORIGIN, owner, public, nonce))
        data = {
            "algorithm": public.algorithm,
            "public_key": encode_base64(public.raw),
            "owner": owner,
            "nonce": encode_base64(nonce),
            "proof": encode_base64(proof),
            **data,
        }
    said = {"data": data, "id": f"k-{index}", "source": owner, "type": f"key.{kind}"}
    record = {
        "decision": "applied",
        "recorded": instant(index),
        "schema": 1,
        "sm3": sm3(canonical_json(said)).hex(),
        "stream": f"key:{public.keyid}",
        "version": version,
    }
    return b'{"event":%b,"record":%b,"signatures":[]}' % (canonical_json(said), canonical_json(record))


def linked(index: int, sequence: int, previous: bytes | None, *keys: PrivateKey) -> bytes:
    """Return a signed entry with the issuer's own number, naming the entry before."""
    said = json.loads(event_bytes(event(index, 1_000))) | {"issuersequence": sequence}
    if previous is not None:
        said["issuerprevious"] = sha256(event_bytes(previous)).hexdigest()
    return signed(recorded(canonical_json(said), index, 1_000), index, *keys, streams=1_000)


def events(count: int) -> list[bytes]:
    return [event(index) for index in range(count)]


def note_of(entries: Sequence[bytes], signer: NoteSigner = LOG) -> bytes:
    checkpoint = Checkpoint(signer.name, len(entries), root_of(map(leaf_hash, entries)))
    return sign_checkpoint(checkpoint, signer)


def tile_store(entries: Sequence[bytes]) -> dict[Tile, bytes]:
    """Return every tile of the entries' tree."""
    store: dict[Tile, bytes] = {}
    builder = TileBuilder(lambda tile, data, _root: store.__setitem__(tile, data))
    builder.extend(b"".join(map(leaf_hash, entries)))
    store.update(builder.unfinished())
    return store


def make(path: Path, shown: Sequence[bytes], truth: Sequence[bytes] | None = None, **more: object) -> Path:
    """Write the bundle of ``shown`` under the checkpoint and the tiles of ``truth``, as a tampered store exports it."""
    truth = shown if truth is None else truth
    store = tile_store(truth)
    note = more.pop("note", None) or note_of(truth)
    more.setdefault("tiles", store.__getitem__)
    more.setdefault("log_keys", [LOG.verifier])
    write_bundle(path, enumerate(shown, 1), lambda _size, _root: note, **more)
    return path


def check(path: Path, **more: object) -> Report:
    return verify_bundle(path, Question(NOW, **more))


def found(report: Report) -> dict[str, list[int | None]]:
    """Return the first index of each finding by its code."""
    answer: dict[str, list[int | None]] = {}
    for each in report.findings:
        answer.setdefault(each.code, []).append(each.first)
    return answer
