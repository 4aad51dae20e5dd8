"""The offline verification of a bundle: recomputes everything, always ends, and lists every fault it finds.

It trusts the auditor's policy and older checkpoint alone; without a policy it shows that the bundle agrees with
itself and says so. Nothing is read but the bundle, no clock but the one it is given.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ledger.evidence.entries import EntryChecks
from ledger.evidence.files import Files
from ledger.evidence.keyfile import KeyFile, parse_keys
from ledger.evidence.merkle import verify_consistency
from ledger.evidence.notes import Checkpoint, Note, parse_checkpoint, parse_note
from ledger.evidence.policy import Accepted, Policy
from ledger.evidence.proofs import parse_consistency_json
from ledger.evidence.recompute import Recomputation, Scan
from ledger.evidence.report import Report
from ledger.evidence.sources import Source, open_source
from ledger.evidence.strict import EvidenceError, encode_base64
from ledger.evidence.subject import check_subject

KEY_FROM_BUNDLE = (
    "未给出信任策略，日志公钥取自证据包本身，不能证明来源"
    " / no policy was given: the log's key is the bundle's own, which shows agreement, not origin"
)
TIME_FROM_LOG = (
    "没有见证时间，时效以日志自己登记的最后时间计"
    " / no witness's time: the age is counted from the last time that the log itself recorded"
)
SUBJECT_ALONE = (
    "仅核验 {0} 及其所依据主体的条目：每一条目都在日志内且中间无缺，不能证明此后没有更新的条目"
    " / {0} and what it rests on alone were checked: each entry is in the log and none is missing between them;"
    " whether a later one exists is not shown"
)
RANGE_ALONE = "仅核验条目 {0} 起至 {1} 之前 / entries {0} to before {1} alone were checked"


@dataclass(frozen=True, slots=True)
class Question:
    """What the auditor brings: a policy, a checkpoint's note kept from before, an age limit in seconds.

    ``now`` is in seconds since 1970; ``partial`` accepts a bundle that shows some entries by their hash alone.
    """

    now: float
    policy: Policy | None = None
    since: bytes | None = None
    max_age: int | None = None
    partial: bool = False


def verify_bundle(path: Path, question: Question) -> Report:
    """Return what is wrong with a bundle, a folder or a tar; never raises for what the bundle holds."""
    try:
        source = open_source(path)
    except EvidenceError as error:
        report = Report()
        report.add("BUNDLE_UNREADABLE", path=path.name, detail=str(error))
        return report
    return verify_source(source, question)


def verify_source(source: Source, question: Question) -> Report:
    """Return what is wrong with files of a bundle's layout, wherever they come from."""
    report = Report()
    files = Files(source, report)
    keys = _read_keys(files, report)
    policy = question.policy
    if policy is None:
        report.notes.append(KEY_FROM_BUNDLE)
        policy = Policy(logs=list(keys.logs))
    _Verification(files, report, policy, question).run(keys)
    files.read_rest()
    return report


def _read_keys(files: Files, report: Report) -> KeyFile:
    data = files.read("keys.json")
    try:
        return parse_keys(data) if data is not None else KeyFile()
    except EvidenceError as error:
        report.add("KEYS_UNREADABLE", path="keys.json", detail=str(error))
        return KeyFile()


class _Verification:
    def __init__(self, files: Files, report: Report, policy: Policy, question: Question) -> None:
        self._files = files
        self._report = report
        self._policy = policy
        self._question = question
        self._agreed = 0
        self._disagreed: int | None = None

    def run(self, keys: KeyFile) -> None:
        read = self._read_checkpoint("checkpoint")
        if read is None:
            return
        checkpoint, note = read
        self._report.origin, self._report.size = checkpoint.origin, checkpoint.size
        self._report.root = encode_base64(checkpoint.root)
        accepted = self._accept(note, "checkpoint")
        manifest = (self._files.origin, self._files.size)
        if manifest not in {(None, None), (checkpoint.origin, checkpoint.size)}:
            self._report.add("CHECKPOINT_CONTRADICTED", path="manifest.json")
        if self._files.shown is not None and self._files.shown[1] > checkpoint.size:
            # A range that the tree does not have would be checked by looking at nothing.
            self._report.add("CHECKPOINT_CONTRADICTED", path="manifest.json")
        older = self._history(checkpoint)
        since = self._since(checkpoint, accepted)
        if self._files.subject is not None or self._files.shown is not None:
            self._extends(since, checkpoint, note)
            older, since = [], []
        if self._files.subject is not None:
            self._report.scope = "subject"
            self._report.notes.append(SUBJECT_ALONE.format(self._files.subject))
            check_subject(self._files, self._report, note, checkpoint, keys)
            self._age(accepted)
            return
        if self._files.shown is not None:
            self._report.scope = "range"
            self._report.notes.append(RANGE_ALONE.format(*self._files.shown))
        tree = Recomputation(self._files, self._report, checkpoint.size)
        checks = EntryChecks(self._report, keys.issuers, checkpoint.origin, self._files.fields())
        scan = tree.scan(checks, [each.size for each in (*older, *since)])
        checks.close()
        self._compare("OLDER_CHECKPOINT_INCONSISTENT", older, scan)
        self._compare("INCONSISTENT", since, scan)
        self._judge(tree, scan, checkpoint)
        self._age(accepted)

    def _read_checkpoint(self, name: str) -> tuple[Checkpoint, Note] | None:
        data = self._files.read(name)
        try:
            if data is None:
                raise EvidenceError("there is none")
            note = parse_note(data)
            return parse_checkpoint(note.text), note
        except EvidenceError as error:
            self._report.add("CHECKPOINT_UNREADABLE", path=name, detail=str(error))
            return None

    def _accept(self, note: Note, name: str) -> Accepted | None:
        try:
            accepted = self._policy.accept(note)
        except EvidenceError as error:
            self._report.add("CHECKPOINT_SIGNATURE_INVALID", path=name, detail=str(error))
            return None
        if name == "checkpoint":
            self._report.witnesses = accepted.cosigned
            if not accepted.quorum:
                self._report.add("QUORUM_NOT_MET", path=name, detail=self._policy.quorum)
            for kind in accepted.lacking:
                self._report.add("LOG_SIGNATURE_MISSING", path=name, detail=kind)
        return accepted

    def _history(self, newest: Checkpoint) -> list[Checkpoint]:
        older = []
        for name in sorted(each for each in self._files.names if each.startswith("checkpoints/")):
            read = self._read_checkpoint(name)
            if read is None or self._accept(read[1], name) is None:
                continue
            checkpoint = read[0]
            if checkpoint.origin != newest.origin:
                self._report.add("WRONG_ORIGIN", path=name, detail=checkpoint.origin)
            elif name != f"checkpoints/{checkpoint.size}":
                self._report.add("CHECKPOINT_CONTRADICTED", path=name)
            elif checkpoint.size > newest.size:
                self._cut(newest, checkpoint.size, name)
            else:
                older.append(checkpoint)
        return older

    def _since(self, newest: Checkpoint, accepted: Accepted | None) -> list[Checkpoint]:
        if self._question.since is None:
            return []
        note = parse_note(self._question.since)
        checkpoint = parse_checkpoint(note.text)
        trusted = self._accept(note, "--since")
        if checkpoint.origin != newest.origin:
            self._report.add("WRONG_ORIGIN", path="--since", detail=checkpoint.origin)
            return []
        if checkpoint.size > newest.size:
            self._cut(newest, checkpoint.size, "--since")
            times = trusted.cosigned if trusted else {}
            now = accepted.cosigned if accepted else {}
            if any(now.get(name, 0) > time for name, time in times.items()):
                self._report.add("ROLLED_BACK", newest.size, checkpoint.size - 1, path="--since")
            return []
        if checkpoint.size == newest.size and checkpoint.root != newest.root:
            notes = f"{encode_base64(checkpoint.root)} ≠ {encode_base64(newest.root)}"
            self._report.add("SPLIT_VIEW", path="--since", detail=notes)
        return [checkpoint]

    def _extends(self, since: list[Checkpoint], newest: Checkpoint, note: Note) -> None:
        """Check the consistency proof that a bundle brings along where it does not hold the whole log."""
        for trusted in since:
            if trusted.size in {0, newest.size}:
                continue
            name = f"consistency/{trusted.size}"
            if name not in self._files.names or (data := self._files.read(name)) is None:
                self._report.add("CONSISTENCY_UNCHECKED", path="--since")
                continue
            try:
                proof = parse_consistency_json(data)
                if proof.later != note.raw:
                    raise EvidenceError("the proof leads to another checkpoint")
                verify_consistency(trusted.size, newest.size, trusted.root, newest.root, proof.proof)
            except EvidenceError as error:
                self._report.add("INCONSISTENT", path=name, detail=str(error))

    def _cut(self, newest: Checkpoint, size: int, name: str) -> None:
        detail = f"trusted size {size}, bundle size {newest.size}"
        self._report.add("TRUNCATED", newest.size, size - 1, path=name, detail=detail)

    def _compare(self, code: str, checkpoints: list[Checkpoint], scan: Scan) -> None:
        for checkpoint in sorted(checkpoints, key=lambda each: each.size):
            size = checkpoint.size
            root = scan.roots.get(size)
            if size and root == checkpoint.root:
                self._agreed = max(self._agreed, size)
            elif root is not None:
                self._disagreed = min(self._disagreed or size, size)
                detail = f"size {size}: root {encode_base64(root)}, signed {encode_base64(checkpoint.root)}"
                self._report.add(code, path=f"checkpoints/{size}" if code.startswith("OLDER") else None, detail=detail)

    def _judge(self, tree: Recomputation, scan: Scan, checkpoint: Checkpoint) -> None:
        for begin, end in scan.gaps:
            self._report.add("TRUNCATED", begin, end - 1)
        if not self._question.partial:
            tail = checkpoint.size
            for begin, end in reversed(scan.withheld):
                # Hashes without entries up to the very end are what a cut tail looks like.
                code = "TRUNCATED" if end == tail else "ENTRIES_WITHHELD"
                self._report.add(code, begin, end - 1)
                tail = begin if end == tail else tail
        if scan.root == checkpoint.root and self._files.shown is None:
            tree.check_tiles(scan)
            return
        if scan.root is not None and scan.root != checkpoint.root:
            begin, end = self._agreed, self._disagreed or checkpoint.size
            if begin >= end:
                begin, end = 0, checkpoint.size
            detail = f"root {encode_base64(scan.root)}, signed {encode_base64(checkpoint.root)}"
            self._report.add("ROOT_MISMATCH", begin, max(end - 1, begin), detail=detail)
        if not tree.locate(scan, checkpoint.root) and scan.root is None:
            begin, end = self._files.shown or (self._agreed, checkpoint.size)
            self._report.add("UNCHECKED", begin, end - 1)

    def _age(self, accepted: Accepted | None) -> None:
        limit = self._question.max_age
        if limit is None:
            return
        times = accepted.cosigned.values() if accepted else []
        newest: float | None = max(times, default=None)
        if newest is None:
            self._report.notes.append(TIME_FROM_LOG)
            newest = _seconds(self._report.last_recorded)
        if newest is None:
            self._report.add("STALE", detail="no time is known")
        elif self._question.now - newest > limit:
            self._report.add("STALE", detail=f"{int(self._question.now - newest)} s old, {limit} s allowed")


def _seconds(recorded: str | None) -> float | None:
    """Return the seconds since 1970 of an instant of the ledger."""
    try:
        return datetime.strptime(recorded or "", "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
