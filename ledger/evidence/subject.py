"""A bundle about one subject: its entries, those of the streams it rests on, and a C2SP tlog-proof for each.

Each entry is proved by itself, so that a fault is named by its index; nothing of other subjects is disclosed.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.evidence.bundle import Fetch, consistency_file
from ledger.evidence.entries import EntryChecks, place_of
from ledger.evidence.keyfile import KeyFile
from ledger.evidence.merkle import leaf_hash, prove_inclusion, verify_inclusion
from ledger.evidence.notes import Checkpoint, Note, Verifier, parse_checkpoint, parse_note
from ledger.evidence.proofs import InclusionProof, parse_inclusion_text
from ledger.evidence.strict import EvidenceError, decode_decimal
from ledger.evidence.tiles import TileHashes
from ledger.evidence.writing import Disclose, new_bundle

if TYPE_CHECKING:
    from ledger.evidence.files import Files
    from ledger.evidence.report import Report

FORMAT = "certledger-subject/1"


def write_subject(
    target: Path,
    note: bytes,
    subject: str,
    entries: Iterable[tuple[int, bytes]],
    fetch: Fetch,
    *,
    log_keys: Sequence[Verifier],
    since: bytes | None = None,
    disclose: Disclose | None = None,
) -> int:
    """Write the bundle of a subject and return the number of its entries, which are (index, recorded event's bytes).

    ``fetch`` reads the tiles of the checkpoint's tree; ``since`` is an older checkpoint's note: with it goes the proof
    that the newer one extends it; ``disclose`` opens personal fields. Raises when the name is taken, there is no entry,
    or an entry is not of the tree.
    """
    checkpoint = parse_checkpoint(parse_note(note).text)
    read = TileHashes(checkpoint.size, fetch)
    count = 0
    with new_bundle(target, disclose) as files:
        for index, raw in entries:
            proof = tuple(prove_inclusion(index, checkpoint.size, read))
            files.add(f"entry/{index}", raw)
            files.disclose([(index, raw)])
            files.add(f"proof/{index}", InclusionProof(index, proof, note).to_text())
            count += 1
        if not count:
            raise EvidenceError(f"no entry of {subject} is in the tree of {checkpoint.size}")
        if since is not None:
            files.add(*consistency_file(since, note, read))
        files.add("checkpoint", note)
        files.add("keys.json", KeyFile(tuple(log_keys)).to_json())
        files.finish(format=FORMAT, origin=checkpoint.origin, size=checkpoint.size, subject=subject)
    return count


def entry_indexes(names: Iterable[str]) -> list[int]:
    """Return the indexes of the entries that a subject's bundle shows, in order; other spellings are passed over."""
    found = []
    for name in names:
        if name.startswith("entry/"):
            try:
                found.append(decode_decimal(name.removeprefix("entry/")))
            except EvidenceError:
                continue
    return sorted(found)


def check_subject(files: "Files", report: "Report", note: Note, checkpoint: Checkpoint, keys: KeyFile) -> None:
    """Report each entry that is not proved, and each gap between the versions of a stream."""
    checks = EntryChecks(report, keys.issuers, checkpoint.origin, files.fields())
    # Most of the log is not here, so what only the whole log shows is not asked of a part; within a stream nothing
    # may be missing, from its first version on.
    checks.withheld = 1
    seen: set[str] = set()
    for index in entry_indexes(files.names):
        raw, proof = files.read(f"entry/{index}"), files.read(f"proof/{index}")
        if raw is None:
            continue
        checks.check(index, [raw])
        place = place_of(raw)
        if place and place["stream"] not in seen and place["version"] != 1:
            report.add("STREAM_VERSION_GAP", index, detail="expected version 1", **place)
        seen.add(place.get("stream", ""))
        try:
            if proof is None:
                raise EvidenceError("there is no proof")
            _prove(parse_inclusion_text(proof), index, raw, note, checkpoint)
        except EvidenceError as error:
            report.add("ENTRY_NOT_PROVED", index, detail=str(error), **place)
    checks.close()
    if files.subject not in seen:
        report.add("ENTRIES_WITHHELD", stream=files.subject)


def _prove(proof: InclusionProof, index: int, raw: bytes, note: Note, checkpoint: Checkpoint) -> None:
    if proof.index != index:
        raise EvidenceError(f"the proof is of index {proof.index}")
    if proof.checkpoint != note.raw:
        raise EvidenceError("the proof leads to another checkpoint")
    verify_inclusion(index, checkpoint.size, leaf_hash(raw), checkpoint.root, proof.proof)
