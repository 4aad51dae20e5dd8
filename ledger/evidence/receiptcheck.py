"""Verifies a status receipt offline: every link from the trusted key to the certificate's last event, and its age.

It always ends and names every broken link. Without a policy nothing shows who signed, and the answer is never sound.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ledger.evidence.entries import EntryChecks
from ledger.evidence.maprules import LoggedRoot, change_of, logged_root, open_entry
from ledger.evidence.merkle import leaf_hash, verify_inclusion
from ledger.evidence.notes import Checkpoint, parse_checkpoint, parse_note
from ledger.evidence.policy import Accepted
from ledger.evidence.receipt import INVALID, SIGNED, UNSIGNED, Included, ShownKey, StatusReceipt, parse_receipt
from ledger.evidence.report import Finding, Report, Result
from ledger.evidence.statusmap import Value, history_of
from ledger.evidence.strict import EvidenceError, encode_base64
from ledger.evidence.verify import Question

_SKEW_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Checked:
    """What a verification found, and the receipt, ``None`` where it could not be read.

    ``history_holds`` says that the events shown are the certificate's whole history as the signed log has it;
    ``signature`` is what was found of the last event's signatures, ``None`` where there is no such event.
    """

    report: Report
    receipt: StatusReceipt | None = None
    history_holds: bool = False
    signature: str | None = None


def check_receipt(raw: bytes, question: Question) -> Checked:
    """Return what is wrong with a receipt; never raises for what the file holds."""
    report = Report()
    try:
        receipt, is_whole = parse_receipt(raw)
    except EvidenceError as error:
        report.add("RECEIPT_UNREADABLE", detail=str(error))
        return Checked(report)
    if not is_whole:
        report.add("RECEIPT_EDITED")
    checkpoint, accepted = _checkpoint(receipt, report, question)
    if checkpoint is None:
        return Checked(report, receipt)
    report.origin, report.size, report.root = checkpoint.origin, checkpoint.size, encode_base64(checkpoint.root)
    root = _root(receipt, checkpoint, report)
    signature = None
    if root is not None:
        _history(receipt, root, checkpoint, report)
        signature = _signature(receipt, checkpoint, report)
    _age(receipt, accepted, report, question)
    broken = {"MAP_PROOF_WRONG", "INCLUSION_WRONG", "RECEIPT_EVENTS_WRONG", "CHECKPOINT_SIGNATURE_INVALID"}
    holds = root is not None and broken.isdisjoint(each.code for each in report.findings)
    return Checked(report, receipt, holds, signature)


def _checkpoint(
    receipt: StatusReceipt, report: Report, question: Question
) -> tuple[Checkpoint | None, Accepted | None]:
    try:
        note = parse_note(receipt.checkpoint)
        checkpoint = parse_checkpoint(note.text)
    except EvidenceError as error:
        report.add("CHECKPOINT_UNREADABLE", detail=str(error))
        return None, None
    if question.policy is None:
        report.add("ORIGIN_UNPROVED")
        return checkpoint, None
    try:
        accepted = question.policy.accept(note)
    except EvidenceError as error:
        report.add("CHECKPOINT_SIGNATURE_INVALID", detail=str(error))
        return checkpoint, None
    report.witnesses = accepted.cosigned
    if not accepted.quorum:
        report.add("QUORUM_NOT_MET", detail=question.policy.quorum)
    return checkpoint, accepted


def _root(receipt: StatusReceipt, checkpoint: Checkpoint, report: Report) -> LoggedRoot | None:
    """Return the root of the status map that the signed log records, or ``None`` after saying why there is none."""
    _included(receipt.root, leaf_hash(receipt.root_entry), checkpoint, report, "root")
    try:
        entry = open_entry(receipt.root.index, receipt.root_entry)
        root = logged_root(entry) if entry is not None else None
    except EvidenceError as error:
        report.add("MAP_PROOF_WRONG", receipt.root.index, detail=str(error))
        return None
    if root is None:
        report.add("MAP_PROOF_WRONG", receipt.root.index, detail="the entry records no root")
    elif (receipt.position, receipt.recorded) != (root.size, root.through):
        report.add("RECEIPT_EDITED", detail=f"known_at is {root.size}, {root.through}")
    return root


def _history(receipt: StatusReceipt, root: LoggedRoot, checkpoint: Checkpoint, report: Report) -> None:
    try:
        value = receipt.map.verify(receipt.key, root.root)
    except EvidenceError as error:
        report.add("MAP_PROOF_WRONG", stream=receipt.stream, detail=str(error))
        return
    report.entries, report.streams = len(receipt.events), 1
    if (receipt.statement.get("registered") is True) != (value is not None):
        report.add("STATUS_CONTRADICTED", stream=receipt.stream, detail="registered, or never registered")
    if value is None:
        if receipt.events or receipt.latest is not None:
            report.add("RECEIPT_EVENTS_WRONG", stream=receipt.stream, detail="the map holds no event")
        return
    place: dict[str, Any] = {"stream": receipt.stream, "version": value.version}
    if history_of([each.leaf for each in receipt.events]) != value.digest:
        report.add("RECEIPT_EVENTS_WRONG", value.index, **place)
    if receipt.latest is None or not receipt.events or receipt.latest.index != value.index:
        report.add("INCLUSION_WRONG", value.index, **place, detail="the latest event is not shown")
    else:
        _included(receipt.latest, receipt.events[-1].leaf, checkpoint, report, "latest")
        if value.index >= root.size:
            report.add("MAP_PROOF_WRONG", value.index, **place, detail=f"the root covers {root.size} entries")
    _entries(receipt, value, report)


def _entries(receipt: StatusReceipt, value: Value, report: Report) -> None:
    """Check that what is shown whole are events of this certificate, in order, up to the latest version."""
    last = 0
    for number, event in enumerate(receipt.events):
        if event.entry is None:
            continue
        try:
            entry = open_entry(0, event.entry)
            change = change_of(entry, lambda _source, _id: False) if entry is not None else None
            if change is None or change.stream != receipt.stream:
                raise EvidenceError("not an event of this certificate")
            if change.version <= last:
                raise EvidenceError(f"version {change.version} after {last}")
            last = change.version
        except EvidenceError as error:
            report.add("RECEIPT_EVENTS_WRONG", stream=receipt.stream, detail=f"event {number + 1}: {error}")
            continue
        if entry is not None and b'"signatures":[]' in event.entry[-20:]:
            report.unsigned += 1
        else:
            report.signed += 1
    if receipt.events and receipt.events[-1].entry is not None and last != value.version:
        report.add("RECEIPT_EVENTS_WRONG", value.index, stream=receipt.stream, version=value.version)


def _signature(receipt: StatusReceipt, checkpoint: Checkpoint, report: Report) -> str | None:
    """Verify the last event's signatures with the keys that the signed log registered before it.

    That a key had not ended in between only the whole log shows.
    """
    last = receipt.events[-1].entry if receipt.events else None
    if last is None or receipt.latest is None:
        if receipt.signature is not None:
            report.add("STATUS_CONTRADICTED", stream=receipt.stream, detail="signature of no event")
        return None
    shown = receipt.signature.keys if receipt.signature is not None else ()
    for key in shown:
        _included(key.included, leaf_hash(key.entry), checkpoint, report, "key")
    state, found = signature_of(last, receipt.latest.index, shown, checkpoint.origin)
    report.findings += found
    if receipt.signature is None or state != receipt.signature.state:
        stated = receipt.signature.state if receipt.signature is not None else "nothing"
        report.add("STATUS_CONTRADICTED", stream=receipt.stream, detail=f"signature: {stated} is stated, {state} found")
    return state


def signature_of(entry: bytes, index: int, keys: Sequence[ShownKey], origin: str) -> tuple[str, Sequence[Finding]]:
    """Return whether an entry is signed, unsigned or signed wrongly, by the keys registered before it, and why."""
    found = Report()
    checks = EntryChecks(found, (), origin)
    # Most of the log is not here.
    checks.withheld = 1
    for key in sorted(keys, key=lambda each: each.included.index):
        if key.included.index < index:
            checks.check(key.included.index, [key.entry])
    signed = found.signed
    checks.check(index, [entry])
    checks.close()
    # What only cannot be checked here, for want of SM3, is a finding and no wrong signature.
    if found.result is Result.TAMPERED or any(each.code == "SIGNER_UNKNOWN" for each in found.findings):
        return INVALID, found.findings
    return (SIGNED if found.signed > signed else UNSIGNED), found.findings


def _included(included: Included, leaf: bytes, checkpoint: Checkpoint, report: Report, what: str) -> None:
    try:
        verify_inclusion(included.index, checkpoint.size, leaf, checkpoint.root, included.proof)
    except EvidenceError as error:
        report.add("INCLUSION_WRONG", included.index, path=what, detail=str(error))


def _age(receipt: StatusReceipt, accepted: Accepted | None, report: Report, question: Question) -> None:
    """The receipt is as old as the map's root in it; a witness that saw the checkpoint earlier makes it older."""
    seconds = _recorded_seconds(receipt)
    if seconds is None:
        return
    report.last_recorded = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if question.max_age is None:
        return
    newest = min([seconds, *([max(accepted.cosigned.values())] if accepted and accepted.cosigned else [])])
    if question.now - newest > question.max_age:
        report.add("STALE", detail=f"{int(question.now - newest)} s old, {question.max_age} s allowed")
    elif newest - question.now > _SKEW_SECONDS:
        report.add("STALE", detail=f"recorded {int(newest - question.now)} s in the future")


def _recorded_seconds(receipt: StatusReceipt) -> float | None:
    try:
        entry = open_entry(receipt.root.index, receipt.root_entry)
        recorded = entry.record.get("recorded") if entry is not None else None
        return datetime.strptime(str(recorded), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
