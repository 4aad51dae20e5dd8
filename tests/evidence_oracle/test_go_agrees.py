"""Go's own transparency log accepts our checkpoints, tiles, entries, proofs and cosignatures; skipped without Go."""

import json
import subprocess
from contextlib import closing
from pathlib import Path

from api.audit.export import Wanted, export
from consumers.witnesses import Cosigner
from infra.cosignatures import PostgresCosignatureStore
from infra.notary_store import connect_as_notary
from infra.witness_client import WitnessClient
from ledger.evidence.log_signers import MlDsaSigner
from ledger.evidence.merkle import prove_consistency, prove_inclusion
from ledger.evidence.notes import NoteSigner, parse_checkpoint, parse_note, sign_checkpoint
from ledger.evidence.reader import BundleReader
from ledger.evidence.sources import open_source
from ledger.evidence.strict import encode_base64
from ledger.evidence.tiles import TileHashes
from tests.support.logs import OLD, Log
from tests.support.witnesses import witnessing
from tests.unit.evidence.making import LOG, WITNESSES, events, make, note_of, tile_store

SIZE = 300


def test_go_passes_over_the_lines_of_a_log_s_further_keys(oracle: Path, tmp_path: Path) -> None:
    entries = events(5)
    tree = parse_checkpoint(parse_note(note_of(entries)).text)
    bundle = make(tmp_path / "b", entries, note=sign_checkpoint(tree, MlDsaSigner.generate(LOG.name), LOG))
    proofs = tmp_path / "proofs.json"
    proofs.write_text(json.dumps({"Inclusion": [], "Consistency": []}))
    command = [str(oracle), str(bundle), LOG.verifier.vkey, str(proofs)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["5", "1", "0", "0"]), done.stderr


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


def test_go_accepts_an_exported_bundle_under_a_witness_s_cosignature(oracle: Path, log: Log, tmp_path: Path) -> None:
    """What leaves the database by ``certledger export`` after a witness saw it over HTTP."""
    with (
        witnessing(tmp_path / "witness") as address,
        closing(PostgresCosignatureStore(lambda: connect_as_notary(log.url))) as store,
        closing(WitnessClient(address)) as client,
    ):
        assert Cosigner(WITNESSES[0].verifier, client, store).step()
    with log.reader() as reader:
        _, size = export(reader, tmp_path / "b", Wanted(), lambda _done, _of: None)
    files = BundleReader(open_source(tmp_path / "b"))
    read = TileHashes(size, files.fetch)
    inclusion = [
        {"Size": size, "Index": index, "Proof": [encode_base64(each) for each in prove_inclusion(index, size, read)]}
        for index in range(0, size, 37)
    ]
    steps = [encode_base64(each) for each in prove_consistency(OLD, size, read)]
    proofs = tmp_path / "proofs.json"
    given = {"Inclusion": inclusion, "Consistency": [{"Old": OLD, "New": size, "Proof": steps}]}
    proofs.write_text(json.dumps(given))

    def judge(witness: NoteSigner) -> subprocess.CompletedProcess[str]:
        command = [oracle, tmp_path / "b", LOG.verifier.vkey, proofs, witness.verifier.vkey]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    done = judge(WITNESSES[0])
    assert (done.returncode, done.stdout.split()) == (0, [str(size), "2", str(len(inclusion)), "1"]), done.stderr
    assert "no cosignature" in judge(WITNESSES[1]).stderr
    cosigned = (tmp_path / "b/checkpoint").read_bytes()
    line = cosigned.splitlines()[-1]
    at = cosigned.index(line) + len(line) - 6
    (tmp_path / "b/checkpoint").write_bytes(
        cosigned[:at] + (b"A" if cosigned[at : at + 1] != b"A" else b"B") + cosigned[at + 1 :]
    )
    assert judge(WITNESSES[0]).returncode == 1
