"""Whom an auditor trusts: the text form of C2SP tlog-policy with logs, witnesses, groups k-of-n and one quorum.

A log may have keys of further kinds beside its Ed25519 key. Where a policy names one, a line of that kind must be on
the checkpoint: a line that may be left out would protect against nobody who can forge the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ledger.evidence.mldsa import ML_DSA_44
from ledger.evidence.notes import COSIGNATURE_V1, ED25519, Checkpoint, Note, Verifier, parse_checkpoint, parse_vkey
from ledger.evidence.sm2 import SM2
from ledger.evidence.strict import EvidenceError, decode_decimal, decode_text

MAXIMUM_POLICY = 262_144
MAXIMUM_LINES = 128
NONE = "none"
FURTHER = {ML_DSA_44: "ML-DSA-44", SM2: "SM2"}
"""The kinds of keys that a log may have beside its Ed25519 key, with their names."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A checkpoint with the signatures that stand behind it.

    ``lacking`` names the kinds of the log's further keys of which the policy names one and none signed.
    """

    checkpoint: Checkpoint
    log: Verifier
    cosigned: dict[str, int]
    quorum: bool
    lacking: tuple[str, ...] = ()

    @property
    def sufficient(self) -> bool:
        """Whether everybody signed whom the policy asks for."""
        return self.quorum and not self.lacking


@dataclass(slots=True)
class Policy:
    """Logs and witnesses by key, groups in order of definition, and the name that must have witnessed.

    Any one of ``logs`` makes a checkpoint the log's; of ``further`` keys one of each kind must sign it as well.

    ``addresses`` holds the submission prefix of each witness that states one, by the witness's name in the policy.
    """

    logs: list[Verifier] = field(default_factory=list)
    witnesses: dict[str, Verifier] = field(default_factory=dict)
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    quorum: str = NONE
    addresses: dict[str, str] = field(default_factory=dict)
    further: list[Verifier] = field(default_factory=list)

    @property
    def log_keys(self) -> list[Verifier]:
        """Every key of a log, of whatever kind."""
        return [*self.logs, *self.further]

    def is_met(self, cosigned: Iterable[str]) -> bool:
        """Whether the witnesses that cosigned make the quorum."""
        have = set(cosigned)
        for name, (least, members) in self.groups.items():
            if sum(member in have for member in members) >= least:
                have.add(name)
        return self.quorum == NONE or self.quorum in have

    def accept(self, note: Note) -> Accepted:
        """Return what stands behind a checkpoint's note, or raise unless one of the logs signed it.

        A missing quorum or further line is told, not raised: what the log signed is still evidence against the log.
        """
        signed = note.verify([*self.log_keys, *self.witnesses.values()])
        checkpoint = parse_checkpoint(note.text)
        for log in self.logs:
            if log in signed and log.name == checkpoint.origin:
                times = {name: signed.get(key) for name, key in self.witnesses.items()}
                cosigned = {name: time for name, time in times.items() if time is not None}
                wanted = {each.kind for each in self.further if each.name == log.name}
                have = {each.kind for each in self.further if each.name == log.name and each in signed}
                lacking = tuple(FURTHER[kind] for kind in sorted(wanted - have))
                return Accepted(checkpoint, log, cosigned, self.is_met(cosigned), lacking)
        raise EvidenceError("no trusted key of this log signed the checkpoint")


def parse_policy(raw: bytes) -> Policy:
    """Return the policy of a text file, or raise naming the line."""
    policy, quorums, members = Policy(), 0, set[str]()
    lines = decode_text(raw, MAXIMUM_POLICY).split("\n")
    for number, line in enumerate(lines, 1):
        if any((ord(c) < 32 and c != "\t") or ord(c) == 127 for c in line):
            raise EvidenceError(f"line {number}: control character")
        words = [word for word in line.replace("\t", " ").split(" ") if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            quorums += _read(policy, words, members, quorums)
        except EvidenceError as error:
            raise EvidenceError(f"line {number}: {error}") from error
    if quorums != 1:
        raise EvidenceError("a policy has one quorum line")
    return policy


def _read(policy: Policy, words: list[str], members: set[str], quorums: int) -> int:
    if len(policy.log_keys) + len(policy.witnesses) + len(policy.groups) >= MAXIMUM_LINES:
        raise EvidenceError(f"more than {MAXIMUM_LINES} logs, witnesses and groups")
    match words:
        case ["log", vkey, *url] if len(url) <= 1:
            _add_log(policy, parse_vkey(vkey))
        case ["witness", name, vkey, *url] if len(url) <= 1:
            _add_witness(policy, name, parse_vkey(vkey))
            if url:
                policy.addresses[name] = url[0]
        case ["group", name, least, *names] if names:
            _new_name(policy, name)
            for each in names:
                if each not in policy.witnesses and each not in policy.groups:
                    raise EvidenceError(f"{each} is not defined above")
                if each in members:
                    raise EvidenceError(f"{each} is a member already")
                members.add(each)
            count = {"all": len(names), "any": 1}.get(least) or decode_decimal(least)
            if not 1 <= count <= len(names):
                raise EvidenceError("a group needs 1 to all of its members")
            policy.groups[name] = (count, tuple(names))
        case ["quorum", name]:
            if quorums or (name != NONE and name not in policy.witnesses and name not in policy.groups):
                raise EvidenceError("a quorum is stated once, of a name defined above")
            policy.quorum = name
            return 1
        case _:
            raise EvidenceError("not a policy line")
    return 0


def _add_log(policy: Policy, key: Verifier) -> None:
    if key.kind in FURTHER:
        if key in policy.further or all(key.name != each.name for each in policy.logs):
            raise EvidenceError("a log's further key stands once, below its key of kind 0x01")
        policy.further.append(key)
        return
    if key.kind != ED25519 or any(key.public == each.public for each in policy.logs):
        raise EvidenceError("a log has its own key of kind 0x01")
    policy.logs.append(key)


def _add_witness(policy: Policy, name: str, key: Verifier) -> None:
    _new_name(policy, name)
    taken = [*policy.witnesses.values(), *policy.further]
    if key.kind not in {COSIGNATURE_V1, ML_DSA_44} or any(key.public == each.public for each in taken):
        raise EvidenceError("a witness has its own key of kind 0x04 or 0x06")
    policy.witnesses[name] = key


def _new_name(policy: Policy, name: str) -> None:
    if name == NONE or name in policy.witnesses or name in policy.groups:
        raise EvidenceError(f"{name} is taken")
