"""Small logs for the tests of evidence: recorded events of a few streams, a log key, witnesses."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.evidence.bundle import write_bundle
from ledger.evidence.entries import event_bytes
from ledger.evidence.merkle import leaf_hash, root_of
from ledger.evidence.notes import COSIGNATURE_V1, Checkpoint, NoteSigner, sign_checkpoint
from ledger.evidence.report import Report
from ledger.evidence.signatures import PrivateKey, seal_event
from ledger.evidence.strict import canonical_json
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
        "source": BODY,
        "specversion": "1.0",
        "subject": f"certificate:{BODY}:{index % streams}",
        "time": "2026-05-12T08:15:30.000000Z",
        "type": "certificate.suspended",
    }
    return recorded(canonical_json(said), index, streams)


def recorded(raw: bytes, index: int, streams: int = 7, signatures: Sequence[object] = ()) -> bytes:
    record = {
        "decision": "applied",
        "recorded": (FIRST + timedelta(seconds=index)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "schema": 1,
        "stream": f"certificate:{BODY}:{index % streams}",
        "submitter": BODY,
        "version": index // streams + 1,
    }
    return b'{"event":%b,"record":%b,"signatures":%b}' % (raw, canonical_json(record), canonical_json(signatures))


def signed(entry: bytes, index: int, *keys: PrivateKey) -> bytes:
    raw = event_bytes(entry)
    return recorded(raw, index, signatures=[each.as_json() for each in seal_event(raw, *keys).signatures])


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
