"""Go's own transparency log accepts our checkpoints, tiles, entries and proofs; skipped where there is no Go."""

import json
import subprocess
from pathlib import Path

from ledger.evidence.merkle import prove_consistency, prove_inclusion
from ledger.evidence.strict import encode_base64
from ledger.evidence.tiles import TileHashes
from tests.unit.evidence.making import LOG, events, make, note_of, tile_store

SIZE = 300


def test_go_accepts_every_checkpoint_tile_and_proof(oracle: Path, tmp_path: Path) -> None:
    entries = events(SIZE)
    history = [note_of(entries[:size]) for size in range(1, SIZE)]
    bundle = make(tmp_path / "b", entries, history=history)
    inclusion, consistency = [], []
    for size in range(1, SIZE + 1):
        read = TileHashes(size, tile_store(entries[:size]).__getitem__)
        for index in {0, size // 2, size - 1}:
            proof = [encode_base64(each) for each in prove_inclusion(index, size, read)]
            inclusion.append({"Size": size, "Index": index, "Proof": proof})
        for old in {1, size // 2 or 1, size - 1 or 1, size}:
            proof = [encode_base64(each) for each in prove_consistency(old, size, read)]
            consistency.append({"Old": old, "New": size, "Proof": proof})
    proofs = tmp_path / "proofs.json"

    def judge() -> subprocess.CompletedProcess[str]:
        proofs.write_text(json.dumps({"Inclusion": inclusion, "Consistency": consistency}))
        command = [str(oracle), str(bundle), LOG.verifier.vkey, str(proofs)]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    done = judge()
    assert (done.returncode, done.stdout.split()) == (
        0,
        [str(each) for each in (SIZE, SIZE, len(inclusion), len(consistency))],
    ), done.stderr
    inclusion[-1]["Proof"][0] = encode_base64(bytes(32))
    assert judge().returncode == 1
