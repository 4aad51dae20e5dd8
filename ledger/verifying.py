"""The signatures of a batch are verified ahead of its judging, on every processor: the library frees the interpreter.

A verdict says that these octets were signed with this key, or were not; whether the key may speak is judged later, and
what is not verified ahead is verified then.
"""

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

from ledger.envelope import Submission
from ledger.evidence.signatures import EVENT_TYPE, Signature, pae
from ledger.evidence.strict import EvidenceError
from ledger.families import key_stream
from ledger.keys.state import KeyState
from ledger.terms import VerifySm2
from ledger.timeline import Timeline

# Below this the threads cost more than they save.
FEW = 8
Verdicts = Mapping[tuple[bytes, Signature, str], bool]
"""By the digest of what was signed, the signature, and the key's octets in Base 64."""
_Task = tuple[Submission, Signature, KeyState]


def verdict_key(submission: Submission, signature: Signature, key: KeyState) -> tuple[bytes, Signature, str]:
    """Return what a verdict is kept under: whatever of it is another, needs another verdict."""
    return (submission.digest, signature, key.public_key)


def is_signed(submission: Submission, signature: Signature, key: KeyState, verify_sm2: VerifySm2 | None = None) -> bool:
    """Verify one signature of a statement with a key; ``verify_sm2`` is needed for a key of SM2."""
    message = pae(EVENT_TYPE, submission.raw)
    try:
        if key.algorithm == "sm2" and verify_sm2 is not None:
            verify_sm2(key.key.raw, signature.value, message)
        else:
            key.key.verify(signature.value, message)
    except EvidenceError:
        return False
    return True


def verify_ahead(submissions: Sequence[Submission], known: Mapping[str, Timeline[Any]]) -> Verdicts:
    """Return the verdicts on a batch's signatures whose keys are registered; none for a small batch."""
    tasks = [
        (submission, signature, timeline.tip)
        for submission in submissions
        for signature in submission.signatures
        if (timeline := known.get(key_stream(signature.keyid))) is not None
        and timeline.tip.owner
        and timeline.tip.algorithm != "sm2"
    ]
    helpers = _processors() - 1
    if len(tasks) < FEW or not helpers:
        return {}
    part = -(-len(tasks) // (helpers + 1))
    parts = [tasks[at : at + part] for at in range(0, len(tasks), part)]
    others = [_pool().submit(_verified, each) for each in parts[1:]]
    found = _verified(parts[0])
    for each in others:
        found |= each.result()
    return found


def _verified(tasks: Sequence[_Task]) -> dict[tuple[bytes, Signature, str], bool]:
    return {verdict_key(*task): is_signed(*task) for task in tasks}


@lru_cache(maxsize=1)
def _processors() -> int:
    # Where the kernel says which processors are ours, a container's share is not overrun.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_processors(), thread_name_prefix="signatures")


# A child has none of its parent's threads.
os.register_at_fork(after_in_child=_pool.cache_clear)
